package command

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/runnel-go/runnel/cmd/runnel/internal/legible"
	"github.com/runnel-go/runnel/cmd/runnel/internal/record"
)

// Template is a command line with places for a record: {} for the whole of it, {name} for a field. {{name}} stands for
// a literal {name}.
type Template struct {
	args   [][]piece
	places bool
}

// piece is literal text, or a place if place is set.
type piece struct {
	text  string // the literal, or the field's name; "" is the whole record
	place bool
}

var braces = regexp.MustCompile(`\{\{[^{}]*\}\}|\{[^{}]*\}`)

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// Parse reads a command line for records of a format with the given columns (of a CSV; nil otherwise). What stands in
// braces is a place if it is empty, a column, or could be a field's name; anything else, as in '{print $1}', is
// literal. A place that no record can fill is an error.
func Parse(args []string, f record.Format, columns []string) (*Template, error) {
	t := &Template{}
	for _, a := range args {
		pieces, err := parseArg(a, f, columns)
		if err != nil {
			return nil, err
		}
		t.args = append(t.args, pieces)
		t.places = t.places || slices.ContainsFunc(pieces, func(p piece) bool { return p.place })
	}
	return t, nil
}

func parseArg(arg string, f record.Format, columns []string) (pieces []piece, err error) {
	at := 0
	for _, m := range braces.FindAllStringIndex(arg, -1) {
		p, err := parseBraces(arg[m[0]:m[1]], f, columns)
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, piece{text: arg[at:m[0]]}, p)
		at = m[1]
	}
	return append(pieces, piece{text: arg[at:]}), nil
}

func parseBraces(s string, f record.Format, columns []string) (piece, error) {
	name := strings.Trim(s, "{}")
	known := name == "" || slices.Contains(columns, name)
	switch {
	case !known && !identifier.MatchString(name):
		return piece{text: s}, nil
	case strings.HasPrefix(s, "{{"):
		return piece{text: s[1 : len(s)-1]}, nil
	case known:
		return piece{name, true}, ambiguous(name, columns)
	case f == record.NDJSON:
		return piece{name, true}, nil
	case f == record.CSV:
		return piece{}, noColumn(legible.Text(s), columns)
	}
	return piece{}, fmt.Errorf("%s in the command: lines have no fields; use {} for the line, --format csv or ndjson for"+
		" fields, or {%s} for literal text", legible.Text(s), legible.Text(s))
}

func noColumn(place string, columns []string) error {
	has := legible.List(columns)
	if has == "" {
		has = fmt.Sprintf("%d others", len(columns))
	}
	return fmt.Errorf("%s in the command: no such column; the header has %s (write {%s} for literal text)", place, has, place)
}

func ambiguous(name string, columns []string) error {
	first := slices.Index(columns, name)
	if first < 0 || !slices.Contains(columns[first+1:], name) {
		return nil
	}
	return fmt.Errorf("{%s} in the command: the header names this column more than once; give them different names",
		legible.Text(name))
}

// OnStdin tells whether a record goes to the command's standard input: it does if no argument has a place for it.
func (t *Template) OnStdin() bool { return !t.places }

// Fixed returns the program's name if it is the same for every record, "" otherwise.
func (t *Template) Fixed() string {
	if slices.ContainsFunc(t.args[0], func(p piece) bool { return p.place }) {
		return ""
	}
	return join(t.args[0], func(p piece) string { return p.text })
}

// Fill returns the command line for a record.
func (t *Template) Fill(r *record.Record) (args []string, err error) {
	fill := func(p piece) string {
		s, e := p.fill(r)
		if e != nil {
			err = e
		}
		return s
	}
	for _, a := range t.args {
		args = append(args, join(a, fill))
	}
	return args, err
}

func (p piece) fill(r *record.Record) (string, error) {
	switch {
	case !p.place:
		return p.text, nil
	case p.text == "":
		return string(r.Text), nil
	}
	return r.Field(p.text)
}

func join(pieces []piece, text func(piece) string) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(text(p))
	}
	return b.String()
}
