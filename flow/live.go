package flow

import (
	"fmt"
	"strings"
	"time"
)

// Mermaid returns the flow as a picture, like [Graph.Mermaid]: what each process has done and does,
// and what is on each edge. What [Status.Explain] names as holding up the flow is red.
func (s Status) Mermaid() string { return s.drawing().mermaid() }

// DOT returns the same picture for Graphviz, like [Graph.DOT].
func (s Status) DOT() string { return s.drawing().dot() }

func (s Status) drawing() *drawing {
	d := &drawing{name: fmt.Sprintf("%s: %v", title(s.Graph), s.State)}
	for _, p := range s.Processes {
		d.add(figure{kind: p.Kind, name: p.Name, traits: p.words()})
	}
	for _, e := range s.Edges {
		d.arrows = append(d.arrows, s.arrow(d, e))
	}
	d.explain(s.Explain())
	return d
}

func (s Status) arrow(d *drawing, e EdgeStatus) arrow {
	out, in := s.port(e.From, EdgeStatus.from), s.port(e.To, EdgeStatus.to)
	l := link{e.From, e.To}
	a := arrow{ports: between(out, in), policy: e.words(), failures: isDeadLetters(out, true), edge: l, detail: visible(l.String())}
	from, to := l.processes()
	if from == "" {
		a.from = d.add(figure{kind: outside, name: outside})
	} else {
		a.from = d.process(from)
	}
	a.to = d.process(to)
	return a
}

// explain marks what holds up the flow, and the edges on which others wait for it.
func (d *drawing) explain(e Explanation) {
	for _, c := range e.Causes {
		f := &d.figures[d.process(c.Process)]
		f.wrong = append(f.wrong, c.what())
		d.waits(c.Waits, false)
	}
	for _, c := range e.Cycles {
		d.waits(c.Waits, true)
		d.waits(c.Behind, false)
	}
}

// waits marks the edges that are full, and of a cycle also those that are empty. Elsewhere to wait for
// messages is what a process does that has nothing to do.
func (d *drawing) waits(all []Wait, cycle bool) {
	for _, w := range all {
		for i := range d.arrows {
			if a := &d.arrows[i]; a.edge.String() == w.Edge && (cycle || w.Activity == Blocked) {
				a.wrong = append(a.wrong, w.words(cycle))
			}
		}
	}
}

// words is the wait, where the edge is in sight.
func (w Wait) words(cycle bool) string {
	text := "empty for " + brief(w.For)
	if w.Activity == Blocked {
		text = "full for " + brief(w.For)
	}
	if cycle {
		text += ", in a cycle"
	}
	return text
}

func (e EdgeStatus) from() string { return e.From }
func (e EdgeStatus) to() string   { return e.To }

// port is the name of a port where that tells something: its process has several on this side.
func (s Status) port(name string, side func(EdgeStatus) string) string {
	process, port, _ := strings.Cut(name, ".")
	if port == deadLetters.name {
		return port
	}
	for _, e := range s.Edges {
		other, its, _ := strings.Cut(side(e), ".")
		if other == process && its != port && its != deadLetters.name {
			return port
		}
	}
	return ""
}

// words is what the process has done, and does.
func (p ProcessStatus) words() string {
	var words []string
	if p.Kind != "source" {
		words = append(words, fmt.Sprint("done ", p.Done))
	}
	if p.Failed > 0 {
		words = append(words, fmt.Sprint("failed ", p.Failed))
	}
	return strings.Join(append(words, p.doing()...), " · ")
}

// doing is what the workers do, those that do the same together, with the longest time.
func (p ProcessStatus) doing() (all []string) {
	var number [len(activities)]int
	var longest [len(activities)]time.Duration
	for _, w := range p.Workers {
		number[w.Activity]++
		longest[w.Activity] = max(longest[w.Activity], w.For)
	}
	for a, n := range number {
		text := Activity(a).String()
		if n > 1 {
			text = fmt.Sprintf("%d %s", n, text)
		}
		if n > 0 && Activity(a) != Gone {
			text += " " + brief(longest[a])
		}
		if n > 0 {
			all = append(all, text)
		}
	}
	return all
}

// words is what is on the edge, and what was.
func (e EdgeStatus) words() string {
	words := []string{fmt.Sprint("sent ", e.Sent)}
	if e.Cap > 0 {
		words = append(words, fmt.Sprintf("%d of %d buffered", e.Len, e.Cap))
	} else if e.Len > 0 {
		words = append(words, fmt.Sprint(e.Len, " buffered"))
	}
	if n := e.Dropped.Total(); n > 0 {
		words = append(words, fmt.Sprint("dropped ", n))
	}
	return strings.Join(words, " · ")
}
