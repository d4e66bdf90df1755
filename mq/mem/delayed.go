package mem

import (
	"time"

	"github.com/runnel-go/runnel/mq/driver/group"
)

// delayed is a record that waits for its place.
type delayed struct {
	slot
	born uint64
}

// shelf holds the delayed records of a topic.
type shelf struct {
	dues[*delayed]
	n int
}

func (h *shelf) add(at group.Time, d *delayed) {
	h.push(at, d)
	h.n++
}

// take takes out what is due next; the first of the heap must be wanted still.
func (h *shelf) take() *delayed {
	h.n--
	return h.pop()
}

// next is when the next record is due.
func (h *shelf) next() group.Time {
	for len(h.heap) > 0 && !h.heap[0].what.live {
		h.pop()
		h.gone--
	}
	return h.dues.next()
}

// drop takes d out.
func (h *shelf) drop(d *delayed) {
	d.slot = slot{}
	h.n--
	h.forget(func(d *delayed) bool { return d.live })
}

func (h *shelf) each(f func(*delayed)) {
	for _, x := range h.heap {
		if x.what.live {
			f(x.what)
		}
	}
}

// delay puts a record on the shelf until it is due, or expires.
func (t *topic) delay(s *slot) {
	d := &delayed{slot: *s, born: t.born}
	for _, g := range t.groups {
		if g.wants(s, d.born) {
			g.claim(&d.slot)
			g.delayed++
		}
	}
	t.holds(&d.slot, holder{delayed: d})
	t.delayed.add(min(t.at(s.more.notBefore), t.expires(s)), d)
}

// mature gives delayed records their place. The clock is looked at again, in case it was set.
func (t *topic) mature(now group.Time) {
	for t.delayed.next() <= now {
		d := t.delayed.take()
		if left := time.Until(d.more.notBefore); left > 0 && t.expires(&d.slot) > now {
			t.delayed.add(min(now+left, t.expires(&d.slot)), d)
			continue
		}
		t.promote(d)
	}
}

// promote moves a record from the shelf to its place.
func (t *topic) promote(d *delayed) {
	pos, s := t.log.push()
	*s = d.slot
	t.place(pos, s, d.born, true)
}

// discard takes a delayed record from all groups, and forgets it.
func (t *topic) discard(d *delayed, why group.Why) {
	if !d.claimed {
		t.unclaimed(why)
	}
	for _, g := range t.groups {
		if g.wants(&d.slot, d.born) {
			g.delayed--
			g.count(why)
		}
	}
	t.forget(d)
}

// forget takes a delayed record off the shelf.
func (t *topic) forget(d *delayed) {
	t.unhold(&d.slot, holder{delayed: d})
	t.delayed.drop(d)
	t.wakePublisher()
}

// prune forgets the delayed records that were kept for a group that has ended.
func (h *shelf) prune(t *topic) {
	var lone []*delayed
	h.each(func(d *delayed) {
		if d.claimed && d.open == 0 {
			lone = append(lone, d)
		}
	})
	for _, d := range lone {
		t.forget(d)
	}
}
