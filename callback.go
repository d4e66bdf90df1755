package runnel

import "math"

// SendFunc sends v without a goroutine that waits: f is called once, with the result that
// [Chan.Send] would have given, when v has been accepted or refused. It is called by this
// goroutine before SendFunc returns, or later by the one whose operation completes the send.
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
	var after aftermath[T]
	c.state.lock()
	err := c.put(v, &after)
	if err == ErrFull {
		c.enqueue(&waiter[T]{home: c, val: v, sends: true, fn: func(_ T, err error) { f(err) }})
	}
	c.unlock()
	after.run(c)
	if err != ErrFull {
		c.callBack(func(_ T, err error) { f(err) }, v, err)
	}
}

// RecvFunc receives without a goroutine that waits: f is called once, with the result that
// [Chan.Recv] would have given. It is called as by [Chan.SendFunc], with the same duties. To
// receive a stream, f calls RecvFunc again.
func (c *Chan[T]) RecvFunc(f func(T, error)) {
	if f == nil {
		panic("runnel: RecvFunc: f is nil, so the value would be lost")
	}
	var after aftermath[T]
	c.state.lock()
	v, err := c.take(&after)
	if err == ErrEmpty {
		c.enqueue(&waiter[T]{home: c, fn: f})
	}
	c.unlock()
	after.run(c)
	if err != ErrEmpty {
		c.callBack(f, v, err)
	}
}

// call is a callback with the outcome that it is to be told.
type call[T any] struct {
	fn  func(T, error)
	val T
	err error
}

// callBack calls f, and what else becomes due meanwhile; if somebody is doing that already,
// it leaves f to them. So a callback that starts the next operation, as one that receives a
// stream does, needs no stack for it.
func (c *Chan[T]) callBack(f func(T, error), v T, err error) {
	c.state.lock()
	r := c.more()
	if r.calls.n == len(r.calls.buf) {
		r.calls.grow(math.MaxInt)
	}
	r.calls.push(call[T]{f, v, err})
	if r.calling {
		c.unlock()
		return
	}
	r.calling = true
	defer func() { // also if a callback panics
		r.calling = false
		c.unlock()
	}()
	for r.calls.n > 0 {
		c.callNext(r.calls.pop())
	}
}

// callNext releases the lock for the time of one callback.
func (c *Chan[T]) callNext(next call[T]) {
	c.unlock()
	defer c.state.lock()
	next.fn(next.val, next.err)
}
