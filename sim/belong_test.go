package sim_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
	"github.com/runnel-go/runnel/xf"
)

// foreign is made by no task.
var (
	foreign     = runnel.New[int]()
	foreignCase = runnel.RecvFrom(foreign)
)

func TestWhatIsMadeOutsideIsNotWaitedFor(t *testing.T) {
	for name, body := range map[string]func(*sim.T){
		"Send":     func(*sim.T) { _ = foreign.Send(bg, 1) },
		"Recv":     func(*sim.T) { _, _ = foreign.Recv(bg) },
		"SendAll":  func(*sim.T) { _, _ = foreign.SendAll(bg, []int{1}) },
		"RecvUpTo": func(*sim.T) { _, _ = foreign.RecvUpTo(bg, make([]int, 1)) },
		"Select":   func(*sim.T) { _, _ = runnel.Select(bg, foreignCase) },
		"Select over both": func(*sim.T) {
			_, _ = runnel.Select(bg, foreignCase, runnel.RecvFrom(runnel.After(1)))
		},
		"under a context": func(t *sim.T) { _, _ = foreign.Recv(t.Context()) },
	} {
		t.Run(name, func(t *testing.T) { fails(t, sim.Misuse, "outside of the simulation", body) })
	}
	if s := foreign.Stats(); s.Sent > 0 || s.SendersWaiting > 0 || s.ReceiversWaiting > 0 {
		t.Errorf("something was left: %+v", s)
	}
}

// What does not wait is allowed, and is real.
func TestChannelMadeOutsideCanBeUsedWithoutWaiting(t *testing.T) {
	c := runnel.New[int](runnel.Buffer(1))
	in, out := runnel.SendTo(c, 1), runnel.RecvFrom(c)
	sim.Test(t, func(t *sim.T) {
		chosen, err := runnel.Select(bg, in)
		t.Assert(chosen == in && err == nil, "%v", err)
		chosen, err = runnel.TrySelect(out)
		t.Assert(chosen == out && err == nil, "%v", err)
	}, sim.Schedules(20))
}

func TestChannelOfAnEarlierRun(t *testing.T) {
	for name, op := range map[string]func(*runnel.Chan[int]){
		"Send":   func(c *runnel.Chan[int]) { _ = c.Send(bg, 1) },
		"Recv":   func(c *runnel.Chan[int]) { _, _ = c.Recv(bg) },
		"Close":  func(c *runnel.Chan[int]) { c.Close() },
		"Len":    func(c *runnel.Chan[int]) { c.Len() },
		"Select": func(c *runnel.Chan[int]) { _, _ = runnel.Select(bg, runnel.RecvFrom(c)) },
	} {
		t.Run(name, func(t *testing.T) {
			var old *runnel.Chan[int]
			fails(t, sim.Misuse, "earlier run", func(*sim.T) {
				runnel.New[int]()
				if old == nil {
					old = runnel.New[int]()
					return
				}
				op(old)
			})
		})
		t.Run(name+" elsewhere", func(t *testing.T) {
			var old *runnel.Chan[int]
			sim.Check(func(*sim.T) { old = runnel.New[int]() }, sim.Schedules(1))
			fails(t, sim.Misuse, "another simulation", func(*sim.T) { op(old) })
		})
	}
}

func TestChannelOfASimulationThatHasEnded(t *testing.T) {
	var c *runnel.Chan[int]
	sim.Check(func(*sim.T) {
		c = runnel.New[int](runnel.Buffer(2))
		_ = c.Send(bg, 1)
	})
	if c.Len() != 1 || c.Stats().Sent != 1 {
		t.Errorf("%+v, want one value", c.Stats())
	}
	defer func() {
		if p := fmt.Sprint(recover()); !strings.Contains(p, "simulation") {
			t.Errorf("panic %q, want one that tells", p)
		}
	}()
	_ = c.Send(bg, 2)
}

// A goroutine that the simulation does not know must not touch its channels.
func TestForeignGoroutine(t *testing.T) {
	told := make(chan any)
	sim.Check(func(t *sim.T) {
		c := runnel.New[int](runnel.Buffer(1))
		go func() {
			defer func() { told <- recover() }()
			_ = c.Send(bg, 1)
		}()
		p := fmt.Sprint(<-told)
		t.Assert(strings.Contains(p, "runnel.Go"), "panic %q", p)
	}, sim.Schedules(10))
}

// A sequence that a task pulls runs in a coroutine, which is a part of the task.
func TestPulledSequence(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		c := runnel.New[int]()
		t.Go("sender", func() {
			_, _ = c.SendAll(bg, []int{1, 2, 3})
			c.Close()
		})
		next, stop := iter.Pull(c.All(bg))
		defer stop()
		for i := 1; i <= 3; i++ {
			v, ok := next()
			t.Assert(v == i && ok, "%d %v", v, ok)
		}
	}, sim.Schedules(100))
}

func TestCallbackOfATimer(t *testing.T) {
	fails(t, sim.Panic, "would wait", func(*sim.T) {
		c := runnel.New[int]()
		runnel.After(1).RecvFunc(func(time.Time, error) { _ = c.Send(bg, 1) })
		_ = runnel.Sleep(bg, 2)
	})
	fails(t, sim.Panic, "boom", func(*sim.T) {
		runnel.After(1).RecvFunc(func(time.Time, error) { panic("boom") })
		_ = runnel.Sleep(bg, 2)
	})
	sim.Test(t, func(t *sim.T) {
		c, began := runnel.New[time.Time](runnel.Buffer(1)), t.Now()
		runnel.After(time.Second).RecvFunc(func(at time.Time, _ error) {
			runnel.Go(func() { _ = c.Send(bg, at) })
		})
		at, err := c.Recv(bg)
		t.Assert(at.Sub(began) == time.Second && err == nil, "%v %v", at.Sub(began), err)
	}, sim.Schedules(50))
}

func TestInvariantThatPanics(t *testing.T) {
	fails(t, sim.Panic, "boom", func(t *sim.T) {
		c := runnel.New[int](runnel.Buffer(1))
		t.Invariant(func() {
			if c.Len() > 0 {
				panic("boom")
			}
		})
		_ = c.Send(bg, 1)
	})
}

// Without a bubble, too, all times are those of the simulation.
func TestTimesAreVirtual(t *testing.T) {
	r := sim.Check(func(t *sim.T) {
		c := runnel.New[int](runnel.Name("timed"))
		began := t.Now()
		at, err := runnel.At(began.Add(time.Hour)).Recv(bg)
		t.Assert(at.Equal(began.Add(time.Hour)) && err == nil, "%v %v", at, err)
		at, _ = runnel.At(began).Recv(bg)
		t.Assert(at.Equal(began.Add(time.Hour)), "a time that is past fired at %v", at)
		t.Go("receiver", func() { _, _ = c.Recv(bg) })
		t.Wait()
		_ = runnel.Sleep(bg, time.Minute)
		t.Assert(c.Stats().OldestRecv == time.Minute, "%v", c.Stats())
		_ = c.Send(bg, 1)
		t.Wait()
		t.Assert(c.Stats().RecvBlocked == time.Minute, "%v", c.Stats())
		in := runnel.RecvFrom(c)
		t.Go("selector", func() { _, _ = runnel.Select(bg, in) })
		t.Wait()
		_ = runnel.Sleep(bg, time.Minute)
		_ = c.Send(bg, 1)
		t.Wait()
		t.Assert(c.Stats().RecvBlocked == 2*time.Minute, "%v", c.Stats())
	}, sim.Schedules(50))
	if r.Failure != nil {
		t.Fatal(r)
	}
}

func TestListOfChannelsIsThatOfTheRun(t *testing.T) {
	kept := runnel.New[int](runnel.Name("outside"))
	defer kept.Close()
	sim.Test(t, func(t *sim.T) {
		a := runnel.New[int](runnel.Name("a"))
		in, out := runnel.NewVia(xf.Take[int](3), runnel.Buffer(1), runnel.Name("via"))
		_, _, _ = a, in, out
		var names []string
		for _, s := range runnel.Channels() {
			names = append(names, s.Name)
		}
		t.Assert(fmt.Sprint(names) == "[a via via.in]", "%v", names)
	}, sim.Schedules(20))
	for _, s := range runnel.Channels() {
		if s.Name == "a" || s.Name == "via" {
			t.Errorf("%+v of a simulation is listed outside", s)
		}
	}
}

func TestTickerSkipsWhatWasMissed(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		began := t.Now()
		ticks := runnel.Tick(time.Second)
		for i := 1; i <= 3; i++ {
			at, _ := ticks.Recv(bg)
			t.Assert(at.Sub(began)%time.Second == 0, "tick %d at %v", i, at.Sub(began))
		}
		ticks.Cancel(nil)
		_, err := ticks.Recv(bg)
		t.Assert(err == runnel.ErrClosed, "%v", err)
		ctx, cancel := context.WithCancel(bg)
		defer cancel()
		late := runnel.After(time.Hour)
		late.Cancel(nil)
		_, err = late.Recv(ctx)
		t.Assert(err == runnel.ErrClosed, "%v", err)
	}, sim.Schedules(200))
}
