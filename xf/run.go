package xf

import (
	"iter"
	"slices"
)

// Slice runs step over the values of in and returns what comes out, or nil if nothing does. It stops reading in where
// the step stops.
func Slice[A, B any](step Step[A, B], in []A) []B {
	requireGiven(step != nil, "Slice", "step", "a Step")
	var out []B
	feed(slices.Values(in), step(&consumer[B]{yield: func(v B) bool {
		out = append(out, v)
		return true
	}}))
	return out
}

// Seq returns the values that come out of step when the values of in go into it. Nothing runs until it is ranged over;
// then a value is read from in only when all results of the one before it have been consumed. It stops reading in where
// the step stops or the consumer breaks off.
//
// Every range over it starts step afresh, so it can be ranged over as often as in can.
func Seq[A, B any](step Step[A, B], in iter.Seq[A]) iter.Seq[B] {
	requireGiven(step != nil, "Seq", "step", "a Step")
	requireGiven(in != nil, "Seq", "in", "an iterator such as slices.Values(s)")
	return func(yield func(B) bool) {
		feed(in, step(&consumer[B]{yield: yield}))
	}
}

// feed gives the values of in to s until it wants no more, then closes it.
func feed[T any](in iter.Seq[T], s Sink[T]) {
	for v := range in {
		if !s.Put(v) {
			break
		}
	}
	s.Close()
}

// consumer is the last sink of a run. It ignores strays by itself, because the body of a range loop must not be called
// again after it has returned false, and the step before it may be a user's that gets this wrong.
type consumer[T any] struct {
	yield func(T) bool
	done  bool
}

func (c *consumer[T]) Put(v T) bool {
	if c.done || c.yield(v) {
		return !c.done
	}
	c.done = true
	return false
}

func (c *consumer[T]) Close() { c.done = true }
