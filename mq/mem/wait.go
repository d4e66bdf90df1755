package mem

import (
	"context"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver/group"
)

// waiter is a call that waits: a Publish for room, or a Fetch for records.
//
// There is no goroutine behind a topic. Of those that wait one, the keeper, also waits for the
// time at which something is due next. A waiter that stops waiting looks whether another one must
// become the keeper.
type waiter struct {
	wake       *runnel.Chan[struct{}]
	recv       runnel.Case
	engine     *Engine
	source     *source // nil: of Publish
	list       *list   // in which it is
	next, prev *waiter
	room       int // how many records a Fetch takes
	woken      bool
	chain      *waiter // of topic.toWake, and of spare ones
}

// list is a line of waiters.
type list struct{ head, tail *waiter }

func (l *list) pushBack(w *waiter) {
	w.list, w.prev, w.next = l, l.tail, nil
	if l.tail == nil {
		l.head = w
	} else {
		l.tail.next = w
	}
	l.tail = w
}

func (l *list) pushFront(w *waiter) {
	w.list, w.prev, w.next = l, nil, l.head
	if l.head == nil {
		l.tail = w
	} else {
		l.head.prev = w
	}
	l.head = w
}

func (l *list) remove(w *waiter) {
	if w.prev == nil {
		l.head = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		l.tail = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.list, w.next, w.prev = nil, nil, nil
}

// alarm is the timer of a topic. It is set anew only if something is due earlier than it rings, so
// it may ring for nothing.
type alarm struct {
	keeper *waiter
	at     group.Time
	ring   *runnel.Chan[time.Time] // nil: not set
	recv   runnel.Case
}

func (a *alarm) set(due, now group.Time) {
	if a.ring != nil {
		if a.at <= due {
			return
		}
		a.ring.Cancel(runnel.ErrClosed)
	}
	a.at = due
	a.ring = runnel.After(due - now)
	a.recv = runnel.RecvFrom(a.ring)
}

// enqueue puts a new waiter at the end of a line.
func (t *topic) enqueue(l *list, e *Engine) *waiter {
	w := t.spare
	if w == nil {
		w = &waiter{wake: runnel.New[struct{}](runnel.Buffer(1))}
		w.recv = runnel.RecvFrom(w.wake)
	} else {
		t.spare, w.chain = w.chain, nil
	}
	w.engine = e
	l.pushBack(w)
	t.waiting++
	return w
}

// leave ends the waiting of w, which is not in wait.
func (t *topic) leave(w *waiter) {
	if w.list != nil {
		w.list.remove(w)
		t.waiting--
	}
	w.engine, w.source = nil, nil
	w.chain, t.spare = t.spare, w
}

// wait unlocks t, waits until w is woken, something is due, or ctx ends, and locks t again.
func (t *topic) wait(ctx context.Context, w *waiter) error {
	if w.engine.closed.Load() {
		return w.engine.isClosed()
	}
	keeps := false
	if t.alarm.keeper == nil {
		if due := t.due(); due != group.Never {
			t.alarm.keeper, keeps = w, true
			t.alarm.set(due, t.store.now())
		}
	}
	ring := t.alarm.recv
	t.unlock()
	fired, err := w.recv, error(nil)
	if keeps {
		fired, err = runnel.Select(ctx, w.recv, ring)
	} else {
		_, err = w.wake.Recv(ctx)
	}
	t.mu.Lock()
	if keeps {
		t.alarm.keeper = nil
	}
	if fired == ring && err == nil && keeps {
		t.alarm.ring = nil
		t.advance(t.store.now())
	}
	if w.woken {
		if err != nil || fired != w.recv {
			w.wake.Recv(context.Background()) // it has been sent, or will be at once
		}
		w.woken = false
	}
	switch {
	case w.engine.closed.Load():
		return w.engine.isClosed()
	case t.deleted && w.source == nil:
		return errDeleted
	}
	return err
}

// signal wakes w, by unlock.
func (t *topic) signal(w *waiter) {
	if w.woken {
		return
	}
	w.woken = true
	w.chain, t.toWake = t.toWake, w
}

// unlock unlocks t and wakes those that were signalled.
func (t *topic) unlock() {
	w := t.toWake
	t.toWake = nil
	t.mu.Unlock()
	for w != nil {
		next := w.chain // w may be used for something else as soon as it has been woken
		w.wake.TrySend(struct{}{})
		w = next
	}
}

// wakePublisher wakes the first publisher in line if there is room.
func (t *topic) wakePublisher() {
	if w := t.publishers.head; w != nil && !t.isFull() {
		t.signal(w)
	}
}

// wakeFetcher wakes as many of those who wait for records of g as can take what is ready.
func (t *topic) wakeFetcher(g *members) {
	for w := g.waiters.head; w != nil && g.woken < g.state.Ready(); w = g.waiters.head {
		g.waiters.remove(w)
		t.waiting--
		g.woken += w.room
		t.signal(w)
	}
}

// due is when something happens for which somebody waits.
func (t *topic) due() group.Time {
	due := t.delayed.next()
	blocked := t.publishers.head != nil
	if blocked {
		due = min(due, t.expiry.next())
	}
	for _, g := range t.groups {
		if blocked || g.waiters.head != nil {
			due = min(due, g.state.Due())
		}
	}
	return due
}

// tend sees to it that somebody keeps the time, if somebody waits.
func (t *topic) tend() {
	if t.waiting == 0 {
		return
	}
	due := t.due()
	if due == group.Never || t.alarm.keeper != nil && t.alarm.at <= due {
		return
	}
	w := t.alarm.keeper
	if w == nil {
		w = t.anyone()
	}
	if w != nil {
		t.signal(w)
	}
}

// anyone returns one of those who wait.
func (t *topic) anyone() *waiter {
	if t.publishers.head != nil {
		return t.publishers.head
	}
	for _, g := range t.groups {
		if g.waiters.head != nil {
			return g.waiters.head
		}
	}
	return nil
}

// wakePublishers wakes those of an engine that has ended.
func (t *topic) wakePublishers(e *Engine) {
	t.mu.Lock()
	for w := t.publishers.head; w != nil; w = w.next {
		if w.engine == e {
			t.signal(w)
		}
	}
	t.unlock()
}
