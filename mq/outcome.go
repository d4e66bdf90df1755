package mq

import (
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// verdict turns what a handler has done into a settlement.
func (p *pool) verdict(d *driver.Delivery, o outcome, now time.Time) driver.Settlement {
	if o.err == nil {
		return driver.Settlement{Seq: d.Seq, Token: d.Token, Verb: driver.Ack}
	}
	v := judge(d.Attempts, d.State, o, p.plan.retry, p.plan.retry.Delay, now)
	switch v.verb {
	case driver.Release:
		return p.handBack(d)
	case driver.Dead:
		return p.bury(d, v, o.err)
	}
	p.plan.log.retries(&d.Record, v.attempts, v.at, o.err)
	return driver.Settlement{Seq: d.Seq, Token: d.Token, Verb: driver.Retry, At: v.at, Attempts: v.attempts, State: v.state}
}

// bury makes a dead letter of a delivery.
func (p *pool) bury(d *driver.Delivery, v verdict, err error) driver.Settlement {
	p.plan.log.buries(&d.Record, string(v.reason), v.attempts, err)
	return driver.Settlement{Seq: d.Seq, Token: d.Token, Verb: driver.Dead, Letter: p.letter(d, v, err)}
}

// letter tells what is known of a failure.
func (p *pool) letter(d *driver.Delivery, v verdict, err error) *driver.Letter {
	return letterOf(burial{
		Delivery: d, Reason: v.reason, Err: err, Last: v.last,
		Group: p.plan.sub.Group, Handler: p.plan.name, Time: time.Now(),
	})
}

func (p *pool) handBack(d *driver.Delivery) driver.Settlement {
	return driver.Settlement{Seq: d.Seq, Token: d.Token, Verb: driver.Release}
}

func (p *pool) handBackAll(ds []driver.Delivery) {
	sets := make([]driver.Settlement, len(ds))
	for i := range ds {
		sets[i] = p.handBack(&ds[i])
	}
	p.settle.add(sets...)
}

// stuck notes that the keeper has given up a handler: its turn is settled as failed.
func (p *pool) stuck(turn []driver.Delivery, began, now time.Time) {
	p.plan.log.stuck(&turn[0].Record, turn[0].Attempts+1, now.Sub(began))
	p.meter.stuck(len(turn))
	err := fmt.Errorf("mq: message %d: %w: it runs since %v", turn[0].Seq, ErrStuck, began.Format(time.RFC3339))
	var sets []driver.Settlement
	for i := range turn {
		sets = append(sets, p.verdict(&turn[i], outcome{err: err, began: began, took: now.Sub(began)}, now))
	}
	p.settle.add(sets...)
	p.gone()
}

// unstuck: a stuck handler has returned. Its worker goes on.
func (p *pool) unstuck(n int) {
	p.mu.Lock()
	p.live++
	p.mu.Unlock()
}

// trouble is what to do about errors of the engine.
type trouble struct{ p *pool }

// again waits before another try, and tells whether there shall be one.
func (t *trouble) again(n int, what string, err error) bool {
	if permanent(err) {
		t.p.fail(err)
		return false
	}
	if t.p.over.Load() && n > 5 {
		return false
	}
	t.p.plan.log.trouble(time.Now(), what, err)
	runnel.Sleep(t.p.base, engineBackoff.Delay(n, err))
	return true
}

// settled looks at what became of settlements.
func (t *trouble) settled(batch []driver.Settlement) {
	t.p.plan.log.works()
	t.p.counted(batch)
}

func (t *trouble) unsettled(n int, err error) {
	t.p.fail(fmt.Errorf("%d messages are not settled, and come again when their leases lapse: %w", n, err))
}

// counted counts settlements that the engine has answered.
func (p *pool) counted(batch []driver.Settlement) {
	if lost := p.meter.settled(batch); lost > 0 {
		p.plan.log.loses(lost, time.Now())
	}
}
