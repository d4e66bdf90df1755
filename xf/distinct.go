package xf

// Distinct discards every value that has been there before: 1 1 2 1 becomes 1 2. It holds nothing back.
//
// Memory: a run remembers each different value until the run is over, so on an endless stream it grows with the number
// of different values, without a bound. Where equal values come one after the other, [Dedupe] does it in constant
// memory. Equality is that of map keys, so every NaN is new, and remembered.
func Distinct[T comparable]() Step[T, T] {
	return DistinctBy(func(v T) T { return v })
}

// DistinctBy discards every value whose key has been there before. It calls key once per value and holds nothing back.
// Like [Distinct], a run remembers each different key until it is over; the values are not kept.
func DistinctBy[T any, K comparable](key func(T) K) Step[T, T] {
	requireFunc(key != nil, "DistinctBy", "key")
	return func(next Sink[T]) Sink[T] {
		return &distinguishing[T, K]{output: output[T]{next: next}, key: key, seen: make(map[K]struct{})}
	}
}

type distinguishing[T any, K comparable] struct {
	output[T]
	key  func(T) K
	seen map[K]struct{}
}

func (s *distinguishing[T, K]) Put(v T) bool {
	if s.done {
		return false
	}
	k := s.key(v)
	if _, ok := s.seen[k]; ok {
		return true
	}
	s.seen[k] = struct{}{}
	return s.emit(v)
}

// Close also frees the memory: a closed sink may stay reachable, for example from the channel that it fed.
func (s *distinguishing[T, K]) Close() {
	s.seen = nil
	s.output.Close()
}
