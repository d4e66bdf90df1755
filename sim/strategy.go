package sim

import (
	"math/rand/v2"
	"strconv"
)

// strategy decides who goes on, in one kind of exploration.
type strategy interface {
	name() string
	prepare(length int)              // for a run, which will typically have so many steps
	born(t *task)                    // a task was made
	arrived(t *task)                 // it is about to do its op
	pick(w *world, clock bool) *task // one of w.ready, or the clock if that may go on
	choose(n int) int                // one of n cases
}

// random picks evenly at every step. (Random walk.)
type random struct{ *rand.Rand }

func (random) name() string  { return "random" }
func (random) prepare(int)   {}
func (random) born(*task)    {}
func (random) arrived(*task) {}

func (r random) pick(w *world, clock bool) *task {
	n := len(w.ready)
	if clock {
		n++
	}
	if i := r.IntN(n); i < len(w.ready) {
		return w.ready[i]
	}
	return &w.ticker
}

func (r random) choose(n int) int { return r.IntN(n) }

// pos is partial order sampling: every pending operation gets a random weight and the
// heaviest goes first; those that work on the same thing then get new ones. So each order of
// operations that matter is drawn with about the same chance, however long the program.
//
// Source: Yuan, Yang, Gu: Partial Order Aware Concurrency Sampling, CAV 2018.
type pos struct{ *rand.Rand }

func (pos) name() string { return "pos" }
func (pos) prepare(int)  {}
func (pos) born(*task)   {}

func (p pos) arrived(t *task) { t.weight = p.Uint64() }

func (p pos) pick(w *world, clock bool) *task {
	best := heaviest(w.ready)
	if clock && w.ticker.weight > best.weight {
		w.ticker.weight = p.Uint64()
		return &w.ticker
	}
	for _, t := range w.ready {
		if t != best && t.op.conflicts(&best.op) {
			t.weight = p.Uint64()
		}
	}
	return best
}

func (p pos) choose(n int) int { return p.IntN(n) }

func heaviest(ts []*task) *task {
	best := ts[0]
	for _, t := range ts[1:] {
		if t.weight > best.weight {
			best = t
		}
	}
	return best
}

// pct gives every task a random weight for the whole run and always runs the heaviest; at
// depth−1 steps, drawn beforehand, the one that runs becomes the lightest. It finds a bug that
// needs depth orders with a chance of at least 1 / (tasks · steps^(depth−1)).
//
// That is for programs without time. The clock is a task more; but one that can always go on
// as long as there is a ticker, so that a task below it would not run for the rest of the run.
// Therefore the clock, when it has moved, stays where it is or becomes the lightest, and a
// task that polls becomes the lightest, too: what it polls for is to happen.
//
// Source: Burckhardt, Kothari, Musuvathi, Nagarakatte: A Randomized Scheduler with
// Probabilistic Guarantees of Finding Bugs, ASPLOS 2010.
type pct struct {
	*rand.Rand
	depth   int
	changes []int  // steps, those to come
	lowest  uint64 // weights below lowEnd count down
}

const lowEnd = 1 << 32

func newPCT(r *rand.Rand, depth int) *pct {
	return &pct{Rand: r, depth: depth, changes: make([]int, depth-1)}
}

func (p *pct) name() string { return "pct" + strconv.Itoa(p.depth) }

func (p *pct) prepare(length int) {
	p.lowest = lowEnd
	for i := range p.changes {
		p.changes[i] = 1 + p.IntN(max(length, 2))
	}
}

func (p *pct) born(t *task)  { t.weight = lowEnd + p.Uint64()>>1 }
func (p *pct) arrived(*task) {}

func (p *pct) pick(w *world, clock bool) *task {
	for i, at := range p.changes {
		if w.steps >= at && at > 0 {
			p.lower(w.current)
			p.changes[i] = 0
		}
	}
	if w.current.idling {
		p.lower(w.current)
	}
	best := heaviest(w.ready)
	if !clock || w.ticker.weight < best.weight {
		return best
	}
	w.ticker.weight = lowEnd + p.Uint64()>>1
	if p.IntN(2) == 0 {
		p.lower(&w.ticker)
	}
	return &w.ticker
}

func (p *pct) lower(t *task) {
	p.lowest--
	t.weight = p.lowest
}

func (p *pct) choose(n int) int { return p.IntN(n) }

// follow decides nothing: the history of a replay does.
type follow struct{}

func (follow) name() string                { return "replay" }
func (follow) prepare(int)                 {}
func (follow) born(*task)                  {}
func (follow) arrived(*task)               {}
func (follow) pick(w *world, _ bool) *task { return w.usual(w.current) }
func (follow) choose(int) int              { return 0 }
