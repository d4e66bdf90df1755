package xf

// Take passes on the first n values and stops with the n-th: the Put that brings it returns false, so no further value
// is asked for. Take(0) passes on nothing; since a sink can only refuse when it is given something, it stops at the
// first value. It holds nothing back. A negative n panics.
func Take[T any](n int) Step[T, T] {
	requireAtLeast(0, "Take", n)
	return func(next Sink[T]) Sink[T] {
		return &taking[T]{output: output[T]{next: next}, left: n}
	}
}

type taking[T any] struct {
	output[T]
	left int
}

func (s *taking[T]) Put(v T) bool {
	if s.done {
		return false
	}
	if s.left == 0 {
		return s.stop()
	}
	s.left--
	if more := s.emit(v); !more || s.left == 0 {
		return s.stop()
	}
	return true
}

// TakeWhile passes values on until the first one for which keep returns false; that one is discarded, and the stream
// stops there. It holds nothing back.
func TakeWhile[T any](keep func(T) bool) Step[T, T] {
	requireFunc(keep != nil, "TakeWhile", "keep")
	return func(next Sink[T]) Sink[T] {
		return &takingWhile[T]{output: output[T]{next: next}, keep: keep}
	}
}

type takingWhile[T any] struct {
	output[T]
	keep func(T) bool
}

func (s *takingWhile[T]) Put(v T) bool {
	if s.done {
		return false
	}
	if !s.keep(v) {
		return s.stop()
	}
	return s.emit(v)
}
