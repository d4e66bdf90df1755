package runnel

import (
	"context"
	"errors"
	"iter"
	"runtime/debug"

	"github.com/runnel-go/runnel/internal/hook"
)

// All ranges over the values until the channel has ended and is drained, or ctx ends. Which
// of the two it was, and why the channel ended, tell ctx.Err and [Chan.Err]. A value that the
// loop was given is received; breaking out of the loop leaves the others in the channel and
// does not cancel it. The sequence may be ranged over again to go on.
func (c *Chan[T]) All(ctx context.Context) iter.Seq[T] {
	return func(yield func(T) bool) {
		for {
			v, err := c.Recv(ctx)
			if err != nil || !yield(v) {
				return
			}
		}
	}
}

// From makes a channel of a native one: a goroutine moves what it receives from in. The
// channel closes when in is closed, and with the cause of ctx when ctx ends. If it is
// cancelled, the goroutine stops receiving; the one value that it may hold then is counted
// as [Undelivered].
func From[T any](ctx context.Context, in <-chan T, opts ...Option) *Chan[T] {
	c := New[T](opts...)
	Go(func() { c.CloseWith(c.pump(ctx, in)) })
	return c
}

// pump moves values from in until one side ends, and returns the cause if it was ctx.
func (c *Chan[T]) pump(ctx context.Context, in <-chan T) error {
	for {
		select {
		case v, ok := <-in:
			if !ok {
				return nil
			}
			if err := c.Send(ctx, v); err != nil {
				c.Discard(v, Undelivered)
				return context.Cause(ctx)
			}
		case <-c.Done():
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Native makes a native channel of a receiver: a goroutine moves the values. The native
// channel is closed when r has ended and is drained, or when ctx ends; then r is cancelled
// with the cause of ctx, so that its senders stop, and the one value that was on its way is
// counted as [Undelivered] on r. Whoever stops receiving must therefore end ctx. Why it ended
// tells r.Err.
func Native[T any](ctx context.Context, r Receiver[T]) <-chan T {
	out := make(chan T)
	Go(func() {
		defer close(out)
		for v := range r.All(ctx) {
			select {
			case out <- v:
			case <-ctx.Done():
				r.Reject(v, Undelivered)
			}
		}
		if ctx.Err() != nil {
			r.Cancel(context.Cause(ctx))
		}
	})
	return out
}

// FromSeq makes a channel of a sequence: a goroutine ranges over seq and sends. The channel
// closes when seq ends, and with the cause of ctx when ctx ends. If seq panics, it closes with a
// [PanicError]. If it is cancelled, the loop over seq is left; the one value that could not be
// sent is counted as [Undelivered].
func FromSeq[T any](ctx context.Context, seq iter.Seq[T], opts ...Option) *Chan[T] {
	c := New[T](opts...)
	Go(func() {
		cause := errGoexit // unless sendAll returns
		defer func() { c.CloseWith(cause) }()
		cause = c.sendAll(ctx, seq)
	})
	return c
}

// errGoexit is the cause if a sequence ended its goroutine, as testing.T.FailNow does.
var errGoexit = errors.New("runnel: the sequence called runtime.Goexit")

// sendAll sends the values of seq, and returns why it could not go on.
func (c *Chan[T]) sendAll(ctx context.Context, seq iter.Seq[T]) (cause error) {
	defer func() {
		if p := recover(); p != nil {
			cause = &PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	for v := range seq {
		if err := c.Send(ctx, v); err != nil {
			c.Discard(v, Undelivered)
			return context.Cause(ctx)
		}
	}
	return nil
}

// Go is the go statement as a function, and the one place where this package starts
// goroutines, so that a simulator can own them (docs/design/0005-simulator-seam.md).
func Go(f func()) {
	if f == nil {
		panic("runnel: Go: the function is nil")
	}
	if world := hook.Current(); world != nil {
		world.Spawn(f)
		return
	}
	go f()
}
