package xf

// Scan folds the values and passes on every intermediate result: with addition, 1 2 3 becomes 1 3 6. The first result
// is f(init, first value); init itself is not passed on. It holds nothing back.
//
// Every run starts from the same init. If S is a map, slice or pointer, f must therefore return a new one instead of
// changing the one it was given, or runs share state and earlier results change after they have been passed on.
func Scan[A, S any](init S, f func(S, A) S) Step[A, S] {
	requireFunc(f != nil, "Scan", "f")
	return func(next Sink[S]) Sink[A] {
		return &scanning[A, S]{output: output[S]{next: next}, f: f, state: init}
	}
}

type scanning[A, S any] struct {
	output[S]
	f     func(S, A) S
	state S
}

func (s *scanning[A, S]) Put(v A) bool {
	if s.done {
		return false
	}
	s.state = s.f(s.state, v)
	return s.emit(s.state)
}
