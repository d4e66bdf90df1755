package runnel

import (
	"math"
	"slices"
)

// Moving values, with the lock held. Every operation, blocking or not, single or batch,
// callback or case of a Select, comes down to put and take.

// put hands v over if that is possible at once: nil. Otherwise ErrFull, or the error of a
// send on a closed channel.
func (c *Chan[T]) put(v T, after *aftermath[T]) error {
	if c.isClosed() {
		return c.sendError()
	}
	if c.kind == custom {
		return c.putCustom(v, after)
	}
	if r := c.recvq.pop(); r != nil {
		c.deliver(r, v, after)
		return nil
	}
	return c.buffer(v, after)
}

// buffer is put with nobody waiting: the policy decides.
func (c *Chan[T]) buffer(v T, after *aftermath[T]) error {
	switch {
	case c.ring.n < c.cap || c.kind == unbounded:
		c.store(v)
	case c.kind == dropping:
		c.drop(v, DroppedNewest, after)
		return nil // counted as sent by being counted as dropped
	case c.kind == sliding:
		c.drop(c.ring.pop(), DroppedOldest, after)
		c.ring.push(v)
	default:
		return ErrFull
	}
	c.sent++
	return nil
}

// take receives a value if there is one: nil. Otherwise ErrEmpty, or the cause of the end.
func (c *Chan[T]) take(after *aftermath[T]) (v T, err error) {
	if c.kind == custom {
		return c.takeCustom(after)
	}
	if c.ring.n > 0 {
		v = c.ring.pop()
		c.taken(1, after)
		return v, nil
	}
	if s := c.sendq.pop(); s != nil {
		return c.exchange(s, after), nil
	}
	return v, c.nothing()
}

// nothing is the error of a receive that found no value.
func (c *Chan[T]) nothing() error {
	if c.isClosed() {
		return c.endError()
	}
	return ErrEmpty
}

// deliver gives v to the receiver r that waits.
func (c *Chan[T]) deliver(r *waiter[T], v T, after *aftermath[T]) {
	r.val = v
	c.sent++
	c.received++
	c.completed(r, after)
}

// exchange takes the value of the sender s, who waits, for a receiver.
func (c *Chan[T]) exchange(s *waiter[T], after *aftermath[T]) T {
	c.sent++
	c.received++
	return c.accept(s, after)
}

// accept takes the value of the sender s, who waits, and lets s go.
func (c *Chan[T]) accept(s *waiter[T], after *aftermath[T]) T {
	v := s.val
	if s.sel == nil { // a case keeps its value, to be sent again in the next round
		var zero T
		s.val = zero
	}
	c.completed(s, after)
	return v
}

// taken accounts for k values taken from the buffer and lets waiting senders fill the room.
func (c *Chan[T]) taken(k int, after *aftermath[T]) {
	c.received += uint64(k)
	if c.rare != nil && c.rare.settle != nil {
		after.taken += k
	}
	for c.sendq.head != nil && c.ring.n < c.cap {
		s := c.sendq.pop()
		if s == nil {
			break
		}
		c.sent++
		c.store(c.accept(s, after))
	}
	if c.kind == unbounded {
		c.release()
	}
}

// store buffers v, making slots if need be.
func (c *Chan[T]) store(v T) {
	if c.ring.n == len(c.ring.buf) {
		c.grow()
	}
	c.ring.push(v)
	c.high = max(c.high, c.ring.n)
}

func (c *Chan[T]) grow() {
	if c.kind == unbounded {
		c.ring.grow(math.MaxInt)
	} else {
		c.ring.grow(c.cap)
	}
	if len(c.ring.buf) >= bigRing && c.kind == unbounded {
		c.low = max(c.low, 1) // so that the receive that empties it comes by release
	}
	if !c.isClosed() && !c.simulated {
		c.limit = len(c.ring.buf)
	}
}

// bigRing is the number of slots from which an unbounded channel gives its memory back
// when it has been emptied.
const bigRing = 1024

// release gives back the memory of a burst that is over.
func (c *Chan[T]) release() {
	if c.ring.n == 0 && len(c.ring.buf) >= bigRing {
		c.ring = ring[T]{}
		c.limit = min(c.limit, 0)
		if c.low == 1 {
			c.low = 0
		}
	}
}

// discard drops a value without the lock, if the channel is a dropping one, full and open:
// at the moment when the word was read there was no room.
func (c *Chan[T]) discard() bool {
	if c.state.Load()&(discards|hasRoom|closed) != discards {
		return false
	}
	c.discarded.Add(1)
	return true
}

// drop counts v as dropped, and remembers it if somebody wants to hear of it.
func (c *Chan[T]) drop(v T, why Reason, after *aftermath[T]) {
	if why == DroppedNewest && c.kind == dropping {
		c.discarded.Add(1)
	} else {
		c.more().drops[why]++
	}
	if c.rare != nil && c.rare.onDrop != nil {
		after.drops = append(after.drops, drop[T]{v, why})
	}
}

// hasRoom tells whether a value could be buffered, or dropped, at once.
func (c *Chan[T]) hasRoom() bool {
	if c.kind == custom {
		return !c.rare.policy.Full()
	}
	return c.standing&neverFull != 0 || c.ring.n < c.cap
}

// enqueue makes w wait.
func (c *Chan[T]) enqueue(w *waiter[T]) {
	if c.timed {
		w.since = c.now()
	}
	c.queueOf(w.sends).push(w)
}

func (c *Chan[T]) queueOf(sends bool) *queue[T] {
	if sends {
		return &c.sendq
	}
	return &c.recvq
}

// withdraw takes w, which was not completed, off its queue.
func (c *Chan[T]) withdraw(w *waiter[T], after *aftermath[T]) {
	c.queueOf(w.sends).remove(w)
	if c.isClosed() {
		c.finishThrough(after)
	}
}

// unlock publishes what may be done next (invariant 6) and releases the lock.
func (c *Chan[T]) unlock() {
	bits := c.readiness()
	if c.kind == custom {
		if after := c.unlockCustom(bits); after != nil {
			after.run(c)
		}
		return
	}
	c.state.unlock(bits)
}

// readiness returns the bits that are due, but for those that a policy decides.
func (c *Chan[T]) readiness() uint32 {
	bits := c.standing
	if c.ring.n > 0 || c.sendq.head != nil {
		bits |= hasValue
	}
	if c.ring.n < c.cap || c.recvq.head != nil {
		bits |= hasRoom
	}
	return bits
}

// aftermath is what an operation has to do once it has released the lock: wake those whom
// it completed, tell what was dropped, and what follows from the channel's end.
type aftermath[T any] struct {
	first *waiter[T]   // completed, goroutine or case
	more  []*waiter[T] // completed as well, which is rare
	calls bool         // callbacks are due
	drops []drop[T]    // only if somebody wants to hear of them
	taken int          // values taken from behind a transducer, which makes room
	ended bool         // the channel was closed
	then  []func()     // what operations on the channel behind a transducer left to do
}

type drop[T any] struct {
	val T
	why Reason
}

// completed leaves it to after to tell whoever waits with w, which is off its queue.
func (c *Chan[T]) completed(w *waiter[T], after *aftermath[T]) {
	if w.fn != nil {
		if c.timed {
			c.rare.blocked(w)
		}
		c.due(w.fn, w.val, w.err)
		after.calls = true
		return
	}
	c.keep(w)
	after.add(w)
}

func (a *aftermath[T]) add(w *waiter[T]) {
	if a.first == nil {
		a.first = w
	} else {
		a.more = append(a.more, w)
	}
}

// run does it. What may be the user's code (reports, callbacks) comes last, so that a panic
// in it keeps nobody asleep.
func (a *aftermath[T]) run(c *Chan[T]) {
	if a.ended {
		c.ended()
	}
	if a.first != nil {
		a.first.finish()
		for _, w := range a.more {
			w.finish()
		}
	}
	if a.taken > 0 {
		c.rare.settle(a.taken)
	}
	if a.calls || a.drops != nil || a.then != nil || a.ended {
		a.runUserCode(c)
	}
}

func (a *aftermath[T]) runUserCode(c *Chan[T]) {
	for _, f := range slices.Backward(a.then) {
		defer f()
	}
	if a.ended {
		defer c.tellClosed()
	}
	if a.calls {
		defer c.callBack()
	}
	if len(a.drops) > 0 {
		c.report(a.drops)
	}
}
