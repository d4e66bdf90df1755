package sim_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

// failure explores body, which must fail by kind, with a message that contains message.
func failure(t *testing.T, kind sim.Kind, message string, body func(*sim.T), opts ...sim.Option) sim.Report {
	t.Helper()
	r := sim.Check(body, opts...)
	if r.Failure == nil || r.Failure.Kind != kind || !strings.Contains(r.Failure.Message, message) {
		t.Fatalf("got %+v, want %s: ... %s ...\n%s", r.Failure, kind, message, r)
	}
	return r
}

func TestWaysToFail(t *testing.T) {
	for name, test := range map[string]struct {
		message string
		body    func(*sim.T)
	}{
		"Errorf":  {"a 1", func(t *sim.T) { t.Errorf("a %d", 1) }},
		"Error":   {"a 1", func(t *sim.T) { t.Error("a ", 1) }},
		"Fatalf":  {"a 1", func(t *sim.T) { t.Fatalf("a %d", 1); panic("came back") }},
		"Fatal":   {"a 1", func(t *sim.T) { t.Fatal("a ", 1); panic("came back") }},
		"Fail":    {"failed", func(t *sim.T) { t.Fail() }},
		"FailNow": {"failed", func(t *sim.T) { t.FailNow(); panic("came back") }},
		"Assert":  {"a 1", func(t *sim.T) { t.Assert(true, "no"); t.Assert(false, "a %d", 1) }},
		"the first counts": {"first", func(t *sim.T) {
			t.Error("first")
			if !t.Failed() {
				panic("Failed is false")
			}
			t.Error("second")
		}},
		"deferred":   {"late", func(t *sim.T) { defer func() { t.Fatal("late") }() }},
		"other task": {"there", func(t *sim.T) { t.Go("", func() { t.Fatal("there") }); t.Wait() }},
		"Cleanup":    {"late", func(t *sim.T) { t.Cleanup(func() { t.Fatal("late") }) }},
		"Invariant":  {"broken", func(t *sim.T) { t.Invariant(func() { t.Fatal("broken") }); t.Point() }},
	} {
		t.Run(name, func(t *testing.T) { failure(t, sim.Assertion, test.message, test.body) })
	}
}

func TestCleanupOrderAndContext(t *testing.T) {
	var got []string
	r := sim.Check(func(t *sim.T) {
		got = nil
		c := runnel.New[int]()
		ctx := t.Context()
		t.Go("until the end", func() { _, _ = c.Recv(ctx) })
		t.Cleanup(func() { got = append(got, fmt.Sprint("first, ", ctx.Err())) })
		t.Cleanup(func() {
			runnel.Sleep(bg, 1) // cleanups may wait
			got = append(got, "second")
		})
		got = append(got, fmt.Sprint("body, ", ctx.Err()))
	})
	want := []string{"body, <nil>", "second", "first, context canceled"}
	if r.Failure != nil || !slices.Equal(got, want) {
		t.Fatalf("%v\ngot %q, want %q", r, got, want)
	}
}

func TestCleanupsRunThoughOneFails(t *testing.T) {
	n := 0
	failure(t, sim.Panic, "boom", func(t *sim.T) {
		n = 0
		t.Cleanup(func() { n++ })
		t.Cleanup(func() { n++; panic("boom") })
		t.Cleanup(func() { n++ })
	})
	if n != 3 {
		t.Fatalf("%d cleanups ran, want 3", n)
	}
}

func TestInvariantNamesTheStep(t *testing.T) {
	r := failure(t, sim.Assertion, "both are in", func(t *sim.T) {
		in := 0
		t.Invariant(func() { t.Assert(in < 2, "both are in") })
		for _, name := range []string{"left", "right"} {
			t.Go(name, func() {
				in++
				t.Point()
				in--
			})
		}
	})
	if s := r.String(); !strings.Contains(s, "ASSERTION") || !strings.Contains(s, "right") {
		t.Fatalf("%s", s)
	}
}

func TestChooseIsExploredAndShortened(t *testing.T) {
	seen := map[int]bool{}
	r := sim.Check(func(t *sim.T) { seen[t.Choose(5)] = true })
	if r.Failure != nil || len(seen) != 5 {
		t.Fatalf("%v, drawn: %v", r, seen)
	}
	r = failure(t, sim.Assertion, "", func(t *sim.T) {
		for range 10 {
			t.Choose(3)
		}
		t.Assert(t.Choose(2) == 0, "drawn")
	})
	if r.Left != 1 {
		t.Fatalf("%d decisions are left, want 1", r.Left)
	}
}

func TestArgumentsOfT(t *testing.T) {
	failure(t, sim.Panic, "Choose(0)", func(t *sim.T) { t.Choose(0) })
	failure(t, sim.Panic, "sim: Go: the function is nil", func(t *sim.T) { t.Go("x", nil) })
	failure(t, sim.Panic, "Cleanup: the function", func(t *sim.T) { t.Cleanup(nil) })
	failure(t, sim.Panic, "Invariant: the function", func(t *sim.T) { t.Invariant(nil) })
}

func TestPanicShowsTheStackOfItsTask(t *testing.T) {
	r := failure(t, sim.Panic, "boom", func(t *sim.T) {
		t.Go("bomb", func() { explode() })
		t.Wait()
	})
	s := r.String()
	if !strings.Contains(s, "in bomb:") || !strings.Contains(s, "sim_test.explode") || strings.Contains(s, "sim.(*task)") {
		t.Fatalf("%s", s)
	}
}

//go:noinline
func explode() { panic("boom") }

func TestGoexitInTasks(t *testing.T) {
	for range 3 { // carriers that die must not be used again
		r := failure(t, sim.Exit, "called runtime.Goexit", func(t *sim.T) {
			for range 3 {
				t.Go("leaver", func() {
					defer t.Point()
					runtime.Goexit()
				})
			}
			t.Point()
		})
		if r.Token != "" || r.SeedToken == "" || r.Runs != 0 {
			t.Fatalf("%+v: an Exit must not be shortened", r)
		}
	}
}

// A task that goes on whatever happens to it is ended nevertheless.
func TestRecoveringTaskIsEnded(t *testing.T) {
	stubborn := func(t *sim.T) {
		for {
			func() {
				defer func() { _ = recover() }()
				t.Point()
			}()
		}
	}
	failure(t, sim.Assertion, "over", func(t *sim.T) {
		t.Go("stubborn", func() {
			defer stubborn(t)
			stubborn(t)
		})
		for range 5 {
			t.Point()
		}
		t.Fatal("over")
	})
}

func TestOperationsInDeferredCallsOfAnAbortedRun(t *testing.T) {
	deferred := 0
	failure(t, sim.Deadlock, "2 tasks", func(t *sim.T) {
		c := runnel.New[int]()
		var mu runnel.Mutex
		t.Go("other", func() {
			mu.Lock()
			defer mu.Unlock()
			defer func() { deferred++ }()
			_, _ = c.Recv(bg)
		})
		defer c.Close()
		t.Wait()
		mu.Lock()
	})
	if deferred == 0 {
		t.Fatal("deferred calls did not run")
	}
}

func TestLeakOrDeadlock(t *testing.T) {
	c := func() *runnel.Chan[int] { return runnel.New[int]() }
	failure(t, sim.Leak, "1 task never ended", func(t *sim.T) { t.Go("", func() { _, _ = c().Recv(bg) }) })
	failure(t, sim.Deadlock, "1 task waited", func(t *sim.T) { _, _ = c().Recv(bg) })
	failure(t, sim.Deadlock, "2 tasks waited", func(t *sim.T) {
		t.Go("", func() { _, _ = c().Recv(bg) })
		_, _ = c().Recv(bg)
	})
}

// A timer that would wake nobody does not keep a run alive; one that would, does.
func TestWhatKeepsARunAlive(t *testing.T) {
	failure(t, sim.Deadlock, "", func(t *sim.T) {
		runnel.Tick(1e9)
		_, _ = runnel.New[int]().Recv(bg)
	})
	r := sim.Check(func(t *sim.T) {
		tick := runnel.Tick(1e9)
		for range 3 {
			_, _ = tick.Recv(bg)
		}
		tick.Cancel(nil)
	})
	if r.Failure != nil {
		t.Fatal(r)
	}
}

func TestLivelock(t *testing.T) {
	spin := func(t *sim.T) {
		c := runnel.New[int]()
		for {
			if _, err := c.TryRecv(); err == nil {
				return
			}
		}
	}
	r := failure(t, sim.Livelock, "still running after 500 steps", spin, sim.MaxSteps(500))
	if r.Runs != 0 || r.Token != "" || r.SeedToken == "" {
		t.Fatalf("%+v: a Livelock must not be shortened", r)
	}
	if n := strings.Count(r.String(), "\n"); n > 100 {
		t.Fatalf("a report of %d lines", n)
	}
}

// What polls for time to pass ends, whether or not the clock may move while it polls.
func TestPollingForTime(t *testing.T) {
	for _, opts := range [][]sim.Option{nil, {sim.Punctual()}} {
		r := sim.Check(func(t *sim.T) {
			late := runnel.After(1e9)
			for {
				if _, err := late.TryRecv(); err == nil {
					return
				}
			}
		}, append(opts, sim.MaxSteps(400), sim.Schedules(50))...)
		if r.Failure != nil {
			t.Fatal(r)
		}
	}
}

func TestNoLeftovers(t *testing.T) {
	body := func(*sim.T) {
		c := runnel.New[int](runnel.Buffer(2), runnel.Name("jobs"))
		_ = c.Send(bg, 1)
		_ = c.Send(bg, 2)
	}
	failure(t, sim.Unreceived, "2 values left in channel jobs", body, sim.NoLeftovers())
	if r := sim.Check(body); r.Failure != nil {
		t.Fatal(r)
	}
}

func TestBodyThatDependsOnSomethingElse(t *testing.T) {
	n := 0
	r := failure(t, sim.Assertion, "third", func(t *sim.T) {
		n++
		c := runnel.New[int](runnel.Buffer(5))
		for range n % 5 {
			_ = c.Send(bg, 1)
		}
		t.Assert(n != 3, "third")
	})
	if s := r.String(); !strings.Contains(s, "depends on something else") || !strings.Contains(s, "in its step 4, nothing, then Send") {
		t.Fatalf("%s", s)
	}
	n = 0
	r = failure(t, sim.Assertion, "third", func(t *sim.T) {
		n++
		t.Assert(n != 3, "third")
	})
	if s := r.String(); !strings.Contains(s, "its tasks did the same, and it did not fail") {
		t.Fatalf("%s", s)
	}
}

func TestSimulationInsideOfASimulation(t *testing.T) {
	failure(t, sim.Panic, "a simulation inside of a simulation", func(t *sim.T) { sim.Check(func(*sim.T) {}) })
}

func TestParallelTestsTakeTurns(t *testing.T) {
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			sim.Test(t, prodcons, sim.Schedules(50))
		})
	}
}
