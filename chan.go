package runnel

import (
	"context"

	"github.com/runnel-go/runnel/internal/hook"
	"github.com/runnel-go/runnel/internal/step"
)

// What is true of every channel whenever nobody holds its lock. "Live" waiters are those
// that may be completed: not the cases of a Select that is not waiting.
//
//	 1. value buffered         ⇒ no live receiver waits
//	 2. live sender waits      ⇒ the channel is full: n ≥ cap
//	 3. live receiver waits    ⇒ no value is buffered and no live sender waits
//	 4. closed                 ⇒ no live receiver waits
//	 5. sent = received + n + Σ dropped        (except on a promise, which is never emptied)
//	 6. state ⊇ readiness(), and what the policy says: a bit that is due is never missing
//	 7. limit = number of buffered values below which a send may simply push: min(cap, slots),
//	    0 for a channel with a Policy, −1 once closed
//	 8. every slot that holds no value is zero, and so is val of every idle waiter in stock
//
// A value moves exactly once, under the lock, by whoever makes the move possible: the
// sender puts it into the hands of a receiver that waits, a receiver moves the value of a
// waiting sender into the place that it has just freed. So nobody is woken to try again,
// waiters are served in order, and a channel with n slots holds n values plus those of the
// senders that wait, as Go's own channels do.
//
// The lock is held for constant work for each value and waiter that an operation moves (plus
// the user's own code where the channel has a Policy or a transducer), never while parking,
// calling back or reporting drops.

// Chan is a channel: a queue of values of type T with a policy for when it is full, a story
// of how it ends, and an account of every value that went through it. Make one with [New],
// [NewPromise], [NewBuffered] or [NewVia]. All methods may be called by any number of
// goroutines at once. A nil *Chan is ready for nothing: use it in a Select only.
type Chan[T any] struct {
	state stateWord
	kind  kind
	timed bool

	simulated bool // rare.object is what the simulation knows it by
	limit     int  // invariant 7
	low       int  // number of buffered values above which a receive may simply pop
	ring      ring[T]
	recvq     queue[T]
	sendq     queue[T]

	sent, received uint64      // sent without what a dropping channel dropped
	discarded      step.Uint64 // dropped by a dropping channel, with or without the lock
	high           int         // most values ever buffered
	cap            int
	standing       uint32 // readiness bits that hold whatever is buffered
	recvStock      stock[T]
	sendStock      stock[T]
	rare           *rare[T] // what few channels need, else nil
}

// kind is what a channel does with a value that finds nobody waiting and no free slot.
type kind uint8

const (
	fixed kind = iota // the sender waits; rendezvous if cap is 0
	dropping
	sliding
	unbounded
	custom // the Policy decides
)

// New makes a channel. Without a buffer option it is a rendezvous: a send waits until a
// receiver takes the value. See [Buffer], [Dropping], [Sliding], [Unbounded] and [Name].
func New[T any](opts ...Option) *Chan[T] {
	c := &Chan[T]{}
	c.apply(newConfig("New", opts))
	return c
}

// Send hands v over: to a receiver that waits, into the buffer, or to the policy, which may
// drop it. It blocks while the channel is full, unless the policy never makes a sender wait.
//
// The result is nil once v is handed over, buffered or dropped by policy; a dropped value is
// counted in [Stats] and given to [Chan.OnDrop]. An error means that v was not accepted:
// [ErrClosed] (wrapping the cause) if the channel was closed before, the cause of ctx if ctx
// ended first. Send never panics.
func (c *Chan[T]) Send(ctx context.Context, v T) error {
	if ctx.Err() != nil {
		return c.causeOf(ctx)
	}
	if c.discard() {
		return nil
	}
	if hook.Watched && c.simulated && !c.arrives(ctx, hook.Send) {
		return context.Cause(ctx)
	}
	c.state.lock()
	if c.ring.n >= c.limit || c.recvq.head != nil {
		return c.sendSlow(ctx, v)
	}
	c.pushAndUnlock(v)
	return nil
}

// Recv takes the oldest value. It blocks while the channel is open and empty.
//
// After Close it goes on to give what is buffered and what senders that were already waiting
// hold, then the cause of [Chan.CloseWith], or [ErrClosed] after a plain Close. If ctx ends
// first, the result is the cause of ctx and nothing was taken. A zero value is a value like
// any other.
func (c *Chan[T]) Recv(ctx context.Context) (T, error) {
	if ctx.Err() != nil {
		var zero T
		return zero, c.causeOf(ctx)
	}
	if hook.Watched && c.simulated && !c.arrives(ctx, hook.Recv) {
		var zero T
		return zero, context.Cause(ctx)
	}
	c.state.lock()
	if c.ring.n <= c.low || c.sendq.head != nil {
		return c.recvSlow(ctx)
	}
	return c.popAndUnlock(), nil
}

// TrySend is Send that never waits: [ErrFull] if it would have to.
func (c *Chan[T]) TrySend(v T) error {
	if c.state.Load()&sendReady == 0 {
		return ErrFull
	}
	if c.discard() {
		return nil
	}
	return c.sendNow(v)
}

// TryRecv is Recv that never waits: [ErrEmpty] if it would have to.
func (c *Chan[T]) TryRecv() (T, error) {
	if c.state.Load()&recvReady == 0 {
		var zero T
		return zero, ErrEmpty
	}
	return c.recvNow()
}

// sendNow sends v if that is possible at once, else ErrFull.
func (c *Chan[T]) sendNow(v T) error {
	if hook.Watched {
		c.point(hook.TrySend)
	}
	c.state.lock()
	if c.ring.n < c.limit && c.recvq.head == nil {
		c.pushAndUnlock(v)
		return nil
	}
	if !hook.Watched && c.simulated {
		c.pointLocked(hook.TrySend)
	}
	var after aftermath[T]
	err := c.put(v, &after)
	c.unlock()
	after.run(c)
	c.idle(err)
	return err
}

// recvNow receives a value if there is one, else ErrEmpty or why there will be none.
func (c *Chan[T]) recvNow() (T, error) {
	if hook.Watched {
		c.point(hook.TryRecv)
	}
	c.state.lock()
	if c.ring.n > c.low && c.sendq.head == nil {
		return c.popAndUnlock(), nil
	}
	if !hook.Watched && c.simulated {
		c.pointLocked(hook.TryRecv)
	}
	var after aftermath[T]
	v, err := c.take(&after)
	c.unlock()
	after.run(c)
	c.idle(err)
	return v, err
}

// pushAndUnlock is the whole of a send that finds a slot and nobody waiting.
func (c *Chan[T]) pushAndUnlock(v T) {
	c.ring.push(v)
	c.sent++
	c.high = max(c.high, c.ring.n)
	bits := c.standing | hasValue
	if c.ring.n < c.cap {
		bits |= hasRoom
	}
	c.state.unlock(bits)
}

// popAndUnlock is the whole of a receive that finds a value and nobody waiting.
func (c *Chan[T]) popAndUnlock() T {
	v := c.ring.pop()
	c.received++
	bits := c.standing | hasRoom
	if c.ring.n > 0 {
		bits |= hasValue
	}
	c.state.unlock(bits)
	return v
}

// sendSlow goes on with a Send that could not simply push. The lock is held.
func (c *Chan[T]) sendSlow(ctx context.Context, v T) error {
	if r := c.recvq.head; c.isDirect(r) {
		c.recvq.remove(r)
		r.val = v
		c.handOver(r)
		return nil
	}
	if !hook.Watched && c.simulated && !c.admitted(ctx, hook.Send) {
		return context.Cause(ctx)
	}
	var after aftermath[T]
	err := c.put(v, &after)
	if err != ErrFull {
		c.unlock()
		after.run(c)
		return err
	}
	_, err = c.wait(ctx, c.newWaiter(true), v)
	return err
}

// recvSlow goes on with a Recv that could not simply pop. The lock is held.
func (c *Chan[T]) recvSlow(ctx context.Context) (T, error) {
	if s := c.sendq.head; c.isDirect(s) {
		c.sendq.remove(s)
		v := s.val
		c.handOver(s)
		return v, nil
	}
	if !hook.Watched && c.simulated && !c.admitted(ctx, hook.Recv) {
		var none T
		return none, context.Cause(ctx)
	}
	var after aftermath[T]
	v, err := c.take(&after)
	if err != ErrEmpty {
		c.unlock()
		after.run(c)
		return v, err
	}
	return c.wait(ctx, c.newWaiter(false), v)
}

// isDirect tells whether w, the first of its queue, can be served without further ado: a
// goroutine, neither callback nor case, and no buffer or policy between. It is what put and
// take come to for a rendezvous, and saves a tenth of its time.
func (c *Chan[T]) isDirect(w *waiter[T]) bool {
	return w != nil && w.sel == nil && w.fn == nil && !c.simulated && c.ring.n == 0 && c.kind != custom && !c.isClosed()
}

// handOver completes w, whose value has just moved from hand to hand.
func (c *Chan[T]) handOver(w *waiter[T]) {
	c.sent++
	c.received++
	c.keep(w)
	c.unlock()
	w.sleep.Signal()
}

// wait queues a sender of v, or a receiver, sleeps until it is completed or ctx ends, and
// returns the outcome. The lock is held on entry and released.
func (c *Chan[T]) wait(ctx context.Context, w *waiter[T], v T) (T, error) {
	if c.simulated {
		return c.waitSimulated(ctx, w, v)
	}
	if world := hook.Current(); world != nil && !step.On {
		c.unlock()
		world.Misuse(outside)
	}
	done := ctx.Done()
	if done != nil && !w.watch.covers(done) {
		c.watch(ctx, w)
		v, err := c.retry(w, v)
		if err != ErrFull && err != ErrEmpty {
			return v, err
		}
	}
	w.val, w.cancelID = v, w.watch.idFor(done)
	c.enqueue(w)
	if done != nil && ctx.Err() != nil { // its end may have come before w could be found
		c.withdrawn(w)
	} else {
		w.sleep.Wait()
		c.state.Load() // orders what follows after what the waker did under the lock
	}
	v, err := w.val, w.err
	if c.timed {
		c.rare.blocked(w)
	}
	c.giveBack(w)
	if err == (cancelledError{}) {
		err = context.Cause(ctx)
	}
	return v, err
}

// watches makes sure that w will hear of the end of ctx. It returns true if the lock had to be
// released for that: then the operation has to look again whether it can proceed.
func (c *Chan[T]) watches(ctx context.Context, w *waiter[T]) (released bool) {
	done := ctx.Done()
	if done == nil || w.watch.covers(done) || c.simulated {
		return false
	}
	c.watch(ctx, w)
	return true
}

// watch registers w with ctx, for which the lock, which is held, has to be released.
func (c *Chan[T]) watch(ctx context.Context, w *waiter[T]) {
	c.unlock()
	register(ctx, &w.watch, w)
	c.state.lock()
}

// retry looks again. If the operation still has to wait, the lock is held as before.
func (c *Chan[T]) retry(w *waiter[T], v T) (T, error) {
	var after aftermath[T]
	var err error
	if w.sends {
		err = c.put(v, &after)
	} else {
		v, err = c.take(&after)
	}
	if err != ErrFull && err != ErrEmpty {
		c.keep(w)
		c.unlock()
		after.run(c)
		c.giveBack(w)
	}
	return v, err
}

// withdrawn ends the wait of w, whose context has ended, before it has begun.
func (c *Chan[T]) withdrawn(w *waiter[T]) {
	var after aftermath[T]
	c.withdraw(w, &after)
	c.keep(w)
	c.unlock()
	after.run(c)
	w.err = cancelledError{}
}
