package flow

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/runnel-go/runnel"
)

// drawing is what pictures of a graph show, whatever their form: figures with arrows between
// them, in the order in which the graph was built.
//
//	figures = the processes, then one for each entry from outside and each unknown name
//	arrows  = the edges
//
// A graph with mistakes has a drawing, too, and each mistake is where it was made.
type drawing struct {
	graph   *Graph
	check   checker
	figures []figure
	arrows  []arrow
}

type figure struct {
	kind   string // of a process, or one of the two below
	name   string
	traits string // its options, in words
	ports  string // with their types
	wrong  []string
}

const (
	outside = "outside"
	unknown = "unknown"
)

type arrow struct {
	from, to int    // figures
	ports    string // by name, where a process has several
	policy   string
	failures bool   // dead letters
	detail   string // the edge by its full name, with the type
	wrong    []string
}

func (g *Graph) drawing() *drawing {
	d := &drawing{graph: g, check: checker{g: g, used: map[string]bool{}}}
	for i, n := range g.nodes {
		wrong := d.mistakes(func(c *checker) { c.node(i, n) })
		d.figures = append(d.figures, figure{n.proc.kind, n.name, strings.Join(n.traits(), " · "), n.proc.signature(), wrong})
	}
	for i, w := range g.wires {
		wrong := d.mistakes(func(c *checker) { c.wire(i, w) })
		d.arrows = append(d.arrows, d.arrow(w, wrong))
	}
	for i, n := range g.nodes {
		wrong := d.mistakes(func(c *checker) { c.connected(i, n) })
		d.figures[i].wrong = append(d.figures[i].wrong, wrong...)
	}
	return d
}

// mistakes are those that a part of the check finds, in words.
func (d *drawing) mistakes(part func(*checker)) (all []string) {
	before := len(d.check.found)
	part(&d.check)
	for _, m := range d.check.found[before:] {
		all = append(all, m.What)
	}
	return all
}

func (d *drawing) arrow(w wire, wrong []string) arrow {
	a := arrow{policy: policy(w.opts), detail: d.graph.full(w).String(), wrong: wrong}
	var out, in string
	if w.from == "" {
		a.from = d.add(figure{kind: outside, name: outside})
	} else {
		a.from, out = d.end(w.from, true)
		a.failures = isDeadLetters(out, true)
	}
	a.to, in = d.end(w.to, false)
	a.ports = strings.TrimSpace(out + " → " + in)
	if out+in == "" {
		a.ports = ""
	}
	if t := d.graph.edgeType(w); t != "" {
		a.detail += ": " + t
	}
	a.detail = visible(a.detail)
	return a
}

// end finds the figure at an end of an edge, and the name of the port where it tells something.
func (d *drawing) end(name string, out bool) (at int, port string) {
	process, port, _ := strings.Cut(name, ".")
	at = slices.IndexFunc(d.figures, func(f figure) bool { return f.name == process && f.kind != outside })
	if at < 0 {
		return d.add(figure{kind: unknown, name: process}), port
	}
	if _, p, wrong := d.graph.resolve(name, out); wrong == "" {
		port = p.name
		if len(d.graph.nodes[at].proc.ends(out)) == 1 && !isDeadLetters(p.name, out) {
			port = ""
		}
	}
	return at, port
}

func (d *drawing) add(f figure) int {
	d.figures = append(d.figures, f)
	return len(d.figures) - 1
}

// edgeType is the type of the values on an edge, as far as it is known.
func (g *Graph) edgeType(w wire) string {
	if _, p, wrong := g.resolve(w.to, false); wrong == "" {
		return p.typ.String()
	}
	if _, p, wrong := g.resolve(w.from, true); wrong == "" {
		return p.typ.String()
	}
	return ""
}

// policy is what an edge does when it is full: "buffer 64".
func policy(opts []runnel.Option) string {
	var words []string
	for _, o := range opts {
		call, n, _ := strings.Cut(fmt.Sprint(o), "(")
		switch call {
		case "Buffer", "Dropping", "Sliding", "Unbounded":
			words = append(words, strings.TrimSpace(strings.ToLower(call)+" "+strings.TrimSuffix(n, ")")))
		}
	}
	return cmp.Or(strings.Join(words, ", "), "handed over")
}

// traits are the options of a process, and what it listens to, in words.
func (n node) traits() (all []string) {
	s := n.set
	if s.parallel > 1 {
		all = append(all, fmt.Sprintf("×%d", s.parallel))
	}
	if s.timeout > 0 {
		all = append(all, "timeout "+s.timeout.String())
	}
	if s.attempts > 1 {
		all = append(all, fmt.Sprintf("%d attempts", s.attempts))
	}
	if s.skip {
		all = append(all, "skip")
	}
	if s.restart {
		all = append(all, "restart")
	}
	for _, p := range n.proc.signals() {
		all = append(all, "hears "+p.typ.String())
	}
	return all
}

// signals are the inputs of [Listen].
func (p Proc) signals() (all []port) {
	for _, q := range p.ports {
		if q.signal {
			all = append(all, q)
		}
	}
	return all
}

// signature lists the ports: "in string → out int".
func (p Proc) signature() string {
	list := func(out bool) string {
		var ports []string
		for _, q := range p.ends(out) {
			ports = append(ports, q.name+" "+q.typ.String())
		}
		return strings.Join(ports, ", ")
	}
	return strings.TrimSpace(list(false) + " → " + list(true))
}

// visible is a name as it can be printed: what has no glyph is written as in Go source.
func visible(name string) string {
	if name == "" {
		return `""`
	}
	var b strings.Builder
	for _, r := range name {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		code := strconv.QuoteRune(r)
		b.WriteString(code[1 : len(code)-1])
	}
	return b.String()
}

// lines are the text of a figure: its name, its options, and what is wrong with it.
func (f figure) lines() []string { return textLines(visible(f.name), f.traits, f.wrong) }

// lines are the text of an arrow.
func (a arrow) lines() []string {
	ports := a.ports
	if ports != "" {
		ports = visible(ports)
	}
	return textLines(ports, a.policy, a.wrong)
}

func textLines(first, second string, wrong []string) (all []string) {
	for _, s := range []string{first, second} {
		if s != "" {
			all = append(all, s)
		}
	}
	for _, s := range wrong {
		all = append(all, "✗ "+visible(s))
	}
	return all
}
