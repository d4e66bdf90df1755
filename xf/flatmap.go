package xf

import "iter"

// FlatMap passes on, for every value v, the elements of f(v) in order; an empty or nil slice passes on nothing. The
// slice is not kept after that, so f may reuse it. When a later step stops in the middle, the rest of the slice is
// discarded. It holds nothing back.
func FlatMap[A, B any](f func(A) []B) Step[A, B] {
	requireFunc(f != nil, "FlatMap", "f")
	return func(next Sink[B]) Sink[A] {
		return &flattening[A, B]{output: output[B]{next: next}, f: f}
	}
}

type flattening[A, B any] struct {
	output[B]
	f func(A) []B
}

func (s *flattening[A, B]) Put(v A) bool {
	if s.done {
		return false
	}
	for _, r := range s.f(v) {
		if !s.emit(r) {
			return false
		}
	}
	return true
}

// FlatMapSeq is [FlatMap] for functions that return an iterator. The iterator is pulled only as far as later steps
// want, so it may be infinite if one of them stops.
func FlatMapSeq[A, B any](f func(A) iter.Seq[B]) Step[A, B] {
	requireFunc(f != nil, "FlatMapSeq", "f")
	return func(next Sink[B]) Sink[A] {
		s := &unrolling[A, B]{output: output[B]{next: next}, f: f}
		s.yield = s.emit
		return s
	}
}

type unrolling[A, B any] struct {
	output[B]
	f     func(A) iter.Seq[B]
	yield func(B) bool // emit, bound once: a range loop in Put would allocate its body for every value
}

func (s *unrolling[A, B]) Put(v A) bool {
	if s.done {
		return false
	}
	s.f(v)(s.yield)
	return !s.done
}
