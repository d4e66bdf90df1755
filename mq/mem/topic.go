package mem

import (
	"slices"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/driver/group"
)

// topic is a topic of a store. All of it is guarded by mu.
//
//	stored = log.live + delayed.n
type topic struct {
	store *Store
	def   driver.Topic // normal
	mu    runnel.Mutex

	deleted bool
	log     log
	delayed shelf
	expiry  dues[uint64] // positions, also of records that are gone
	born    uint64       // how many records have been stored
	latest  map[place]holder
	dedup   window
	groups  []*members
	account driver.Account // without Stored and Groups
	letters letters

	publishers list // blocked
	alarm      alarm
	toWake     *waiter // those to be sent to after mu has been unlocked
	waiting    int     // waiters in all lists
	spare      *waiter
	ends       []group.End // for reuse
}

// members is a group of the topic.
type members struct {
	name      string
	state     *group.Group
	from      uint64 // it has no records that were born before
	ephemeral bool
	open      []*source
	delayed   int64 // of topic.delayed, those that it wants
	waiters   list
	woken     int // how many records those can take that have been woken and do not yet run
	account   driver.GroupAccount
	seen      driver.Delivery // with Faults: one that was given out
}

func newTopic(s *Store, def *driver.Topic) *topic {
	t := &topic{store: s, def: normal(*def)}
	t.def.Groups = slices.Clone(def.Groups)
	t.log.next = 1
	t.account.Topic = def.Name
	if def.Overflow == driver.LatestPerKey {
		t.latest = map[place]holder{}
	}
	for _, g := range def.Groups {
		t.join(&driver.Subscription{Group: g})
	}
	return t
}

func (t *topic) group(name string) *members {
	for _, g := range t.groups {
		if g.name == name {
			return g
		}
	}
	return nil
}

// join makes a group.
func (t *topic) join(s *driver.Subscription) *members {
	if g := t.group(s.Group); g != nil {
		return g
	}
	g := &members{name: s.Group, ephemeral: s.Ephemeral, state: group.New(s.Order, t.key)}
	g.account.Group = s.Group
	t.groups = append(t.groups, g)
	if s.Latest {
		g.from = t.born
	} else {
		t.begin(g)
	}
	return g
}

// begin gives a new group what is stored, but what has expired and is stored only because others have
// it running.
func (t *topic) begin(g *members) {
	now := t.store.now()
	t.log.each(func(pos uint64, s *slot) {
		if g.wants(s, t.born) && t.expires(s) > now {
			g.claim(s)
			g.state.Add(pos, s.key)
		}
	})
	t.delayed.each(func(d *delayed) {
		if g.wants(&d.slot, d.born) {
			g.claim(&d.slot)
			g.delayed++
		}
	})
}

// wants tells whether the record is for the group.
func (g *members) wants(s *slot, born uint64) bool {
	name := s.group()
	return born >= g.from && (name == "" || name == g.name)
}

// key is what groups ask for.
func (t *topic) key(pos uint64) string { return t.log.at(pos).key }

func (t *topic) stored() int64 { return int64(t.log.live + t.delayed.n) }

func (t *topic) isFull() bool { return t.def.MaxMessages > 0 && t.stored() >= t.def.MaxMessages }

// at turns a time of the contract into one of the machine.
func (t *topic) at(when time.Time) group.Time { return when.Sub(t.store.epoch) }

// after is now + d, or Never if that is too late to count.
func after(now group.Time, d time.Duration) group.Time { return now + min(d, group.Never-now) }

// settled tells that one group is done with the record at pos, if it is still stored.
func (t *topic) settled(pos uint64) {
	if s := t.log.at(pos); s != nil {
		if s.open--; s.open == 0 {
			t.free(pos, s)
		}
	}
}

// free forgets a record.
func (t *topic) free(pos uint64, s *slot) {
	t.unhold(s, holder{pos: pos})
	due := s.due
	t.log.free(pos)
	if due {
		t.expiry.forget(t.isStored)
	}
	t.wakePublisher()
}

func (t *topic) isStored(pos uint64) bool { return t.log.at(pos) != nil }

// count counts a record that the group has lost.
func (g *members) count(why group.Why) { count(why, &g.account.Expired, &g.account.Dropped) }

// unclaimed counts a record that no group was there to lose.
func (t *topic) unclaimed(why group.Why) { count(why, &t.account.Expired, &t.account.Dropped) }

func count(why group.Why, expired *int64, dropped *driver.Drops) {
	switch why {
	case group.Expired:
		*expired++
	case group.Oldest:
		dropped.Oldest++
	case group.Replaced:
		dropped.Replaced++
	case group.Deleted:
		dropped.Deleted++
	}
}

// evict takes a record from all groups, and forgets it.
func (t *topic) evict(pos uint64, why group.Why) {
	s := t.log.at(pos)
	if !s.claimed {
		t.unclaimed(why)
	}
	for _, g := range t.groups {
		if g.state.Remove(pos, why) {
			g.count(why)
			t.wakeFetcher(g) // who waits for a record behind it
		}
	}
	t.free(pos, s)
}

// advance does what is due: delayed records get their place, records expire, leases lapse.
func (t *topic) advance(now group.Time) {
	t.mature(now)
	t.expire(now)
	t.dedup.forget(now)
	for _, g := range t.groups {
		t.lapse(g, now)
		t.wakeFetcher(g)
	}
}

func (t *topic) lapse(g *members, now group.Time) {
	if g.state.Due() <= now {
		t.lost(g, g.state.Advance(now, t.ends[:0]))
	}
}

// lost counts what a group has lost by itself.
func (t *topic) lost(g *members, ends []group.End) {
	t.ends = ends
	for _, end := range ends {
		g.count(end.Why)
		t.settled(end.Pos)
	}
}

// place puts a record that has its slot at the end of each group that wants it.
func (t *topic) place(pos uint64, s *slot, born uint64, wasDelayed bool) {
	t.holds(s, holder{pos: pos})
	for _, g := range t.groups {
		if !g.wants(s, born) {
			continue
		}
		g.state.Add(pos, s.key)
		if wasDelayed {
			g.delayed--
		} else {
			g.claim(s)
		}
		t.wakeFetcher(g)
	}
	if at := t.expires(s); at != group.Never {
		t.expiry.push(at, pos)
		s.due = true
	}
}

// claim makes a record one that the group has to settle.
func (g *members) claim(s *slot) {
	s.open++
	s.claimed = true
	g.account.Published++
}

// expires tells when a record does.
func (t *topic) expires(s *slot) group.Time {
	if m := s.more; m != nil && !m.expires.IsZero() {
		return t.at(m.expires)
	}
	if t.def.MaxAge > 0 {
		return t.at(s.published.Add(t.def.MaxAge))
	}
	return group.Never
}

// expire takes records whose time is over from the groups that do not have them running.
func (t *topic) expire(now group.Time) {
	for t.expiry.next() <= now {
		pos := t.expiry.pop()
		if s := t.log.at(pos); s != nil {
			s.due = false
			t.expired(pos, s)
		} else {
			t.expiry.gone--
		}
	}
}

func (t *topic) expired(pos uint64, s *slot) {
	if !s.claimed {
		t.evict(pos, group.Expired)
		return
	}
	for _, g := range t.groups {
		if g.state.Remove(pos, group.Expired) {
			g.count(group.Expired)
			t.wakeFetcher(g) // who waits for a record behind it
			t.settled(pos)
		}
	}
}
