package xf

import "slices"

// Compose joins any number of steps that keep the type, from left to right. Without steps it changes nothing.
func Compose[T any](steps ...Step[T, T]) Step[T, T] {
	given := make([]bool, len(steps))
	for i, s := range steps {
		given[i] = s != nil
	}
	requireSteps("Compose", given...)
	steps = slices.Clone(steps) // the caller may reuse its slice; a Step never changes
	return func(next Sink[T]) Sink[T] {
		for _, s := range slices.Backward(steps) {
			next = s(next)
		}
		return next
	}
}

// Compose2 gives the results of a to b. Close reaches a first and b last.
func Compose2[A, B, C any](a Step[A, B], b Step[B, C]) Step[A, C] {
	requireSteps("Compose2", a != nil, b != nil)
	return func(next Sink[C]) Sink[A] { return a(b(next)) }
}

// Compose3 gives the results of a to b and those of b to c.
func Compose3[A, B, C, D any](a Step[A, B], b Step[B, C], c Step[C, D]) Step[A, D] {
	requireSteps("Compose3", a != nil, b != nil, c != nil)
	return func(next Sink[D]) Sink[A] { return a(b(c(next))) }
}

// Compose4 gives the results of each step to the next one. Longer chains nest: composition is associative.
func Compose4[A, B, C, D, E any](a Step[A, B], b Step[B, C], c Step[C, D], d Step[D, E]) Step[A, E] {
	requireSteps("Compose4", a != nil, b != nil, c != nil, d != nil)
	return func(next Sink[E]) Sink[A] { return a(b(c(d(next)))) }
}
