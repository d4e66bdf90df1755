package group

import (
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// Time is how long after some moment of the engine's choice. The machine only compares.
type Time = time.Duration

// Never comes after all times.
const Never Time = 1<<63 - 1

// Group is the state of one group of consumers. It is not safe for concurrent use.
//
//	unsettled = ready + held + leased + retrying
//
//	fresh  positions that were ready from the start and have not been given out
//	again  entries that are ready: returned, lapsed, due, or promoted to the head of their lane
//	timed  entries that are leased (until) or wait for their next attempt (at)
//	held   positions behind the head of their lane
//
// Each unsettled position is in exactly one of them. Whatever is in again or timed is in out. For Strict,
// late holds the positions that are retrying.
type Group struct {
	order  driver.Order
	key    func(pos uint64) string
	fresh  set
	held   set
	again  queue
	timed  times
	late   set
	out    table
	lanes  map[string]*lane
	leased int
	token  uint64
	free   *entry
	spare  int // entries in free
}

// maxSpare bounds the memory that is kept of a wave of leases.
const maxSpare = 1 << 10

// entry is what is known of a record besides its position.
type entry struct {
	pos, token uint64
	owner      uint64
	rank       int64 // in its queue
	index      int
	state      []byte
	lane       *lane
	attempts   int
	lapses     int
	phase      phase
	lapsed     bool   // its lease has ended, and nobody has had it since: token is still good
	given      bool   // to somebody, some time
	doom       Why    // leased, and gone from the topic: this is what it ends of, unless it is acked
	prev, next *entry // in the line of times; next also of spare ones
}

type phase uint8

const (
	ready    phase = iota // in again
	leased                // in timed
	retrying              // in timed
	parked                // in held: its time has come, but not its turn
)

// New makes the state of a group that has nothing. The function key tells the key of a record; it
// is asked for those that have been added and not removed, when they are given out or removed, and
// only for the order PerKey.
func New(order driver.Order, key func(pos uint64) string) *Group {
	return &Group{order: order, key: key, lanes: map[string]*lane{}}
}

// Order returns the order that the group keeps.
func (g *Group) Order() driver.Order { return g.order }

// Counts of the group's unsettled records.
func (g *Group) Unsettled() int { return g.fresh.n + g.held.n + len(g.again) + g.timed.n }
func (g *Group) Leased() int    { return g.leased }
func (g *Group) Retrying() int  { return g.timed.n - g.leased }

// Ready tells how many records can be taken, one after the other, without anything else happening.
func (g *Group) Ready() int {
	n := g.fresh.n + len(g.again)
	if g.order != driver.Strict || n == 0 {
		return n
	}
	if g.blocked(g.first()) {
		return 0
	}
	return 1
}

// Has tells whether pos is unsettled.
func (g *Group) Has(pos uint64) bool {
	return g.fresh.has(pos) || g.held.has(pos) || g.out.get(pos) != nil
}

// Due tells when the next lease lapses or the next attempt is due, Never if none is.
func (g *Group) Due() Time {
	if g.timed.n == 0 {
		return Never
	}
	return Time(g.timed.first().rank)
}

// Add puts a record at the end. Positions rise. The key is ignored unless the order is PerKey.
func (g *Group) Add(pos uint64, key string) {
	if g.order != driver.PerKey || key == "" || g.lead(pos, key) {
		g.fresh.add(pos)
	}
}

// lead tells whether pos is the head of its lane. Otherwise it is held.
func (g *Group) lead(pos uint64, key string) bool {
	if l := g.lanes[key]; l != nil {
		l.push(pos)
		g.held.add(pos)
		return false
	}
	g.lanes[key] = &lane{key: key, head: pos}
	return true
}

// Grant is a record given out.
type Grant struct {
	Pos, Token       uint64
	Attempts, Lapses int
	State            []byte
	Again            bool // it had been given out before
}

// Take gives out the first record that is ready, leased to owner until then. Call Advance first.
func (g *Group) Take(owner uint64, until Time) (Grant, bool) {
	if g.fresh.n+len(g.again) == 0 {
		return Grant{}, false
	}
	pos := g.first()
	if g.order == driver.Strict && g.blocked(pos) {
		return Grant{}, false
	}
	e := g.pick(pos)
	if e.lapsed {
		e.lapsed = false
		e.lapses++
	}
	g.token++
	e.token, e.owner = g.token, owner
	grant := Grant{pos, e.token, e.attempts, e.lapses, e.state, e.given}
	e.given = true
	g.lease(e, until)
	return grant, true
}

// first is the lowest position in fresh and again, which are not both empty.
func (g *Group) first() uint64 {
	switch {
	case len(g.again) == 0:
		return g.fresh.first()
	case g.fresh.n == 0:
		return g.again[0].pos
	}
	return min(g.again[0].pos, g.fresh.first())
}

// blocked tells, for Strict, whether pos must wait for one before it. At most one entry is in timed,
// unless the group had another order before, or has been restored.
func (g *Group) blocked(pos uint64) bool {
	return g.leased > 0 || g.late.n > 0 && g.late.first() < pos
}

// pick takes the entry of pos, which is the first, out of again, or makes one.
func (g *Group) pick(pos uint64) *entry {
	if len(g.again) > 0 && g.again[0].pos == pos {
		e := g.again[0]
		g.again.remove(e)
		return e
	}
	g.fresh.remove(pos)
	e := g.enter(pos)
	if g.order == driver.PerKey {
		e.lane = g.lanes[g.key(pos)] // nil for the empty key
	}
	return e
}

func (g *Group) lease(e *entry, until Time) {
	e.phase = leased
	g.leased++
	g.timed.lease(e, until)
}

// Advance ends the leases and the waits that are over. It appends to ends the records that have
// ended by that: those that were doomed.
func (g *Group) Advance(now Time, ends []End) []End {
	for g.timed.n > 0 && g.timed.first().rank <= int64(now) {
		e := g.timed.first()
		wasLeased := e.phase == leased
		g.untime(e)
		if e.doom != 0 {
			ends = append(ends, End{e.pos, e.doom})
			g.settled(e)
			continue
		}
		e.lapsed = wasLeased
		g.ready(e)
	}
	return ends
}

// End is a record that has ended without having been settled.
type End struct {
	Pos uint64
	Why Why
}

func (g *Group) untime(e *entry) {
	g.timed.remove(e)
	if e.phase == leased {
		g.leased--
	} else if g.order == driver.Strict {
		g.late.remove(e.pos)
	}
}

// retry lets e wait for its next attempt.
func (g *Group) retry(e *entry, at Time) {
	e.phase = retrying
	g.timed.push(e, at)
	if g.order == driver.Strict {
		g.late.add(e.pos)
	}
}

// ready makes an entry ready that is in none of the queues, as soon as it is its turn.
func (g *Group) ready(e *entry) {
	if e.lane != nil && e.lane.head != e.pos {
		e.phase = parked
		g.held.add(e.pos)
		return
	}
	e.phase = ready
	g.again.push(e, int64(e.pos))
}

// settled forgets an entry that is in none of the queues, and lets its lane go on.
func (g *Group) settled(e *entry) {
	l := e.lane
	g.out.remove(e.pos)
	g.reuse(e)
	if l != nil {
		g.promote(l)
	}
}

// reuse keeps an entry for another record.
func (g *Group) reuse(e *entry) {
	if g.spare == maxSpare {
		return
	}
	*e = entry{next: g.free}
	g.free = e
	g.spare++
}

// promote puts the next record of a lane at its head.
func (g *Group) promote(l *lane) {
	pos, ok := l.pop(g.Has)
	if !ok {
		delete(g.lanes, l.key)
		return
	}
	l.head = pos
	e := g.out.get(pos)
	if e != nil && e.phase == retrying {
		return // it is its turn, but not yet its time
	}
	g.held.remove(pos)
	if e == nil {
		e = g.enter(pos)
		e.lane = l
	}
	g.ready(e)
}

// enter makes an entry for pos.
func (g *Group) enter(pos uint64) *entry {
	e := g.unused()
	e.pos = pos
	g.out.put(e)
	return e
}

func (g *Group) unused() *entry {
	e := g.free
	if e == nil {
		return &entry{}
	}
	g.free, e.next = e.next, nil
	g.spare--
	return e
}

// Oldest returns the unsettled record with the first position, of those that the topic still has.
func (g *Group) Oldest() (pos uint64, found bool) {
	if found = g.fresh.n+len(g.again) > 0; found {
		pos = g.first()
	}
	if g.held.n > 0 && (!found || g.held.first() < pos) { // the one before it may be gone
		pos, found = g.held.first(), true
	}
	for e := range g.timed.all() {
		if gone := e.doom > Expired; !gone && (!found || e.pos < pos) {
			pos, found = e.pos, true
		}
	}
	return pos, found
}
