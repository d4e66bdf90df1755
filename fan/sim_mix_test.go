package fan_test

import (
	"errors"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
	"github.com/runnel-go/runnel/sim"
)

// mixScene is a scene with a Mix of its source and a second one, which sends 10, 11, …
type mixScene struct {
	*scene
	x   *fan.Mix[int]
	b   *runnel.Chan[int]
	out *runnel.Chan[int]
	got []int
}

func newMixScene(t *sim.T, how manner) *mixScene {
	s := &mixScene{scene: newScene(t, how, 2), b: runnel.New[int](), out: runnel.New[int](room(t.Choose(2))...)}
	s.feed(s.b, 10)
	s.x = fan.NewMix[int](s.out)
	return s
}

var errEnough = errors.New("enough for one")

func (s *mixScene) consume() {
	s.Go("consumer", func() {
		for v := range s.out.All(bg) {
			s.got = append(s.got, v)
		}
	})
}

// check expects the accounts to agree, and order for each input.
func (s *mixScene) check() {
	s.settle()
	a, b, out := s.source.Stats(), s.b.Stats(), s.out.Stats()
	s.balanced("second source", b)
	s.balanced("output", out)
	s.Assert(out.Sent == a.Received+b.Received, "a: %v; b: %v; out: %v", a, b, out)
	if end := s.out.Err(); end != errEnough { // which may come just after the last input has ended
		s.Assert(end == s.ran, "Run returned %v, the output ended with %v", s.ran, end)
	}
	var fromA, fromB []int
	for _, v := range s.got {
		if v < 10 {
			fromA = append(fromA, v)
		} else {
			fromB = append(fromB, v)
		}
	}
	s.Assert(isIncreasing(fromA) && isIncreasing(fromB), "got %v", s.got)
	s.Assert(errors.Is(s.x.Add(runnel.New[int]()), fan.ErrEnded) && len(s.x.Settings()) == 0, "it goes on after the end")
}

func isIncreasing(vs []int) bool {
	for i := 1; i < len(vs); i++ {
		if vs[i] <= vs[i-1] {
			return false
		}
	}
	return true
}

// Inputs are added while it runs, before or after their values come, and Close is called at any
// moment after that.
func TestSimMix(t *testing.T) {
	forManners(t, func(t *testing.T, how manner) {
		explore(t, scale(300, 3000), func(t *sim.T) {
			s := newMixScene(t, how)
			s.consume()
			t.Go("adder", func() {
				for _, in := range []runnel.Receiver[int]{s.source, s.b} {
					if err := s.x.Add(in); err != nil {
						t.Assert(errors.Is(err, fan.ErrEnded), "Add: %v", err)
						in.Cancel(nil) // it has remained ours
					}
				}
				s.x.Close()
			})
			s.run(s.x.Run)
			s.check()
			if s.mustEndWell("Run", s.ran); s.ran != errStop {
				t.Assert(len(s.got) == s.sent+2, "got %v", s.got)
			}
		})
	})
}

// The consumer stops, at any moment.
func TestSimMixIsStopped(t *testing.T) {
	explore(t, scale(300, 3000), func(t *sim.T) {
		s := newMixScene(t, plainEnd)
		s.consume()
		t.Assert(s.x.Add(s.source, s.b) == nil, "Add failed")
		s.x.Close()
		t.Go("stopper", func() { s.out.Cancel(errEnough) })
		s.run(s.x.Run)
		s.check()
		t.Assert(s.ran == nil || s.ran == errEnough, "Run returned %v", s.ran)
	})
}

// The consumer stops while the inputs are idle.
func TestSimMixIsStoppedIdle(t *testing.T) {
	explore(t, scale(100, 500), func(t *sim.T) {
		a, out := runnel.New[int](), runnel.New[int]()
		x := fan.NewMix[int](out)
		t.Assert(x.Add(a) == nil, "Add failed")
		t.Go("stopper", func() { out.Cancel(errStop) })
		err := x.Run(bg)
		t.Assert(err == errStop && a.Err() == errStop, "Run returned %v, the input ended with %v", err, a.Err())
	})
}

// The first error of an input is the cause of the end.
func TestSimMixOfErrors(t *testing.T) {
	explore(t, scale(100, 500), func(t *sim.T) {
		a, b, out := runnel.New[int](), runnel.New[int](), runnel.New[int]()
		x := fan.NewMix[int](out)
		t.Assert(x.Add(a, b) == nil, "Add failed")
		x.Close()
		t.Go("closer", func() {
			a.CloseWith(errFull)
			for len(x.Settings()) > 1 {
				t.Point()
			}
			b.CloseWith(errStop)
		})
		err := x.Run(bg)
		t.Assert(err == errFull && out.Err() == errFull, "Run returned %v, the output ended with %v", err, out.Err())
	})
}

// What a setting says holds when Set has returned.
func TestSimMixIsSet(t *testing.T) {
	for _, mode := range []fan.Mode{fan.Mute, fan.Pause} {
		t.Run(mode.String(), func(t *testing.T) {
			explore(t, scale(300, 3000), func(t *sim.T) {
				s := newMixScene(t, plainEnd)
				s.consume()
				t.Assert(s.x.Add(s.source, s.b) == nil, "Add failed")
				s.x.Close()
				s.run(s.x.Run)
				if err := s.x.Set(fan.Setting[int]{In: s.source, Mode: mode}); err == nil {
					s.checkSet(mode)
				}
				s.check()
				t.Assert(s.ran == nil && s.b.Stats().Received == 2, "Run returned %v; b: %v", s.ran, s.b.Stats())
			})
		})
	}
}

// checkSet expects that from now on nothing of the source is sent, and, if it is paused, nothing
// received; then it plays again.
func (s *mixScene) checkSet(mode fan.Mode) {
	then := s.source.Stats()
	for s.Choose(2) == 0 {
		s.Point()
		now := s.source.Stats()
		// A value that is muted is counted as received for a moment.
		s.Assert(now.Received <= then.Received+1, "%v: %v, and then %v", mode, then, now)
		if mode == fan.Pause {
			s.Assert(now.Received == then.Received && now.Dropped == then.Dropped, "%v, and then %v", then, now)
		}
	}
	err := s.x.Set(fan.Setting[int]{In: s.source, Mode: fan.Play})
	s.Assert(err == nil || mode == fan.Mute && (errors.Is(err, fan.ErrUnknown) || errors.Is(err, fan.ErrEnded)), "Set: %v", err)
}

// One input plays solo until it has ended; then the other one does.
func TestSimMixSolo(t *testing.T) {
	explore(t, scale(300, 3000), func(t *sim.T) {
		s := newMixScene(t, plainEnd)
		s.consume()
		t.Assert(s.x.Add(s.source, s.b) == nil && s.x.SoloMode(fan.Pause) == nil, "Add failed")
		t.Assert(s.x.Set(fan.Setting[int]{In: s.b, Solo: true}) == nil, "Set failed")
		s.x.Close()
		s.run(s.x.Run)
		s.check()
		t.Assert(s.ran == nil && len(s.got) == 4 && s.got[1] == 11, "got %v, %v", s.got, s.ran)
	})
}

// An input that is removed is the caller's again.
func TestSimMixRemove(t *testing.T) {
	explore(t, scale(300, 3000), func(t *sim.T) {
		s := newMixScene(t, plainEnd)
		s.consume()
		t.Assert(s.x.Add(s.source, s.b) == nil, "Add failed")
		s.run(s.x.Run)
		mine := 0
		if err := s.x.Remove(s.source); err == nil {
			for range s.source.All(bg) {
				mine++
			}
		} else {
			t.Assert(errors.Is(err, fan.ErrUnknown), "Remove: %v", err)
		}
		s.x.Close()
		s.settle()
		a, b, out := s.source.Stats(), s.b.Stats(), s.out.Stats()
		t.Assert(int(out.Sent) == int(a.Received+b.Received)-mine, "a: %v, of which %d were mine; b: %v; out: %v", a, mine, b, out)
		t.Assert(s.ran == nil && b.Received == 2, "Run returned %v; b: %v", s.ran, b)
	})
}

// Several tasks change settings at once, while everything comes to its end.
func TestSimMixOrders(t *testing.T) {
	forManners(t, func(t *testing.T, how manner) {
		explore(t, scale(300, 3000), func(t *sim.T) {
			s := newMixScene(t, how)
			s.consume()
			t.Assert(s.x.Add(s.source, s.b) == nil, "Add failed")
			for range 2 {
				t.Go("setter", func() {
					for _, m := range []fan.Mode{fan.Mode(t.Choose(3)), fan.Play} {
						err := s.x.Set(fan.Setting[int]{In: s.source, Mode: m, Solo: m == fan.Play && t.Choose(2) == 0})
						t.Assert(err == nil || errors.Is(err, fan.ErrUnknown) || errors.Is(err, fan.ErrEnded), "Set: %v", err)
						s.x.Settings()
					}
				})
			}
			t.Go("closer", s.x.Close)
			s.run(s.x.Run)
			s.check()
			s.mustEndWell("Run", s.ran)
		})
	})
}
