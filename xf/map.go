package xf

// Map passes on f(v) for every value v. It holds nothing back.
func Map[A, B any](f func(A) B) Step[A, B] {
	requireFunc(f != nil, "Map", "f")
	return func(next Sink[B]) Sink[A] {
		return &mapping[A, B]{output: output[B]{next: next}, f: f}
	}
}

type mapping[A, B any] struct {
	output[B]
	f func(A) B
}

func (s *mapping[A, B]) Put(v A) bool {
	if s.done {
		return false
	}
	return s.emit(s.f(v))
}
