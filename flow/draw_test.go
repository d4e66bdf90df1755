package flow_test

import (
	"fmt"
	"strings"
)

// life is a random graph and what is done to it, as text.
type life struct {
	graph []string
	ops   [2][]string // of two goroutines
	end   string
}

func (l *life) String() string {
	return fmt.Sprintf("graph\n%s\n----\none:   %s\nother: %s\nend:   %s", strings.Join(l.graph, "\n"),
		strings.Join(l.ops[0], "; "), strings.Join(l.ops[1], "; "), l.end)
}

// author draws a life. choose(n) is from 0 to n-1.
type author struct {
	life
	choose  func(int) int
	small   bool // for simulations: fewer of everything, and no Goexit
	outputs []string
	entries []string // for injections
	forever bool
}

// drawLife draws a graph of one or two components, its failures, and what is done to it.
func drawLife(choose func(int) int, small bool) *life {
	a := &author{choose: choose, small: small}
	a.component("a")
	if !small && choose(3) == 0 {
		a.component("b")
	}
	for i := range a.ops {
		for range choose(a.most(4, 9)) {
			a.ops[i] = append(a.ops[i], a.op())
		}
	}
	a.end = a.one("wait", "drain", "drain", "stop", "stop now", "cancel")
	if a.forever && a.end == "wait" {
		a.end = "drain"
	}
	return &a.life
}

func (a *author) most(small, big int) int {
	if a.small {
		return small
	}
	return big
}

func (a *author) one(of ...string) string { return of[a.choose(len(of))] }

func (a *author) maybe(oneOf int, text string) string {
	if a.choose(oneOf) == 0 {
		return text
	}
	return ""
}

func (a *author) line(words ...string) {
	a.graph = append(a.graph, strings.Join(strings.Fields(strings.Join(words, " ")), " "))
}

// component draws processes that hang together, each fed by one or two of those before it.
func (a *author) component(prefix string) {
	a.outputs = nil
	for i := range 1 + a.choose(2) {
		a.source(fmt.Sprint(prefix, "source", i))
	}
	for i := range 1 + a.choose(a.most(3, 7)) {
		a.middle(fmt.Sprint(prefix, i))
	}
	a.graves(prefix)
	for i, from := range a.outputs {
		if a.choose(4) > 0 || strings.Contains(from, "source") || a.unheard(from) {
			a.line(fmt.Sprint(prefix, "sink", i), "sink", a.manner(true))
			a.edge(from, fmt.Sprint(prefix, "sink", i, ".in"))
		}
	}
}

// graves gives the dead letters of some processes somewhere to go.
func (a *author) graves(prefix string) {
	for i := range a.choose(3) {
		grave := fmt.Sprint(prefix, "grave", i)
		for _, line := range a.graph {
			words := strings.Fields(line)
			if words[1] != "->" && a.choose(4) == 0 && strings.HasPrefix(words[0], prefix) && words[1] != "grave" {
				a.line(words[0]+".failures", "->", grave+".in", a.one("", "buffer 2", "sliding 1", "unbounded"))
			}
		}
		if strings.Contains(strings.Join(a.graph, "\n"), "-> "+grave+".in") {
			a.line(grave, "grave")
		}
	}
}

// unheard is whether no edge begins at an output that needs one.
func (a *author) unheard(output string) bool {
	for _, line := range a.graph {
		if strings.HasPrefix(line, output+" ->") {
			return false
		}
	}
	return true
}

func (a *author) source(name string) {
	values := fmt.Sprint("1..", 1+a.choose(a.most(3, 12)))
	if !a.small && a.choose(6) == 0 {
		values, a.forever = "forever every 100ms", true
	}
	a.line(name, "source", values, a.maybe(4, "every 100ms"), a.maybe(6, "parallel 2"), a.maybe(6, "computes"), a.failure(8), a.one("", "", "retry 2", "restart", "restart retry 2 after 100ms"))
	a.outputs = append(a.outputs, name+".out")
}

// manner draws how a process works.
func (a *author) manner(scalable bool) string {
	text := a.one("skip", "skip", "", "", "retry 2", "skip retry 3 after 100ms") + " " + a.maybe(5, "takes 200ms") + " " + a.failure(3)
	if scalable {
		text += " " + a.one("", "", "", "parallel 2", "parallel 2 ordered", "parallel 3 ordered", "parallel 3 keyed") + " " + a.maybe(4, "computes")
	}
	if a.choose(6) == 0 {
		text += " timeout " + a.one("100ms", "300ms") + " " + a.maybe(2, "stubborn")
	}
	return text
}

// state draws how a process with a state works.
func (a *author) state() string {
	if text := a.manner(false); a.choose(3) > 0 || strings.Contains(text, "skip") {
		return text
	} else {
		return text + " restart"
	}
}

func (a *author) failure(oneOf int) (text string) {
	ways := []string{"error", "panic", "done", "error", "exit"}
	if a.small {
		ways = ways[:4]
	}
	for range 2 { // a simulation begins with 0 for everything
		if a.choose(oneOf) == 0 {
			text += fmt.Sprintf(" fails %d %s", 1+a.choose(6), a.one(ways...))
		}
	}
	return text
}

// middle draws a process that has inputs, mostly one with outputs.
func (a *author) middle(name string) {
	from := a.outputs[a.choose(len(a.outputs))]
	switch a.choose(7) {
	case 0:
		a.line(name, "sink", a.manner(true))
		a.feed(from, name+".in")
		return
	case 1:
		a.line(name, "flat", a.one("0", "1", "2"), a.manner(true))
	case 2:
		a.line(name, "sum", a.state())
	case 4:
		a.line(name, "join", a.state())
		a.feed(from, name+".fresh")
		a.line(a.outputs[a.choose(len(a.outputs))], "->", name+".again", a.open())
		a.outputs = append(a.outputs, name+".out")
		return
	case 3:
		a.line(name, "loop", a.state(), a.one("", "", "prefer again", "prefer fresh"))
		a.feed(from, name+".fresh")
		a.round(name)
		a.outputs = append(a.outputs, name+".out")
		return
	default:
		a.line(name, "step", a.manner(true))
	}
	a.feed(from, name+".in")
	a.outputs = append(a.outputs, name+".out")
}

// round closes the cycle of a loop, directly or by a process, without an edge that waits for room.
func (a *author) round(name string) {
	back := name + ".back"
	if a.choose(2) == 0 {
		a.line(name+"x", "step", a.manner(true))
		a.line(back, "->", name+"x.in", a.one("", "buffer 2"))
		back = name + "x.out"
	}
	a.line(back, "->", name+".again", a.open())
}

// open draws the policy of an edge that holds up nobody.
func (a *author) open() string { return a.one("unbounded", "unbounded", "sliding 1", "dropping 2") }

// feed draws the edges of an input.
func (a *author) feed(from, to string) {
	a.edge(from, to)
	if other := a.outputs[a.choose(len(a.outputs))]; other != from && a.choose(3) == 0 {
		a.edge(other, to)
	}
	if a.choose(4) == 0 {
		a.forever = true // until it is drained
		a.edge("outside", to)
		a.entries = append(a.entries, to)
	}
}

func (a *author) edge(from, to string) {
	a.line(from, "->", to, a.one("", "", "buffer 1", "buffer 3", "sliding 1", "dropping 1", "unbounded"))
	if from != "outside" && a.choose(4) == 0 {
		a.entries = append(a.entries, from)
	}
}

// op draws what one goroutine does next.
func (a *author) op() string {
	name := strings.Fields(a.graph[a.choose(len(a.graph))])[0]
	name = process(name)
	if name == "outside" {
		name = ""
	}
	switch a.choose(10) {
	case 0, 1:
		return "pause " + a.maybe(2, name)
	case 2, 3:
		return "resume " + a.maybe(2, name)
	case 4:
		return "sleep"
	case 5:
		return fmt.Sprint("scale ", 1+a.choose(3), " ", name)
	case 6:
		return "swap " + name
	case 7:
		if len(a.entries) > 0 {
			return "inject " + a.entries[a.choose(len(a.entries))]
		}
	case 8:
		return "cast"
	case 9:
		if a.choose(4) == 0 {
			return a.one("drain", "stop now", "cancel")
		}
	}
	return "status"
}
