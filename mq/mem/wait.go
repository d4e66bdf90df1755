package mem

import (
	"cmp"
	"context"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
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
	room       int     // how many records a Fetch takes
	waits      bool    // is in wait, or about to lock the topic again
	woken      bool    // a signal has been sent, or will be by unlock
	chain      *waiter // of topic.toWake, and of spare ones
}

// list is a line of waiters.
type list struct{ head, tail *waiter }

func (l *list) pushBack(w *waiter)  { l.insert(w, l.tail, nil) }
func (l *list) pushFront(w *waiter) { l.insert(w, nil, l.head) }

func (l *list) insert(w, prev, next *waiter) {
	w.list, w.prev, w.next = l, prev, next
	l.join(prev, w)
	l.join(w, next)
}

func (l *list) remove(w *waiter) {
	l.join(w.prev, w.next)
	w.list, w.next, w.prev = nil, nil, nil
}

// join makes a the one before b; nil stands for the ends.
func (l *list) join(a, b *waiter) {
	if a != nil {
		a.next = b
	} else {
		l.head = b
	}
	if b != nil {
		b.prev = a
	} else {
		l.tail = a
	}
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
func (t *topic) wait(ctx context.Context, w *waiter) (err error) {
	if err := t.ended(w); err != nil {
		return err
	}
	w.waits = true
	if t.keep(w) {
		err = t.waitAsKeeper(ctx, w)
	} else {
		err = t.waitForWake(ctx, w)
	}
	return cmp.Or(t.ended(w), err)
}

// ended tells why there is nothing to wait for any more.
func (t *topic) ended(w *waiter) error {
	if t.deleted && w.source == nil {
		return errDeleted
	}
	return w.engine.ended()
}

// keep makes w the keeper if there is none and something is due some time.
func (t *topic) keep(w *waiter) bool {
	if t.alarm.keeper != nil {
		return false
	}
	due := t.due()
	if due == group.Never {
		return false
	}
	t.alarm.keeper = w
	t.alarm.set(due, t.store.now())
	return true
}

func (t *topic) waitForWake(ctx context.Context, w *waiter) error {
	t.unlock()
	_, err := w.wake.Recv(ctx)
	t.mu.Lock()
	w.awake(err == nil)
	return err
}

func (t *topic) waitAsKeeper(ctx context.Context, w *waiter) error {
	ring := t.alarm.recv
	t.unlock()
	fired, err := runnel.Select(ctx, w.recv, ring)
	t.mu.Lock()
	t.alarm.keeper = nil
	w.awake(fired == w.recv)
	if fired == ring {
		t.alarm.ring = nil
		t.advance(t.store.now())
	}
	return err
}

// awake notes that w runs. If it was signalled, and came back for another reason, the signal has
// been sent, or will be at once: it must not be found by the next one to use w.
func (w *waiter) awake(bySignal bool) {
	if w.woken && !bySignal {
		w.wake.Recv(context.Background())
	}
	w.waits, w.woken = false, false
}

// signal wakes w, by unlock. One that is not in wait needs none: it looks again before it waits.
func (t *topic) signal(w *waiter) {
	if w.woken || !w.waits {
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
		if g.waiters.head != nil && g.state.Order() != driver.Unordered {
			due = min(due, t.expiry.next()) // of a record that others wait behind
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
