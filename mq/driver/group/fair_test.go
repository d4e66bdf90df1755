package group

import (
	"math/rand/v2"
	"testing"

	"github.com/runnel-go/runnel/mq/driver"
)

// fair watches that no record is passed over unfairly. A record that is ready is passed over when
// another one is given out. For each that is ready,
//
//	who passes it over was published before it
//	passed <= records before it that were unsettled when it became ready + returns of such ones since
//
// So it is not passed over by more of a hot key than stood before it; without returns, with k keys whose
// records came in turns, fewer than k times since its predecessor was settled.
type fair struct {
	t     *testing.T
	g     *Group
	ready map[uint64]*wait
}

type wait struct{ passed, most int }

func (f *fair) isReady(pos uint64) bool {
	e := f.g.out.get(pos)
	return e == nil && f.g.fresh.has(pos) || e != nil && e.phase == ready
}

// look notes which records have become ready, and which are no more.
func (f *fair) look() {
	was := f.ready
	f.ready = map[uint64]*wait{}
	for before, pos := range f.g.positions() {
		if w := was[pos]; w != nil && f.isReady(pos) {
			f.ready[pos] = w
		} else if f.isReady(pos) {
			f.ready[pos] = &wait{most: before}
		}
	}
}

func (f *fair) given(pos uint64) {
	delete(f.ready, pos)
	for other, w := range f.ready {
		w.passed++
		if other < pos || w.passed > w.most {
			f.t.Fatalf("%d is given out while %d is ready, which has been passed over %d times, want %d at most",
				pos, other, w.passed, w.most)
		}
	}
}

func (f *fair) returned(pos uint64) {
	for other, w := range f.ready {
		if pos < other {
			w.most++
		}
	}
}

// Whatever the order, and whatever members do with a hot key and others, nobody is passed over
// unfairly.
func TestFair(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 5))
		keys := map[uint64]string{}
		g := New(driver.Order(r.IntN(3)), func(pos uint64) string { return keys[pos] })
		f := &fair{t, g, map[uint64]*wait{}}
		var out []Grant
		now, last := Time(0), uint64(0)
		for range 600 {
			switch n := r.IntN(10); {
			case n < 3 && last < 200:
				last++
				keys[last] = []string{"hot", "hot", "hot", "b", "c", ""}[r.IntN(6)]
				g.Add(last, keys[last])
			case n < 6:
				if grant, ok := g.Take(0, now+20); ok {
					f.given(grant.Pos)
					out = append(out, grant)
				}
			case len(out) > 0:
				i := r.IntN(len(out))
				verb := []driver.Verb{driver.Ack, driver.Ack, driver.Release, driver.Retry}[r.IntN(4)]
				if g.Settle(&Event{Pos: out[i].Pos, Token: out[i].Token, Verb: verb, At: now + 3}); verb != driver.Ack {
					f.returned(out[i].Pos)
				}
				out = append(out[:i], out[i+1:]...)
			}
			now++
			leased := g.Leased()
			g.Advance(now, nil)
			for range leased - g.Leased() { // lapsed: no matter which
				f.returned(0)
			}
			f.look()
		}
	}
}

// With k keys that come in turns and one worker that acks, each record is passed over fewer than k
// times once it is ready, however long the line of each key is.
func TestFairKeys(t *testing.T) {
	const k, rounds = 7, 40
	key := func(pos uint64) string { return string(rune('a' + pos%k)) }
	g := New(driver.PerKey, key)
	f := &fair{t, g, map[uint64]*wait{}}
	for pos := uint64(1); pos <= k*rounds; pos++ {
		g.Add(pos, key(pos))
	}
	for g.Unsettled() > 0 {
		f.look()
		for pos, w := range f.ready {
			if w.passed >= k {
				t.Fatalf("%d has been passed over %d times, by %d keys", pos, w.passed, k)
			}
		}
		grant, _ := g.Take(0, Never)
		f.given(grant.Pos)
		g.Settle(&Event{Pos: grant.Pos, Token: grant.Token})
	}
}
