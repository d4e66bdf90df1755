package sim

import "github.com/runnel-go/runnel/internal/hook"

// Two schedules that differ only in the order of operations that have nothing to do with each
// other are one and the same test. To tell how many different ones were explored, each run adds
// up a number that does not depend on such orders: every operation hashes what its task and
// its objects have been through, and leaves the result with them; the sum over all operations
// stands for the run. (It is the set of operations with what happened before each: a
// Mazurkiewicz trace. Operations on one object count as dependent, even two that look at it.)

// step is what a task has done: enough to compare two runs.
type step struct {
	task   int32
	kind   hook.Kind
	object int32 // the first one; 0 for none
}

// did notes that t carries out its operation.
//
//go:norace
func (w *world) did(t *task) {
	s := step{task: int32(t.id), kind: t.op.kind}
	h := mix(t.trace ^ uint64(t.op.kind))
	for _, o := range t.op.objects {
		h = mix(h ^ w.marks[o.ID-1])
		s.object = int32(o.ID)
	}
	for _, o := range t.op.objects {
		w.marks[o.ID-1] = h
	}
	t.trace = h
	w.trace += h
	w.log = append(w.log, s)
}

// heir is the number with which begins what t brings forth: a task or an object.
//
//go:norace
func (t *task) heir() uint64 { return mix(t.trace + 1) }

// gamma is odd, and its bits are as good as random: 2⁶⁴ divided by the golden ratio.
const gamma = 0x9e3779b97f4a7c15

// mix scatters the bits of a number (the finalizer of splitmix64).
//
//go:norace
func mix(x uint64) uint64 {
	x += gamma
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// fingerprint stands for the steps of a run, in their order.
func fingerprint(log []step) uint32 {
	h := uint64(len(log))
	for _, s := range log {
		h = mix(h ^ uint64(s.task)<<40 ^ uint64(s.kind)<<32 ^ uint64(uint32(s.object)))
	}
	return uint32(h)
}

// census counts different runs.
type census struct{ seen map[uint64]struct{} }

// maxCensus bounds its memory; beyond, runs are counted no more.
const maxCensus = 1 << 20

func (c *census) add(trace uint64) {
	if c.seen == nil {
		c.seen = map[uint64]struct{}{}
	}
	if len(c.seen) < maxCensus {
		c.seen[trace] = struct{}{}
	}
}
