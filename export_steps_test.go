//go:build steps

package runnel

import "fmt"

// Spin is the lock of a channel by itself.
type Spin struct{ word stateWord }

// Lock takes the lock.
func (s *Spin) Lock() { s.word.lock() }

// Unlock publishes bits, shifted past the lock's own, and releases the lock.
func (s *Spin) Unlock(bits uint32) { s.word.unlock(bits << 1) }

// Await returns the bits as of a moment at which nobody held the lock.
func (s *Spin) Await() uint32 { return s.word.await() >> 1 }

// Sleeper is what a Select sleeps on.
type Sleeper struct{ parker }

// Park sleeps until Wake, once per round.
func (s *Sleeper) Park() { s.park() }

// Wake ends a round.
func (s *Sleeper) Wake() { s.wake() }

// Guard gives the channel a name in reports and makes it check, whenever its lock is released,
// what is true of every channel at that moment (chan.go).
//
// If coarse, taking the lock is one step instead of two.
func Guard[T comparable](c *Chan[T], name string, coarse bool, fail func(format string, args ...any)) *Chan[T] {
	if coarse {
		c.state.Coarse()
	}
	c.state.Watch(name, func(old, bits uint32) {
		switch {
		case old&locked == 0 && bits&locked == 0:
			fail("%s: somebody released the lock who does not hold it", name)
		case old&locked != 0 && bits&locked != 0:
			fail("%s: the lock was taken twice", name)
		case bits&locked == 0:
			if what := c.broken(bits); what != "" {
				fail("%s: %s", name, what)
			}
		}
	})
	return c
}

// GuardVia guards both ends of a transducer.
func GuardVia[A, B comparable](in Sender[A], out Receiver[B], coarse bool, fail func(format string, args ...any)) {
	Guard(in.sendEnd(), "front", coarse, fail)
	Guard(out.recvEnd(), "back", coarse, fail)
}

// broken names an invariant of chan.go that does not hold, which is checked for all that lies in
// the queues, live or not: who finds a case that does not wait takes it off.
func (c *Chan[T]) broken(bits uint32) string {
	n, r := c.length(), c.rare
	dropped := 0
	if r != nil {
		dropped = int(r.drops.Total())
	}
	switch {
	case n > 0 && c.recvq.head != nil:
		return "1: a value is buffered and a receiver waits"
	case c.sendq.head != nil && c.kind != custom && n < c.cap:
		return "2: a sender waits and there is room"
	case c.recvq.head != nil && c.sendq.head != nil && !c.sameSelect():
		return "3: a receiver and a sender wait"
	case c.isClosed() && c.recvq.head != nil:
		return "4: a receiver waits on a closed channel"
	case int(c.sent) != int(c.received)+n+dropped:
		return fmt.Sprintf("5: sent %d, received %d, %d buffered, %d dropped", c.sent, c.received, n, dropped)
	case c.missing(bits) != 0:
		return fmt.Sprintf("6: the readiness bits %b are missing of %b", c.missing(bits), bits)
	case c.limit != c.rightLimit():
		return fmt.Sprintf("7: limit is %d, want %d", c.limit, c.rightLimit())
	}
	return c.retained()
}

// sameSelect tells whether all that lie in the queues are cases of one Select, which cannot meet
// itself.
func (c *Chan[T]) sameSelect() bool {
	s := c.recvq.head.sel
	for _, q := range []queue[T]{c.recvq, c.sendq} {
		for w := q.head; w != nil; w = w.next {
			if s == nil || w.sel != s {
				return false
			}
		}
	}
	return true
}

// missing are the bits that should be set and are not.
func (c *Chan[T]) missing(bits uint32) uint32 {
	if c.kind != custom {
		return c.readiness() &^ bits
	}
	want := c.standing
	if c.rare.policy.Len() > 0 || c.sendq.head != nil {
		want |= hasValue
	}
	if !c.rare.policy.Full() || c.recvq.head != nil {
		want |= hasRoom
	}
	return want &^ bits
}

func (c *Chan[T]) rightLimit() int {
	switch {
	case c.isClosed():
		return -1
	case c.kind == custom:
		return 0
	case c.kind == unbounded:
		return len(c.ring.buf)
	}
	return min(c.cap, len(c.ring.buf))
}

// retained looks for values that are kept alive by mistake, and for a broken queue.
func (c *Chan[T]) retained() string {
	r := &c.ring
	for i := r.n; i < len(r.buf); i++ {
		if slot := r.buf[(r.head+i)%len(r.buf)]; !isZero(slot) {
			return fmt.Sprintf("8: a slot that is free holds %v", slot)
		}
	}
	for _, s := range []stock[T]{c.recvStock, c.sendStock} {
		for w := s.first; w != nil; w = w.spare {
			if w.returned.Peek() == w.used && !isZero(w.val) {
				return fmt.Sprintf("8: a waiter in stock holds %v", w.val)
			}
		}
	}
	for _, q := range []queue[T]{c.recvq, c.sendq} {
		for w := q.head; w != nil; w = w.next {
			if !w.queued || w.next == nil && q.tail != w || w.next != nil && w.next.prev != w {
				return "a queue is broken"
			}
		}
	}
	return ""
}

func isZero[T any](v T) bool {
	var zero T
	return any(v) == any(zero)
}
