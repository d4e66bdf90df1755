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

// adopt takes over an entry of another state. Its position is above all others.
func (g *Group) adopt(e *entry) {
	timed, key := e.phase == retrying, g.keyOf(e.pos)
	e.lane, e.token = nil, 0
	g.out.put(e)
	if key != "" {
		e.lane = g.lanes[key]
		if e.lane == nil {
			e.lane = &lane{key: key, head: e.pos}
			g.lanes[key] = e.lane
		} else {
			e.lane.push(e.pos)
		}
	}
	if timed {
		g.timed.push(e, Time(e.rank))
		return
	}
	g.ready(e)
}
