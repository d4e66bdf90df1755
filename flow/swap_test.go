package flow_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
	"github.com/runnel-go/runnel/sim"
)

// twice gives each value twice, marked as of a version.
func twice(version int) flow.Proc {
	return flow.FlatStep(func(_ context.Context, v int, emit func(int) error) error {
		if err := emit(100*version + v); err != nil {
			return err
		}
		return emit(100*version + v)
	})
}

// versions is by which version each value was handled; wholly by one, or it is out.
func versions(t *sim.T, got []int) map[int]int {
	count, by := map[int]int{}, map[int]int{}
	for _, v := range got {
		count[v]++
		by[v%100] = v / 100
	}
	for v, n := range count {
		t.Assert(n == 2, "value %d, handled by version %d, came %d times: %v", v%100, v/100, n, got)
	}
	return by
}

// A message is handled wholly by the old or the new functions; what is sent after Swap has returned
// by the new ones, whatever the workers do meanwhile, and also by those that come later.
func TestSimSwap(t *testing.T) {
	explore(t, func(t *sim.T) {
		var got []int
		g := flow.New("swapped").
			Add("twice", twice(0), flow.Parallel(1+t.Choose(2))).
			Add("store", flow.Sink(collect(&got))).
			Open("twice", runnel.Buffer(1)).
			Connect("twice", "store", runnel.Buffer(t.Choose(2)+1))
		f := start(t, g)
		t.Go("disturbs", func() {
			if t.Choose(2) == 0 {
				rescale(t, f, "twice", 1+t.Choose(3))
			} else {
				f.Pause("twice")
				f.Resume("twice")
			}
		})
		inject := func(v int) { t.Assert(f.Inject(t.Context(), "twice", v) == nil, "Inject") }
		inject(0)
		for version := 1; version <= 2; version++ {
			inject(2*version - 1)
			t.Assert(f.Swap("twice", twice(version)) == nil, "Swap")
			inject(2 * version)
		}
		t.Assert(f.Drain(t.Context()) == nil, "Drain")
		t.Wait()
		by := versions(t, got)
		t.Assert(len(by) == 5 && by[2] >= 1 && by[3] >= 1 && by[4] == 2, "got %v", got)
		t.Assert(f.Status().Process("twice").Swaps == 2, "%+v", f.Status())
		over(t, f)
	})
}

// sums is a state of type S that adds up, and says what it is told.
func sums[S ~int](name string, told *[]string) flow.Proc {
	return flow.Stateful[S]{
		Init: func(context.Context) (S, error) {
			*told = append(*told, name+" init")
			return 0, nil
		},
		Handlers: []flow.Handler[S]{flow.On(fresh, func(_ *flow.Turn, s *S, v int) error { *s += S(v); return nil })},
		Outs:     []flow.Port{out},
		Transition: func(x *flow.Turn, s *S, what flow.Transition) error {
			*told = append(*told, fmt.Sprint(name, " ", what, " ", *s))
			if what == flow.Swapped || what == flow.Ended {
				return out.Send(x, int(*s))
			}
			return nil
		},
	}.Proc()
}

// other is another type of state.
type other int

// A state of the same type goes over; one of another type is told, delivers what it has, and makes
// room, before the next message.
func TestSimSwapState(t *testing.T) {
	explore(t, func(t *sim.T) {
		var got []int
		var told []string
		g := flow.New("sums").
			Add("sum", sums[int]("old", &told)).
			Add("store", flow.Sink(collect(&got))).
			Open("sum").
			Connect("sum", "store")
		f := start(t, g)
		same, pauses := t.Choose(2) == 0, t.Choose(2) == 0
		to := sums[other]("new", &told)
		if same {
			to = sums[int]("new", &told)
		}
		t.Assert(f.Inject(t.Context(), "sum", 1) == nil, "Inject")
		if pauses {
			f.Pause()
		}
		t.Assert(f.Swap("sum", to) == nil, "Swap")
		if pauses {
			f.Resume()
		}
		t.Assert(f.Inject(t.Context(), "sum", 10) == nil, "Inject")
		t.Assert(f.Drain(t.Context()) == nil, "Drain")
		want, sums := "[old init new ended 11]", "[11]"
		if !same {
			want, sums = "[old init old swapped 1 new init new ended 10]", "[1 10]"
		}
		s := fmt.Sprint(unpaused(told))
		t.Assert(s == want, "told %v", told)
		t.Assert(fmt.Sprint(got) == sums, "got %v", got)
		over(t, f)
	})
}

// unpaused is without what is told of pauses, which the worker may notice or not.
func unpaused(told []string) (rest []string) {
	for _, s := range told {
		if s != "old paused 1" && s != "old resumed 1" && s != "new resumed 1" && s != "old paused 0" && s != "new resumed 0" {
			rest = append(rest, s)
		}
	}
	return rest
}

// Swap does not wait for a call that hangs; that ends as it began.
func TestSwapDoesNotWaitForFunctions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := runnel.NewPromise[int]()
		var got []int
		hang := func(ctx context.Context, v int) (int, error) {
			_, err := let.Recv(ctx)
			return -v, err
		}
		g := flow.New("hangs").
			Add("work", flow.Step(hang), flow.Parallel(2)).
			Add("store", flow.Sink(collect(&got))).
			Open("work").
			Connect("work", "store")
		f := must(g.Start(bg))(t)
		f.Inject(bg, "work", 1)
		synctest.Wait()
		if err := f.Swap("work", flow.Step(double)); err != nil {
			t.Error(err)
		}
		f.Inject(bg, "work", 2, 3)
		synctest.Wait()
		let.TrySend(0)
		if err := f.Drain(bg); err != nil || fmt.Sprint(got) != "[4 6 -1]" {
			t.Errorf("%v, got %v", err, got)
		}
		mustBalance(t, f.Status())
	})
}

// A state whose call hangs takes the new functions with the next message, those of the last Swap.
func TestSwapOfAStateInItsStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := runnel.NewPromise[int]()
		var told []string
		old := flow.Stateful[int]{
			Handlers: []flow.Handler[int]{flow.On(fresh, func(x *flow.Turn, s *int, v int) error {
				*s += v
				_, err := let.Recv(x)
				return err
			})},
			Outs: []flow.Port{out},
		}.Proc()
		var got []int
		g := flow.New("hangs").
			Add("sum", old).
			Add("store", flow.Sink(collect(&got))).
			Open("sum").
			Connect("sum", "store")
		f := must(g.Start(bg))(t)
		f.Inject(bg, "sum", 5)
		synctest.Wait()
		if err := errors.Join(f.Swap("sum", sums[other]("never", &told)), f.Swap("sum", sums[int]("new", &told))); err != nil {
			t.Error(err)
		}
		let.TrySend(0)
		f.Inject(bg, "sum", 6)
		if err := f.Drain(bg); err != nil || fmt.Sprint(got, told) != "[11] [new ended 11]" {
			t.Errorf("%v, got %v, told %v", err, got, told)
		}
		mustBalance(t, f.Status())
	})
}

// Before there is a state, the Init of the last Swap makes it.
func TestSwapBeforeInit(t *testing.T) {
	for _, same := range []bool{true, false} {
		var told []string
		g := flow.New("sums").
			Add("sum", sums[int]("old", &told)).
			Add("store", flow.Sink(ignore)).
			Open("sum").
			Connect("sum", "store")
		f := must(g.Start(bg, flow.StartPaused()))(t)
		to := sums[other]("new", &told)
		if same {
			to = sums[int]("new", &told)
		}
		if err := f.Swap("sum", to); err != nil {
			t.Error(err)
		}
		f.Resume()
		if err := f.Drain(bg); err != nil || fmt.Sprint(told) != "[new init new ended 0]" {
			t.Errorf("%v, told %v", err, told)
		}
	}
}

// A new state that cannot be made ends the flow; an old one that fails when it goes does too,
// unless the process passes failures over.
func TestSwapFails(t *testing.T) {
	bad := flow.Stateful[other]{
		Init:     func(context.Context) (other, error) { return 0, errBad },
		Handlers: []flow.Handler[other]{flow.On(fresh, func(*flow.Turn, *other, int) error { return nil })},
	}.Proc()
	panics := flow.Stateful[int]{
		Handlers:   []flow.Handler[int]{flow.On(fresh, func(*flow.Turn, *int, int) error { return nil })},
		Transition: func(_ *flow.Turn, _ *int, what flow.Transition) error { panic(errBad) },
	}.Proc()
	for _, c := range []struct {
		from, to flow.Proc
		skip     bool
		plain    bool // the flow goes on
	}{{idle(), bad, true, false}, {panics, idle(), true, true}, {panics, idle(), false, false}} {
		opts := []flow.ProcOption{}
		if c.skip {
			opts = append(opts, flow.Skip())
		}
		f := must(flow.New("fails").Add("keep", c.from, opts...).Open("keep").Start(bg))(t)
		if err := errors.Join(f.Inject(bg, "keep", 1), f.Swap("keep", c.to)); err != nil {
			t.Fatal(err)
		}
		_ = f.Inject(bg, "keep", 2)
		_ = f.Drain(bg)
		if err := f.Wait(); (err == nil) != c.plain || !c.plain && !errors.Is(err, errBad) && err.Error() != "flow: process keep failed: panic: bad" {
			t.Errorf("ended with %v: %+v", err, f.Status())
		}
		mustBalance(t, f.Status())
	}
}

// idle is a state that does nothing.
func idle() flow.Proc {
	return flow.Stateful[string]{
		Handlers: []flow.Handler[string]{flow.On(fresh, func(*flow.Turn, *string, int) error { return nil })},
	}.Proc()
}

func TestSwapErrors(t *testing.T) {
	g := flow.New("errors").
		Add("numbers", endless()).
		Add("double", flow.Step(double)).
		Add("store", flow.Sink(ignore)).
		Connect("numbers", "double").
		Connect("double", "store")
	f := must(g.Start(bg))(t)
	words := func(context.Context, string) (int, error) { return 0, nil }
	for _, c := range []struct {
		process string
		to      flow.Proc
		kind    error
		says    string
	}{
		{"doubel", twice(1), flow.ErrName, `flow: no such name in the graph: process "doubel"; did you mean "double"?`},
		{"double", flow.Step(words), flow.ErrSwap, `flow: cannot swap: Swap("double"): the input in is for int, the new one for string`},
		{"double", flow.Step[int, int](nil), flow.ErrSwap, `flow: cannot swap: Swap("double"): the function is nil`},
		{"double", flow.Proc{}, flow.ErrSwap, `flow: cannot swap: Swap("double"): a Proc of no kind: make one with Step, Source, Sink or Stateful`},
		{"double", flow.Sink(ignore), flow.ErrSwap, `flow: cannot swap: Swap("double"): it is a step process, the new one a sink process; the output out is missing`},
		{"numbers", numbers(3), flow.ErrSwap, `flow: cannot swap: Swap("numbers"): a source is one call, and only its function knows how far it has come: let that call what is to be exchanged`},
		{"store", flow.Stateful[int]{
			Handlers: []flow.Handler[int]{
				flow.On("in", func(*flow.Turn, *int, int) error { return nil }).Optional(),
				flow.On(again, func(*flow.Turn, *int, int) error { return nil }),
			},
		}.Proc(), flow.ErrSwap, `flow: cannot swap: Swap("store"): it is a sink process, the new one a stateful process; the input in is required, the new one optional; the input again is new`},
	} {
		err := f.Swap(c.process, c.to)
		if !errors.Is(err, c.kind) || err.Error() != c.says {
			t.Errorf("Swap(%s): %v\nwant %s", c.process, err, c.says)
		}
	}
	stopNow(f)
	if err := f.Swap("double", flow.Step(pass)); !errors.Is(err, flow.ErrEnded) {
		t.Errorf("Swap after the end: %v", err)
	}
}

// Swap, Scale and Pause at full speed on real processors: the race detector sees whether a worker
// can meet functions that are being changed, and a value that is sent after a Swap is handled by the new ones.
func TestStressSwapAndScale(t *testing.T) {
	var version, wrong atomic.Int64
	mark := func(n int64) flow.Proc {
		return flow.Step(func(_ context.Context, v int64) (int64, error) {
			runtime.Gosched() // be found in the call
			if v > n {
				wrong.Add(1) // it was sent when version v was in its place already
			}
			return v, nil
		})
	}
	g := flow.New("busy").
		Add("versions", flow.Source(func(_ context.Context, emit func(int64) error) error {
			for {
				if err := emit(version.Load()); err != nil {
					return err
				}
			}
		})).
		Add("mark", mark(0), flow.Parallel(2)).
		Add("store", flow.Sink(func(context.Context, int64) error { return nil }), flow.Parallel(2)).
		Connect("versions", "mark", runnel.Buffer(8)).
		Connect("mark", "store", runnel.Buffer(2))
	f := must(g.Start(bg))(t)
	done := runnel.NewPromise[int]()
	runnel.Go(func() {
		defer done.TrySend(1)
		for i := range scale(300, 2000) {
			_ = errors.Join(f.Scale("mark", 1+i%5), f.Scale("store", 1+i%3), f.Pause("mark"), f.Resume("mark"))
			runtime.Gosched()
		}
	})
	for n := range scale(300, 2000) {
		if err := f.Swap("mark", mark(int64(n+1))); err != nil {
			t.Fatal(err)
		}
		version.Store(int64(n + 1))
		runtime.Gosched()
	}
	done.Recv(bg)
	f.Stop(bg)
	mustBalance(t, f.Status())
	if err := f.Wait(); err != nil || wrong.Load() > 0 {
		t.Errorf("ended with %v; %d messages met old functions", err, wrong.Load())
	}
}
