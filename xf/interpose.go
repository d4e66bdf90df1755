package xf

// Interpose passes on sep between every two values: never before the first, never after the last. A sep is passed on
// together with the value that follows it, so nothing is held back, and if a later step stops at a sep, that value is
// discarded.
func Interpose[T any](sep T) Step[T, T] {
	return func(next Sink[T]) Sink[T] {
		return &interposing[T]{output: output[T]{next: next}, sep: sep}
	}
}

type interposing[T any] struct {
	output[T]
	sep     T
	started bool
}

func (s *interposing[T]) Put(v T) bool {
	if s.done {
		return false
	}
	if !s.started {
		s.started = true
		return s.emit(v)
	}
	return s.emit(s.sep) && s.emit(v)
}
