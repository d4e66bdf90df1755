package mq

import (
	"cmp"
	"context"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// plan is what a Consumer says, with all choices made and without its type.
type plan struct {
	topic *driver.Topic
	sub   driver.Subscription
	name  string // of the handler
	log   *diary

	workers  int
	size     int // messages of a turn at most
	wait     time.Duration
	prefetch int // 0: by measured time
	rate     float64
	burst    int
	policy   policy
	drain    time.Duration
	grace    time.Duration
	version  string // of the contract in force

	newTurn func() turn
	onDead  func(context.Context, DeadLetter)
	service *service // for handlers that reply
}

// plan makes the choices.
func (c *Consumer[T]) plan(client *Client) *plan {
	p := &plan{
		topic:    &c.Topic.def.Topic,
		sub:      driver.Subscription{Group: c.Group, Order: c.Order, Lease: cmp.Or(c.Lease, defaultLease), Latest: c.Latest, Ephemeral: c.Ephemeral},
		name:     cmp.Or(c.Name, c.Group),
		log:      newDiary(client.options.Logger, c.Topic.Name(), c.Group, cmp.Or(c.Name, c.Group)),
		workers:  cmp.Or(c.Workers, 1),
		size:     1,
		wait:     c.BatchWait,
		prefetch: c.Prefetch,
		rate:     c.Rate,
		burst:    cmp.Or(c.Burst, 1),
		policy:   policy{retry: c.Retry, lapses: cmp.Or(c.Lapses, 5)},
		drain:    c.Drain,
		grace:    cmp.Or(c.Grace, 10*time.Second),
		version:  c.Topic.def.version,
		onDead:   c.OnDead,
	}
	if isZero(c.Retry) {
		p.policy.retry = DefaultRetry
	}
	p.policy.delay = p.policy.retry.Delay
	if c.Batch != nil {
		p.size = cmp.Or(c.BatchSize, 100)
	}
	p.newTurn = c.turns(client)
	p.service = &service{client, &p.policy}
	return p
}

const defaultLease = 30 * time.Second

// turns makes what makes the turns of workers. Middleware is wrapped once, not once for each worker.
func (c *Consumer[T]) turns(client *Client) func() turn {
	if c.Batch != nil {
		chain := wrap(c.sit, client.options.Middleware, c.Middleware)
		return func() turn { return &batch[T]{c: c, chain: chain} }
	}
	chain := wrap(c.handleMeta, client.options.Middleware, c.Middleware)
	return func() turn { return &single[T]{c: c, chain: chain} }
}
