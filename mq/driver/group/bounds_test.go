package group

import (
	"testing"

	"github.com/runnel-go/runnel/mq/driver"
)

func none(uint64) string { return "" }

// A group of which very many records wait for their next attempt becomes Strict: what each of them
// costs then does not depend on how many wait. (It would take minutes otherwise.)
func TestStrictAfterManyRetries(t *testing.T) {
	const n = 200_000
	g := New(driver.Unordered, none)
	for pos := uint64(1); pos <= n; pos++ {
		g.Add(pos, "")
		grant, _ := g.Take(1, Never)
		g.Settle(&Event{Pos: pos, Token: grant.Token, Verb: driver.Retry, At: Time(pos)})
	}
	g = g.Reordered(driver.Strict)
	for pos, now := uint64(1), Time(0); pos <= n; {
		if g.Ready() == 0 {
			now = g.Due()
			g.Advance(now, nil)
		}
		grant, ok := g.Take(1, Never)
		if !ok {
			continue
		}
		if grant.Pos != pos {
			t.Fatalf("got %d, want %d", grant.Pos, pos)
		}
		g.Settle(&Event{Pos: pos, Token: grant.Token})
		pos++
	}
	if g.Unsettled() != 0 || g.late.n != 0 {
		t.Errorf("%d are left, %d of them late", g.Unsettled(), g.late.n)
	}
}

// Of a wave of leases little memory is kept.
func TestSpareEntriesAreBounded(t *testing.T) {
	const n = 50_000
	g := New(driver.Unordered, none)
	for pos := uint64(1); pos <= n; pos++ {
		g.Add(pos, "")
	}
	for range n {
		g.Take(1, 10)
	}
	for pos := uint64(1); pos <= n; pos++ {
		g.Settle(&Event{Pos: pos, Token: pos})
	}
	spare := 0
	for e := g.free; e != nil; e = e.next {
		spare++
	}
	if spare > maxSpare || spare != g.spare || g.Unsettled() != 0 {
		t.Errorf("%d entries are kept, counted as %d, want at most %d; %d are unsettled", spare, g.spare, maxSpare, g.Unsettled())
	}
}

// A group that is restored from what was kept of each record goes on as the one before would have.
func TestRestore(t *testing.T) {
	for _, order := range []driver.Order{driver.Unordered, driver.PerKey, driver.Strict} {
		key := func(pos uint64) string { return []string{"a", "b"}[pos%2] }
		before, after := New(order, key), New(order, key)
		for pos := uint64(1); pos <= 6; pos++ {
			before.Add(pos, key(pos))
		}
		for {
			grant, ok := before.Take(1, Never)
			if !ok {
				break
			}
			before.Settle(&Event{Pos: grant.Pos, Token: grant.Token, Verb: driver.Retry, At: Time(100 - grant.Pos), Attempts: 3, State: []byte("s")})
		}
		for pos := uint64(1); pos <= 6; pos++ {
			if e := before.out.get(pos); e != nil {
				after.Restore(pos, key(pos), Kept{Attempts: e.attempts, State: e.state, At: Time(e.rank)})
			} else {
				after.Add(pos, key(pos))
			}
		}
		for now := Time(0); before.Unsettled() > 0; now++ {
			before.Advance(now, nil)
			after.Advance(now, nil)
			a, ok := before.Take(1, Never)
			b, okToo := after.Take(1, Never)
			if ok != okToo || a.Pos != b.Pos || a.Attempts != b.Attempts || string(a.State) != string(b.State) || a.Again != b.Again {
				t.Fatalf("%v at %d: got %+v, %v after the restart, and %+v, %v without", order, now, b, okToo, a, ok)
			}
			before.Settle(&Event{Pos: a.Pos, Token: a.Token})
			after.Settle(&Event{Pos: b.Pos, Token: b.Token})
		}
		if after.Unsettled() != 0 {
			t.Errorf("%v: %d are left", order, after.Unsettled())
		}
	}
}
