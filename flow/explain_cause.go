package flow

import (
	"cmp"
	"slices"
	"time"
)

// causes are the workers where walks end, and those that have been in one step for long whether
// somebody waits for them or not.
func (x *explainer) causes() (all []Cause) {
	found := map[*spot]*[]Wait{}
	for _, n := range x.nodes {
		if !x.waiting(n) {
			continue
		}
		for _, h := range n.links {
			for root, distance := range x.roots(n, h) {
				if found[root] == nil {
					found[root] = &[]Wait{}
				}
				*found[root] = addWait(*found[root], x.wait(n, h.edge, distance))
			}
		}
	}
	x.fromOutside(found)
	for _, n := range x.nodes {
		waits := found[n]
		if waits == nil && x.lasts(n) {
			waits = &[]Wait{}
		}
		if waits != nil {
			all = addCause(all, x.cause(n, *waits))
		}
	}
	for i := range all {
		byDistance(all[i].Waits)
	}
	slices.SortStableFunc(all, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(len(b.Waits), len(a.Waits)), cmp.Compare(b.For, a.For))
	})
	return all
}

// lasts tells whether a worker in its function is to be told of though nobody waits for it: one
// of a source is only if the flow waits for its end.
func (x *explainer) lasts(n *spot) bool {
	if n.process.Kind == "source" {
		return x.s.State != Running && n.worker.Activity == InStep && n.worker.For >= x.after
	}
	return (n.worker.Activity == InStep || n.worker.Activity == Retrying) && x.hangs(n)
}

// fromOutside adds the waits of calls of Inject.
func (x *explainer) fromOutside(found map[*spot]*[]Wait) {
	for i, e := range x.s.Edges {
		if e.From != "" || e.SendersWaiting == 0 || e.OldestSend < x.after {
			continue
		}
		_, to := e.link().processes()
		w := Wait{Activity: Blocked, Edge: e.link().String(), Len: e.Len, Cap: e.Cap, For: e.OldestSend}
		for root, distance := range x.roots(nil, hop{i, x.of[to]}) {
			if found[root] == nil {
				found[root] = &[]Wait{}
			}
			w.distance = distance
			*found[root] = addWait(*found[root], w)
		}
	}
}

// roots are where the walks by h end, and how far away.
func (x *explainer) roots(from *spot, h hop) map[*spot]int {
	type visit struct {
		hop
		room bool // the walk comes from a wait for room, not for values
		far  int
	}
	roots, seen := map[*spot]int{}, map[*spot]bool{from: true}
	room := from == nil || from.worker.Activity != Starving
	for todo := []visit{{h, room, 1}}; len(todo) > 0; todo = todo[1:] {
		v := todo[0]
		if v.room && slices.ContainsFunc(v.to, x.takes) {
			continue // somebody is about to take
		}
		for _, n := range v.to {
			if seen[n] {
				continue
			}
			seen[n] = true
			if x.isRoot(n, v.room) {
				roots[n] = v.far
				continue
			}
			for _, next := range n.links {
				if next.edge != v.edge {
					todo = append(todo, visit{next, n.worker.Activity == Blocked || n.worker.Activity == Limited, v.far + 1})
				}
			}
		}
	}
	return roots
}

// hanging are those that have been in one step for so long, or, where its beginning was not timed, for
// that long at most.
func (s Status) hanging(after time.Duration) (all []Cause) {
	x := newExplainer(s, Status{}, after)
	for _, n := range x.nodes {
		if (n.worker.Activity == InStep || n.worker.Activity == Retrying) && n.worker.For >= after {
			all = addCause(all, x.cause(n, nil))
		}
	}
	slices.SortStableFunc(all, func(a, b Cause) int { return cmp.Compare(b.For, a.For) })
	return all
}

// takes tells whether a worker is about to take a message.
func (x *explainer) takes(n *spot) bool {
	return n.worker.Activity == Starving || n.worker.Activity == Moving && !x.hangs(n)
}

// hangs tells whether a worker that is not known to wait has done the same for long. If nothing
// proves that, its age may be that of several steps, sparse at most: then some took long only if
// all of them together took sparse times as long.
func (x *explainer) hangs(n *spot) bool {
	return x.atLeast(n) >= x.after || n.worker.Activity != Moving && n.process.Kind != "source" && n.worker.For >= sparse*x.after
}

// isRoot tells whether a walk ends at the worker. One that works, if not for long, makes those
// before it wait, but not those behind it, who may be waiting for something that is to come only.
func (x *explainer) isRoot(n *spot, room bool) bool {
	switch n.worker.Activity {
	case Blocked, Starving, Queued, Limited:
		return false
	case InStep, Moving:
		return room || x.hangs(n)
	}
	return true
}

// cause tells of a worker.
func (x *explainer) cause(n *spot, waits []Wait) Cause {
	c := Cause{
		Process: n.process.Name, Kind: n.process.Kind, Activity: n.worker.Activity, Workers: 1,
		For: n.worker.For, AtLeast: x.atLeast(n), Waits: waits,
		ending: x.s.State != Running,
	}
	if n.worker.Activity != InStep {
		return c
	}
	switch p := n.process; {
	case p.Failing > 0 && x.s.Failures.OldestSend >= x.after:
		c.On, c.For = "failures", x.s.Failures.OldestSend
	case p.Reporting > 0 && x.s.Reports.OldestSend >= x.after:
		c.On, c.For = "reports", x.s.Reports.OldestSend
	default:
		return c
	}
	c.AtLeast = c.For
	return c
}

// addCause puts workers of a process that do the same into one.
func addCause(all []Cause, c Cause) []Cause {
	for i := range all {
		old := &all[i]
		if old.Process != c.Process || old.Activity != c.Activity || old.On != c.On {
			continue
		}
		old.Workers++
		old.For, old.AtLeast = max(old.For, c.For), max(old.AtLeast, c.AtLeast)
		for _, w := range c.Waits {
			old.Waits = addWait(old.Waits, w)
		}
		return all
	}
	return append(all, c)
}

// atLeast is for how long a worker has done the same for sure.
//
//	the beginning was timed                          since then
//	it did so in the reading before, in that step    since that reading
//	somebody waits for room on each of its inputs    nothing has been taken since the latest began to
//	a source, and somebody waits for a value of it   nothing has been given since the first began to
func (x *explainer) atLeast(n *spot) (d time.Duration) {
	if n.worker.Exact {
		return n.worker.For
	}
	if n.same {
		d = x.s.Age - x.before.Age
	}
	if n.process.Kind == "source" {
		for _, i := range x.out[n.process.Name] {
			d = max(d, x.s.Edges[i].OldestRecv)
		}
		return min(d, n.worker.For)
	}
	all := n.worker.For
	for _, i := range x.into[n.process.Name] {
		if e := x.s.Edges[i]; !e.Closed || e.Len > 0 {
			all = min(all, e.OldestSend)
		}
	}
	return min(max(d, all), n.worker.For)
}
