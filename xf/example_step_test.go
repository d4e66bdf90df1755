package xf_test

import (
	"fmt"

	"github.com/runnel-go/runnel/xf"
)

// deltas is a step of our own: it passes on by how much each value differs from the one before.
func deltas(next xf.Sink[int]) xf.Sink[int] {
	return &deltaSink{Sink: next} // fresh state for each run; Close is that of next, since nothing is held back
}

type deltaSink struct {
	xf.Sink[int]
	last    int
	started bool
}

// Put returns what next returns, so that a stop travels on to the source.
func (s *deltaSink) Put(v int) bool {
	delta, first := v-s.last, !s.started
	s.last, s.started = v, true
	if first {
		return true
	}
	return s.Sink.Put(delta)
}

// A function from Sink to Sink is a Step, and composes with all others.
func ExampleStep() {
	rises := xf.Compose2(deltas, xf.Filter(func(d int) bool { return d > 0 }))
	fmt.Println(xf.Slice(rises, []int{3, 5, 4, 4, 9}))
	// Output: [2 5]
}
