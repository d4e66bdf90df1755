package runnel

import (
	"slices"

	"github.com/runnel-go/runnel/internal/hook"
)

// isClosed tells whether sends are refused. The lock is held.
func (c *Chan[T]) isClosed() bool { return c.standing&closed != 0 }

// Close ends the channel gracefully: no send is accepted any more, but what is buffered is
// still received, and sends that were waiting before are still delivered. Any goroutine may
// close, any number of times; the first end counts.
func (c *Chan[T]) Close() { c.CloseWith(nil) }

// CloseWith is Close with a cause: receivers get it, as the error of [Chan.Recv], once the
// channel is drained; senders get an error that wraps both it and [ErrClosed].
func (c *Chan[T]) CloseWith(cause error) {
	c.point(hook.Close)
	var after aftermath[T]
	c.state.lock()
	if !c.isClosed() {
		c.shut(cause, &after)
	}
	c.unlock()
	after.run(c)
}

// Cancel ends the channel abruptly, from the receiving side: nobody wants the values any
// more. Senders that wait and later ones get an error that wraps [ErrClosed] and cause;
// their values are theirs again. Buffered values are taken out, counted as [Undelivered] and
// given to [Chan.OnDrop]. After Close it still does that to what has not been received. A
// promise that was kept stays kept.
func (c *Chan[T]) Cancel(cause error) {
	c.point(hook.Cancel)
	var after aftermath[T]
	c.state.lock()
	if !c.isClosed() {
		c.shut(cause, &after)
	}
	c.refuseSenders(cause, &after)
	c.undeliver(&after)
	c.finishThrough(&after)
	c.unlock()
	after.run(c)
}

// Err returns the cause with which the channel was closed or cancelled, nil while it is
// open and after a plain Close. After ranging over [Chan.All] it tells how the stream ended.
func (c *Chan[T]) Err() error {
	c.point(hook.Look)
	c.state.lock()
	defer c.unlock()
	if c.rare == nil {
		return nil
	}
	return c.rare.cause
}

// Done returns a native channel that is closed when sends are refused: after Close,
// CloseWith or Cancel. Values may still be buffered then. It is for goroutines that wait for
// native channels; the native channel is made on first use, and belongs to the
// testing/synctest bubble in which that happens, if any.
func (c *Chan[T]) Done() <-chan struct{} {
	c.point(hook.Look)
	c.state.lock()
	defer c.unlock()
	r := c.more()
	if r.done == nil {
		r.done = make(chan struct{})
		if c.isClosed() {
			close(r.done)
			r.doneClosed = true
		}
	}
	c.seenNatively(r.done)
	return r.done
}

// OnClose makes the channel call f once, when sends are refused: after Close, CloseWith or
// Cancel, with the cause, which is nil after a plain Close. If that is so already, f is called
// at once. It runs on the goroutine that closes, without holding the lock: f may use the
// channel, but must not block. So a stop travels upstream without a goroutine that waits for
// it. Several functions are called in the order in which they were given.
//
// The result takes f back, and reports whether f will therefore not be called.
func (c *Chan[T]) OnClose(f func(cause error)) (stop func() bool) {
	c.point(hook.Attach)
	return c.atClose(f)
}

func (c *Chan[T]) atClose(f func(cause error)) (stop func() bool) {
	h := &closeHook{f}
	c.state.lock()
	r := c.more()
	if c.isClosed() {
		cause := r.cause
		c.unlock()
		f(cause)
	} else {
		r.onClose = append(r.onClose, h)
		c.unlock()
	}
	return func() bool { return c.takeBack(h) }
}

// closeHook is a function to be called at the end, told apart by its address.
type closeHook struct{ f func(error) }

func (c *Chan[T]) takeBack(h *closeHook) bool {
	c.point(hook.Attach)
	c.state.lock()
	defer c.unlock()
	i := slices.Index(c.rare.onClose, h)
	if i < 0 {
		return false
	}
	c.rare.onClose = slices.Delete(c.rare.onClose, i, i+1)
	return true
}

// shut refuses sends from now on and lets the receivers that wait go. The lock is held.
func (c *Chan[T]) shut(cause error, after *aftermath[T]) {
	c.limit = -1
	c.standing = c.standing&^discards | closed
	if cause != nil {
		r := c.more()
		r.cause, r.sendError = cause, &closedError{cause}
		if cause == ErrEmpty || cause == ErrFull { // which mean something else inside
			r.cause = r.sendError
		}
	}
	for r := c.recvq.pop(); r != nil; r = c.recvq.pop() {
		var none T
		r.val, r.err = none, c.endError()
		c.completed(r, after)
	}
	c.finishThrough(after)
	after.ended = true
}

// refuseSenders gives the senders that wait their values back.
func (c *Chan[T]) refuseSenders(cause error, after *aftermath[T]) {
	err := c.sendError()
	if cause != nil {
		err = &closedError{cause}
	}
	for s := c.sendq.pop(); s != nil; s = c.sendq.pop() {
		s.err = err
		c.completed(s, after)
	}
}

// undeliver takes out what is buffered.
func (c *Chan[T]) undeliver(after *aftermath[T]) {
	for c.ring.n > 0 {
		c.drop(c.ring.pop(), Undelivered, after)
	}
	if c.kind == custom {
		c.undeliverCustom(after)
	}
}

// sendError is the error of a send on this closed channel.
func (c *Chan[T]) sendError() error {
	if c.rare != nil && c.rare.sendError != nil {
		return c.rare.sendError
	}
	return ErrClosed
}

// endError is the error of a receive on this closed and drained channel.
func (c *Chan[T]) endError() error {
	if c.rare != nil && c.rare.cause != nil {
		return c.rare.cause
	}
	return ErrClosed
}

// ended does what follows from the end, once and without the lock: contexts are watched no
// more, those who wait on Done are told.
func (c *Chan[T]) ended() {
	c.state.lock()
	idle := append(c.recvStock.takeIdle(), c.sendStock.takeIdle()...)
	var done chan struct{}
	if r := c.rare; r != nil && r.done != nil && !r.doneClosed {
		done, r.doneClosed = r.done, true
	}
	c.unlock()
	for _, w := range idle {
		w.watch.end()
	}
	if done != nil {
		close(done)
	}
}

// tellClosed calls what OnClose was given. The lock is not held.
func (c *Chan[T]) tellClosed() {
	c.touch()
	c.state.lock()
	var hooks []*closeHook
	var cause error
	if r := c.rare; r != nil {
		hooks, r.onClose, cause = r.onClose, nil, r.cause
	}
	c.unlock()
	callAllHooks(hooks, cause)
}

// callAllHooks calls the others also if one panics; then the panic goes on.
func callAllHooks(hooks []*closeHook, cause error) {
	if len(hooks) == 0 {
		return
	}
	defer callAllHooks(hooks[1:], cause)
	hooks[0].f(cause)
}
