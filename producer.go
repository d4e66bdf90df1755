package runnel

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel/internal/hook"
	"github.com/runnel-go/runnel/internal/step"
)

// Producer is one of several senders that share a channel: the last one to close closes it.
// Make them with [Chan.AddProducer] or [Chan.Producers], before the channel may end.
//
// A Producer is a [Sender] whose Close and CloseWith end only itself; after that its own
// sends fail with [ErrClosed]. If producers end with causes, the channel is closed with the
// first of them, once the last producer has ended.
type Producer[T any] struct {
	c     *Chan[T]
	state step.Uint32 // not 0: look whether it has ended
}

const (
	producerEnded     uint32 = 1 << iota
	producerSimulated        // others may go on before it is looked at
)

// AddProducer counts one more producer and returns it. On a channel that is closed already
// its sends fail with [ErrClosed].
func (c *Chan[T]) AddProducer() *Producer[T] { return c.Producers(1)[0] }

// Producers counts n more producers and returns them. It panics unless n ≥ 1.
func (c *Chan[T]) Producers(n int) []*Producer[T] {
	if n < 1 {
		panic(fmt.Sprintf("runnel: Producers(%d): the number must be at least 1", n))
	}
	c.point(hook.Attach)
	c.state.lock()
	c.more().producers += n
	c.unlock()
	all := make([]*Producer[T], n)
	for i := range all {
		all[i] = &Producer[T]{c: c}
		if c.simulated {
			all[i].state.Store(producerSimulated)
		}
	}
	return all
}

// Close ends this producer; the channel closes with the last one. Only the first call of
// Close or CloseWith counts.
func (p *Producer[T]) Close() { p.CloseWith(nil) }

// CloseWith is Close with a cause.
func (p *Producer[T]) CloseWith(cause error) {
	p.c.point(hook.Close)
	if p.state.Or(producerEnded)&producerEnded != 0 {
		return
	}
	if last, cause := p.c.producerEnded(cause); last {
		p.c.CloseWith(cause)
	}
}

func (c *Chan[T]) producerEnded(cause error) (last bool, first error) {
	c.state.lock()
	defer c.unlock()
	r := c.rare
	if r.producerErr == nil {
		r.producerErr = cause
	}
	r.producers--
	return r.producers == 0, r.producerErr
}

// hasEnded is asked if state is not 0.
func (p *Producer[T]) hasEnded() bool {
	p.c.point(hook.Look)
	return p.state.Load()&producerEnded != 0
}

// Send is [Chan.Send].
func (p *Producer[T]) Send(ctx context.Context, v T) error {
	if p.state.Load() != 0 && p.hasEnded() {
		return ErrClosed
	}
	return p.c.Send(ctx, v)
}

// TrySend is [Chan.TrySend].
func (p *Producer[T]) TrySend(v T) error {
	if p.state.Load() != 0 && p.hasEnded() {
		return ErrClosed
	}
	return p.c.TrySend(v)
}

// SendAll is [Chan.SendAll].
func (p *Producer[T]) SendAll(ctx context.Context, vs []T) (int, error) {
	if p.state.Load() != 0 && p.hasEnded() {
		return 0, ErrClosed
	}
	return p.c.SendAll(ctx, vs)
}

// SendFunc is [Chan.SendFunc].
func (p *Producer[T]) SendFunc(v T, f func(error)) {
	if p.state.Load() != 0 && p.hasEnded() {
		p.c.refuse(f)
		return
	}
	p.c.SendFunc(v, f)
}

// Err is [Chan.Err].
func (p *Producer[T]) Err() error { return p.c.Err() }

// Done is [Chan.Done].
func (p *Producer[T]) Done() <-chan struct{} { return p.c.Done() }

// Len is [Chan.Len].
func (p *Producer[T]) Len() int { return p.c.Len() }

// Cap is [Chan.Cap].
func (p *Producer[T]) Cap() int { return p.c.Cap() }

// OnDrop is [Chan.OnDrop].
func (p *Producer[T]) OnDrop(f func(T, Reason)) { p.c.OnDrop(f) }

// OnClose is [Chan.OnClose]: f hears of the end of the channel, not of the producer.
func (p *Producer[T]) OnClose(f func(cause error)) (stop func() bool) { return p.c.OnClose(f) }

// Discard is [Chan.Discard].
func (p *Producer[T]) Discard(v T, why Reason) { p.c.Discard(v, why) }

// Stats is [Chan.Stats].
func (p *Producer[T]) Stats() Stats { return p.c.Stats() }

func (p *Producer[T]) sendEnd() *Chan[T] { return p.c }
