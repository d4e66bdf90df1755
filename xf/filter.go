package xf

// Filter passes on the values for which keep returns true. It holds nothing back.
func Filter[T any](keep func(T) bool) Step[T, T] {
	requireFunc(keep != nil, "Filter", "keep")
	return func(next Sink[T]) Sink[T] {
		return &filtering[T]{output: output[T]{next: next}, test: keep, want: true}
	}
}

// Remove passes on the values for which drop returns false. It holds nothing back.
func Remove[T any](drop func(T) bool) Step[T, T] {
	requireFunc(drop != nil, "Remove", "drop")
	return func(next Sink[T]) Sink[T] {
		return &filtering[T]{output: output[T]{next: next}, test: drop, want: false}
	}
}

type filtering[T any] struct {
	output[T]
	test func(T) bool
	want bool // the answer of test that lets a value pass
}

func (s *filtering[T]) Put(v T) bool {
	if s.done {
		return false
	}
	if s.test(v) != s.want {
		return true
	}
	return s.emit(v)
}

// FilterMap passes on the results of f that come with true: a [Map] and a [Filter] in one, for functions in the
// comma-ok form such as a lookup in a map. It holds nothing back.
func FilterMap[A, B any](f func(A) (B, bool)) Step[A, B] {
	requireFunc(f != nil, "FilterMap", "f")
	return func(next Sink[B]) Sink[A] {
		return &filterMapping[A, B]{output: output[B]{next: next}, f: f}
	}
}

type filterMapping[A, B any] struct {
	output[B]
	f func(A) (B, bool)
}

func (s *filterMapping[A, B]) Put(v A) bool {
	if s.done {
		return false
	}
	r, ok := s.f(v)
	if !ok {
		return true
	}
	return s.emit(r)
}
