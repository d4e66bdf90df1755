package xf

// Dedupe discards a value that equals the one before it: 1 1 2 1 becomes 1 2 1. It remembers one value and holds
// nothing back. Equality is ==, so a NaN never equals anything, and comparing interface values whose dynamic type is
// not comparable panics.
func Dedupe[T comparable]() Step[T, T] {
	return DedupeBy(func(v T) T { return v })
}

// DedupeBy discards a value whose key equals the key of the one before it. It calls key once per value, remembers one
// key and holds nothing back.
func DedupeBy[T any, K comparable](key func(T) K) Step[T, T] {
	requireFunc(key != nil, "DedupeBy", "key")
	return func(next Sink[T]) Sink[T] {
		return &deduping[T, K]{output: output[T]{next: next}, key: key}
	}
}

type deduping[T any, K comparable] struct {
	output[T]
	key     func(T) K
	last    K
	started bool // last is set; without it the zero key would count as seen
}

func (s *deduping[T, K]) Put(v T) bool {
	if s.done {
		return false
	}
	k := s.key(v)
	if s.started && k == s.last {
		return true
	}
	s.last, s.started = k, true
	return s.emit(v)
}
