package flow

import (
	"fmt"
	"reflect"
)

// Keyed lets messages of equal keys be worked on one after the other, in the order in which they
// were taken, and those of different keys by different workers of a [Parallel] process. So what
// comes of messages of one key leaves in their order.
//
// A message whose key is busy waits for its turn with a worker of its own: Parallel(n) is how many
// messages are in the process, running or waiting. A key with many messages takes up workers, so
// give it more than should run at once; see [Workload] for a limit of those.
//
// All inputs of the process must have the type A. key is called by one worker at a time, when a
// message has been taken; if it panics the message has failed. Keys that are not equal to themselves (NaN) have
// no order.
func Keyed[A any, K comparable](key func(A) K) ProcOption {
	return func(s *settings) {
		if key == nil {
			s.wrong = append(s.wrong, "Keyed: the function is nil")
			return
		}
		s.keyed = &keying{typ: reflect.TypeFor[A](), sorter: func() any {
			return &keyed[A, K]{key: key, lines: map[K]*keyLine[K]{}}
		}}
	}
}

// keying is the option Keyed, whatever its types.
type keying struct {
	typ    reflect.Type
	sorter func() any
}

// sorter puts the message of a worker into the line of its key.
type sorter[A any] interface{ sort(r *rank, v A) }

// keyed is the lines of a process.
//
//	a key has a line ⇔ a message of it is in hand;  lines has those that equal themselves
type keyed[A any, K comparable] struct {
	key   func(A) K
	lines map[K]*keyLine[K]
	spare []*keyLine[K] // to be used again
}

type keyLine[K comparable] struct {
	line
	key K
}

func (k *keyed[A, K]) sort(r *rank, v A) {
	id := k.key(v)
	equal(id, id) // panics here if K is an interface and this key cannot be compared
	r.mu.Lock()
	r.join(&k.find(id).line)
	r.mu.Unlock()
	r.yield()
}

// equal compares two keys. One that does not equal itself is NaN, or has one in it.
func equal[K comparable](a, b K) bool { return a == b }

// find returns the line of a key, which may have to be made. The lock is held.
func (k *keyed[A, K]) find(id K) *keyLine[K] {
	if l := k.lines[id]; l != nil {
		return l
	}
	l := k.make()
	l.key = id
	if equal(id, id) {
		k.lines[id] = l
	}
	return l
}

func (k *keyed[A, K]) make() *keyLine[K] {
	if last := len(k.spare) - 1; last >= 0 {
		l := k.spare[last]
		k.spare = k.spare[:last]
		return l
	}
	l := &keyLine[K]{}
	l.emptied = func() { k.forget(l) }
	return l
}

// forget is what follows when a line is empty. The lock is held.
func (k *keyed[A, K]) forget(l *keyLine[K]) {
	if equal(l.key, l.key) {
		delete(k.lines, l.key)
	}
	var none K
	l.key = none
	k.spare = append(k.spare, l)
}

// lineMistakes are those of Ordered and Keyed.
func (n node) lineMistakes() (all []string) {
	if n.set.ordered && n.set.keyed != nil {
		all = append(all, "Ordered and Keyed: want one of them")
	}
	name := "Ordered"
	switch {
	case n.set.keyed != nil:
		name = "Keyed"
	case !n.set.ordered:
		return all
	}
	switch {
	case len(n.proc.ends(false)) == 0:
		return append(all, name+" goes with inputs: a "+n.proc.kind+" takes no messages")
	case n.proc.kind == "stateful":
		all = append(all, name+" does not go with a state: one worker keeps the order by itself")
	case !n.set.parallelGiven:
		all = append(all, name+" without Parallel: one worker keeps the order by itself")
	}
	return append(all, n.keyMistakes()...)
}

func (n node) keyMistakes() (all []string) {
	if n.set.keyed == nil {
		return nil
	}
	for _, in := range n.proc.ends(false) {
		if in.typ != n.set.keyed.typ {
			all = append(all, fmt.Sprintf("Keyed has keys of %v, the input %s takes %v", n.set.keyed.typ, in.name, in.typ))
		}
	}
	return all
}
