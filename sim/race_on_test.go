//go:build race

package sim_test

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

// asForUsers is how tests of others run under the race detector.
var asForUsers = []sim.Option{sim.OnThreads()}

// tally is a variable that tasks share.
type tally struct{ n int }

// racy are bodies with a race. One goroutine runs at a time, and still it is found.
var racy = map[string]func(*sim.T){
	"two writers": func(t *sim.T) {
		var x tally
		t.Go("a", func() { x.n++ })
		t.Go("b", func() { x.n++ })
	},
	"read after the send": func(t *sim.T) {
		var x tally
		c := runnel.New[int](runnel.Buffer(1))
		t.Go("writer", func() {
			_ = c.Send(bg, 1)
			x.n++
		})
		_, _ = c.Recv(bg)
		_ = x.n
	},
	"in one branch": func(t *sim.T) {
		var x tally
		c := runnel.New[int](runnel.Buffer(1))
		t.Go("writer", func() {
			if c.TrySend(1) == nil {
				x.n++
			}
		})
		if c.TrySend(2) != nil {
			x.n++
		}
	},
	"readers of a lock": func(t *sim.T) {
		var x tally
		var mu runnel.RWMutex
		for range 2 {
			t.Go("reader", func() {
				mu.RLock()
				defer mu.RUnlock()
				x.n++
			})
		}
	},
	"another lock": func(t *sim.T) {
		var x tally
		var a, b runnel.Mutex
		for _, mu := range []*runnel.Mutex{&a, &b} {
			t.Go("owner", func() {
				mu.Lock()
				defer mu.Unlock()
				x.n++
			})
		}
	},
	"after Done": func(t *sim.T) {
		var x tally
		var wg runnel.WaitGroup
		wg.Add(1)
		t.Go("worker", func() {
			wg.Done()
			x.n++
		})
		wg.Wait()
		x.n++
	},
	"between two operations": func(t *sim.T) {
		var x tally
		c := runnel.New[int](runnel.Buffer(2)) // which lets both in
		for range 2 {
			t.Go("user", func() {
				_ = c.Send(bg, 1)
				x.n++
				_, _ = c.Recv(bg)
			})
		}
	},
	"between two attempts": func(t *sim.T) {
		var x tally
		c := runnel.New[int](runnel.Buffer(2))
		for range 2 {
			t.Go("user", func() {
				_ = c.TrySend(1)
				x.n++
				_, _ = c.TryRecv()
			})
		}
	},
	"a timer's function": func(t *sim.T) {
		var x tally
		runnel.After(time.Second).RecvFunc(func(time.Time, error) { x.n++ })
		t.Point()
		x.n++
		_ = runnel.Sleep(bg, time.Minute)
	},
	"beside a native channel": func(t *sim.T) {
		var x tally
		c := make(chan int)
		t.Go("writer", func() { x.n++; c <- 1; x.n++ })
		<-c
		x.n++
	},
}

// orderly are bodies whose tasks share variables, and have put that in order.
var orderly = map[string]func(*sim.T){
	"start": func(t *sim.T) {
		x := tally{1}
		t.Go("a", func() { x.n++; runnel.Go(func() { x.n++ }) })
	},
	"channel": func(t *sim.T) {
		c := runnel.New[*tally]()
		t.Go("a", func() { x := &tally{1}; x.n++; _ = c.Send(bg, x) })
		x, _ := c.Recv(bg)
		x.n++
	},
	"Wait, and a native channel": func(t *sim.T) {
		var x tally
		c := make(chan int)
		t.Go("blocked", func() { x.n++; <-c })
		t.Wait()
		x.n++
		c <- 1
	},
	"buffer as a semaphore": func(t *sim.T) {
		var x tally
		sem := runnel.New[int](runnel.Buffer(1))
		for range 3 {
			t.Go("user", func() {
				_ = sem.Send(bg, 1)
				x.n++
				_, _ = sem.Recv(bg)
			})
		}
	},
	"close": func(t *sim.T) {
		var x tally
		c := runnel.New[int]()
		t.Go("a", func() { x.n++; c.Close() })
		_, _ = c.Recv(bg)
		x.n++
	},
	"Select": func(t *sim.T) {
		var x tally
		a, b := runnel.New[int](), runnel.New[int]()
		t.Go("a", func() { x.n++; _ = a.Send(bg, 1) })
		_, _ = runnel.Select(bg, runnel.RecvFrom(a), runnel.RecvFrom(b))
		x.n++
	},
	"Mutex": func(t *sim.T) {
		var x tally
		var mu runnel.Mutex
		for range 3 {
			t.Go("owner", func() { mu.Lock(); defer mu.Unlock(); x.n++ })
			t.Go("tries", func() {
				if mu.TryLock() {
					x.n++
					mu.Unlock()
				}
			})
		}
	},
	"RWMutex": func(t *sim.T) {
		var x tally
		var mu runnel.RWMutex
		for range 2 {
			t.Go("writer", func() { mu.Lock(); defer mu.Unlock(); x.n++ })
			t.Go("reader", func() { mu.RLock(); defer mu.RUnlock(); _ = x.n })
		}
	},
	"WaitGroup": func(t *sim.T) {
		var xs [3]tally
		var wg runnel.WaitGroup
		for i := range xs {
			wg.Go(func() { xs[i].n++ })
		}
		wg.Wait()
		xs[0].n += xs[1].n + xs[2].n
	},
	"Once": func(t *sim.T) {
		var x tally
		var once runnel.Once
		for range 3 {
			t.Go("user", func() { once.Do(func() { x.n++ }); _ = x.n })
		}
	},
	"Cond": func(t *sim.T) {
		var x tally
		var mu runnel.Mutex
		cond := runnel.NewCond(&mu)
		t.Go("signals", func() { mu.Lock(); x.n = 1; mu.Unlock(); cond.Broadcast() })
		mu.Lock()
		for x.n == 0 {
			cond.Wait()
		}
		mu.Unlock()
	},
	"a timer's function": func(t *sim.T) {
		var x tally
		x.n++
		c := runnel.New[int](runnel.Buffer(1))
		runnel.After(time.Second).RecvFunc(func(time.Time, error) { x.n++; _ = c.TrySend(1) })
		_, _ = c.Recv(bg)
		x.n++
	},
	"context": func(t *sim.T) {
		var x tally
		ctx, cancel := context.WithCancel(bg)
		t.Go("cancels", func() { x.n++; t.Point(); cancel() })
		_, _ = runnel.New[int]().Recv(ctx)
		x.n++
	},
	"T.Wait": func(t *sim.T) {
		var x tally
		t.Go("a", func() { x.n++ })
		t.Wait()
		x.n++
	},
	"T.Cleanup": func(t *sim.T) {
		var x tally
		t.Go("a", func() { x.n++; t.Cleanup(func() { x.n++ }) })
		t.Wait()
	},
	"T.Invariant": func(t *sim.T) {
		var x tally
		t.Invariant(func() { t.Assert(x.n < 3, "three") })
		t.Go("a", func() { x.n++; t.Point() })
		t.Wait()
		x.n++
	},
	"natively": func(t *sim.T) {
		var x tally
		c := make(chan int)
		t.Go("a", func() { x.n++; c <- 1 })
		<-c
		x.n++
	},
	"one schedule after the other": func(t *sim.T) {
		schedules.n++
		t.Go("a", func() { t.Point() })
	},
}

var schedules tally

// TestRaces finds each race within a few schedules.
func TestRaces(t *testing.T) {
	for which := range racy {
		t.Run(which, func(t *testing.T) {
			out, passed := runChild(t, which)
			if passed || !strings.Contains(out, "WARNING: DATA RACE") || !strings.Contains(out, "data race: ") ||
				!strings.Contains(out, "RUNNEL_SIM_REPLAY=s1.") {
				t.Fatalf("%s", out)
			}
			found := regexp.MustCompile(`found in schedule (\d+)`).FindStringSubmatch(out)
			if n, err := strconv.Atoi(found[1]); err != nil || n > 10 {
				t.Errorf("%v", found)
			}
			token := regexp.MustCompile(`RUNNEL_SIM_REPLAY=\S+`).FindString(out)
			if again, passed := runChild(t, which, token); passed || !strings.Contains(again, "WARNING: DATA RACE") {
				t.Errorf("%s: %s", token, again)
			}
		})
	}
}

// A race has a token, too, if it is found when all schedules are tried.
func TestRaceAmongAllSchedules(t *testing.T) {
	const which = "in one branch" + ofAll
	out, _ := runChild(t, which)
	token := regexp.MustCompile(`RUNNEL_SIM_REPLAY=d1\S+`).FindString(out)
	if token == "" {
		t.Fatalf("no token in %s", out)
	}
	if again, passed := runChild(t, which, token); passed || !strings.Contains(again, "WARNING: DATA RACE") {
		t.Errorf("%s: %s", token, again)
	}
}

// TestNoFalseRaces finds none where there is none: neither in these bodies nor, in spite of all
// that threads do to each other, in the simulation itself.
func TestNoFalseRaces(t *testing.T) {
	for name, body := range orderly {
		t.Run(name, func(t *testing.T) {
			n := 500
			if testing.Short() {
				n = 50
			}
			before := sim.RaceErrors()
			r := sim.CheckInBubble(t, body, sim.OnThreads(), sim.Schedules(n), sim.For(0))
			if r.Failure != nil || sim.RaceErrors() > before {
				t.Error(r)
			}
		})
	}
}
