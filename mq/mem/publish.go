package mem

import (
	"context"
	"errors"
	"fmt"

	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/driver/group"
)

// publish is Publish on one topic. Publishers that find it full wait in line, and who comes later
// waits behind them.
func (t *topic) publish(ctx context.Context, e *Engine, records []driver.Record) (n int, err error) {
	t.mu.Lock()
	if t.delayed.n > 0 {
		t.mature(t.store.now()) // those whose time has come go before
	}
	var w *waiter
	err = e.ended() // under the lock: once Close or Crash has returned, nothing has an effect
	for n < len(records) && err == nil {
		err = t.accept(&records[n], w)
		if err == nil {
			n++
			continue
		}
		if err == errBlocked {
			if w == nil {
				w = t.enqueue(&t.publishers, e)
			}
			err = t.wait(ctx, w)
		}
	}
	if w != nil {
		t.leave(w)
		t.wakePublisher()
	}
	t.tend()
	t.unlock()
	return n, err
}

// errBlocked tells that there is no room, or no turn.
var errBlocked = errors.New("no room yet")

// accept deals with one record, for a publisher that has waited as w, if that is not nil.
func (t *topic) accept(r *driver.Record, w *waiter) error {
	if t.deleted {
		return errDeleted
	}
	if err := t.measure(r); err != nil {
		return err
	}
	var now group.Time
	if r.Dedup != "" {
		now = t.store.now()
		if seq, found := t.dedup.lookup(r.Dedup, now); found {
			r.Seq, r.Outcome = seq, driver.Duplicate
			t.account.Duplicates++
			return nil
		}
	}
	if t.latest != nil {
		var s slot
		s.set(r)
		t.replace(&s)
	}
	if store, err := t.room(r, w); !store {
		return err
	}
	t.store1(r)
	if r.Dedup != "" {
		t.dedup.add(r.Dedup, r.Seq, after(now, t.def.DedupWindow))
	}
	return nil
}

func (t *topic) measure(r *driver.Record) error {
	if t.def.MaxBytes == 0 || sizeOf(r) <= t.def.MaxBytes {
		return nil
	}
	return fmt.Errorf("%w: it has %d bytes, MaxBytes is %d", driver.ErrTooLarge, sizeOf(r), t.def.MaxBytes)
}

// sizeOf is what MaxBytes is about.
func sizeOf(r *driver.Record) int64 {
	n := len(r.Key) + len(r.Payload)
	for _, f := range r.Header {
		n += len(f.Name) + len(f.Value)
	}
	return int64(n)
}

// room makes room for a record if there is none, or says what becomes of it.
func (t *topic) room(r *driver.Record, w *waiter) (store bool, err error) {
	if t.def.MaxMessages == 0 {
		return true, nil
	}
	if t.isFull() {
		t.advance(t.store.now())
	}
	if !t.isFull() && (t.def.Overflow == driver.Block || !t.store.strike(full)) {
		if t.publishers.head != nil && t.publishers.head != w {
			return false, errBlocked
		}
		return true, nil
	}
	switch t.def.Overflow {
	case driver.Block:
		return false, errBlocked
	case driver.Reject:
		return false, fmt.Errorf("%w: it holds %d, MaxMessages is %d", driver.ErrFull, t.stored(), t.def.MaxMessages)
	case driver.DropNewest:
		t.refuse(r)
		return false, nil
	}
	for first := true; t.isFull() || first && t.stored() > 0; first = false {
		t.dropOldest()
	}
	return true, nil
}

// refuse counts a record as dropped on arrival.
func (t *topic) refuse(r *driver.Record) {
	r.Seq, r.Outcome = 0, driver.Dropped
	t.account.Published++
	wanted := false
	for _, g := range t.groups {
		if r.Group == "" || r.Group == g.name {
			wanted = true
			g.account.Published++
			g.account.Dropped.Newest++
		}
	}
	if !wanted {
		t.account.Dropped.Newest++
	}
}

// dropOldest drops the record with the first place, or if none has one, that which would have it
// next.
func (t *topic) dropOldest() {
	if t.log.live > 0 {
		t.evict(t.log.first(), group.Oldest)
		return
	}
	t.delayed.next()
	t.discard(t.delayed.heap[0].what, group.Oldest)
}

// store1 stores a record for which there is room.
func (t *topic) store1(r *driver.Record) {
	t.account.Published++
	r.Outcome = driver.Stored
	if !r.NotBefore.IsZero() && t.at(r.NotBefore) > t.store.now() {
		var s slot
		s.set(r)
		r.Seq = 0
		t.delay(&s)
		t.born++
		return
	}
	pos, s := t.log.push()
	r.Seq = pos
	s.set(r)
	t.place(pos, s, t.born, false)
	t.born++
}
