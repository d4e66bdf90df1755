package fan_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
	"github.com/runnel-go/runnel/sim"
)

func forManners(t *testing.T, f func(t *testing.T, how manner)) {
	for how := range manners {
		t.Run(how.String(), func(t *testing.T) { f(t, how) })
	}
}

// One tap stays from the beginning to the end, one joins, one leaves or is cancelled.
func TestSimMult(t *testing.T) {
	forManners(t, func(t *testing.T, how manner) {
		explore(t, scale(400, 4000), func(t *sim.T) { multBody(newScene(t, how, 3)) })
	})
}

func multBody(s *scene) {
	m := fan.NewMult[int](s.source)
	stays := m.Tap(room(s.Choose(2))...)
	all := s.consume(stays, s.n, func() {})
	leaves := m.Tap(room(s.Choose(2))...)
	leave := leaves.Leave
	if s.Choose(2) == 0 {
		leave = func() { leaves.Cancel(errFull) }
	}
	some := s.consume(leaves, s.Choose(2), func() {
		leave()
		s.Assert(!slices.Contains(m.Taps(), leaves), "a tap that has left is still there")
		for range leaves.All(bg) { // what was buffered, or on its way
		}
	})
	var joined *fan.Tap[int]
	var late *[]int
	s.Go("joiner", func() {
		joined = m.Tap()
		late = s.consume(joined, s.n+1, func() {})
	})
	s.run(m.Run)
	s.settle()
	s.mustEndWell("Run", s.ran)
	s.checkStayed(stays, *all)
	s.Assert(isPrefix(*some, numbers(s.n)), "the one that leaves got %v", *some)
	s.balanced("the one that leaves", leaves.Stats())
	s.balanced("the one that joins", joined.Stats())
	s.Assert(isRun(*late), "the one that joins got %v", *late)
	if s.how != ctxEnd {
		s.Assert(len(*late) == 0 || (*late)[len(*late)-1] == s.sent-1, "the one that joins got %v of %d", *late, s.sent)
	}
	s.Assert(len(m.Taps()) == 0, "%d taps are left", len(m.Taps()))
	s.Assert(errors.Is(m.Run(s.ctx), fan.ErrStarted), "Run has begun again")
	after := m.Tap()
	s.Assert(after.Stats().Closed && after.Err() == s.ran, "a tap after the end: %v", after.Err())
}

// checkStayed expects a tap that was there all the time to have been offered everything.
func (s *scene) checkStayed(tap *fan.Tap[int], got []int) {
	in, a := s.source.Stats(), tap.Stats()
	s.balanced("the one that stays", a)
	s.Assert(a.Sent == in.Received && in.Dropped[runnel.Unheard] == 0, "in: %v; the one that stays: %v", in, a)
	s.Assert(isPrefix(got, numbers(s.n)), "the one that stays got %v", got)
	s.Assert(tap.Err() == s.ran, "Run returned %v, the tap ended with %v", s.ran, tap.Err())
	if s.ran != errStop {
		s.Assert(len(got) == s.sent, "the one that stays got %v of %d", got, s.sent)
	}
}

// Taps that drop: who missed what is counted, and nobody waits for them.
func TestSimMultOfTapsThatDrop(t *testing.T) {
	forManners(t, func(t *testing.T, how manner) {
		explore(t, scale(200, 2000), func(t *sim.T) {
			s := newScene(t, how, 3)
			m := fan.NewMult[int](s.source)
			taps := []*fan.Tap[int]{m.Tap(runnel.Sliding(1)), m.Tap(runnel.Dropping(1)), m.Tap(runnel.Unbounded())}
			for _, tap := range taps {
				got := s.consume(tap, s.n+1, func() {})
				s.after = append(s.after, func() {
					in, a := s.source.Stats(), tap.Stats()
					s.balanced("tap", a)
					s.Assert(a.Sent == in.Received, "in: %v; tap: %v", in, a)
					s.Assert(slices.IsSorted(*got) && uint64(len(*got))+tap.Lag() == a.Sent, "got %v, lag %d: %v", *got, tap.Lag(), a)
				})
			}
			s.run(m.Run)
			s.settle()
			s.mustEndWell("Run", s.ran)
		})
	})
}

// When nobody is there values are counted as unheard.
func TestSimMultWithoutTaps(t *testing.T) {
	explore(t, scale(200, 2000), func(t *sim.T) {
		s := newScene(t, plainEnd, 3)
		m := fan.NewMult[int](s.source)
		tap := m.Tap()
		s.consume(tap, t.Choose(3), func() { tap.Cancel(nil) })
		s.run(m.Run)
		s.settle()
		in, a := s.source.Stats(), tap.Stats()
		s.balanced("tap", a)
		s.Assert(in.Received == a.Sent && in.Dropped[runnel.Unheard] == uint64(s.n)-a.Sent, "in: %v; tap: %v", in, a)
	})
}

// A tap that keeps the others waiting is evicted in time; patience may come late.
func TestSimEviction(t *testing.T) {
	const patience = 10 * time.Millisecond
	explore(t, scale(300, 3000), func(t *sim.T) {
		s := newScene(t, plainEnd, 2)
		m := fan.NewMult[int](s.source)
		stays := m.Tap()
		all := s.consume(stays, s.n, func() {})
		stuck, began := m.Tap(), t.Now()
		t.Go("patience", func() { stuck.EvictAfter(patience) })
		s.run(m.Run)
		s.settle()
		s.mustEndWell("Run", s.ran)
		s.checkStayed(stays, *all)
		a := stuck.Stats()
		s.Assert(stuck.Err() == fan.ErrEvicted && a.Sent == 1 && a.Dropped[runnel.Undelivered] == 1, "%v, %v", stuck.Err(), a)
		s.Assert(t.Now().Sub(began) >= patience, "evicted after %v", t.Now().Sub(began))
	})
	explore(t, scale(100, 500), func(t *sim.T) {
		s := newScene(t, plainEnd, 2)
		m := fan.NewMult[int](s.source)
		began := t.Now()
		stuck := m.Tap().EvictAfter(patience)
		s.run(m.Run)
		s.settle()
		s.Assert(stuck.Err() == fan.ErrEvicted && t.Now().Sub(began) == patience, "%v after %v", stuck.Err(), t.Now().Sub(began))
	}, sim.Punctual())
}

// Two keys: one subscriber stays, one leaves, and perhaps another one comes.
func TestSimPub(t *testing.T) {
	forManners(t, func(t *testing.T, how manner) {
		explore(t, scale(300, 3000), func(t *sim.T) { pubBody(newScene(t, how, 4)) })
	})
}

func pubBody(s *scene) {
	p := fan.NewPub(s.source, func(v int) int { return v & 1 })
	even := p.Sub(0, room(s.Choose(2))...)
	all := s.consume(even, s.n, func() {})
	odd := p.Sub(1)
	some := s.consume(odd, s.Choose(2), odd.Leave)
	var again *fan.Tap[int]
	s.Go("joiner", func() {
		again = p.Sub(1, runnel.Unbounded())
	})
	s.run(p.Run)
	s.settle()
	s.mustEndWell("Run", s.ran)
	in, a := s.source.Stats(), even.Stats()
	s.balanced("even", a)
	s.balanced("odd", odd.Stats())
	s.balanced("again", again.Stats())
	evens, odds := []int{0, 2}, []int{1, 3}
	s.Assert(isPrefix(*all, evens) && isPrefix(*some, odds), "got %v and %v", *all, *some)
	heard := max(odd.Stats().Sent, again.Stats().Sent)
	s.Assert(a.Sent+heard <= in.Received && in.Received <= a.Sent+odd.Stats().Sent+again.Stats().Sent,
		"in: %v; even: %v; odd: %v; again: %v", in, a, odd.Stats(), again.Stats())
	if s.ran != errStop {
		s.Assert(len(*all) == (s.sent+1)/2, "got %v of %d", *all, s.sent)
	}
	s.Assert(len(p.Keys()) == 0, "keys %v are left", p.Keys())
}

// Of three taps two leave, in any order; the third is the one that is left.
func TestSimMultIsLeft(t *testing.T) {
	explore(t, scale(200, 2000), func(t *sim.T) {
		s := newScene(t, plainEnd, 2)
		m := fan.NewMult[int](s.source)
		taps := []*fan.Tap[int]{m.Tap(), m.Tap(), m.Tap()}
		k := t.Choose(3)
		all := s.consume(taps[k], s.n, func() {})
		for i, tap := range taps {
			if i != k {
				t.Go("leaver", tap.Leave)
			}
		}
		s.run(m.Run)
		t.Wait()
		if left := m.Taps(); len(left) > 0 { // else the end has come
			t.Assert(len(left) == 1 && left[0] == taps[k], "%d taps are left", len(left))
		}
		s.settle()
		s.checkStayed(taps[k], *all)
	})
}

// A key is forgotten with its last subscriber, whatever else goes on.
func TestSimPubForgets(t *testing.T) {
	explore(t, scale(200, 2000), func(t *sim.T) {
		s := newScene(t, plainEnd, 3)
		p := fan.NewPub(s.source, func(v int) int { return v & 1 })
		even := p.Sub(0)
		s.consume(even, s.n, func() {})
		for range 2 {
			odd := p.Sub(1)
			s.consume(odd, t.Choose(2), odd.Leave)
		}
		s.after = append(s.after, func() { t.Assert(len(p.Taps(1)) == 0, "subscribers are left") })
		t.Go("observer", func() {
			for range 3 {
				one := len(p.Taps(1)) == 0
				t.Assert(!one || !slices.Contains(p.Keys(), 1), "a key without subscribers is not forgotten")
			}
		})
		s.run(p.Run)
		s.settle()
		s.balanced("even", even.Stats())
	})
}

// A key function that panics.
func TestSimPubFails(t *testing.T) {
	explore(t, scale(200, 2000), func(t *sim.T) {
		s := newScene(t, plainEnd, 3)
		bad := t.Choose(3)
		p := fan.NewPub(s.source, func(v int) int {
			t.Point()
			if v == bad {
				panic(errFull)
			}
			return 0
		})
		tap := p.Sub(0)
		got := s.consume(tap, s.n, func() {})
		s.run(p.Run)
		s.settle()
		var e *runnel.PanicError
		t.Assert(errors.As(s.ran, &e) && e.Value == errFull && tap.Err() == s.ran, "Run: %v; tap: %v", s.ran, tap.Err())
		in := s.source.Stats()
		t.Assert(slices.Equal(*got, numbers(bad)) && in.Dropped[runnel.Failed] == 1 && int(in.Received) == bad, "got %v; in: %v", *got, in)
	})
}

// Small enough to be tried in every order there is.
func TestSimMultEveryOrder(t *testing.T) {
	for name, body := range map[string]func(*sim.T){
		"a tap that stays": func(t *sim.T) {
			s := &scene{T: t, n: 2, ctx: bg, source: runnel.New[int]()}
			s.feed(s.source, 0)
			m := fan.NewMult[int](s.source)
			stays := m.Tap()
			all := s.consume(stays, s.n, func() {})
			s.run(m.Run)
			s.settle()
			s.checkStayed(stays, *all)
		},
	} {
		t.Run(name, func(t *testing.T) { prove(t, body) })
	}
}
