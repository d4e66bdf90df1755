package sim

import (
	"context"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
)

// needs is a body that fails if, and only if, n certain tasks out of many are let go on at
// certain moments, among noise.
func needs(n int) func(*T) {
	return func(t *T) {
		flags := make([]bool, n)
		for i := range n {
			t.Go("flag", func() { t.Point(); flags[i] = true; t.Point() })
		}
		for range 4 {
			t.Go("noise", func() {
				for range 5 {
					t.Point()
				}
			})
		}
		for i := range n {
			t.Point()
			if !flags[i] {
				return
			}
		}
		t.Fatal("all")
	}
}

func TestMinimalSchedules(t *testing.T) {
	for n := range 4 {
		for seed := range uint64(10) {
			r := Check(needs(n), Seed(seed), Schedules(100_000))
			if r.Failure == nil || r.Left > n {
				t.Fatalf("seed %d: %d decisions are left of %d, want at most %d: %v", seed, r.Left, r.Found, n, r)
			}
		}
	}
}

// Without any one of the decisions that are left there is no failure.
func TestShortenedSchedulesAreMinimal(t *testing.T) {
	body := needs(3)
	r := Check(body, Seed(7), Schedules(100_000))
	s, err := parseToken(r.Token)
	if err != nil || len(s.decisions) != r.Left {
		t.Fatalf("%v %+v", err, s)
	}
	e := newExplorer(body, nil)
	defer e.close()
	for i := range s.decisions {
		rest := append(append([]decision{}, s.decisions[:i]...), s.decisions[i+1:]...)
		if e.once(run{replay: true, forced: rest}).failure != nil {
			t.Errorf("decision %d is not needed", i)
		}
	}
	if e.once(run{replay: true, forced: s.decisions}).failure == nil {
		t.Error("the schedule does not fail")
	}
}

func TestMinimizeCanBeSwitchedOff(t *testing.T) {
	r := Check(needs(2), Seed(1), Schedules(100_000), Minimize(0))
	if r.Failure == nil || r.Runs != 0 || r.Left != r.Found || r.Found == 0 || r.Token == "" {
		t.Fatalf("%+v", r)
	}
	again, _ := ReplayOnce(r.Token, needs(2))
	if again.Failure == nil || again.Failure.class() != r.Failure.class() {
		t.Fatalf("the token replays %+v, want %+v", again.Failure, r.Failure)
	}
}

// A body that takes long is not run for long in order to be shortened.
func TestMinimizeHasATimeLimit(t *testing.T) {
	r := Check(func(t *T) {
		for end := time.Now().Add(10 * time.Millisecond); time.Now().Before(end); {
		}
		needs(3)(t)
	}, Seed(1), Schedules(100_000), For(0), Strategies(Random()))
	if most := int(maxMinimize/(10*time.Millisecond)) + 1; r.Failure == nil || r.Runs > most {
		t.Fatalf("%v, %d runs, want at most %d", r.Failure, r.Runs, most)
	}
}

// The deadlock that takes a long run to come about is shown by a short one.
func TestShorterScheduleIsLookedFor(t *testing.T) {
	r := Check(func(t *T) {
		c := runnel.New[int]()
		stop := runnel.New[int]()
		t.Go("sender", func() {
			for range 30 {
				if c.Send(context.Background(), 1) != nil {
					return
				}
			}
		})
		t.Go("stopper", func() { stop.Close() })
		for range 30 {
			_, _ = c.Recv(context.Background())
			if _, err := stop.TryRecv(); err == runnel.ErrClosed {
				return
			}
		}
	}, Seed(4), Minimize(2000))
	if r.Failure == nil || r.Failure.Kind != Leak || r.Left > 1 {
		t.Fatalf("%v", r)
	}
}
