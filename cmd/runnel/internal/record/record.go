package record

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/runnel-go/runnel/cmd/runnel/internal/legible"
)

// Record is one record of the input. Its bytes belong to it: a later Next does not touch them.
type Record struct {
	Row     int    // position among the records, from 1; the header of a CSV is not counted
	Line    int    // line of the input on which the record begins, from 1
	Raw     []byte // as read, with its line end
	Text    []byte // as read, without its line end
	Format  Format
	columns []string // of the CSV header
	values  []string // of this CSV row
}

// Where says where the record stands in the input, for a person.
func (r *Record) Where() string {
	if r.Line == r.Row {
		return fmt.Sprintf("row %d", r.Row)
	}
	return fmt.Sprintf("row %d (line %d)", r.Row, r.Line)
}

// Field returns the value of a column of a CSV row, or of a field of an NDJSON object.
// A dot in an NDJSON name goes into an object, unless a field of the whole name exists.
func (r *Record) Field(name string) (string, error) {
	switch r.Format {
	case CSV:
		return r.column(name)
	case NDJSON:
		return member(r.Text, name)
	}
	return "", fmt.Errorf("no field %s: a plain line has no fields", legible.Quoted(name))
}

func (r *Record) column(name string) (string, error) {
	for i, c := range r.columns {
		if c == name {
			return r.values[i], nil
		}
	}
	return "", fmt.Errorf("no column %s%s", legible.Quoted(name), listed(r.columns))
}

// member finds a field in a JSON object. Strings come without their quotes, anything else as it was written.
func member(object []byte, name string) (string, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(object, &fields); err != nil || fields == nil {
		return "", fmt.Errorf("no field %s: the record is not a JSON object", legible.Quoted(name))
	}
	if v, ok := fields[name]; ok {
		return plain(v), nil
	}
	if head, rest, ok := strings.Cut(name, "."); ok && fields[head] != nil {
		return member(fields[head], rest)
	}
	return "", fmt.Errorf("no field %s in this record", legible.Quoted(name))
}

func plain(v json.RawMessage) string {
	var s string
	if v[0] == '"' && json.Unmarshal(v, &s) == nil {
		return s
	}
	return string(v)
}

// Bad is the error for a malformed record; reading goes on behind it.
type Bad struct {
	Record        // Raw holds the record, or its beginning if Rest is set
	Reason string // what is wrong and what would be right
	// Rest is the remainder of a record that is over the limit, nil otherwise. It is valid until the next call to Next.
	Rest io.Reader
}

func (b *Bad) Error() string { return b.Where() + ": " + b.Reason }
