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

// drawing is what pictures show, whatever their form: figures with arrows between them, in the
// order in which the graph was built.
//
//	figures = the processes, then one for each entry from outside and each unknown name
//	arrows  = the edges
type drawing struct {
	name    string
	figures []figure
	arrows  []arrow
}

type figure struct {
	kind   string // of a process, or one of the two below
	name   string
	traits string // its options, or what it does, in words
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
	policy   string // or what is on it
	failures bool   // dead letters
	edge     link   // by the full names of its ports
	detail   string // the same, with the type
	wrong    []string
}

// draft is the drawing of a graph as it is made. A graph with mistakes has one, too, and each
// mistake is where it was made.
type draft struct {
	drawing
	graph *Graph
	check checker
}

func (g *Graph) drawing() *drawing {
	d := &draft{drawing{name: title(g.name)}, g, newChecker(g)}
	for i, n := range g.nodes {
		wrong := d.mistakes(func(c *checker) { c.node(i, n) })
		d.figures = append(d.figures, figure{n.proc.kind, n.name, strings.Join(n.traits(), " · "), n.proc.signature(), wrong})
	}
	for _, w := range g.wires {
		wrong := d.mistakes(func(c *checker) { c.wire(w) })
		d.arrows = append(d.arrows, d.arrow(w, wrong))
	}
	for i, n := range g.nodes {
		wrong := d.mistakes(func(c *checker) { c.connected(i, n) })
		d.figures[i].wrong = append(d.figures[i].wrong, wrong...)
	}
	return &d.drawing
}

// mistakes are those that a part of the check finds, in words.
func (d *draft) mistakes(part func(*checker)) (all []string) {
	before := len(d.check.found)
	part(&d.check)
	for _, m := range d.check.found[before:] {
		all = append(all, m.What)
	}
	return all
}

func (d *draft) arrow(w wire, wrong []string) arrow {
	a := arrow{policy: policy(w.opts), edge: d.graph.full(w), wrong: wrong}
	a.detail = a.edge.String()
	var out, in string
	if w.from == "" {
		a.from = d.add(figure{kind: outside, name: outside})
	} else {
		a.from, out = d.end(w.from, true)
		a.failures = isDeadLetters(out, true)
	}
	a.to, in = d.end(w.to, false)
	a.ports = between(out, in)
	if t := d.graph.edgeType(w); t != "" {
		a.detail += ": " + t
	}
	a.detail = visible(a.detail)
	return a
}

// between is the label of an arrow from a port to another one, "" for each that tells nothing.
func between(out, in string) string {
	if out+in == "" {
		return ""
	}
	return strings.TrimSpace(out + " → " + in)
}

// end finds the figure at an end of an edge, and the name of the port where it tells something.
func (d *draft) end(name string, out bool) (at int, port string) {
	process, port, _ := strings.Cut(name, ".")
	at = d.process(process)
	if _, p, wrong := d.graph.resolve(name, out); wrong == "" {
		port = p.name
		if len(d.graph.nodes[at].proc.ends(out)) == 1 && !isDeadLetters(p.name, out) {
			port = ""
		}
	}
	return at, port
}

// process finds the figure of a process, or makes one for a process that is not known.
func (d *drawing) process(name string) int {
	at := slices.IndexFunc(d.figures, func(f figure) bool { return f.name == name && f.kind != outside })
	if at < 0 {
		at = d.add(figure{kind: unknown, name: name})
	}
	return at
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
	if s.ordered {
		all = append(all, "ordered")
	}
	if s.keyed != nil {
		all = append(all, "by key")
	}
	if s.load != Mixed {
		all = append(all, s.load.String())
	}
	if len(s.prefer) > 0 {
		all = append(all, "prefers "+strings.Join(s.prefer, ", "))
	}
	if d := s.limit(); d > 0 {
		all = append(all, "timeout "+d.String())
	}
	if n := s.retry.Attempts; n > 1 {
		all = append(all, fmt.Sprintf("%d attempts", n))
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
