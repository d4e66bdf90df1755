package group_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/driver/group"
)

// model is a group as the contract describes it: a list of what is unsettled, looked through from
// the start for each question.
type model struct {
	order driver.Order
	list  []*record // by position
	token uint64
}

type record struct {
	pos, token, owner uint64
	key               string
	at                group.Time // leased: until; retrying: when it is due
	attempts, lapses  int
	state             []byte
	leased, retrying  bool
	lapsed, given     bool
	doom              group.Why
}

func (m *model) ready(r *record) bool {
	if r.leased || r.retrying {
		return false
	}
	return !slices.ContainsFunc(m.list, func(other *record) bool {
		earlier := other.pos < r.pos
		switch m.order {
		case driver.PerKey:
			return earlier && r.key != "" && other.key == r.key
		case driver.Strict:
			return earlier
		}
		return false
	})
}

func (m *model) find(pos uint64) *record {
	for _, r := range m.list {
		if r.pos == pos {
			return r
		}
	}
	return nil
}

func (m *model) end(r *record) {
	m.list = slices.DeleteFunc(m.list, func(other *record) bool { return other == r })
}

func (m *model) count(is func(*record) bool) (n int) {
	for _, r := range m.list {
		if is(r) {
			n++
		}
	}
	return n
}

func (m *model) due() group.Time {
	due := group.Never
	for _, r := range m.list {
		if r.leased || r.retrying {
			due = min(due, r.at)
		}
	}
	return due
}

func (m *model) take(owner uint64, until group.Time) (group.Grant, bool) {
	i := slices.IndexFunc(m.list, m.ready)
	if i < 0 {
		return group.Grant{}, false
	}
	r := m.list[i]
	if r.lapsed {
		r.lapsed = false
		r.lapses++
	}
	m.token++
	again := r.given
	r.given, r.leased, r.token, r.owner, r.at = true, true, m.token, owner, until
	return group.Grant{Pos: r.pos, Token: r.token, Attempts: r.attempts, Lapses: r.lapses, State: r.state, Again: again}, true
}

func (m *model) settle(v *group.Event) (group.Fate, group.Why) {
	r := m.find(v.Pos)
	if r == nil || r.token != v.Token || v.Token == 0 {
		return group.Lost, 0
	}
	r.leased, r.lapsed = false, false
	switch {
	case v.Verb == driver.Extend:
		r.leased, r.at = true, v.At
		return group.Held, 0
	case v.Verb == driver.Ack:
		m.end(r)
		return group.Acked, 0
	case v.Verb == driver.Dead:
		m.end(r)
		return group.Dead, 0
	case r.doom != 0:
		m.end(r)
		return group.Doomed, r.doom
	}
	r.token = 0
	if v.Verb == driver.Retry {
		r.retrying, r.at, r.attempts, r.state = true, v.At, v.Attempts, v.State
	}
	return group.Held, 0
}

func (m *model) advance(now group.Time) (ends []group.End) {
	for _, r := range slices.Clone(m.list) {
		if !r.leased && !r.retrying || r.at > now {
			continue
		}
		if r.doom != 0 {
			ends = append(ends, group.End{Pos: r.pos, Why: r.doom})
			m.end(r)
			continue
		}
		r.lapsed = r.leased
		r.leased, r.retrying = false, false
	}
	return ends
}

func (m *model) giveBack(owner uint64) (ends []group.End) {
	for _, r := range slices.Clone(m.list) {
		if !r.leased || r.owner != owner {
			continue
		}
		if fate, why := m.settle(&group.Event{Pos: r.pos, Token: r.token, Verb: driver.Release}); fate == group.Doomed {
			ends = append(ends, group.End{Pos: r.pos, Why: why})
		}
	}
	return ends
}

func (m *model) remove(pos uint64, why group.Why) bool {
	r := m.find(pos)
	switch {
	case r == nil:
		return false
	case r.leased:
		if r.doom == 0 || why != group.Expired {
			r.doom = why
		}
		return false
	}
	m.end(r)
	return true
}

// game plays the same events on a group and on its model.
type game struct {
	t      *testing.T
	data   []byte
	group  *group.Group
	model  *model
	keys   map[uint64]string
	tokens []group.Grant
	last   uint64
	now    group.Time
	told   []string
}

func (g *game) draw(n int) int {
	if len(g.data) == 0 {
		return 0
	}
	b := g.data[0]
	g.data = g.data[1:]
	return int(b) % n
}

func (g *game) tell(format string, args ...any) {
	g.told = append(g.told, fmt.Sprintf(format, args...))
}

func (g *game) same(what string, got, want any) {
	g.t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		tail := g.told[max(0, len(g.told)-40):]
		g.t.Fatalf("%s: got %v, want %v\nafter %q", what, got, want, tail)
	}
}

func byPos(a, b group.End) int { return int(a.Pos) - int(b.Pos) }

func (g *game) sameEnds(what string, got, want []group.End) {
	g.t.Helper()
	slices.SortFunc(got, byPos)
	slices.SortFunc(want, byPos)
	g.same(what, got, want)
}

func (g *game) add() {
	g.last += uint64(1 + g.draw(3)*g.draw(900))
	key := []string{"", "a", "b", "c"}[g.draw(4)]
	g.tell("add %d %q", g.last, key)
	g.keys[g.last] = key
	g.group.Add(g.last, key)
	g.model.list = append(g.model.list, &record{pos: g.last, key: key})
}

func (g *game) take() {
	owner, until := uint64(g.draw(3)), g.now+group.Time(1+g.draw(20))
	g.tell("take for %d until %d", owner, until)
	got, ok := g.group.Take(owner, until)
	want, wantOK := g.model.take(owner, until)
	g.same("Take", fmt.Sprint(got, ok), fmt.Sprint(want, wantOK))
	if ok {
		g.tokens = append(g.tokens, got)
	}
}

func (g *game) settle() {
	if len(g.tokens) == 0 {
		return
	}
	i := g.draw(len(g.tokens))
	t := g.tokens[len(g.tokens)-1-i]
	v := group.Event{Pos: t.Pos, Token: t.Token, Verb: driver.Verb(g.draw(5)), At: g.now + group.Time(g.draw(20)), Attempts: g.draw(9)}
	v.State = []byte{byte(v.Attempts)}
	g.tell("%v %d by %d at %d", v.Verb, v.Pos, v.Token, v.At)
	fate, why := g.group.Settle(&v)
	wantFate, wantWhy := g.model.settle(&v)
	g.same("Settle", fmt.Sprint(fate, why), fmt.Sprint(wantFate, wantWhy))
}

func (g *game) remove() {
	if len(g.model.list) == 0 {
		return
	}
	pos := g.model.list[g.draw(len(g.model.list))].pos
	why := group.Why(1 + g.draw(3))
	g.tell("remove %d: %d", pos, why)
	g.same("Remove", g.group.Remove(pos, why), g.model.remove(pos, why))
	g.same("Remove again", g.group.Remove(g.last+1, why), false)
}

func (g *game) reorder() {
	if g.group.Leased() > 0 {
		return
	}
	g.model.order = driver.Order(g.draw(3))
	g.tell("order %v", g.model.order)
	g.group = g.group.Reordered(g.model.order)
	for _, r := range g.model.list {
		r.token = 0
	}
}

func (g *game) step() {
	switch n := g.draw(32); {
	case n < 9:
		g.add()
	case n < 17:
		g.take()
	case n < 25:
		g.settle()
	case n < 27:
		g.now += group.Time(g.draw(12))
		g.tell("time %d", g.now)
		g.sameEnds("Advance", g.group.Advance(g.now, nil), g.model.advance(g.now))
	case n < 30:
		g.remove()
	case n < 31:
		owner := uint64(g.draw(3))
		g.tell("return %d", owner)
		g.sameEnds("Return", g.group.Return(owner, nil), g.model.giveBack(owner))
	default:
		g.reorder()
	}
	g.compare()
}

func (g *game) compare() {
	m := g.model
	g.same("Unsettled", g.group.Unsettled(), len(m.list))
	g.same("Leased", g.group.Leased(), m.count(func(r *record) bool { return r.leased }))
	g.same("Retrying", g.group.Retrying(), m.count(func(r *record) bool { return r.retrying }))
	g.same("Ready", g.group.Ready(), m.count(m.ready))
	g.same("Due", g.group.Due(), m.due())
	pos, found := g.group.Oldest()
	stored := slices.IndexFunc(m.list, func(r *record) bool { return r.doom <= group.Expired })
	g.same("Oldest found", found, stored >= 0)
	if found {
		g.same("Oldest", pos, m.list[stored].pos)
	}
	g.same("Order", g.group.Order(), m.order)
	if g.last > 0 {
		pos := 1 + uint64(g.draw(256))*g.last/256
		g.same(fmt.Sprint("Has ", pos), g.group.Has(pos), m.find(pos) != nil)
	}
}

func play(t *testing.T, data []byte) {
	g := &game{t: t, data: data, keys: map[uint64]string{}}
	order := driver.Order(g.draw(3))
	g.model = &model{order: order}
	g.group = group.New(order, func(pos uint64) string {
		if g.model.find(pos) == nil {
			t.Fatalf("key of %d, which is gone\nafter %q", pos, g.told[max(0, len(g.told)-40):])
		}
		return g.keys[pos]
	})
	for len(g.data) > 0 {
		g.step()
	}
}

func FuzzModel(f *testing.F) {
	f.Add([]byte{0, 1, 1, 1})
	f.Fuzz(play)
}

// TestModel plays long random games.
func TestModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		data := make([]byte, 4000)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		play(t, bytes.Clone(data))
	}
}
