package sim_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

// inTest is what go test does with a test; it prints nothing if the test passes.
func inTest(test func(*testing.T)) {
	all := func(string, string) (bool, error) { return true, nil }
	fmt.Println("passed:", testing.RunTests(all, []testing.InternalTest{{Name: "Test", F: test}}))
}

// A body makes all that it uses, and asserts what must hold in any order. Here two tasks draw a
// number each.
func ExampleTest() {
	inTest(func(t *testing.T) { // func TestNumbers(t *testing.T) {
		sim.Test(t, func(t *sim.T) {
			last := runnel.New[int](runnel.Buffer(1))
			_ = last.Send(t.Context(), 0)
			var clerks runnel.WaitGroup
			for range 2 {
				clerks.Go(func() {
					n, _ := last.Recv(t.Context())
					_ = last.Send(t.Context(), n+1)
				})
			}
			clerks.Wait()
			n, _ := last.Recv(t.Context())
			t.Assert(n == 2, "the last number is %d, want 2", n)
		})
	})
	// Output: passed: true
}

// Without a test there is a report. Both tasks may read the number before one of them writes.
func ExampleCheck() {
	r := sim.Check(func(t *sim.T) {
		last := 0
		var mu runnel.Mutex
		draw := func() {
			mu.Lock()
			n := last
			mu.Unlock()
			mu.Lock()
			last = n + 1
			mu.Unlock()
		}
		t.Go("clerk", draw)
		t.Go("clerk", draw)
		t.Wait()
		t.Assert(last == 2, "the last number is %d, want 2", last)
	})
	fmt.Println(r.Failure.Kind+":", r.Failure.Message)
	fmt.Println("decisions that it takes:", r.Left)
	// Output:
	// assertion: the last number is 1, want 2
	// decisions that it takes: 1
}

// A token keeps a schedule as a test of its own. This one failed once: it lets the second sender
// go first.
func ExampleReplay() {
	body := func(t *sim.T) {
		c := runnel.New[string](runnel.Buffer(2))
		t.Go("first", func() { _ = c.Send(t.Context(), "a") })
		t.Go("second", func() { _ = c.Send(t.Context(), "b") })
		t.Wait()
		v, _ := c.Recv(t.Context())
		t.Assert(v == "a", "%s came first", v)
	}
	token := sim.Check(body).Token

	inTest(func(t *testing.T) { // func TestSecondFirst(t *testing.T) {
		sim.Replay(t, token, func(t *sim.T) {
			c := runnel.New[string](runnel.Buffer(2))
			t.Go("first", func() { _ = c.Send(t.Context(), "a") })
			t.Go("second", func() { _ = c.Send(t.Context(), "b") })
			t.Wait()
			t.Assert(c.Len() == 2, "%d values came", c.Len()) // any order will do
		})
	})
	// Output: passed: true
}

// What comes from outside is a choice, too: here, which of three calls fails.
func ExampleT_Choose() {
	r := sim.Check(func(t *sim.T) {
		failing := t.Choose(3)
		for call := range 3 {
			t.Assert(call != 2 || call != failing, "call %d fails and nobody handles it", call)
		}
	})
	fmt.Println(r.Failure.Message)
	// Output: call 2 fails and nobody handles it
}

// Between two uses of an atomic variable nobody else goes on, unless there is a Point.
func ExampleT_Point() {
	r := sim.Check(func(t *sim.T) {
		var hits atomic.Int64
		hit := func() {
			n := hits.Load()
			t.Point()
			hits.Store(n + 1)
		}
		t.Go("visitor", hit)
		t.Go("visitor", hit)
		t.Wait()
		t.Assert(hits.Load() == 2, "%d hits were counted, want 2", hits.Load())
	})
	fmt.Println(r.Failure.Message)
	// Output: 1 hits were counted, want 2
}

// An invariant is looked at after every step, not only at the end.
func ExampleT_Invariant() {
	r := sim.Check(func(t *sim.T) {
		queue := runnel.New[int](runnel.Unbounded(), runnel.Name("queue"))
		t.Invariant(func() { t.Assert(queue.Len() <= 2, "%d values wait", queue.Len()) })
		t.Go("fast", func() {
			for i := range 3 {
				_ = queue.Send(t.Context(), i)
			}
		})
		for range 3 {
			_, _ = queue.Recv(t.Context())
		}
	})
	fmt.Println(r.Failure.Message)
	// Output: 3 values wait
}

// Wait lets the others come as far as they can. Then what has not happened will not happen.
func ExampleT_Wait() {
	r := sim.Check(func(t *sim.T) {
		c := runnel.New[int](runnel.Buffer(2))
		sent := 0
		t.Go("sender", func() {
			for i := range 5 {
				if c.Send(t.Context(), i) != nil {
					return
				}
				sent++
			}
		})
		t.Wait()
		t.Assert(sent == 2, "%d values were sent into a buffer of 2", sent)
	})
	fmt.Println(r.Failure)
	// Output: <nil>
}

// A name makes a task known in reports. runnel.Go starts one without.
func ExampleT_Go() {
	r := sim.Check(func(t *sim.T) {
		c := runnel.New[int](runnel.Name("orders"))
		t.Go("shop", func() { _ = c.Send(t.Context(), 1) })
		t.Go("bank", func() { panic("no money") })
	}, sim.Minimize(0))
	fmt.Println(r.Failure.Kind+":", r.Failure.Message)
	// Output: panic: no money
}

// Cleanup runs when the body has ended, and may wait like the body.
func ExampleT_Cleanup() {
	r := sim.Check(func(t *sim.T) {
		stop, stopped := runnel.New[int](), runnel.New[int]()
		t.Cleanup(func() {
			stop.Close()
			_, _ = stopped.Recv(context.Background()) // t.Context has ended
		})
		t.Go("server", func() {
			defer stopped.Close()
			_, _ = stop.Recv(context.Background())
		})
	})
	fmt.Println(r.Failure)
	// Output: <nil>
}

// A task that runs until the context ends is no leak.
func ExampleT_Context() {
	r := sim.Check(func(t *sim.T) {
		questions := runnel.New[*runnel.Chan[int]]()
		t.Go("server", func() {
			for q := range questions.All(t.Context()) {
				_ = q.Send(t.Context(), 42)
			}
		})
		q := runnel.New[int]()
		_ = questions.Send(t.Context(), q)
		v, _ := q.Recv(t.Context())
		t.Assert(v == 42, "got %d", v)
	})
	fmt.Println(r.Failure)
	// Output: <nil>
}

// An hour passes at once.
func ExampleT_Now() {
	r := sim.Check(func(t *sim.T) {
		start := t.Now()
		_ = runnel.Sleep(t.Context(), time.Hour)
		t.Assert(t.Now().Sub(start) == time.Hour, "%v have passed", t.Now().Sub(start))
	}, sim.Punctual())
	fmt.Println(r.Failure)
	// Output: <nil>
}

// All orders of three operations on one channel.
func ExampleExhaustive() {
	r := sim.Check(func(t *sim.T) {
		c := runnel.New[int](runnel.Buffer(3))
		for i := range 3 {
			t.Go("sender", func() { _ = c.Send(context.Background(), i) })
		}
	}, sim.Exhaustive(1000))
	fmt.Println(r.Complete, r.Schedules)
	// Output: true 6
}

// A test of a program of which one task must be held up for long leaves the other strategies
// away.
func ExampleStrategies() {
	r := sim.Check(func(t *sim.T) {
		steps := 0
		t.Go("busy", func() {
			for ; steps < 20; steps++ {
				t.Point()
			}
		})
		t.Go("slow", func() { t.Assert(steps < 20, "slow came last") })
	}, sim.Strategies(sim.PCT(2), sim.PCT(3)))
	fmt.Println(r.Failure.Message)
	// Output: slow came last
}

// A call that is given up after a second leaves its server behind. It answers at once; but on a
// busy machine the second can be over before. A test that shall leave that out is punctual.
func ExamplePunctual() {
	body := func(t *sim.T) {
		answers := runnel.New[int](runnel.Name("answers"))
		runnel.Go(func() { answers.SendFunc(42, nil) })
		t.Go("caller", func() {
			answer, late := runnel.RecvFrom(answers), runnel.RecvFrom(runnel.After(time.Second))
			c, _ := runnel.Select(t.Context(), answer, late)
			t.Assert(c == answer, "given up")
		})
		t.Wait()
	}
	fmt.Println("any time:", sim.Check(body).Failure.Message)
	fmt.Println("punctual:", sim.Check(body, sim.Punctual()).Failure)
	// Output:
	// any time: given up
	// punctual: <nil>
}

// Nobody has received the last value.
func ExampleNoLeftovers() {
	r := sim.Check(func(t *sim.T) {
		orders := runnel.New[string](runnel.Buffer(2), runnel.Name("orders"))
		_ = orders.Send(t.Context(), "tea")
		_ = orders.Send(t.Context(), "milk")
		_, _ = orders.Recv(t.Context())
	}, sim.NoLeftovers())
	fmt.Println(r.Failure.Kind+":", r.Failure.Message)
	// Output: unreceived: 1 value left in channel orders
}

// With 0 a failure is told as it was found.
func ExampleMinimize() {
	body := func(t *sim.T) {
		n := 0
		for range 3 {
			t.Go("", func() { t.Point(); n++ })
		}
		t.Go("", func() { t.Assert(n == 0, "not the first") })
	}
	as, short := sim.Check(body, sim.Seed(1), sim.Minimize(0)), sim.Check(body, sim.Seed(1))
	fmt.Println("fewer decisions:", short.Left < as.Left)
	// Output: fewer decisions: true
}

// Who polls for what never comes does not end.
func ExampleMaxSteps() {
	r := sim.Check(func(t *sim.T) {
		c := runnel.New[int]()
		for {
			if _, err := c.TryRecv(); err == nil {
				return
			}
		}
	}, sim.MaxSteps(1000))
	fmt.Println(r.Failure.Kind+":", r.Failure.Message)
	// Output: livelock: still running after 1000 steps
}

// The same seed, without a limit of time, explores the same schedules.
func ExampleSeed() {
	body := func(t *sim.T) {
		c := runnel.New[int](runnel.Buffer(4))
		for i := range 4 {
			t.Go("", func() { _ = c.Send(t.Context(), i) })
		}
	}
	a := sim.Check(body, sim.Seed(42), sim.For(0), sim.Schedules(20))
	b := sim.Check(body, sim.Seed(42), sim.For(0), sim.Schedules(20))
	fmt.Println(a.Distinct == b.Distinct, a.Steps == b.Steps)
	// Output: true true
}

// As many schedules as fit into 20 ms, and no more than a million.
func ExampleFor() {
	r := sim.Check(func(t *sim.T) { t.Go("", t.Point); t.Point() },
		sim.For(20*time.Millisecond), sim.Schedules(1_000_000))
	fmt.Println(r.Failure, r.Schedules > 0)
	// Output: <nil> true
}

func ExampleSchedules() {
	r := sim.Check(func(t *sim.T) { t.Go("", t.Point); t.Point() }, sim.Schedules(50), sim.For(0))
	fmt.Println(r.Schedules, "schedules passed")
	// Output: 50 schedules passed
}
