package group

import (
	"slices"

	"github.com/runnel-go/runnel/mq/driver"
)

// Reordered returns the state with another order. No record may be leased; the tokens of leases that
// have lapsed are good no more, and neither is g.
func (g *Group) Reordered(order driver.Order) *Group {
	to := New(order, g.key)
	to.token = g.token
	for _, pos := range g.positions() {
		e := g.out.get(pos)
		if e == nil {
			to.Add(pos, to.keyOf(pos))
			continue
		}
		to.adopt(e)
	}
	return to
}

// positions returns all unsettled ones, rising.
func (g *Group) positions() []uint64 {
	all := slices.AppendSeq(g.fresh.all(nil), g.out.positions())
	all = g.held.all(all)
	slices.Sort(all)
	return slices.Compact(all)
}

func (g *Group) keyOf(pos uint64) string {
	if g.order != driver.PerKey {
		return ""
	}
	return g.key(pos)
}

// Kept is what is known of a record besides its place and its key, and outlives a crash.
type Kept struct {
	Attempts, Lapses int
	State            []byte
	At               Time // when it is due; a time that is over: at once
}

// Restore is Add for a record that had been given out before the engine was restarted. Call Advance
// afterwards. What it had been leased for is over: nobody has a token.
func (g *Group) Restore(pos uint64, key string, k Kept) {
	e := g.enter(pos)
	e.attempts, e.lapses, e.state, e.given = k.Attempts, k.Lapses, k.State, true
	if g.order == driver.PerKey {
		g.lineUp(e, key)
	}
	g.retry(e, k.At)
}

// TokensAfter lets all tokens from now on be higher than the one given. After a restart that is a number
// that the group cannot have reached before, such as one made of the clock: or a token from before could
// be good for somebody else's lease by chance.
func (g *Group) TokensAfter(token uint64) { g.token = max(g.token, token) }

// lineUp puts e at the end of the lane of its key.
func (g *Group) lineUp(e *entry, key string) {
	if key == "" {
		return
	}
	e.lane = g.lanes[key]
	if e.lane != nil {
		e.lane.push(e.pos)
		return
	}
	e.lane = &lane{key: key, head: e.pos}
	g.lanes[key] = e.lane
}

// adopt takes over an entry of another state. Its position is above all others.
func (g *Group) adopt(e *entry) {
	e.lane, e.token = nil, 0
	g.out.put(e)
	g.lineUp(e, g.keyOf(e.pos))
	if e.phase == retrying {
		g.retry(e, Time(e.rank))
		return
	}
	g.ready(e)
}
