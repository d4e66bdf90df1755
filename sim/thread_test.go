package sim_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
	"github.com/runnel-go/runnel/sim/internal/goker"
)

// TestThreadsChangeNothing explores the same bodies on coroutines and on threads, from the same
// seed: every schedule, failure and token is the same.
func TestThreadsChangeNothing(t *testing.T) {
	for _, k := range goker.Kernels {
		for _, body := range []func(*sim.T){k.Buggy, k.Fixed} {
			opts := []sim.Option{sim.Seed(7), sim.Schedules(scale(10, 200)), sim.For(0), sim.MaxSteps(2000), sim.Minimize(50)}
			a := sim.Check(body, opts...)
			b := sim.Check(body, append(opts, sim.OnThreads())...)
			if told(a) != told(b) {
				t.Errorf("%s: on coroutines\n%v\non threads\n%v", k.ID, a, b)
			}
		}
	}
}

// TestThreadsAddNoOrders enumerates the same bodies on coroutines and on threads: as many orders
// are equivalent. (T.Context, which is made early on threads, once made the end of every body
// depend on all else.)
func TestThreadsAddNoOrders(t *testing.T) {
	for _, k := range goker.Kernels {
		opts := []sim.Option{sim.Exhaustive(scale(50, 500)), sim.Schedules(1), sim.For(0), sim.MaxSteps(2000), sim.Minimize(0), sim.Punctual()}
		a := sim.Check(k.Fixed, opts...)
		b := sim.Check(k.Fixed, append(opts, sim.OnThreads())...)
		if a.Schedules != b.Schedules || a.Complete != b.Complete {
			t.Errorf("%s: on coroutines %d schedules (%v), on threads %d (%v)", k.ID, a.Schedules, a.Complete, b.Schedules, b.Complete)
		}
	}
}

// told is all that a report tells, without the time that it took.
func told(r sim.Report) string {
	r.Elapsed = 0
	return r.String() + r.Token + r.SeedToken
}

// TestThreadsEndAsTheyMust goes through the ways in which a task ends.
func TestThreadsEndAsTheyMust(t *testing.T) {
	for name, c := range map[string]struct {
		body func(*sim.T)
		kind sim.Kind
	}{
		"panic":   {func(*sim.T) { panic("oh") }, sim.Panic},
		"Goexit":  {func(*sim.T) { runtime.Goexit() }, sim.Exit},
		"Fatal":   {func(t *sim.T) { t.Fatal("no") }, sim.Assertion},
		"waiting": {func(*sim.T) { _, _ = runnel.New[int]().Recv(bg) }, sim.Deadlock},
		"recovering for ever": {func(t *sim.T) {
			t.Go("stubborn", func() {
				for {
					stubborn(t)
				}
			})
			t.Fatal("no")
		}, sim.Assertion},
		"operations while unwinding": {func(t *sim.T) {
			c := runnel.New[int]()
			defer c.Close()
			defer func() { _ = c.Send(bg, 1) }()
			t.Fatal("no")
		}, sim.Assertion},
		"panic in a timer": {func(t *sim.T) {
			runnel.After(time.Second).RecvFunc(func(time.Time, error) { panic("late") })
			_ = runnel.Sleep(bg, time.Minute)
		}, sim.Panic},
		"Invariant": {func(t *sim.T) {
			c := runnel.New[int](runnel.Buffer(1))
			t.Invariant(func() { t.Assert(c.Len() == 0, "sent") })
			_ = c.Send(bg, 1)
			t.Point()
		}, sim.Assertion},
		"Cleanup": {func(t *sim.T) { t.Cleanup(func() { t.Errorf("untidy") }) }, sim.Assertion},
	} {
		for range 3 { // threads are used again
			r := sim.Check(c.body, sim.OnThreads(), sim.Schedules(20), sim.Minimize(20))
			if r.Failure == nil || r.Failure.Kind != c.kind {
				t.Errorf("%s: %v, want %s", name, r, c.kind)
			}
		}
	}
}

func stubborn(t *sim.T) {
	defer func() { _ = recover() }()
	t.Point()
}

// TestThreadsWithAllOfT uses what a body has on threads.
func TestThreadsWithAllOfT(t *testing.T) {
	var order []int
	r := sim.Check(func(t *sim.T) {
		order = order[:0]
		began := t.Now()
		ctx, cancel := context.WithCancelCause(t.Context())
		t.Cleanup(func() { order = append(order, 1) })
		t.Cleanup(func() { order = append(order, 2) })
		c := runnel.New[int]()
		t.Go("waits", func() {
			_, err := c.Recv(ctx)
			t.Assert(err != nil && err.Error() == "enough", "%v", err)
		})
		t.Wait()
		cancel(errors.New("enough"))
		t.Assert(t.Choose(1) == 0 && t.Choose(3) < 3, "choice")
		_ = runnel.Sleep(t.Context(), time.Hour)
		t.Assert(t.Now().Sub(began) == time.Hour, "%v", t.Now().Sub(began))
		t.Log("well")
		t.Assert(!t.Failed(), "failed")
	}, sim.OnThreads(), sim.Schedules(100), sim.Punctual())
	if r.Failure != nil || !slices.Equal(order, []int{2, 1}) {
		t.Error(r, order)
	}
}
