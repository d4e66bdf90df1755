package sim

import (
	"math/bits"
	"slices"
	"strconv"
)

// strategy decides who goes on, in one kind of exploration.
type strategy interface {
	name() string
	prepare(length int)              // for a run, which will typically have so many steps
	born(t *task)                    // a task was made
	arrived(t *task)                 // it is ready to do its op
	goes(t *task)                    // and does it
	pick(w *world, clock bool) *task // one of w.ready, or the clock if that may go on
	choose(n int) int                // one of n cases
}

// source is where strategies draw from. (The generator is splitmix64.)
type source struct{ state uint64 }

// begin starts the sequence of this index.
//
//go:norace
func (s *source) begin(seed, index uint64) { s.state = mix(seed ^ mix(index)) }

//go:norace
func (s *source) draw() uint64 {
	x := mix(s.state)
	s.state += gamma
	return x
}

// below returns one of 0 … n−1.
//
//go:norace
func (s *source) below(n int) int {
	i, _ := bits.Mul64(s.draw(), uint64(n))
	return int(i)
}

//go:norace
func (s *source) choose(n int) int { return s.below(n) }

// random picks evenly at every step. (Random walk.)
type random struct{ *source }

//go:norace
func (random) name() string { return "random" }

//go:norace
func (random) prepare(int) {}

//go:norace
func (random) born(*task) {}

//go:norace
func (random) arrived(*task) {}

//go:norace
func (random) goes(*task) {}

//go:norace
func (r random) pick(w *world, clock bool) *task {
	n := len(w.ready)
	if clock {
		n++
	}
	if i := r.below(n); i < len(w.ready) {
		return w.ready[i]
	}
	return &w.ticker
}

// pos is partial order sampling: every pending operation gets a random weight and the
// heaviest goes first; those that work on the same thing then get new ones. So each order of
// operations that matter is drawn with about the same chance, however long the program.
//
// Source: Yuan, Yang, Gu: Partial Order Aware Concurrency Sampling, CAV 2018.
type pos struct {
	*source
	pending [][]*task // by the ID of an object: who is ready to do an op on it
}

//go:norace
func (*pos) name() string { return "pos" }

//go:norace
func (*pos) born(*task) {}

//go:norace
func (p *pos) prepare(int) {
	for i := range p.pending {
		p.pending[i] = emptied(p.pending[i])
	}
}

//go:norace
func (p *pos) arrived(t *task) {
	t.world.weigh(t, p.draw())
	for _, o := range t.op.objects {
		for len(p.pending) <= o.ID {
			p.pending = append(p.pending, nil)
		}
		p.pending[o.ID] = append(p.pending[o.ID], t)
	}
}

//go:norace
func (p *pos) goes(t *task) {
	for _, o := range t.op.objects {
		rest := p.pending[o.ID]
		i, last := slices.Index(rest, t), len(rest)-1
		rest[i] = rest[last]
		p.pending[o.ID] = rest[:last]
		p.reweigh(t.world, rest[:last])
	}
}

// reweigh gives tasks new weights.
//
//go:norace
func (p *pos) reweigh(w *world, ts []*task) {
	if len(ts) < len(w.ready)/4 {
		for _, t := range ts {
			w.weigh(t, p.draw())
		}
		return
	}
	for _, t := range ts {
		t.weight = p.draw()
	}
	w.ready.fixAll()
}

//go:norace
func (p *pos) pick(w *world, clock bool) *task {
	best := w.ready[0]
	if clock && w.ticker.weight > best.weight {
		w.ticker.weight = p.draw()
		return &w.ticker
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
	*source
	depth   int
	changes []int  // steps, those to come
	lowest  uint64 // weights below lowEnd count down
}

const lowEnd = 1 << 32

//go:norace
func newPCT(r *source, depth int) *pct {
	return &pct{source: r, depth: depth, changes: make([]int, depth-1)}
}

//go:norace
func (p *pct) name() string { return "pct" + strconv.Itoa(p.depth) }

//go:norace
func (p *pct) prepare(length int) {
	p.lowest = lowEnd
	for i := range p.changes {
		p.changes[i] = 1 + p.below(max(length, 2))
	}
}

//go:norace
func (p *pct) born(t *task) { t.weight = lowEnd + p.draw()>>1 }

//go:norace
func (p *pct) arrived(*task) {}

//go:norace
func (p *pct) goes(*task) {}

//go:norace
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
	best := w.ready[0]
	if !clock || w.ticker.weight < best.weight {
		return best
	}
	w.ticker.weight = lowEnd + p.draw()>>1
	if p.below(2) == 0 {
		p.lower(&w.ticker)
	}
	return &w.ticker
}

//go:norace
func (p *pct) lower(t *task) {
	p.lowest--
	t.world.weigh(t, p.lowest)
}

// follow decides nothing: the history of a replay does.
type follow struct{}

//go:norace
func (follow) name() string { return "replay" }

//go:norace
func (follow) prepare(int) {}

//go:norace
func (follow) born(*task) {}

//go:norace
func (follow) arrived(*task) {}

//go:norace
func (follow) goes(*task) {}

//go:norace
func (follow) pick(w *world, _ bool) *task { return w.usual(w.current) }

//go:norace
func (follow) choose(int) int { return 0 }
