package mq

import (
	"errors"
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// judged is the settlement of an attempt.
func (p *pool) judged(d *driver.Delivery, o outcome, now time.Time) driver.Settlement {
	if o.err == nil {
		return driver.Settlement{Seq: d.Seq, Token: d.Token, Verb: driver.Ack}
	}
	return p.settlement(d, judge(past{d.Attempts, d.State}, o, &p.plan.policy, now), o.err)
}

// settlement makes one of a verdict. err is what led to it.
func (p *pool) settlement(d *driver.Delivery, v verdict, err error) driver.Settlement {
	s := driver.Settlement{Seq: d.Seq, Token: d.Token, Verb: v.verb}
	switch v.verb {
	case driver.Retry:
		s.At, s.Attempts, s.State = v.at, v.next.attempts, v.next.state
		p.plan.log.retries(&d.Record, v.next.attempts, v.at, err)
	case driver.Dead:
		s.Letter = p.letter(d, v, err)
		attempts := d.Attempts
		if v.last != nil {
			attempts++
		}
		p.plan.log.buries(&d.Record, string(v.reason), attempts, err)
	}
	return s
}

// letter tells what is known of a message that is given up.
func (p *pool) letter(d *driver.Delivery, v verdict, err error) *driver.Letter {
	return letterOf(burial{
		Delivery: d, Reason: v.reason, Err: err, Last: v.last,
		Group: p.plan.sub.Group, Handler: p.plan.name, Version: p.plan.version, Time: time.Now(),
	})
}

func released(d *driver.Delivery) driver.Settlement {
	return driver.Settlement{Seq: d.Seq, Token: d.Token, Verb: driver.Release}
}

// handBack releases messages that nobody has begun.
func (p *pool) handBack(ds []driver.Delivery) {
	if len(ds) == 0 {
		return // and before subscribe is done there is none
	}
	sets := make([]driver.Settlement, len(ds))
	for i := range ds {
		sets[i] = released(&ds[i])
	}
	p.settle.add(sets)
}

// giveUp notes that a handler is stuck: its turn is settled as failed.
func (p *pool) giveUp(ds []driver.Delivery, began, now time.Time) {
	p.plan.log.stuck(&ds[0].Record, ds[0].Attempts+1, now.Sub(began))
	p.meter.stuck(len(ds))
	err := fmt.Errorf("mq: message %d: %w: it runs since %v", ds[0].Seq, ErrStuck, began.Format(time.RFC3339))
	o := outcome{err: err, began: began, took: now.Sub(began)}
	sets := make([]driver.Settlement, len(ds))
	for i := range ds {
		sets[i] = p.judged(&ds[i], o, now)
	}
	p.settle.add(sets)
	p.gone()
}

// unstuck: a stuck handler has returned. Its worker goes on.
func (p *pool) unstuck() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.live++
}

// settled looks at what became of settlements.
func (p *pool) settled(batch []driver.Settlement) {
	p.plan.log.works()
	if lost := p.meter.settled(batch); lost > 0 {
		p.plan.log.loses(lost, time.Now())
	}
	p.herald.tell(p.base, batch)
}

// unsettled ends the consumer: the engine does not take what became of messages.
func (p *pool) unsettled(n int, err error) {
	p.fail(fmt.Errorf("%d messages are not settled, and come again when their leases lapse: %w", n, err))
}

// again waits before an engine in trouble is asked again, and tells whether it shall be.
func (p *pool) again(n int, what string, err error) bool {
	if permanent(err) {
		p.fail(err)
		return false
	}
	if p.over.Load() && n >= triesAtEnd {
		return false
	}
	p.plan.log.trouble(time.Now(), what, err)
	runnel.Sleep(p.base, engineBackoff.Delay(n, err))
	return true
}

// triesAtEnd is how often an engine in trouble is asked when the consumer ends: for some seconds.
const triesAtEnd = 8

// stuckError names a handler that still runs when Run returns.
func (p *pool) stuckError(h *hand) error {
	return p.named(fmt.Errorf("%w: message %d, since %v", ErrStuck, h.ds[0].Seq, h.began.Format(time.RFC3339)))
}

// named puts the consumer's name before an error.
func (p *pool) named(err error) error {
	return fmt.Errorf("mq: consumer %q of topic %q: %w", p.plan.sub.Group, p.plan.topic.Name, err)
}

// fail ends the consumer with an error, the first one.
func (p *pool) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed == nil {
		p.failed = p.named(err)
	}
	p.stop(errors.New("mq: the consumer has failed"))
}
