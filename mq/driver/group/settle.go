package group

import (
	"github.com/runnel-go/runnel/mq/driver"
)

// Why a record ends without having been settled.
type Why uint8

const (
	Expired  Why = iota + 1
	Oldest       // dropped to make room
	Replaced     // by a record with its key
	Deleted
)

// Fate is what a settlement has done.
type Fate uint8

const (
	Lost   Fate = iota // nothing: the token is not that of the record's present lease
	Held               // the record is unsettled still: it was returned, extended, or waits for its next attempt
	Acked              // it has ended so
	Dead               // it has ended so
	Doomed             // it has ended of what removed it from the topic while it was leased
)

// Event is a settlement, in the machine's time.
type Event struct {
	Pos, Token uint64
	Verb       driver.Verb
	At         Time // Extend: when the lease lapses then. Retry: when the record is due
	Attempts   int
	State      []byte
}

// Settle says what becomes of a record that was given out. Why is 0 unless the fate is Doomed.
// What is doomed can still be settled by Ack and Dead. Any other verb but Extend ends it.
func (g *Group) Settle(v *Event) (Fate, Why) {
	e := g.out.get(v.Pos)
	if e == nil || e.token != v.Token || v.Token == 0 {
		return Lost, 0
	}
	g.unqueue(e)
	if v.Verb == driver.Extend {
		e.lapsed = false
		g.lease(e, v.At)
		return Held, 0
	}
	if fate := end(v.Verb, e.doom); fate != Held {
		why := e.doom
		g.settled(e)
		if fate != Doomed {
			why = 0
		}
		return fate, why
	}
	e.token, e.lapsed = 0, false
	g.putBack(e, v)
	return Held, 0
}

// end tells how a record ends, Held if it does not.
func end(v driver.Verb, doom Why) Fate {
	switch {
	case v == driver.Ack:
		return Acked
	case v == driver.Dead:
		return Dead
	case doom != 0:
		return Doomed
	}
	return Held
}

// unqueue takes e out of the queue that it is in.
func (g *Group) unqueue(e *entry) {
	switch e.phase {
	case ready:
		g.again.remove(e)
	case parked:
		g.held.remove(e.pos)
	default:
		g.untime(e)
	}
}

func (g *Group) putBack(e *entry, v *Event) {
	if v.Verb != driver.Retry {
		g.ready(e)
		return
	}
	e.attempts, e.state = v.Attempts, v.State
	g.retry(e, v.At)
}

// Remove takes a record away that is gone from the topic, and tells whether it has ended by that.
// If it is leased it has not: it is doomed, ends with its lease, and may be acked until then. A
// record that the group does not have, or no more, or that is doomed already, is left alone.
func (g *Group) Remove(pos uint64, why Why) bool {
	e := g.out.get(pos)
	switch {
	case e != nil && e.phase == leased:
		if e.doom == 0 || why != Expired {
			e.doom = why
		}
		return false
	case e != nil:
		g.unqueue(e)
		g.leave(e)
		return true
	case g.held.remove(pos):
		g.lanes[g.key(pos)].lost(g.Has)
		return true
	case !g.fresh.remove(pos):
		return false
	}
	if g.order == driver.PerKey {
		if l := g.lanes[g.key(pos)]; l != nil {
			g.promote(l)
		}
	}
	return true
}

// leave forgets an entry that is in none of the queues, and perhaps not the head of its lane.
func (g *Group) leave(e *entry) {
	if l := e.lane; l != nil && l.head != e.pos {
		e.lane = nil
		defer l.lost(g.Has)
	}
	g.settled(e)
}

// Return hands back what an owner holds, as Release does. It appends to ends the records that have
// ended by that.
func (g *Group) Return(owner uint64, ends []End) []End {
	var mine []*entry
	for e := range g.timed.all() {
		if e.phase == leased && e.owner == owner {
			mine = append(mine, e)
		}
	}
	for _, e := range mine {
		pos := e.pos // the entry is another one's, once the record has ended
		if fate, why := g.Settle(&Event{Pos: pos, Token: e.token, Verb: driver.Release}); fate == Doomed {
			ends = append(ends, End{pos, why})
		}
	}
	return ends
}
