package xf

import "slices"

// Batch collects values and passes them on in slices of n, each as soon as it is full. On Close a started slice is
// passed on with what it has; there is never an empty one. Every slice is fresh and belongs to whoever receives it. It
// holds back up to n-1 values, and keeps room for n until the run is over. An n below 1 panics.
func Batch[T any](n int) Step[T, []T] {
	requireAtLeast(1, "Batch", n)
	return func(next Sink[[]T]) Sink[T] {
		return &batching[T]{gathering: gathering[T]{output: output[[]T]{next: next}}, n: n}
	}
}

type batching[T any] struct {
	gathering[T]
	n int
}

func (s *batching[T]) Put(v T) bool {
	if s.done {
		return false
	}
	s.held = append(s.held, v)
	if len(s.held) < s.n {
		return true
	}
	return s.emit(s.handOver())
}

// BatchBy collects neighbouring values with equal keys and passes each such run of values on as a slice, as soon as a
// value with another key arrives; on Close, the last run. Every slice is fresh, belongs to whoever receives it, and is
// never empty. It calls key once per value. It holds back the current run, however long that is: a stream that never
// changes its key is collected as a whole.
func BatchBy[T any, K comparable](key func(T) K) Step[T, []T] {
	requireFunc(key != nil, "BatchBy", "key")
	return func(next Sink[[]T]) Sink[T] {
		return &batchingBy[T, K]{gathering: gathering[T]{output: output[[]T]{next: next}}, key: key}
	}
}

type batchingBy[T any, K comparable] struct {
	gathering[T]
	key     func(T) K
	current K // the key of all that is held, if anything is
}

func (s *batchingBy[T, K]) Put(v T) bool {
	if s.done {
		return false
	}
	k := s.key(v)
	if len(s.held) == 0 || k == s.current {
		s.held, s.current = append(s.held, v), k
		return true
	}
	batch := s.handOver()
	s.held, s.current = append(s.held, v), k
	return s.emit(batch)
}

// gathering holds values back and passes them on as one slice.
//
// The buffer is reused and each slice is an exact copy of it. Handing out the buffer itself would save the copy, but
// would need a new one of n values at the first of them, which a batch cut short by Close or a huge n never fills.
type gathering[T any] struct {
	output[[]T]
	held []T
}

func (g *gathering[T]) handOver() []T {
	batch := slices.Clone(g.held)
	clear(g.held) // what has been handed over must not be kept alive from here
	g.held = g.held[:0]
	return batch
}

// Close passes on what is held, then ends the stream, also if passing it on panics.
func (g *gathering[T]) Close() {
	defer g.output.Close()
	if len(g.held) > 0 {
		g.emit(g.handOver())
	}
	g.held = nil
}
