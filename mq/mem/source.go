package mem

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/driver/group"
)

// source implements driver.Source.
type source struct {
	engine *Engine
	topic  *topic
	group  *members
	id     uint64
	lease  time.Duration
	order  driver.Order
	closed bool // guarded by topic.mu
}

func (t *topic) subscribe(e *Engine, sub driver.Subscription) (driver.Source, error) {
	t.mu.Lock()
	defer t.unlock()
	if t.deleted {
		return nil, errDeleted
	}
	t.advance(t.store.now())
	if g := t.group(sub.Group); g != nil {
		if err := t.reorder(g, sub.Order); err != nil {
			return nil, err
		}
	}
	s := &source{engine: e, topic: t, id: t.store.owners.Add(1), lease: sub.Lease, order: sub.Order}
	if !e.add(s) {
		return nil, e.isClosed()
	}
	s.group = t.join(&sub)
	s.group.open = append(s.group.open, s)
	return s, nil
}

// reorder gives a group another order, if nobody uses it.
func (t *topic) reorder(g *members, order driver.Order) error {
	if g.state.Order() == order {
		return nil
	}
	if len(g.open) > 0 || g.state.Leased() > 0 {
		return fmt.Errorf("group %q: %w: Order is %v, not %v, as long as it is in use", g.name, driver.ErrConflict, g.state.Order(), order)
	}
	g.state = g.state.Reordered(order)
	return nil
}

// Fetch implements driver.Source.
func (s *source) Fetch(ctx context.Context, into []driver.Delivery) (n int, err error) {
	if len(into) == 0 {
		return 0, errors.New("mem: Fetch into no deliveries")
	}
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	t, g := s.topic, s.group
	if err := t.store.before(ctx, trouble); err != nil {
		return 0, err
	}
	t.mu.Lock()
	n = s.take(into)
	if n == 0 && !s.closed {
		n, err = s.wait(ctx, into)
	}
	if s.closed && n == 0 {
		err = s.isClosed()
	}
	n = s.mix(into, n)
	t.move(g)
	t.unlock()
	return n, err
}

// wait takes records as soon as there are some.
func (s *source) wait(ctx context.Context, into []driver.Delivery) (n int, err error) {
	t, g := s.topic, s.group
	w := t.enqueue(&g.waiters, s.engine)
	w.source, w.room = s, len(into)
	for n == 0 && err == nil && !s.closed {
		err = t.wait(ctx, w)
		s.back(w)
		if err == nil {
			n = s.take(into)
			s.back(w) // what has become due meanwhile may have been meant for w
		}
	}
	t.leave(w)
	return n, err
}

// back puts w, which runs, back into its line, if it was taken out to be woken.
func (s *source) back(w *waiter) {
	if w.list == nil {
		s.group.woken -= w.room
		s.group.waiters.pushFront(w)
		s.topic.waiting++
	}
}

// take takes what is ready.
func (s *source) take(into []driver.Delivery) (n int) {
	if s.closed {
		return 0
	}
	t, g := s.topic, s.group
	now := t.store.now()
	t.mature(now)
	t.expire(now)
	t.lapse(g, now)
	until := after(now, s.lease)
	for n < len(into) {
		grant, ok := g.state.Take(s.id, until)
		if !ok {
			break
		}
		s.fill(&into[n], &grant, until)
		n++
	}
	nameAll(into[:n])
	return n
}

func (s *source) fill(d *driver.Delivery, grant *group.Grant, until group.Time) {
	if grant.Again {
		s.group.account.Redelivered++
	}
	s.topic.log.at(grant.Pos).get(&d.Record, grant.Pos)
	d.Token, d.Until = grant.Token, s.topic.store.epoch.Add(until)
	d.Attempts, d.State, d.Lapses = grant.Attempts, grant.State, grant.Lapses
}

// Settle implements driver.Source.
func (s *source) Settle(ctx context.Context, settlements []driver.Settlement) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	t := s.topic
	if err := t.store.before(ctx, lostAck); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.unlock()
	if s.closed {
		return s.isClosed()
	}
	for i := range settlements {
		s.settle(&settlements[i])
	}
	t.move(s.group)
	if t.store.strike(lateAck) {
		return fmt.Errorf("mem: %w: it has been done", ErrFault)
	}
	return nil
}

func (s *source) settle(v *driver.Settlement) {
	t, g := s.topic, s.group
	event := group.Event{Pos: v.Seq, Token: v.Token, Verb: v.Verb, Attempts: v.Attempts, State: v.State}
	switch v.Verb {
	case driver.Extend:
		event.At = after(t.store.now(), s.lease)
	case driver.Retry:
		event.At = t.at(v.At)
	}
	fate, why := g.state.Settle(&event)
	v.Err = nil
	switch fate {
	case group.Held:
		return
	case group.Lost:
		v.Err = t.lease(v)
		return
	case group.Acked:
		g.account.Acked++
	case group.Dead:
		g.account.Dead++
		t.bury(g, v)
	case group.Doomed:
		g.count(why)
	}
	t.settled(v.Seq)
}

func (t *topic) lease(v *driver.Settlement) error {
	return fmt.Errorf("record %d: %v: %w", v.Seq, v.Verb, driver.ErrLeaseLost)
}

// Close implements driver.Source.
func (s *source) Close() error {
	s.engine.remove(s)
	s.close(true)
	return nil
}

func (s *source) close(handBack bool) {
	t := s.topic
	t.mu.Lock()
	defer t.unlock()
	g := s.group // set by subscribe, which has let go of the lock by now
	if s.closed {
		return
	}
	s.end()
	if handBack {
		t.lost(g, g.state.Return(s.id, t.ends[:0]))
	}
	if g.ephemeral && len(g.open) == 0 {
		t.disband(g)
	}
	t.move(g)
}

// move wakes those for whom a change in g has made something possible.
func (t *topic) move(g *members) {
	t.wakeFetcher(g)
	t.tend()
}

// end closes s, and wakes those who wait in it.
func (s *source) end() {
	s.closed = true
	s.group.open = slices.DeleteFunc(s.group.open, func(other *source) bool { return other == s })
	for w := s.group.waiters.head; w != nil; w = w.next {
		if w.source == s {
			s.topic.signal(w)
		}
	}
}

// disband ends a group.
func (t *topic) disband(g *members) {
	t.groups = slices.DeleteFunc(t.groups, func(other *members) bool { return other == g })
	t.log.each(func(pos uint64, _ *slot) {
		if g.state.Has(pos) {
			t.settled(pos)
		}
	})
	t.delayed.each(func(d *delayed) {
		if g.wants(&d.slot, d.born) {
			d.open--
		}
	})
	t.delayed.prune(t)
}

func (s *source) isClosed() error {
	return fmt.Errorf("group %q: source: %w", s.group.name, driver.ErrClosed)
}
