package mq

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// plan is what a Consumer says, with all choices made and without its type.
type plan struct {
	topic *driver.Topic
	sub   driver.Subscription
	name  string
	log   *diary

	workers  int
	prefetch int // 0: by measured time
	retry    Retry
	lapses   int
	drain    time.Duration
	grace    time.Duration

	// call does the work for the messages of one turn, and says how each ended. ctx is theirs.
	call func(ctx context.Context, ms []Meta, errs []error)
	size int // how many messages a turn has at most
	wait time.Duration
}

func (c *Consumer[T]) plan(client *Client) *plan {
	p := &plan{
		topic:    &c.Topic.def.Topic,
		sub:      driver.Subscription{Group: c.Group, Order: c.Order, Lease: cmp.Or(c.Lease, 30*time.Second), Latest: c.Latest, Ephemeral: c.Ephemeral},
		name:     cmp.Or(c.Name, c.Group),
		workers:  cmp.Or(c.Workers, 1),
		prefetch: c.Prefetch,
		retry:    c.Retry,
		lapses:   cmp.Or(c.Lapses, 5),
		drain:    c.Drain,
		grace:    cmp.Or(c.Grace, 10*time.Second),
		size:     1,
	}
	p.log = newDiary(client.options.Logger, p.topic.Name, c.Group, p.name)
	if c.Retry.Attempts == 0 {
		p.retry = DefaultRetry
	}
	p.call = c.single()
	return p
}

// check tells everything that is wrong with the fields, each with its value and what would be right.
func (c *Consumer[T]) check(client *Client) error {
	if client == nil {
		return errors.New("mq: Consumer: client is nil; want the one that Open returned")
	}
	if c.Topic.def == nil {
		return fmt.Errorf("mq: Consumer of group %q: Topic is not set; want one made by NewTopic", c.Group)
	}
	var wrong []error
	say := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	why := checkName(c.Group)
	say(why != "", "Group %q %s", c.Group, why)
	say(c.Handler == nil && c.Batch == nil, "Handler and Batch are nil; want one of them")
	if wrong == nil {
		return nil
	}
	return fmt.Errorf("mq: consumer %q of topic %q: %w", c.Group, c.Topic.Name(), errors.Join(wrong...))
}

// single makes the call of a Handler.
func (c *Consumer[T]) single() func(ctx context.Context, ms []Meta, errs []error) {
	topic, handler := c.Topic, c.Handler
	return func(ctx context.Context, ms []Meta, errs []error) {
		m := &Message[T]{Meta: ms[0]}
		v, err := topic.def.codec.Decode(m.Payload)
		if err != nil {
			errs[0] = &undecodable{topic.notDecoded(err)}
			return
		}
		m.Value = v
		errs[0] = handler(ctx, m)
	}
}

// undecodable is the failure of a message that no attempt can make good.
type undecodable struct{ error }

func (e *undecodable) Unwrap() error { return e.error }

func (t Topic[T]) notDecoded(err error) error {
	if breach, ok := errors.AsType[*ContractError](err); ok {
		breach.Topic = t.Name()
		return breach
	}
	return fmt.Errorf("mq: topic %q: %w: %w", t.Name(), ErrDecode, err)
}
