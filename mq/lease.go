package mq

import (
	"context"
	"slices"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// keeper extends the leases of messages whose handlers run, hands back those that wait too long, and
// notices handlers that go on after their time.
//
// It looks every third of a lease, and a lease that has less than two thirds left is extended: so
// one that is alive has at least a third left, always. It sleeps while nothing runs.
type keeper struct {
	p      *pool
	bell   *runnel.Chan[struct{}]
	asleep flag
	over   *runnel.Chan[struct{}] // closed when it shall end
	done   *runnel.Chan[struct{}] // closed when it has
}

func newKeeper(p *pool) *keeper {
	return &keeper{p: p, bell: newBell(), over: newBell(), done: newBell()}
}

// alert makes sure that the keeper looks: something has begun, or has ended its context.
func (k *keeper) alert() {
	if k.asleep.Load() && k.asleep.Swap(false) {
		ring(k.bell)
	}
}

// hurry makes it look at once.
func (k *keeper) hurry() {
	k.asleep.Store(false)
	ring(k.bell)
}

func (k *keeper) stop() {
	k.over.Close()
	k.done.Recv(context.Background())
}

func (k *keeper) run() {
	defer k.done.Close()
	bell, over := runnel.RecvFrom(k.bell), runnel.RecvFrom(k.over)
	for {
		cases := []runnel.Case{over, bell}
		if wait, busy := k.look(); busy {
			cases = append(cases, runnel.RecvFrom(runnel.After(wait)))
		}
		if got, _ := runnel.Select(context.Background(), cases...); got == over {
			return
		}
	}
}

// look does what is due, and tells when to look again, if that is known.
func (k *keeper) look() (wait time.Duration, busy bool) {
	now := time.Now()
	p := k.p
	k.asleep.Store(true) // who begins after this wakes it; who began before is seen below
	wait = p.plan.sub.Lease / 3
	if limit := p.plan.policy.retry.Timeout; limit > 0 {
		wait = min(wait, limit+p.plan.grace)
	}
	var due []driver.Settlement
	var stuck []func()
	for _, w := range p.workers {
		h := &w.hand
		h.mu.Lock()
		if h.running && !h.stuck {
			busy = true
			p.atLeast(now.Sub(h.began))
			if h.until.Sub(now) < 2*p.plan.sub.Lease/3 {
				due = h.due(due)
			}
			left, give := k.overdue(h, now)
			wait = min(wait, left)
			if give != nil {
				stuck = append(stuck, give)
			}
		}
		h.mu.Unlock()
	}
	for _, give := range stuck {
		give()
	}
	if p.queue.holds() {
		busy = true
		least := p.least + wait
		if p.running() == 0 { // all are stuck: who knows when its turn comes
			least = 2 * p.plan.sub.Lease
		}
		if p.queue.isStale(now, least) {
			p.leaveToOthers()
			p.queue.stale(now, least)
		}
	}
	if busy {
		k.asleep.Store(false)
	}
	if !k.extend(due, now) {
		wait = min(wait, p.plan.sub.Lease/12)
	}
	return wait, busy
}

// overdue tells when the handler that runs will be stuck; if it is, give settles its turn. The caller
// holds mu.
func (k *keeper) overdue(h *hand, now time.Time) (left time.Duration, give func()) {
	plan := k.p.plan
	end, limit := h.ended, plan.policy.retry.Timeout
	if t := h.began.Add(limit); limit > 0 && (end.IsZero() || t.Before(end)) {
		end = t
	}
	if end.IsZero() {
		return plan.sub.Lease, nil
	}
	if left = end.Add(plan.grace).Sub(now); left > 0 {
		return left, nil
	}
	h.stuck = true
	ds, began := slices.Clone(h.ds), h.began
	return plan.sub.Lease, func() { k.p.giveUp(ds, began, now) }
}

// extend extends leases, and ends the contexts of handlers whose messages others have. False: the
// engine is in trouble.
func (k *keeper) extend(due []driver.Settlement, now time.Time) bool {
	if len(due) == 0 {
		return true
	}
	if err := k.p.src.Settle(context.Background(), due); err != nil {
		k.p.plan.log.trouble(now, "extend leases", err)
		return false
	}
	results := map[lease]error{}
	for i := range due {
		results[lease{due[i].Seq, due[i].Token}] = due[i].Err
	}
	held := map[lease]bool{}
	for _, w := range k.p.workers {
		w.hand.extended(results, held, now, now.Add(k.p.plan.sub.Lease))
	}
	k.p.settled(slices.DeleteFunc(due, func(s driver.Settlement) bool {
		return s.Err != nil && !held[lease{s.Seq, s.Token}] // settled meanwhile, and so not lost
	}))
	return true
}
