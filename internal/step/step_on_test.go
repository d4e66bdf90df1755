//go:build steps

package step_test

//lint:file-ignore SA2001 that a lock can be had is what is asked here

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/runnel-go/runnel/internal/step"
	"github.com/runnel-go/runnel/sim"
)

// explore runs all schedules of body, which must be so many, and none of which may fail.
func explore(t *testing.T, want int, body func(*sim.T)) {
	t.Helper()
	r := sim.Check(body, sim.Exhaustive(10_000), sim.For(0))
	if r.Failure != nil || !r.Complete || want > 0 && r.Schedules != want {
		t.Errorf("%v, complete: %v, want %d schedules", r, r.Complete, want)
	}
}

// Of the orders of accesses only those are tried that can make a difference.
func TestOrders(t *testing.T) {
	var outcomes map[string]bool
	for _, p := range []struct {
		name      string
		schedules int
		a, b      func(x, y *step.Uint32) uint32
	}{
		{"2 loads", 1, load, load},
		{"a load and a store", 2, load, store},
		{"2 stores", 2, store, store},
		{"2 words", 1, store, func(_, y *step.Uint32) uint32 { return store(y, nil) }},
		{"store, then load the other", 3, crossed, func(x, y *step.Uint32) uint32 { return crossed(y, x) }},
	} {
		outcomes = map[string]bool{}
		explore(t, p.schedules, func(t *sim.T) {
			var x, y step.Uint32
			x.Watch("x", nil)
			x.Load() // so that it is known
			y.Load()
			var a, b uint32
			t.Go("a", func() { a = p.a(&x, &y) })
			t.Go("b", func() { b = p.b(&x, &y) })
			t.Wait()
			outcomes[fmt.Sprint(a, b)] = true
		})
	}
	if len(outcomes) != 3 || outcomes["0 0"] { // of the last: sequential consistency
		t.Error(outcomes)
	}
}

func load(x, _ *step.Uint32) uint32 { return x.Load() }

func store(x, _ *step.Uint32) uint32 { x.Store(1); return 0 }

func crossed(x, y *step.Uint32) uint32 { x.Store(1); return y.Load() }

// What is not atomic is found out.
func TestLostUpdate(t *testing.T) {
	r := sim.Check(func(t *sim.T) {
		var x step.Uint64
		for range 2 {
			t.Go("adder", func() { x.Store(x.Load() + 1) })
		}
		t.Wait()
		t.Assert(x.Load() == 2, "one was lost")
	}, sim.Exhaustive(100))
	if r.Failure == nil || r.Failure.Kind != sim.Assertion {
		t.Error(r)
	}
	explore(t, 0, func(t *sim.T) {
		var x step.Uint64
		for range 2 {
			t.Go("adder", func() { x.Add(1) })
		}
		t.Wait()
		t.Assert(x.Load() == 2, "one was lost")
	})
}

// Outside of a simulation the words are those of the standard library.
func TestWordsOutside(t *testing.T) {
	var x step.Uint32
	var y step.Uint64
	x.Store(1)
	y.Store(1)
	if x.Swap(2) != 1 || x.Or(5) != 2 || x.Load() != 7 || x.CompareAndSwap(2, 0) || !x.CompareAndSwap(7, 8) || x.Peek() != 8 {
		t.Error(x.Load())
	}
	if y.Add(4) != 5 || y.CompareAndSwap(4, 0) || !y.CompareAndSwap(5, 6) || y.Load() != 6 || y.Peek() != 6 {
		t.Error(y.Load())
	}
	if step.AwaitChange(&x) || step.Draw(1) != 0 {
		t.Error("waited outside of a simulation")
	}
}

// Who waits for a change sees each, and does not wait for one that has been.
func TestAwaitChange(t *testing.T) {
	explore(t, 0, func(t *sim.T) {
		var x step.Uint32
		t.Go("counter", func() { x.Store(1); x.Store(2) })
		for x.Load() < 2 {
			step.AwaitChange(&x)
		}
	})
	r := sim.Check(func(t *sim.T) {
		var x step.Uint32
		for x.Load() == 0 {
			step.AwaitChange(&x)
		}
	})
	if r.Failure == nil || r.Failure.Kind != sim.Deadlock {
		t.Error(r)
	}
}

// A Signal wakes who has unlocked, also before he sleeps; one that comes before wakes nobody.
func TestCond(t *testing.T) {
	for _, waiters := range []int{1, 2} {
		explore(t, 0, func(t *sim.T) {
			var m lock
			c := step.Cond{L: &m}
			var come step.Uint32
			for i := range waiters {
				t.Go("waiter", func() {
					m.Lock()
					come.Or(1 << i)
					c.Wait()
					m.Unlock()
				})
			}
			for come.Load() != 1<<waiters-1 {
				step.AwaitChange(&come)
			}
			m.Lock() // now the last one has unlocked
			m.Unlock()
			for range waiters {
				c.Signal()
			}
		})
	}
	r := sim.Check(func(t *sim.T) {
		var m lock
		c := step.Cond{L: &m}
		c.Signal()
		m.Lock()
		c.Wait()
	})
	if r.Failure == nil || r.Failure.Kind != sim.Deadlock {
		t.Error(r)
	}
}

// A Cond outside of a simulation is the real one.
func TestCondOutside(t *testing.T) {
	var m sync.Mutex
	c := step.Cond{L: &m}
	waits, done := false, make(chan struct{})
	go func() {
		defer close(done)
		m.Lock()
		waits = true
		c.Wait()
		m.Unlock()
	}()
	for there := false; !there; {
		m.Lock()
		there = waits
		m.Unlock()
	}
	c.Signal()
	<-done
}

// lock is the plainest that works.
type lock struct{ word step.Uint32 }

func (l *lock) Lock() {
	for l.word.Load() != 0 || !l.word.CompareAndSwap(0, 1) {
		step.AwaitChange(&l.word)
	}
}

func (l *lock) Unlock() { l.word.Store(0) }

// What AfterFunc was given is called, in a task of its own, or has been stopped.
func TestContext(t *testing.T) {
	cause := errors.New("cause")
	explore(t, 0, func(t *sim.T) {
		ctx, cancel := step.WithCancel()
		t.Assert(step.IsStepped(ctx) && ctx.Err() == nil && ctx.Value(0) == nil, "not fresh")
		calls := 0
		t.Go("canceller", func() { cancel(cause) })
		stop := step.AfterFunc(ctx, func() {
			t.Assert(ctx.Err() == cause, "called too early")
			calls++
		})
		stopped := stop()
		t.Wait()
		<-ctx.Done()
		cancel(errors.New("another"))
		t.Assert(calls == 1 != stopped && !stop() && ctx.Err() == cause, "%d calls, stopped: %v", calls, stopped)
	})
}
