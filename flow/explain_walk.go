package flow

import (
	"cmp"
	"slices"
	"time"
)

// explainer walks from waits to what they wait for. Its nodes are workers.
//
//	a worker that is Blocked waits for each of the full edges of its output; for one of them, for
//	any worker that takes from it
//	a worker that is Starving waits for any that gives to one of its open inputs
//	stuck = the largest set of workers with waits older than after, such that
//	        Blocked ∈ stuck ⇒ on some of its edges all takers are stuck
//	        Starving ∈ stuck ⇒ all givers of all its inputs are stuck, and all inputs are empty
//
// In stuck each has a next one that is stuck, so a walk in it comes back to where it was: a
// cycle. A wait in it began before the reading did and was seen during it, so all of them lasted at
// the moment when the reading began, though each process was read by itself.
type explainer struct {
	s, before Status
	after     time.Duration
	nodes     []*spot
	of        map[string][]*spot // by process
	into, out map[string][]int   // edges, by process
}

// spot is one worker.
type spot struct {
	process *ProcessStatus
	worker  WorkerStatus
	index   int
	same    bool // it is still in the step of the reading before
	stuck   bool
	links   []hop
}

// hop is a way on: a wait for room or for values of an edge, and those who could end it.
type hop struct {
	edge int // inside: none, the wait is for another worker of the process to have its turn
	to   []*spot
}

const inside = -1

// rights is no edge either: the wait is for the right to compute, see [Workload].
const rights = -2

func newExplainer(s, before Status, after time.Duration) *explainer {
	x := &explainer{s: s, before: before, after: after, of: map[string][]*spot{}, into: map[string][]int{}, out: map[string][]int{}}
	for i, e := range s.Edges {
		from, to := e.link().processes()
		x.into[to] = append(x.into[to], i)
		if from != "" {
			x.out[from] = append(x.out[from], i)
		}
	}
	for i := range s.Processes {
		p := &s.Processes[i]
		for j, w := range p.Workers {
			if w.Activity == Gone {
				continue
			}
			n := &spot{process: p, worker: w, index: j}
			n.same = x.still(n)
			x.nodes = append(x.nodes, n)
			x.of[p.Name] = append(x.of[p.Name], n)
		}
	}
	for _, n := range x.nodes {
		n.links = x.hops(n)
	}
	return x
}

// still tells whether a worker is in the same step as in the reading before: a source, if
// it has given nothing meanwhile.
func (x *explainer) still(n *spot) bool {
	was := x.before.Process(n.process.Name)
	if len(was.Workers) != len(n.process.Workers) {
		return false
	}
	then := was.Workers[n.index]
	if then.Activity != n.worker.Activity || then.Steps != n.worker.Steps {
		return false
	}
	if n.process.Kind != "source" {
		return true
	}
	for _, i := range x.out[n.process.Name] {
		e := x.s.Edges[i]
		if e.Sent != x.before.Edge(e.From, e.To).Sent {
			return false
		}
	}
	return true
}

// hops are what a worker waits for, nothing if it waits for no other one. What workers publish of
// their waits lasts until they run again, so it counts only if the channel, which is exact, has
// somebody who waits.
func (x *explainer) hops(n *spot) (hops []hop) {
	switch n.worker.Activity {
	case Blocked:
		for _, i := range x.out[n.process.Name] {
			e := x.s.Edges[i]
			if e.SendersWaiting > 0 && sameOutput(e, n.worker.On) {
				_, to := e.link().processes()
				hops = append(hops, hop{i, x.of[to]})
			}
		}
	case Starving:
		for _, i := range x.into[n.process.Name] {
			if e := x.s.Edges[i]; e.Len > 0 || e.SendersWaiting > 0 || !e.Closed && e.ReceiversWaiting == 0 {
				return nil // it is about to take, or has taken
			} else if !e.Closed {
				from, _ := e.link().processes()
				hops = append(hops, hop{i, x.of[from]})
			}
		}
	case Queued:
		hops = append(hops, hop{inside, slices.DeleteFunc(slices.Clone(x.of[n.process.Name]), func(m *spot) bool {
			return m.worker.Activity == Queued
		})})
	case Limited:
		hops = append(hops, hop{rights, x.computing()})
	}
	return hops
}

// computing are the workers that have a right to compute.
func (x *explainer) computing() (all []*spot) {
	for _, n := range x.nodes {
		if n.process.computes && n.worker.Activity == InStep {
			all = append(all, n)
		}
	}
	return all
}

// sameOutput tells whether the edge comes from the output that the edge of that name comes from.
func sameOutput(e EdgeStatus, name string) bool {
	return len(name) > len(e.From) && name[:len(e.From)] == e.From && name[len(e.From)] == ' '
}

// waiting tells whether a worker has waited for long.
func (x *explainer) waiting(n *spot) bool {
	switch n.worker.Activity {
	case Blocked, Starving, Limited:
		return n.worker.For >= x.after
	}
	return false
}

func (x *explainer) explain(e *Explanation) {
	x.findStuck()
	e.Cycles = x.cycles()
	e.Causes = x.causes()
	e.Outside = x.outside()
	e.Paused = x.s.paused()
}

// findStuck begins with all that wait and takes away those that can go on.
func (x *explainer) findStuck() {
	for _, n := range x.nodes {
		n.stuck = x.waiting(n) || n.worker.Activity == Queued
	}
	for again := true; again; {
		again = false
		for _, n := range x.nodes {
			if n.stuck && !x.isStuck(n) {
				n.stuck, again = false, true
			}
		}
	}
}

func (x *explainer) isStuck(n *spot) bool {
	if n.worker.Activity == Blocked {
		return slices.ContainsFunc(n.links, func(h hop) bool { return allStuck(h) && x.s.Edges[h.edge].OldestSend >= x.after })
	}
	for _, h := range n.links {
		if !allStuck(h) || h.edge != inside && x.s.Edges[h.edge].From == "" {
			return false
		}
	}
	return len(n.links) > 0
}

func allStuck(h hop) bool {
	for _, n := range h.to {
		if !n.stuck {
			return false
		}
	}
	return len(h.to) > 0
}

// next is where a stuck worker's walk goes on.
func (n *spot) next() hop {
	for _, h := range n.links {
		if allStuck(h) {
			return h
		}
	}
	return hop{}
}

// cycles finds each ring once, and who waits behind it.
func (x *explainer) cycles() (all []Cycle) {
	ring := map[*spot]int{} // which cycle a worker is in
	for _, n := range x.nodes {
		if !n.stuck {
			continue
		}
		path := []*spot{}
		for m := n; ; m = m.next().to[0] {
			if _, known := ring[m]; known {
				break
			}
			if i := slices.Index(path, m); i >= 0 {
				all = append(all, Cycle{})
				for _, in := range path[i:] {
					ring[in] = len(all) - 1
					if edge := in.next().edge; edge != inside {
						all[len(all)-1].Waits = append(all[len(all)-1].Waits, x.wait(in, edge, 0))
					}
				}
				break
			}
			path = append(path, m)
		}
	}
	for _, n := range x.nodes {
		if _, in := ring[n]; n.stuck && !in && n.next().edge != inside {
			m, distance := n, 0
			for ; ; m = m.next().to[0] {
				if _, in := ring[m]; in {
					break
				}
				distance++
			}
			c := &all[ring[m]]
			c.Behind = addWait(c.Behind, x.wait(n, n.next().edge, distance))
		}
	}
	for i := range all {
		byDistance(all[i].Behind)
	}
	return all
}

func (x *explainer) wait(n *spot, edge, distance int) Wait {
	if edge < 0 {
		return Wait{Process: n.process.Name, Activity: n.worker.Activity, For: n.worker.For, distance: distance}
	}
	e := x.s.Edges[edge]
	return Wait{
		Process: n.process.Name, Activity: n.worker.Activity, Edge: e.link().String(),
		Len: e.Len, Cap: e.Cap, For: n.worker.For, distance: distance,
	}
}

// addWait adds a wait, or makes the one that is there for the same process and edge the older.
func addWait(all []Wait, w Wait) []Wait {
	for i, other := range all {
		if other.Process == w.Process && other.Edge == w.Edge && other.Activity == w.Activity {
			all[i].For = max(other.For, w.For)
			all[i].distance = min(other.distance, w.distance)
			return all
		}
	}
	return append(all, w)
}

func byDistance(all []Wait) {
	slices.SortStableFunc(all, func(a, b Wait) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(b.Activity, a.Activity), cmp.Compare(b.For, a.For))
	})
}

// outside are those that wait for values from outside.
func (x *explainer) outside() (all []Wait) {
	for _, n := range x.nodes {
		for _, h := range n.links {
			if x.waiting(n) && n.worker.Activity == Starving && x.s.Edges[h.edge].From == "" {
				all = addWait(all, x.wait(n, h.edge, 0))
			}
		}
	}
	return all
}
