package runnel

// SendFunc sends v without a goroutine that waits: f is called once, with the result that
// [Chan.Send] would have given, when v has been accepted or refused. If that is at once, f is
// called before SendFunc returns, else by the goroutine whose operation completes the send,
// after it has released the channel's lock. f may use the channel, but must not block: it
// runs on somebody else's time. A nil f is allowed.
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
		f(err)
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
		f(v, err)
	}
}
