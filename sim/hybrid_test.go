package sim_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

// What native operations do to a body that an exploration finds out about by itself.
func TestNativeOperations(t *testing.T) {
	for name, body := range map[string]func(*sim.T){
		"channel": func(t *sim.T) {
			c := make(chan int)
			t.Go("sender", func() { t.Point(); c <- 1 })
			t.Assert(<-c == 1, "received something else")
		},
		"two waits, and one of runnel's between": func(t *sim.T) {
			c, d := make(chan int), runnel.New[int]()
			t.Go("passes on", func() { _ = d.Send(bg, <-c) })
			t.Go("sender", func() { t.Point(); c <- 1 })
			v, _ := d.Recv(bg)
			t.Assert(v == 1, "received %d", v)
		},
		"select": func(t *sim.T) {
			c, done := make(chan int), make(chan struct{})
			t.Go("closer", func() { t.Point(); close(done) })
			select {
			case <-c:
				t.Fatal("nobody has sent")
			case <-done:
			}
		},
		"Sleep": func(t *sim.T) {
			began := t.Now()
			time.Sleep(time.Hour)
			t.Assert(t.Now().Sub(began) == time.Hour && time.Now().Equal(t.Now()), "slept %v", t.Now().Sub(began))
		},
		"Sleep beside runnel.Sleep": func(t *sim.T) {
			began := t.Now()
			t.Go("a", func() { time.Sleep(time.Minute) })
			t.Go("b", func() { _ = runnel.Sleep(bg, time.Second) })
			_ = runnel.Sleep(bg, time.Hour)
			t.Assert(t.Now().Sub(began) >= time.Hour, "slept %v", t.Now().Sub(began))
		},
		"WaitGroup": func(t *sim.T) {
			var wg sync.WaitGroup
			for range 3 {
				wg.Add(1)
				t.Go("worker", func() { defer wg.Done(); t.Point() })
			}
			wg.Wait()
		},
		"Cond": func(t *sim.T) {
			var mu sync.Mutex
			cond, ready := sync.NewCond(&mu), false
			t.Go("signals", func() {
				t.Point()
				mu.Lock()
				ready = true
				mu.Unlock()
				cond.Signal()
			})
			mu.Lock()
			for !ready {
				cond.Wait()
			}
			mu.Unlock()
		},
		"context": func(t *sim.T) {
			ctx, cancel := context.WithCancel(bg)
			t.Go("cancels", func() { t.Point(); cancel() })
			<-ctx.Done()
		},
		"the context of T": func(t *sim.T) {
			t.Go("stays", func() { <-t.Context().Done() })
			t.Point()
		},
		"deadline": func(t *sim.T) {
			ctx, cancel := context.WithTimeout(bg, time.Minute)
			defer cancel()
			<-ctx.Done()
		},
		"goroutine of its own": func(t *sim.T) {
			c := make(chan int)
			go func() { time.Sleep(time.Second); c <- 1 }()
			<-c
		},
		"Wait": func(t *sim.T) {
			c, began := make(chan int), false
			t.Go("receiver", func() { began = true; <-c })
			t.Wait()
			t.Assert(began, "it has not begun")
			c <- 1
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, opts := range [][]sim.Option{nil, {sim.Hybrid()}, {sim.OnThreads()}} {
				r := sim.CheckInBubble(t, body, append(opts, sim.Schedules(scale(20, 500)), sim.For(0), sim.Exhaustive(20))...)
				if r.Failure != nil || r.Complete {
					t.Error(r)
				}
			}
		})
	}
}

// A report of a body with native operations says so, and where.
func TestNativeOperationsAreTold(t *testing.T) {
	r := sim.CheckInBubble(t, func(*sim.T) { <-time.After(time.Second) }, sim.Schedules(2))
	if want := "chan receive at hybrid_test.go:"; !strings.HasPrefix(r.Native, want) || !strings.Contains(r.Coverage(), want) {
		t.Errorf("%q in %v, want %q", r.Native, r.Coverage(), want)
	}
	if r = sim.CheckInBubble(t, prodcons, sim.Schedules(2)); r.Native != "" {
		t.Error(r.Native)
	}
}

// A schedule in which native operations wait for ever fails as any other does, is shortened, and
// replayed by its token.
func TestNativeDeadlock(t *testing.T) {
	body := func(t *sim.T) {
		c := make(chan int, 1)
		d := runnel.New[int](runnel.Buffer(2))
		for _, name := range []string{"a", "b"} {
			t.Go(name, func() {
				if d.Len() == 0 { // a race: both may see it
					_ = d.Send(bg, 1)
					c <- 1
				}
			})
		}
		<-c
		_ = runnel.Sleep(bg, time.Second)
		t.Assert(d.Len() == 1, "sent twice")
	}
	r := sim.CheckInBubble(t, body, sim.Seed(1), sim.Schedules(1000))
	if r.Failure == nil || r.Failure.Kind != sim.Assertion || r.Token == "" || r.Left > 2 {
		t.Fatal(r)
	}
	again := sim.ReplayInBubble(t, r.Token, body)
	if again.Failure == nil || again.Failure.Message != "sent twice" || again.Strayed() {
		t.Error(again)
	}
	for what, body := range map[string]func(*sim.T){
		"native chan receive":      func(*sim.T) { <-make(chan int) },
		"native chan send":         func(*sim.T) { make(chan int) <- 1 },
		"native select (no cases)": func(*sim.T) { select {} },
		"native sync.WaitGroup.Wait": func(*sim.T) {
			var wg sync.WaitGroup
			wg.Add(1)
			wg.Wait()
		},
	} {
		r := sim.CheckInBubble(t, body)
		if r.Failure == nil || r.Failure.Kind != sim.Deadlock || !strings.Contains(r.String(), "waits in "+what) ||
			!strings.Contains(r.String(), "hybrid_test.go:") {
			t.Errorf("%s: %v", what, r)
		}
	}
}

// A thread that was given up because it was blocked ends when it is let go on in a later run.
func TestForsakenThreads(t *testing.T) {
	gate := make(chan chan int, 1)
	runs := 0
	r := sim.CheckInBubble(t, func(t *sim.T) {
		runs++
		select {
		case c := <-gate:
			close(c)
		default:
		}
		c := make(chan int)
		gate <- c
		t.Go("waits", func() {
			<-c
			t.Fatal("it went on after its run was over")
		})
		t.Point()
	}, sim.Hybrid(), sim.Minimize(5), sim.Schedules(3))
	if r.Failure == nil || r.Failure.Kind != sim.Leak || runs < 3 {
		t.Error(r, runs)
	}
}

// A writer whose flushes come natively: when a schedule fails, tasks are blocked in all ways at
// once, and let each other go on by what they have deferred. Each exploration comes to its end.
func TestEndsWithNativesAbout(t *testing.T) {
	for seed := range uint64(scale(5, 60)) {
		r := sim.CheckInBubble(t, lateFlush, sim.Seed(seed), sim.Schedules(2000))
		if r.Failure == nil || r.Failure.Kind != sim.Assertion {
			t.Fatalf("seed %d: %v", seed, r)
		}
	}
}

func lateFlush(t *sim.T) {
	var mu runnel.Mutex
	var pending []int
	var written atomic.Int32
	in := runnel.New[int](runnel.Buffer(2))
	quit, done := make(chan struct{}), make(chan struct{})
	flush := func() {
		mu.Lock()
		batch := pending
		pending = nil
		mu.Unlock()
		t.Point()
		written.Add(int32(len(batch)))
	}
	t.Go("fill", func() {
		defer close(done)
		for v := range in.All(bg) {
			mu.Lock()
			pending = append(pending, v)
			n := len(pending)
			mu.Unlock()
			if n >= 2 {
				flush()
			}
		}
	})
	t.Go("tick", func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				flush()
			case <-quit:
				return
			}
		}
	})
	for i := range 3 {
		_ = in.Send(bg, i)
		_ = runnel.Sleep(bg, 600*time.Millisecond)
	}
	in.Close()
	<-done
	close(quit)
	flush()
	t.Assert(written.Load() == 3, "written: %d", written.Load())
}
