package group

import "iter"

// times holds entries by the time at which something happens to them, the first one first; of equal
// times, in no order that matters. Nearly all are leases that are equally long, so their times rise
// as they come: those stand in a line, where coming and going costs the same however many there are.
// The others are in a heap.
type times struct {
	head, tail *entry // of the line, by rising rank
	heap       queue
	n          int
}

// inLine is the index of an entry that stands in the line.
const inLine = -1

// first returns the entry with the earliest time; there must be one.
func (t *times) first() *entry {
	if t.head == nil || len(t.heap) > 0 && t.heap[0].rank < t.head.rank {
		return t.heap[0]
	}
	return t.head
}

// lease adds an entry whose time is probably behind all others.
func (t *times) lease(e *entry, at Time) {
	if t.tail != nil && t.tail.rank > int64(at) {
		t.push(e, at)
		return
	}
	t.n++
	e.rank, e.index, e.prev, e.next = int64(at), inLine, t.tail, nil
	t.join(t.tail, e)
	t.tail = e
}

// push adds an entry.
func (t *times) push(e *entry, at Time) {
	t.n++
	t.heap.push(e, int64(at))
}

func (t *times) remove(e *entry) {
	t.n--
	if e.index != inLine {
		t.heap.remove(e)
		return
	}
	t.join(e.prev, e.next)
	if e.next == nil {
		t.tail = e.prev
	} else {
		e.next.prev = e.prev
	}
	e.prev, e.next = nil, nil
}

// join lets b follow a, or lead the line if a is nil.
func (t *times) join(a, b *entry) {
	if a == nil {
		t.head = b
	} else {
		a.next = b
	}
}

// all yields the entries, in an order that depends on nothing but what has happened.
func (t *times) all() iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for e := t.head; e != nil; e = e.next {
			if !yield(e) {
				return
			}
		}
		for _, e := range t.heap {
			if !yield(e) {
				return
			}
		}
	}
}
