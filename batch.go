package runnel

import (
	"context"

	"github.com/runnel-go/runnel/internal/hook"
)

// SendAll sends the values of vs in order, as many as fit at a time under one lock, and
// blocks while the channel is full. It returns how many were accepted; if that is not all of
// them, err tells why as for [Chan.Send], and vs[n:] are the caller's again. Other senders'
// values may come between those of vs.
func (c *Chan[T]) SendAll(ctx context.Context, vs []T) (n int, err error) {
	for n < len(vs) {
		if ctx.Err() != nil {
			return n, c.causeOf(ctx)
		}
		k, err := c.sendSome(ctx, vs[n:])
		n += k
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// sendSome sends what goes at once, and if that is nothing, waits until the first is sent.
func (c *Chan[T]) sendSome(ctx context.Context, vs []T) (n int, err error) {
	c.under(ctx)
	c.point(hook.SendAll)
	if c.givesUp(ctx) {
		return 0, context.Cause(ctx)
	}
	var after aftermath[T]
	c.state.lock()
	n, err = c.putAll(vs, &after)
	if n == 0 && err == ErrFull {
		w := c.newWaiter(true)
		if c.watches(ctx, w) {
			n, err = c.putAll(vs, &after)
		}
		if n == 0 && err == ErrFull {
			_, err = c.wait(ctx, w, vs[0])
			return count(err), err
		}
		c.keep(w)
		defer c.giveBack(w)
	}
	c.unlock()
	after.run(c)
	if err == ErrFull {
		err = nil
	}
	return n, err
}

// count is how many values an operation on one has moved.
func count(err error) int {
	if err != nil {
		return 0
	}
	return 1
}

// putAll is put for many values: it stops at the first that is not accepted.
func (c *Chan[T]) putAll(vs []T, after *aftermath[T]) (n int, err error) {
	for n < len(vs) {
		if c.ring.n < c.limit && c.recvq.head == nil {
			k := c.ring.pushAll(vs[n:min(len(vs), n+c.limit-c.ring.n)])
			c.sent += uint64(k)
			c.high = max(c.high, c.ring.n)
			n += k
			continue
		}
		if err := c.put(vs[n], after); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// RecvUpTo fills buf with values that are there, under one lock, and returns how many. It
// blocks until there is at least one, like [Chan.Recv] and with the same errors; it does not
// wait for more. With an empty buf it returns 0 at once.
func (c *Chan[T]) RecvUpTo(ctx context.Context, buf []T) (n int, err error) {
	if len(buf) == 0 {
		return 0, nil
	}
	if ctx.Err() != nil {
		return 0, c.causeOf(ctx)
	}
	c.under(ctx)
	c.point(hook.RecvUpTo)
	if c.givesUp(ctx) {
		return 0, context.Cause(ctx)
	}
	var after aftermath[T]
	c.state.lock()
	n, err = c.takeUpTo(buf, &after)
	if n == 0 && err == ErrEmpty {
		w := c.newWaiter(false)
		if c.watches(ctx, w) {
			n, err = c.takeUpTo(buf, &after)
		}
		if n == 0 && err == ErrEmpty {
			var none T
			buf[0], err = c.wait(ctx, w, none)
			return count(err), err
		}
		c.keep(w)
		defer c.giveBack(w)
	}
	c.unlock()
	after.run(c)
	if n > 0 {
		err = nil
	}
	return n, err
}

// takeUpTo is take for many values: it stops when there is none.
func (c *Chan[T]) takeUpTo(buf []T, after *aftermath[T]) (n int, err error) {
	for n < len(buf) {
		if c.ring.n > 0 {
			k := c.ring.popInto(buf[n:])
			c.taken(k, after)
			n += k
			continue
		}
		v, err := c.take(after)
		if err != nil {
			return n, err
		}
		buf[n] = v
		n++
	}
	return n, nil
}
