package flow

import (
	"fmt"
	"strings"

	"github.com/runnel-go/runnel"
)

// Graph is a topology as data: processes by name, and edges between their ports. Nothing of it
// runs. It is built by one goroutine; after that any number may [Graph.Check] and
// [Graph.Start] it, also several times at once, since each run makes channels of its own.
type Graph struct {
	name  string
	nodes []node // in the order in which they were added
	wires []wire
	fails []runnel.Option // of the channel of failures

	reports []runnel.Option // of the channel of reports
}

// node is one process of a graph.
type node struct {
	name string
	proc Proc
	set  settings
}

// wire is one edge of a graph, by the names that the user gave.
type wire struct {
	from, to string // from is empty for an edge from outside
	opts     []runnel.Option
}

// New makes an empty graph. The name is for people: channels, errors and pictures carry it.
func New(name string) *Graph { return &Graph{name: name} }

// Name returns the name of the graph.
func (g *Graph) Name() string { return g.name }

// Add adds a process. What is wrong with it, a second process of that name, say, is for
// [Graph.Check] to report. It returns g.
func (g *Graph) Add(name string, p Proc, opts ...ProcOption) *Graph {
	n := node{name: name, proc: p, set: settings{parallel: 1}}
	for i, o := range opts {
		if o == nil {
			n.set.wrong = append(n.set.wrong, fmt.Sprintf("option %d is nil", i+1))
			continue
		}
		o(&n.set)
	}
	g.nodes = append(g.nodes, n)
	return g
}

// Connect adds an edge from an output to an input, named "process.port", or by the process
// alone if it has one output, or input. The options are those of [runnel.New], for the channel
// that the edge is: without one, each value is handed over. An output with several edges gives
// each value to each of them; an input with several takes from any that has one, fairly.
// Mistakes are for [Graph.Check] to report, but for those of an option alone: [runnel.Buffer](-1)
// panics by itself, before there is an edge. It returns g.
func (g *Graph) Connect(from, to string, opts ...runnel.Option) *Graph {
	if from == "" {
		from = "." // names no process; only Open has edges from nowhere
	}
	g.wires = append(g.wires, wire{from, to, opts})
	return g
}

// Open adds an edge from outside to an input, for [Flow.Inject]. It ends when the flow is told
// to drain. It returns g.
func (g *Graph) Open(to string, opts ...runnel.Option) *Graph {
	g.wires = append(g.wires, wire{"", to, opts})
	return g
}

// Failures sets the options of the channel that [Flow.Failures] returns. Unless called that
// keeps the latest 1,024, and counts those that it drops. With [runnel.Buffer] nothing is
// dropped, and a process that fails waits until somebody takes the failure. It returns g.
func (g *Graph) Failures(opts ...runnel.Option) *Graph {
	g.fails = opts
	return g
}

// find returns the process of that name.
func (g *Graph) find(name string) (n node, ok bool) {
	for _, n := range g.nodes {
		if n.name == name {
			return n, true
		}
	}
	return node{}, false
}

// resolve finds the port that a name stands for, or says what is wrong with the name.
func (g *Graph) resolve(name string, out bool) (process string, p port, wrong string) {
	process, rest, dotted := strings.Cut(name, ".")
	n, ok := g.find(process)
	if !ok {
		return "", port{}, "there is no process " + quote(process) + meant(process, g.names())
	}
	ports := n.proc.ends(out)
	if !dotted {
		if len(ports) == 1 {
			return process, ports[0], ""
		}
		return "", port{}, process + " has " + list(side(out), portNames(ports)) + ": say which"
	}
	for _, p := range ports {
		if p.name == rest {
			return process, p, ""
		}
	}
	if isDeadLetters(rest, out) {
		return process, deadLetters, ""
	}
	return "", port{}, n.unknown(rest, out)
}

// unknown says that a process has no such port.
func (n node) unknown(name string, out bool) string {
	if p, there := (port{name: name, out: out}).among(n.proc.ports); there && p.signal {
		return n.name + "." + name + " listens: Cast reaches it, and no edge"
	}
	for _, p := range append(n.proc.ends(!out), deadLetters) {
		if p.name == name {
			return n.name + "." + name + " is " + article(side(!out)) + ", not " + article(side(out))
		}
	}
	names := portNames(n.proc.ends(out))
	hint := meant(name, names)
	if out {
		hint = meant(name, append(names, deadLetters.name))
	}
	if hint == "" {
		hint = "; it has " + list(side(out), names)
	}
	return n.name + " has no " + side(out) + " " + quote(name) + hint
}

func (g *Graph) names() (all []string) {
	for _, n := range g.nodes {
		all = append(all, n.name)
	}
	return all
}

func portNames(ports []port) (all []string) {
	for _, p := range ports {
		all = append(all, p.name)
	}
	return all
}

func side(out bool) string {
	if out {
		return "output"
	}
	return "input"
}
