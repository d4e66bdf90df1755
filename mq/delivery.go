package mq

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// ErrSettled is the error of settling a delivery again.
var ErrSettled = errors.New("the delivery has been settled")

// Delivery is a message that was received from an Inbox. It is settled once, by Ack, Release, Retry or
// Dead, before its lease ends. What is not settled by then comes again, to anybody in the group, and
// counts as a lapse (Consumer.Lapses).
//
// Each of them waits for the engine, and returns ErrSettled if it is too late here, ErrLeaseLost if it
// is too late there: somebody else has the message, and ErrClosed after Inbox.Close. Any other error is
// trouble of the engine, or the cause of ctx; then it may be tried again.
type Delivery[T any] struct {
	Message[T]
	claim claim
}

// Ack says that the work is done.
func (d *Delivery[T]) Ack(ctx context.Context) error {
	return d.claim.settle(ctx, nil, func(time.Time) driver.Settlement { return d.claim.settlement(driver.Ack) })
}

// Release hands the message back: it is ready again at once, for anybody in the group, and no attempt is
// counted.
func (d *Delivery[T]) Release(ctx context.Context) error {
	return d.claim.settle(ctx, errReleased, func(time.Time) driver.Settlement { return d.claim.settlement(driver.Release) })
}

// Retry says that the attempt has failed, as err tells: Consumer.Retry says what follows, another
// attempt or a dead letter. It is as if a handler had returned err.
func (d *Delivery[T]) Retry(ctx context.Context, err error) error {
	if err == nil {
		return d.claim.named(errors.New("Retry(nil): want the error that says why"))
	}
	return d.claim.fail(ctx, err)
}

// Dead says that no attempt will succeed, as err tells: the message becomes a dead letter.
func (d *Delivery[T]) Dead(ctx context.Context, err error) error {
	if err == nil {
		return d.claim.named(errors.New("Dead(nil): want the error that says why"))
	}
	return d.claim.fail(ctx, Dead(err))
}

// Extend makes the lease run Consumer.Lease from now.
func (d *Delivery[T]) Extend(ctx context.Context) error { return d.claim.extend(ctx) }

// Until is when the lease ends.
func (d *Delivery[T]) Until() time.Time {
	d.claim.mu.Lock()
	defer d.claim.mu.Unlock()
	return d.claim.until
}

// errReleased stands for the outcome of an attempt that was none.
var errReleased = errors.New("mq: released")

// claim is what a Delivery is without its type.
//
//	settled, or being settled ⇒ nobody else settles it
type claim struct {
	p     *pool
	taken *claims
	meter *workerMeter
	d     driver.Delivery

	mu      sync.Mutex
	began   time.Time // when it was handed out; before, when it was offered
	out     bool      // it has been handed out
	until   time.Time
	settled bool
}

func (c *claim) settlement(v driver.Verb) driver.Settlement {
	return driver.Settlement{Seq: c.d.Seq, Token: c.d.Token, Verb: v}
}

// fail settles a failed attempt.
func (c *claim) fail(ctx context.Context, err error) error {
	err = tame(err)
	return c.settle(ctx, err, func(now time.Time) driver.Settlement {
		began := c.since()
		return c.p.judged(&c.d, outcome{err: err, began: began, took: now.Sub(began)}, now)
	})
}

// settle gives a settlement to the engine, if nobody has done so. err is what became of the attempt.
func (c *claim) settle(ctx context.Context, err error, settlement func(now time.Time) driver.Settlement) error {
	if !c.begin() {
		return c.named(ErrSettled)
	}
	now := time.Now()
	batch := []driver.Settlement{settlement(now)}
	if err := c.p.src.Settle(ctx, batch); err != nil {
		c.undo()
		return c.named(err)
	}
	c.taken.drop(c)
	if err != errReleased {
		c.meter.handled([]driver.Delivery{c.d}, []error{err}, c.since(), now)
	}
	return c.result(batch)
}

func (c *claim) extend(ctx context.Context) error {
	c.mu.Lock()
	settled := c.settled
	c.mu.Unlock()
	if settled {
		return c.named(ErrSettled)
	}
	until := time.Now().Add(c.p.plan.sub.Lease)
	batch := []driver.Settlement{c.settlement(driver.Extend)}
	if err := c.p.src.Settle(ctx, batch); err != nil {
		return c.named(err)
	}
	if batch[0].Err == nil {
		c.mu.Lock()
		c.until = until
		c.mu.Unlock()
	}
	return c.result(batch)
}

// result tells what the engine has answered.
func (c *claim) result(batch []driver.Settlement) error {
	c.p.settled(batch)
	if batch[0].Err != nil {
		return c.named(batch[0].Err)
	}
	return nil
}

// begin tells whether the caller is the one who settles.
func (c *claim) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.settled {
		return false
	}
	c.settled = true
	return true
}

// handed notes that somebody has received the delivery.
func (c *claim) handed(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out = true
	if !c.settled {
		c.began = now
	}
}

func (c *claim) since() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.began
}

func (c *claim) undo() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settled = false
}

func (c *claim) named(err error) error {
	return fmt.Errorf("mq: topic %q: message %d: %w", c.p.plan.topic.Name, c.d.Seq, err)
}

// claims are the deliveries of an Inbox that are on offer, or handed out and not settled.
type claims struct {
	mu  runnel.Mutex
	all map[*claim]bool
}

func (cs *claims) add(c *claim) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.all == nil {
		cs.all = map[*claim]bool{}
	}
	cs.all[c] = true
}

func (cs *claims) drop(c *claim) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	delete(cs.all, c)
}

// look tells the meters of them.
func (cs *claims) look(s *ConsumerStats, now time.Time) {
	if cs == nil {
		return
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for c := range cs.all {
		c.mu.Lock()
		if c.out {
			s.add([]driver.Delivery{c.d}, c.began, now, false)
		}
		c.mu.Unlock()
	}
}
