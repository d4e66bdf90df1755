package runnel

import (
	"math"

	"github.com/runnel-go/runnel/internal/hook"
)

// SendFunc sends v without a goroutine that waits: f is called once, with the result that
// [Chan.Send] would have given, when v has been accepted or refused. It is called by this
// goroutine before SendFunc returns, or later by the one whose operation completes the send, or
// by one that is running callbacks of the channel at that moment.
//
// The callbacks of a channel are called one at a time, and never inside one another: one that
// becomes due while another is running is called after it, by the same goroutine. f may use
// the channel, but must not block: it runs on somebody else's time. A nil f is allowed.
//
// Sends that wait are not limited in number; whoever calls SendFunc without minding f makes
// an unbounded queue.
func (c *Chan[T]) SendFunc(v T, f func(error)) {
	if f == nil {
		f = func(error) {}
	}
	fn := func(_ T, err error) { f(err) }
	c.point(hook.SendFunc)
	var after aftermath[T]
	c.state.lock()
	if err := c.put(v, &after); err != ErrFull {
		c.due(fn, v, err)
		after.calls = true
	} else {
		c.enqueue(&waiter[T]{home: c, val: v, sends: true, fn: fn})
	}
	c.unlock()
	after.run(c)
}

// refuse calls f with ErrClosed, in its turn.
func (c *Chan[T]) refuse(f func(error)) {
	if f == nil {
		return
	}
	c.state.lock()
	var none T
	c.due(func(_ T, err error) { f(err) }, none, ErrClosed)
	c.unlock()
	c.callBack()
}

// RecvFunc receives without a goroutine that waits: f is called once, with the result that
// [Chan.Recv] would have given. It is called as by [Chan.SendFunc], with the same duties. To
// receive a stream, f calls RecvFunc again.
func (c *Chan[T]) RecvFunc(f func(T, error)) {
	if f == nil {
		panic("runnel: RecvFunc: f is nil, so the value would be lost")
	}
	c.point(hook.RecvFunc)
	var after aftermath[T]
	c.state.lock()
	if v, err := c.take(&after); err != ErrEmpty {
		c.due(f, v, err)
		after.calls = true
	} else {
		c.enqueue(&waiter[T]{home: c, fn: f})
	}
	c.unlock()
	after.run(c)
}

// call is a callback with the outcome that it is to be told.
type call[T any] struct {
	fn  func(T, error)
	val T
	err error
}

// due queues a callback, to be called once the lock is released.
func (c *Chan[T]) due(fn func(T, error), v T, err error) {
	r := c.more()
	if r.calls.n == len(r.calls.buf) {
		r.calls.grow(math.MaxInt)
	}
	r.calls.push(call[T]{fn, v, err})
}

// callBack calls what is due and what becomes due meanwhile; if somebody is doing that
// already, it leaves it to them. So a callback that starts the next operation, as one that
// receives a stream does, needs no stack for it.
func (c *Chan[T]) callBack() {
	c.touch()
	c.state.lock()
	if !c.rare.calling {
		c.rare.calling = true
		c.callAll()
		c.rare.calling = false
	}
	c.unlock()
}

// callAll calls what is due. The lock is held, but not while calling. If a callback panics,
// the others are called before the panic goes on.
func (c *Chan[T]) callAll() {
	r := c.rare
	finished := false
	defer func() {
		if !finished {
			c.callAll()
			r.calling = false
			c.unlock()
		}
	}()
	for r.calls.n > 0 {
		c.callNext(r.calls.pop())
	}
	finished = true
}

func (c *Chan[T]) lockAgain() {
	c.touch()
	c.state.lock()
}

// callNext releases the lock for the time of one callback.
func (c *Chan[T]) callNext(next call[T]) {
	c.unlock()
	defer c.lockAgain()
	next.fn(next.val, next.err)
}
