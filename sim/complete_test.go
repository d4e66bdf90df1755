package sim_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

// Bodies in which tasks meet by something else than an operation on a channel, and what they see
// depends on the order. Whoever says that all orders have been tried must have seen it all.
var hidden = map[string]func(t *sim.T, see func(what ...any)){
	"a timer before a task that could run": func(t *sim.T, see func(...any)) {
		c := runnel.New[int](runnel.Buffer(1))
		t.Go("late", func() {
			_, err := c.TryRecv()
			runnel.Sleep(bg, 1)
			see(err, c.TrySend(1))
		})
		c.TrySend(2)
	},
	"a timer for which nobody waits": func(t *sim.T, see func(...any)) {
		c := runnel.New[int](runnel.Buffer(1))
		t.Go("setter", func() { runnel.After(1) })
		c.TrySend(1)
		see(t.Now().Nanosecond())
	},
	"a timer before all others wait": func(t *sim.T, see func(...any)) {
		c := runnel.New[int](runnel.Buffer(1))
		t.Go("settled", func() { t.Wait() })
		t.Go("setter", func() { runnel.Sleep(bg, 1) })
		c.TrySend(1)
		see(t.Now().Nanosecond())
	},
	"the end of the body": func(t *sim.T, see func(...any)) {
		t.Go("watcher", func() { see(t.Context().Err()) })
	},
	"the end of the body, whose context is known": func(t *sim.T, see func(...any)) {
		ctx := t.Context()
		t.Go("watcher", func() { see(ctx.Err()) })
	},
	"the order of cleanups": func(t *sim.T, see func(...any)) {
		for i := range 2 {
			t.Go("cleaner", func() { t.Cleanup(func() { see(i) }) })
		}
	},
	"the list of channels": func(t *sim.T, see func(...any)) {
		t.Go("maker", func() { runnel.New[int](runnel.Name("a")) })
		t.Go("reader", func() { see(len(runnel.Channels())) })
	},
	"a native look at the end of a channel": func(t *sim.T, see func(...any)) {
		c := runnel.New[int]()
		done := c.Done()
		t.Go("closer", func() { c.Close() })
		t.Go("watcher", func() {
			select {
			case <-done:
				see("closed")
			default:
				see("open")
			}
		})
	},
	"a look at a context after a value was handed over": func(t *sim.T, see func(...any)) {
		ctx, cancel := context.WithCancel(bg)
		c := runnel.New[int]()
		runnel.New[int](runnel.Buffer(1)).Send(ctx, 1)
		t.Go("sender", func() { c.Send(bg, 1); see(ctx.Err()) })
		t.Go("receiver", func() { c.Recv(bg); cancel() })
	},
	"what both do after a value was handed over": func(t *sim.T, see func(...any)) {
		c := runnel.New[int]()
		t.Go("sender", func() { c.Send(bg, 1); t.Cleanup(func() { see("sender's") }) })
		t.Go("receiver", func() { c.Recv(bg); t.Cleanup(func() { see("receiver's") }) })
	},
	"what one does after an operation that may wait": func(t *sim.T, see func(...any)) {
		c := runnel.New[int](runnel.Buffer(1))
		t.Go("a", func() {
			t.Cleanup(func() { see(1) })
			c.Send(bg, 1)
			t.Cleanup(func() { see(2) })
			see("sent")
		})
		t.Go("b", func() { c.Send(bg, 2) })
	},
	"choices": func(t *sim.T, see func(...any)) {
		c := runnel.New[int](runnel.Buffer(1))
		t.Go("sender", func() { c.Send(bg, t.Choose(3)) })
		v, _ := c.Recv(bg)
		see(v, t.Choose(2))
	},
	"an invariant": func(t *sim.T, see func(...any)) {
		a, b := runnel.New[int](runnel.Buffer(1)), runnel.New[int](runnel.Buffer(1))
		t.Invariant(func() { see(a.Len(), b.Len()) })
		t.Go("a", func() { a.Send(bg, 1) })
		t.Go("b", func() { b.Send(bg, 1) })
	},
	"a point": func(t *sim.T, see func(...any)) {
		n := 0
		for range 2 {
			t.Go("counter", func() { t.Point(); v := n; t.Point(); n = v + 1; see(n) })
		}
	},
}

func TestCompleteMeansThatNothingIsHidden(t *testing.T) {
	for name, body := range hidden {
		var seen []string
		look := func(t *sim.T) {
			seen = nil
			body(t, func(what ...any) { seen = append(seen, fmt.Sprint(what...)) })
		}
		outcome := func() string { return fmt.Sprintf("%q", seen) }
		all, some := sim.Plain(look, 20_000, outcome), sim.All(look, 1000, outcome)
		if !all.Complete || !some.Complete || len(all.Outcomes) < 2 {
			t.Errorf("%s: complete: %v, %v; %v", name, all.Complete, some.Complete, all.Outcomes)
		}
		if o, lost := lostOutcome(all, some); lost {
			t.Errorf("%s: %d of %d schedules have not shown\n%s\nbut\n%v", name, some.Runs, all.Runs, o, some.Outcomes)
		}
	}
}

// Timers that are due at one moment race, whether or not time is late.
func TestTimersOfOneMomentRace(t *testing.T) {
	body := func(t *sim.T) {
		c := runnel.New[int](runnel.Buffer(1))
		for range 2 {
			runnel.Go(func() {
				runnel.Sleep(bg, time.Second)
				if c.Len() == 0 {
					t.Assert(c.TrySend(1) == nil, "between the look and the send")
				}
			})
		}
	}
	if a := sim.All(body, 1000, nil, sim.Punctual()); a.Failed == 0 {
		t.Errorf("not found in %d schedules", a.Runs)
	}
	if r := sim.Check(body, sim.Punctual(), sim.For(0)); r.Failure == nil {
		t.Error(r)
	}
}

// A deadline passes for an operation that need not wait, too.
func TestDeadlinesAreLate(t *testing.T) {
	body := func(t *sim.T) {
		ctx, cancel := context.WithTimeout(bg, time.Second)
		defer cancel()
		err := runnel.New[int](runnel.Buffer(1)).Send(ctx, 1)
		t.Assert(err == nil, "late: %v", err)
	}
	synctest.Test(t, func(t *testing.T) {
		if a := sim.All(body, 100, nil, sim.Bubbled()); a.Failed == 0 {
			t.Errorf("not found in %d schedules", a.Runs)
		}
		if a := sim.All(body, 100, nil, sim.Bubbled(), sim.Punctual()); a.Failed != 0 || !a.Complete {
			t.Errorf("%+v, want none to fail", a)
		}
	})
	if a := sim.All(body, 100, nil); a.Complete {
		t.Error("complete, though the deadline is one of real time")
	}
}

// A context that is asked for when the body has ended has ended, too.
func TestContextIsMadeLate(t *testing.T) {
	r := sim.Check(func(t *sim.T) {
		c := runnel.New[int]()
		t.Go("late", func() {
			t.Point()
			_, _ = c.Recv(t.Context())
		})
	}, sim.For(0))
	if r.Failure != nil {
		t.Error(r)
	}
}

// hiding stands for a function of a package that shares state behind native locks.
func hiding() { runnel.New[int]() }

// State behind native locks is noticed in whatever schedule it comes up.
func TestExhaustiveNoticesHiddenStateInAnySchedule(t *testing.T) {
	defer sim.Opaque("sim_test.hiding")()
	for n := range 6 {
		a := sim.All(func(t *sim.T) {
			if t.Choose(6) == n {
				hiding()
			}
		}, 100, nil)
		if a.Complete {
			t.Errorf("complete, with hidden state in schedule %d", n+1)
		}
	}
}

// changing is a context that is another one later on, as those that a framework hands out anew for
// each call may be.
type changing struct{ context.Context }

func TestContextThatLosesItsDeadline(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		within, cancel := context.WithTimeout(bg, time.Minute)
		defer cancel()
		ctx := &changing{within}
		if err := runnel.Sleep(ctx, time.Second); err != nil {
			t.Fatalf("the sleep ended with: %v", err)
		}
		ctx.Context = bg
		if err := runnel.Sleep(ctx, time.Second); err != nil {
			t.Fatalf("the sleep ended with: %v", err)
		}
	}, sim.Schedules(100), sim.Punctual())
}
