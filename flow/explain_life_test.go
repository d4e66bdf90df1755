package flow_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

func TestExplainPaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := must(five(pass).Start(t.Context()))(t)
		f.Pause("pack")
		time.Sleep(3 * time.Second)
		synctest.Wait()
		mustExplain(t, f.Explain(), `pack has been paused for 3s, so:
	ledger waits for room on ledger.out -> pack.in (64 of 64), 3s
	ship waits for values of pack.out -> ship.in, 3s
	check waits for room on check.out -> ledger.in (64 of 64), 3s
	orders waits for room on orders.out -> check.in (8 of 8), 3s
Paused: pack.`)
		go f.Drain(t.Context())
		synctest.Wait()
		if got := f.Explain(); got.State != flow.Draining || len(got.Paused) != 1 {
			t.Errorf("%+v", got)
		}
		f.Resume()
		if err := f.Wait(); err != nil {
			t.Error(err)
		}
		mustExplain(t, f.Explain(), `shop has come to its end, and nothing was lost.`)
	})
}

func TestExplainFailuresThatNobodyTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flow.New("failing").
			Add("numbers", endless()).
			Add("fail", flow.Step(func(context.Context, int) (int, error) { return 0, errBad }), flow.Skip()).
			Add("store", flow.Sink(ignore)).
			Connect("numbers", "fail", runnel.Buffer(4)).
			Connect("fail", "store").
			Failures(runnel.Buffer(10))
		f, s := after(t, g, 5*time.Second)
		mustExplain(t, s.Explain(), `fail has waited for room on the channel of failures for 5s, so:
	numbers waits for room on numbers.out -> fail.in (4 of 4), 5s
	store waits for values of fail.out -> store.in, 5s`)
		s = stopNow(f)
		if got := s.Explain(); got.Err != flow.ErrStopped || got.Dropped[runnel.Failed] != 11 {
			t.Errorf("%+v", got)
		}
	})
}

func TestExplainReportsThatNobodyTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		taken, refused := 0, 0
		g := flow.New("told").
			Add("numbers", endless()).
			Add("tell", flow.Step(telling(&taken, &refused))).
			Add("store", flow.Sink(ignore)).
			Connect("numbers", "tell", runnel.Buffer(4)).
			Connect("tell", "store").
			Reports(runnel.Buffer(1))
		f, s := after(t, g, 5*time.Second)
		if c := s.Explain().Causes; len(c) != 1 || c[0].Process != "tell" || c[0].On != "reports" || c[0].AtLeast != 5*time.Second {
			t.Errorf("%+v", c)
		}
		stopNow(f)
	})
}

// A source that gives nothing, after it has given some: its age is that of what it is awaited for.
func TestExplainSlowSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flights := flow.Source(func(ctx context.Context, emit func(int) error) error {
			for i := range 5 {
				runnel.Sleep(ctx, time.Second)
				if err := emit(i); err != nil {
					return err
				}
			}
			return runnel.Sleep(ctx, time.Hour)
		})
		g := flow.New("delays").
			Add("flights", flights).
			Add("parse", flow.Step(pass)).
			Add("store", flow.Sink(ignore)).
			Connect("flights", "parse", runnel.Buffer(4)).
			Connect("parse", "store")
		f, s := after(t, g, 8*time.Second)
		mustExplain(t, s.Explain(), `flights has been in its function for at least 3s, so:
	parse waits for values of flights.out -> parse.in, 3s
	store waits for values of parse.out -> store.in, 3s`)
		stopNow(f)
	})
}

// Two causes in one graph, of which the second one holds up less; and a third that nobody waits for.
func TestExplainSeveralCauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := func(ctx context.Context, v int) error { return runnel.Sleep(ctx, time.Hour) }
		g := flow.New("several").
			Add("left", endless()).
			Add("pass", flow.Step(pass)).
			Add("one", flow.Sink(hang), flow.Parallel(2)).
			Add("right", endless()).
			Add("two", flow.Sink(hang)).
			Add("three", flow.Sink(hang)).
			Connect("left", "pass").
			Connect("pass", "one").
			Connect("right", "two", runnel.Buffer(2)).
			Connect("right", "three", runnel.Sliding(2))
		f, s := after(t, g, 20*time.Second)
		mustExplain(t, s.Explain(), `2 workers of one have been in their step for 20s, so:
	pass waits for room on pass.out -> one.in (no buffer), 20s
	left waits for room on left.out -> pass.in (no buffer), 20s
two has been in its step for 20s, so:
	right waits for room on right.out -> two.in (2 of 2), 20s
three has been in its step for 20s; nobody waits for it.`)
		stopNow(f)
	})
}

func TestExplainOutside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flow.New("injected").
			Add("store", flow.Sink(func(ctx context.Context, v int) error { return runnel.Sleep(ctx, time.Minute) })).
			Open("store")
		f, s := after(t, g, 5*time.Second)
		mustExplain(t, s.Explain(), `store waits for values from outside, for 5s.`)
		runnel.Go(func() { _ = f.Inject(bg, "store", 1, 2) })
		time.Sleep(2 * time.Second)
		synctest.Wait()
		mustExplain(t, f.Explain(), `store has been in its step for 2s, so:
	a call of Inject waits for room on outside -> store.in (no buffer), 2s`)
		stopNow(f)
	})
}

// The end of the flow waits for functions that do not heed their context.
func TestExplainStopping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := runnel.New[int]()
		g := flow.New("stubborn").
			Add("numbers", endless()).
			Add("hang", flow.Sink(func(context.Context, int) error { let.Recv(bg); return nil })).
			Connect("numbers", "hang")
		f, _ := after(t, g, 5*time.Second)
		runnel.Go(func() { stopNow(f) })
		time.Sleep(time.Second)
		synctest.Wait()
		e := f.Explain()
		if e.State != flow.Stopping || e.String() != `hang has been in its step for 6s; the end of the flow waits for it.` {
			t.Errorf("%v: %v", e.State, e)
		}
		let.Close()
		if err := f.Wait(); !errors.Is(err, flow.ErrStopped) {
			t.Error(err)
		}
		mustExplain(t, f.Explain(), `stubborn has ended: flow: the flow was stopped; nothing was lost.`)
	})
}

func TestExplainSelfLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loop := flow.Stateful[int]{
			Handlers: []flow.Handler[int]{
				flow.On(fresh, func(x *flow.Turn, _ *int, v int) error { return errors.Join(back.Send(x, v), back.Send(x, v)) }),
				flow.On(again, func(x *flow.Turn, _ *int, v int) error { return nil }),
			},
			Outs: []flow.Port{back},
		}.Proc()
		g := flow.New("loop").
			Add("one", numbers(1)).
			Add("loop", loop).
			Connect("one", "loop.fresh").
			Connect("loop", "loop.again", runnel.Buffer(1))
		f, s := after(t, g, time.Minute)
		mustExplain(t, s.Explain(), `loop waits for itself and can never go on:
	loop waits for room on loop.back -> loop.again (1 of 1), 1m0s
The edge must hold all that can be in the cycle.`)
		stopNow(f)
	})
}

// Nothing takes long, so nothing is claimed; two readings tell who is the busiest, and what went on.
func TestExplainAFlowThatMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		work := func(ctx context.Context, v int) (int, error) { return v, runnel.Sleep(ctx, 20*time.Millisecond) }
		f, before := after(t, five(work), time.Minute)
		if e := before.Explain(); !e.Moves() {
			t.Errorf("claimed %v", e)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		s := f.Status()
		e := s.ExplainSince(before)
		mustExplain(t, e, `shop moves: nothing has waited or worked for 1s.
The busiest process is ledger, 100% of the time in its function.
Senders that waited for room on orders.out -> check.in: 1 on the average.`)
		stopNow(f)
	})
}

// Two readings that are near to each other speak of what has lasted from the one to the other.
func TestExplainSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, before := after(t, five(slowOn(100, time.Hour)), 5*time.Millisecond)
		time.Sleep(10 * time.Millisecond)
		s := f.Status()
		if e := s.Explain(); !e.Moves() {
			t.Errorf("claimed %v", e)
		}
		if c := s.ExplainSince(before).Causes; len(c) != 1 || c[0].Process != "ledger" || c[0].AtLeast < 10*time.Millisecond {
			t.Errorf("%+v", c)
		}
		stopNow(f)
	})
}

// A worker that waits for its turn leads to the one whose turn it is.
func TestExplainOrdered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flow.New("ordered").
			Add("numbers", endless()).
			Add("work", flow.Step(slowOn(0, time.Hour)), flow.Parallel(3), flow.Ordered()).
			Add("store", flow.Sink(ignore)).
			Connect("numbers", "work", runnel.Buffer(4)).
			Connect("work", "store")
		f, s := after(t, g, 5*time.Second)
		if c := s.Explain().Causes; len(c) != 1 || c[0].Process != "work" || c[0].Activity != flow.InStep || c[0].Workers != 1 {
			t.Errorf("%v\n%v", s.Explain(), s)
		}
		stopNow(f)
	})
}

// A filter that lets nothing through works: whoever waits for what it gives is held up by nobody.
func TestExplainAFilter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		none := func(ctx context.Context, v int, emit func(int) error) error {
			return runnel.Sleep(ctx, 10*time.Millisecond)
		}
		g := flow.New("filter").
			Add("numbers", endless()).
			Add("none", flow.FlatStep(none)).
			Add("store", flow.Sink(ignore)).
			Connect("numbers", "none", runnel.Buffer(4)).
			Connect("none", "store")
		f, s := after(t, g, time.Minute+time.Millisecond)
		if e := s.Explain(); !e.Moves() || s.Process("store").Workers[0].For < time.Minute {
			t.Errorf("claimed %v\n%v", e, s)
		}
		stopNow(f)
	})
}
