package flow

import "sync/atomic"

// ring is a set of processes that can reach each other: a cycle, or several that touch. Its
// edges would never end by themselves, since each waits for another one. They are closed when
// nothing can come any more:
//
//	every worker has seen the end of all its inputs from outside of the ring, and
//	every message ever sent on an edge of the ring has been carried through, or dropped:
//	                                   Σ Sent = handled + Σ Dropped
//
// Both sides only grow, and the left one is never the smaller. The right one is read first: if
// they are equal then, they were at the moment between. And then nobody is left who could send.
type ring struct {
	unsettled atomic.Int64 // workers that may get something from outside
	handled   atomic.Uint64
	edges     []edge
}

// settle closes the edges if nothing can come any more. It is called when one of the numbers
// may have become equal to the other. A nil ring is none.
func (r *ring) settle() {
	if r == nil || r.unsettled.Load() > 0 {
		return
	}
	through, sent := r.handled.Load(), uint64(0)
	for _, e := range r.edges {
		through += e.stats().Dropped.Total()
	}
	for _, e := range r.edges {
		sent += e.stats().Sent
	}
	if sent == through {
		for _, e := range r.edges {
			e.close(nil)
		}
	}
}

// rings finds the cycles: sets of processes that can reach each other, by Tarjan's algorithm.
// next are the processes that one sends to.
func rings(n int, next func(int) []int) (sets [][]int) {
	t := &tarjan{next: next, index: make([]int, n), low: make([]int, n), on: make([]bool, n)}
	for v := range n {
		if t.index[v] == 0 {
			t.visit(v)
		}
	}
	return t.sets
}

type tarjan struct {
	next       func(int) []int
	index, low []int // from 1; 0 is not visited
	on         []bool
	stack      []int
	count      int
	sets       [][]int
}

func (t *tarjan) visit(v int) {
	t.count++
	t.index[v], t.low[v], t.on[v] = t.count, t.count, true
	t.stack = append(t.stack, v)
	for _, u := range t.next(v) {
		if t.index[u] == 0 {
			t.visit(u)
			t.low[v] = min(t.low[v], t.low[u])
		} else if t.on[u] {
			t.low[v] = min(t.low[v], t.index[u])
		}
	}
	if t.low[v] == t.index[v] {
		t.pop(v)
	}
}

// pop takes the set of v off the stack. A single process is a cycle only if it sends to itself.
func (t *tarjan) pop(v int) {
	at := len(t.stack) - 1
	for t.stack[at] != v {
		at--
	}
	set := append([]int(nil), t.stack[at:]...)
	t.stack = t.stack[:at]
	self := false
	for _, u := range set {
		t.on[u] = false
	}
	for _, u := range t.next(v) {
		self = self || u == v
	}
	if len(set) > 1 || self {
		t.sets = append(t.sets, set)
	}
}
