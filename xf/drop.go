package xf

// Drop discards the first n values and passes on the rest. It holds nothing back. A negative n panics.
func Drop[T any](n int) Step[T, T] {
	requireAtLeast(0, "Drop", n)
	return func(next Sink[T]) Sink[T] {
		return &dropping[T]{output: output[T]{next: next}, left: n}
	}
}

type dropping[T any] struct {
	output[T]
	left int
}

func (s *dropping[T]) Put(v T) bool {
	if s.done {
		return false
	}
	if s.left > 0 {
		s.left--
		return true
	}
	return s.emit(v)
}

// DropWhile discards values until the first one for which drop returns false; that one and everything after it is
// passed on, and drop is not called again. It holds nothing back.
func DropWhile[T any](drop func(T) bool) Step[T, T] {
	requireFunc(drop != nil, "DropWhile", "drop")
	return func(next Sink[T]) Sink[T] {
		return &droppingWhile[T]{output: output[T]{next: next}, drop: drop}
	}
}

type droppingWhile[T any] struct {
	output[T]
	drop   func(T) bool
	passed bool
}

func (s *droppingWhile[T]) Put(v T) bool {
	if s.done {
		return false
	}
	if !s.passed && s.drop(v) {
		return true
	}
	s.passed = true
	return s.emit(v)
}
