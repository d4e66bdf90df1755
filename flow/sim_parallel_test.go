package flow_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
	"github.com/runnel-go/runnel/sim"
)

// Orders, limits and choices of inputs, in every order, with pauses, failures and ends at any
// moment: law 1 is exact, and what has come out is right as far as it goes.

// shaken starts a graph, and pauses processes and ends the flow at some moments, or not. The result
// tells whether it has come to a plain end.
func shaken(t *sim.T, g *flow.Graph, process string) (f *flow.Flow, plain bool) {
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	f, err := g.Start(ctx)
	t.Assert(err == nil, "Start: %v", err)
	switch t.Choose(4) {
	case 0:
		f.Pause(process)
		t.Point()
		f.Resume(process)
	case 1:
		f.Pause()
		f.Status()
		f.Resume()
	}
	switch t.Choose(5) {
	case 0:
		err = f.Drain(t.Context())
		t.Assert(err == nil, "Drain: %v", err)
	case 1:
		now, end := context.WithCancel(t.Context())
		end()
		f.Stop(now)
	case 2:
		cancel(errBad)
	}
	err = f.Wait()
	t.Assert(err == nil || err == flow.ErrStopped || err == errBad, "ended with %v", err)
	over(t, f)
	return f, err == nil
}

// failing is a function that fails on one value, in one way or another, or on none.
func failing(t *sim.T, n int) func(context.Context, int) (int, error) {
	bad, panics := t.Choose(n+2), t.Choose(2) == 0
	return func(_ context.Context, v int) (int, error) {
		t.Point()
		if v == bad && panics {
			panic(errBad)
		}
		if v == bad {
			return 0, errBad
		}
		return v, nil
	}
}

func rising(got []int) bool {
	return slices.IsSortedFunc(got, func(a, b int) int {
		if a < b {
			return -1
		}
		return 1
	})
}

func TestSimOrdered(t *testing.T) {
	explore(t, func(t *sim.T) {
		var got []int
		n := 4
		opts := []flow.ProcOption{flow.Parallel(2 + t.Choose(2)), flow.Ordered(), flow.Skip()}
		if t.Choose(3) == 0 {
			opts = append(opts, flow.Workload(flow.Compute))
		}
		g := flow.New("ordered").
			Add("numbers", numbers(n)).
			Add("work", flow.Step(failing(t, n)), opts...).
			Add("store", flow.Sink(collect(&got))).
			Connect("numbers", "work", runnel.Buffer(2)).
			Connect("work", "store")
		f, plain := shaken(t, g, "work")
		t.Assert(rising(got), "got %v", got)
		s := f.Status()
		t.Assert(!plain || len(got)+int(s.Process("work").Failed) == int(s.Edge("numbers.out", "work.in").Sent), "got %v\n%v", got, s)
	})
}

// From two edges, through a step that gives two values for each, to two edges: each edge has the
// same order, both values of a message stand together, and those of one edge keep theirs.
func TestSimOrderedFan(t *testing.T) {
	explore(t, func(t *sim.T) {
		var left, right []int
		double := flow.FlatStep(func(_ context.Context, v int, emit func(int) error) error {
			t.Point()
			if err := emit(v); err != nil {
				return err
			}
			return emit(v)
		})
		plus := func(_ context.Context, v int) (int, error) { return v + 10, nil }
		g := flow.New("fan").
			Add("one", numbers(2)).
			Add("two", numbers(2)).
			Add("plus", flow.Step(plus)).
			Add("double", double, flow.Parallel(3), flow.Ordered()).
			Add("left", flow.Sink(collect(&left))).
			Add("right", flow.Sink(collect(&right))).
			Connect("one", "double", runnel.Buffer(1)).
			Connect("two", "plus").
			Connect("plus", "double").
			Connect("double", "left").
			Connect("double", "right", runnel.Buffer(1))
		_, plain := shaken(t, g, "double")
		if !plain {
			return
		}
		t.Assert(slices.Equal(left, right), "%v and %v", left, right)
		var of [2][]int
		for i := 0; i+1 < len(left); i += 2 {
			t.Assert(left[i] == left[i+1], "%v", left)
			of[left[i]/10] = append(of[left[i]/10], left[i])
		}
		t.Assert(rising(of[0]) && rising(of[1]), "%v", left)
	})
}

func TestSimKeyed(t *testing.T) {
	explore(t, func(t *sim.T) {
		const n = 5
		var got [2][]int
		var busy [2]int
		work := failing(t, n)
		opts := []flow.ProcOption{flow.Parallel(2 + t.Choose(2)), flow.Skip(), flow.Keyed(func(v int) int {
			if v == 3 {
				t.Point()
			}
			return v % 2
		})}
		if t.Choose(3) == 0 {
			opts = append(opts, flow.Workload(flow.Compute))
		}
		g := flow.New("keyed").
			Add("numbers", numbers(n)).
			Add("work", flow.Step(func(ctx context.Context, v int) (int, error) {
				busy[v%2]++
				t.Assert(busy[v%2] == 1, "two of one key")
				defer func() { busy[v%2]-- }()
				return work(ctx, v)
			}), opts...).
			Add("store", flow.Sink(func(_ context.Context, v int) error {
				got[v%2] = append(got[v%2], v)
				return nil
			})).
			Connect("numbers", "work").
			Connect("work", "store")
		f, plain := shaken(t, g, "work")
		t.Assert(rising(got[0]) && rising(got[1]), "got %v", got)
		s := f.Status()
		t.Assert(!plain || len(got[0])+len(got[1])+int(s.Process("work").Failed) == int(s.Edge("numbers.out", "work.in").Sent), "got %v\n%v", got, s)
	})
}

// A key that panics fails its message, and does not keep the others from receiving.
func TestSimKeyPanics(t *testing.T) {
	explore(t, func(t *sim.T) {
		g := flow.New("keys").
			Add("numbers", numbers(4)).
			Add("work", flow.Sink(ignore), flow.Parallel(2), flow.Skip(), flow.Keyed(func(v int) int {
				if v%2 == 1 {
					panic(errBad)
				}
				return v
			})).
			Connect("numbers", "work", runnel.Buffer(1))
		f := start(t, g)
		t.Assert(f.Wait() == nil, "Wait")
		over(t, f)
		t.Assert(f.Status().Process("work").Failed == 2, "%v", f.Status())
	})
}

// Cycles through processes whose messages have an order end, and no sooner than they should.
func TestSimOrderedCycle(t *testing.T) {
	explore(t, func(t *sim.T) {
		var got []int
		opts := []flow.ProcOption{flow.Parallel(1 + t.Choose(3)), flow.Ordered()}
		if t.Choose(2) == 0 {
			opts[1] = flow.Keyed(func(v int) int { return v % 2 })
		}
		g := flow.New("cycle").
			Add("numbers", numbers(3)).
			Add("halve", flow.Stateful[int]{
				Handlers: []flow.Handler[int]{flow.On(fresh, func(x *flow.Turn, _ *int, v int) error { return halve(x, v) })},
				Outs:     []flow.Port{back, out},
			}.Proc()).
			Add("pass", flow.Step(func(_ context.Context, v int) (int, error) { t.Point(); return v, nil }), opts...).
			Add("store", flow.Sink(collect(&got))).
			Connect("numbers", "pass").
			Connect("pass", "halve.fresh").
			Connect("halve.back", "pass", runnel.Unbounded()).
			Connect("halve.out", "store")
		sent := func(f *flow.Flow) int { return int(f.Status().Edge("numbers.out", "pass.in").Sent) }
		g.Add("never", flow.Sink(ignore), flow.Ordered(), flow.Parallel(2)).Open("never")
		f := start(t, g)
		if t.Choose(2) == 0 {
			_ = f.Scale("pass", 1+t.Choose(3))
		}
		t.Assert(f.Drain(t.Context()) == nil && f.Wait() == nil, "ended badly")
		t.Assert(len(got) == sent(f), "got %v of %d", got, sent(f))
		over(t, f)
	})
}

// Two processes that compute, and more workers than processors: no order of them makes the flow
// wait for itself, and never do too many compute.
func TestSimCompute(t *testing.T) {
	explore(t, func(t *sim.T) {
		var running atomic.Int32
		compute := func() {
			n := int(running.Add(1))
			t.Assert(n <= runtime.GOMAXPROCS(0), "%d calls at once", n)
			t.Point()
			running.Add(-1)
		}
		var got []int
		g := flow.New("compute").
			Add("numbers", numbers(3)).
			Add("twice", flow.FlatStep(func(_ context.Context, v int, emit func(int) error) error {
				compute()
				defer compute()
				return emit(v)
			}), flow.Parallel(2), flow.Workload(flow.Compute)).
			Add("pass", flow.Step(func(_ context.Context, v int) (int, error) { compute(); return v, nil }),
				flow.Parallel(2), flow.Ordered(), flow.Workload(flow.Compute)).
			Add("store", flow.Sink(collect(&got))).
			Connect("numbers", "twice").
			Connect("twice", "pass").
			Connect("pass", "store")
		f, plain := shaken(t, g, "twice")
		t.Assert(!plain || len(got) == int(f.Status().Edge("numbers.out", "twice.in").Sent), "got %v", fmt.Sprint(got))
	})
}
