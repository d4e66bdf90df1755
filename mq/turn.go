package mq

import (
	"context"
	"errors"
	"fmt"

	"github.com/runnel-go/runnel/mq/driver"
)

// A turn is what a worker gives to the handler at once: a message, or a batch. A worker has one, and
// uses it again.
type turn interface {
	// load makes messages of deliveries. They are new: the handler may keep them.
	load(ds []driver.Delivery)

	// call does the work for what was loaded, and says how each ended.
	call(ctx context.Context, errs []error)
}

// single is the turn of a Handler.
type single[T any] struct {
	c     *Consumer[T]
	chain Handle // nil: no middleware
	m     *Message[T]
}

func (s *single[T]) load(ds []driver.Delivery) {
	s.m = new(Message[T])
	s.c.describe(&s.m.Meta, &ds[0])
}

func (s *single[T]) call(ctx context.Context, errs []error) {
	if s.chain != nil {
		errs[0] = s.chain(ctx, &s.m.Meta)
		return
	}
	errs[0] = s.c.handle(ctx, s.m)
}

// handle decodes a message and calls the handler.
func (c *Consumer[T]) handle(ctx context.Context, m *Message[T]) error {
	if err := c.decode(m); err != nil {
		return err
	}
	return c.Handler(ctx, m)
}

// handleMeta is handle for the end of a chain of middleware, which may have changed m or made another.
func (c *Consumer[T]) handleMeta(ctx context.Context, m *Meta) error {
	return c.handle(ctx, &Message[T]{Meta: *m})
}

func (c *Consumer[T]) decode(m *Message[T]) (err error) {
	m.Value, err = c.Topic.def.codec.Decode(m.Payload)
	if err != nil {
		return &undecodable{c.Topic.notDecoded(err)}
	}
	return nil
}

// describe tells what is known of a delivery.
func (c *Consumer[T]) describe(m *Meta, d *driver.Delivery) {
	m.Topic, m.Group = c.Topic.def.Name, c.Group
	m.ID, m.Key, m.Seq, m.Published = d.ID, d.Key, d.Seq, d.Published
	m.Attempt = d.Attempts + 1
	m.Last = m.Attempt >= c.attempts()
	m.Payload = d.Payload
	if len(d.Header) > 0 {
		m.Header, m.Version = d.Header, d.Header.Get(HeaderVersion)
	}
}

func (c *Consumer[T]) attempts() int {
	if isZero(c.Retry) {
		return DefaultRetry.Attempts
	}
	return c.Retry.Attempts
}

// batch is the turn of a BatchHandler.
type batch[T any] struct {
	c     *Consumer[T]
	chain Handle // nil: no middleware
	ms    []*Message[T]
	metas []*Meta
}

func (b *batch[T]) load(ds []driver.Delivery) {
	b.ms = make([]*Message[T], len(ds)) // the handler may keep it
	b.metas = b.metas[:0]
	for i := range ds {
		b.ms[i] = new(Message[T])
		b.c.describe(&b.ms[i].Meta, &ds[i])
		b.metas = append(b.metas, &b.ms[i].Meta)
	}
}

func (b *batch[T]) call(ctx context.Context, errs []error) {
	if b.chain != nil {
		(&gathering[T]{c: b.c, chain: b.chain, metas: b.metas, errs: errs}).run(ctx)
		return
	}
	good := b.ms[:0:0]
	for i, m := range b.ms {
		if errs[i] = b.c.decode(m); errs[i] == nil {
			good = append(good, m)
		}
	}
	if len(good) == 0 {
		return
	}
	results, i := b.c.callBatch(ctx, good), 0
	for j := range errs {
		if errs[j] == nil {
			errs[j] = results(i)
			i++
		}
	}
}

// callBatch calls the batch handler, and returns the result of each message.
func (c *Consumer[T]) callBatch(ctx context.Context, ms []*Message[T]) func(i int) error {
	n := len(ms)
	errs := c.Batch(ctx, ms)
	switch len(errs) {
	case 0:
		return func(int) error { return nil }
	case n:
		return func(i int) error { return errs[i] }
	}
	wrong := fmt.Errorf("mq: Batch of consumer %q returned %d errors for %d messages; want nil, or one, or nil, for each", c.Group, len(errs), n)
	return func(int) error { return wrong }
}

// notDecoded is the error of a message that Decode refused.
func (t Topic[T]) notDecoded(err error) error {
	if breach, ok := errors.AsType[*ContractError](err); ok {
		breach.Topic = t.Name()
		return breach
	}
	return fmt.Errorf("mq: topic %q: %w: %w", t.Name(), ErrDecode, err)
}
