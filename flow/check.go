package flow

import (
	"fmt"
	"strings"
)

// Mistakes is what [Graph.Check] found, in the order in which the graph was built.
type Mistakes struct {
	Graph string
	Found []Mistake
}

// Mistake is one thing that is wrong with a graph.
type Mistake struct {
	Kind  MistakeKind
	Where string // the process, port or edge: "parse", "parse.out", "parse.out -> store.in"
	What  string // in words
}

// MistakeKind sorts mistakes, for tools; people read What.
type MistakeKind uint8

const (
	BadName      MistakeKind = iota // of a process or port: empty, or with a dot in it
	Duplicate                       // two processes, two ports or two edges that cannot be told apart
	Unknown                         // a process or port that does not exist
	TypeMismatch                    // the two ends of an edge have different types
	Unconnected                     // a port that must be connected is not
	BadProcess                      // a nil function, or an option that does not fit
	BadEdge                         // options that no channel can have
)

func (m Mistake) String() string { return m.Where + ": " + m.What }

// Error lists all mistakes, one a line.
func (m *Mistakes) Error() string {
	lines := make([]string, len(m.Found))
	for i, one := range m.Found {
		lines[i] = "\n\t" + one.String()
	}
	graph, mistakes := "graph "+quote(m.Graph), "mistakes"
	if m.Graph == "" {
		graph = "a graph without a name"
	}
	if len(lines) == 1 {
		mistakes = "mistake"
	}
	return fmt.Sprintf("flow: %s: %d %s:%s", graph, len(lines), mistakes, strings.Join(lines, ""))
}

// Check reports all that is wrong with the graph at once, as [*Mistakes], or nil. Nothing is
// started. [Graph.Start] calls it.
func (g *Graph) Check() error {
	c := newChecker(g)
	for i, n := range g.nodes {
		c.node(i, n)
	}
	for _, w := range g.wires {
		c.wire(w)
	}
	for i, n := range g.nodes {
		c.connected(i, n)
	}
	if len(c.found) == 0 {
		return nil
	}
	return &Mistakes{Graph: g.name, Found: c.found}
}

// checker collects mistakes.
type checker struct {
	g     *Graph
	found []Mistake
	used  map[string]bool // ports that an edge, right or wrong, was meant for
	edges map[link]bool   // those that have been seen
}

func newChecker(g *Graph) checker {
	return checker{g: g, used: map[string]bool{}, edges: map[link]bool{}}
}

func (c *checker) say(k MistakeKind, where, format string, args ...any) {
	c.found = append(c.found, Mistake{k, where, fmt.Sprintf(format, args...)})
}

// node checks a process by itself.
func (c *checker) node(i int, n node) {
	where := n.name
	if !isName(n.name) {
		where = fmt.Sprintf("process %d", i+1)
		c.say(BadName, where, "%s is no name: want one that is not empty and has no dot", quote(n.name))
	}
	for _, other := range c.g.nodes[:i] {
		if other.name == n.name {
			c.say(Duplicate, where, "a second process of this name")
			break
		}
	}
	for _, wrong := range n.mistakes() {
		c.say(BadProcess, where, "%s", wrong)
	}
	c.ports(where, n.proc.ports)
}

// ports checks the names of ports. An input and an output may have the same.
func (c *checker) ports(where string, ports []port) {
	for i, p := range ports {
		if !isName(p.name) {
			c.say(BadName, where, "%s is no name for %s: want one that is not empty and has no dot", quote(p.name), article(side(p.out)))
		}
		if isDeadLetters(p.name, p.out) {
			c.say(BadName, where+"."+p.name, "every process has an output of this name, for its dead letters: want another one")
		}
		for _, other := range ports[:i] {
			if other.name == p.name && other.out == p.out {
				c.say(Duplicate, where+"."+p.name, "a second %s of this name", side(p.out))
				break
			}
		}
	}
}

// wire checks an edge.
func (c *checker) wire(w wire) {
	where := w.String()
	to, in, wrong := c.g.resolve(w.to, false)
	if wrong != "" {
		c.say(Unknown, where, "%s", wrong)
	}
	var from string
	var out port
	if w.from != "" {
		if from, out, wrong = c.g.resolve(w.from, true); wrong != "" {
			c.say(Unknown, where, "%s", wrong)
		}
	}
	c.use(from, out, to, in)
	if in.edge != nil && out.edge != nil && in.typ != out.typ {
		c.say(TypeMismatch, where, "the output gives %v, the input takes %v", out.typ, in.typ)
	}
	c.twice(w, where)
	if in.edge != nil {
		c.options(in, w, where)
	}
}

// use notes which ports an edge is for. If one end is unknown the other is not called
// unconnected, too.
func (c *checker) use(from string, out port, to string, in port) {
	if out.edge != nil {
		c.used[portKey(from, out)] = true
	}
	if in.edge != nil {
		c.used[portKey(to, in)] = true
	}
}

func portKey(process string, p port) string { return process + "." + p.name + " " + side(p.out) }

// twice reports an edge that is there already.
func (c *checker) twice(w wire, where string) {
	l := c.g.full(w)
	if c.edges[l] {
		c.say(Duplicate, where, "a second edge between these ports")
	}
	c.edges[l] = true
}

// options tries whether a channel can be made with the options of the edge.
func (c *checker) options(p port, w wire, where string) {
	defer func() {
		if r := recover(); r != nil {
			c.say(BadEdge, where, "%v", r)
		}
	}()
	p.edge(link{}, w.opts)
}

// connected checks that every port that must be is.
func (c *checker) connected(i int, n node) {
	for _, other := range c.g.nodes[:i] {
		if other.name == n.name {
			return // the name stands for the first one
		}
	}
	for _, p := range n.proc.ports {
		if !p.optional && !c.used[portKey(n.name, p)] {
			c.say(Unconnected, n.name+"."+p.name, "the %s is not connected", side(p.out))
		}
	}
}

// full gives an edge the full names of its ports, as far as they are known.
func (g *Graph) full(w wire) link {
	l := link{from: w.from, to: w.to}
	if process, p, wrong := g.resolve(w.to, false); wrong == "" {
		l.to = process + "." + p.name
	}
	if w.from == "" {
		return l
	}
	if process, p, wrong := g.resolve(w.from, true); wrong == "" {
		l.from = process + "." + p.name
	}
	return l
}

func (w wire) String() string { return link{w.from, w.to}.String() }

func isName(s string) bool { return s != "" && !strings.Contains(s, ".") }
