package flow_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
	"github.com/runnel-go/runnel/sim"
)

// telling reports each value, and counts what was taken and what was not.
func telling(taken, refused *int) func(context.Context, int) (int, error) {
	return func(ctx context.Context, v int) (int, error) {
		if flow.Report(ctx, v) == nil {
			*taken++
		} else {
			*refused++
		}
		return v, nil
	}
}

func TestReportOutsideOfAFlow(t *testing.T) {
	if err := flow.Report(bg, 1); err != flow.ErrNoFlow {
		t.Errorf("reported with %v", err)
	}
}

// Every function of a process can report: a source, Init, a handler, one with a Timeout.
func TestReportFromAnyFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := flow.Source(func(ctx context.Context, emit func(int) error) error {
			return errors.Join(flow.Report(ctx, "source"), emit(1))
		})
		sum := flow.Stateful[int]{
			Init: func(ctx context.Context) (int, error) { return 0, flow.Report(ctx, "init") },
			Handlers: []flow.Handler[int]{flow.On(fresh, func(x *flow.Turn, _ *int, v int) error {
				runnel.Sleep(x, time.Second)
				return errors.Join(flow.Report(x, "handler"), out.Send(x, v))
			})},
			Outs:       []flow.Port{out},
			Transition: func(x *flow.Turn, _ *int, what flow.Transition) error { return flow.Report(x, what) },
		}.Proc()
		store := flow.Sink(func(ctx context.Context, _ int) error { return flow.Report(ctx, "sink") })
		g := flow.New("told").
			Add("numbers", source).
			Add("sum", sum, flow.Timeout(time.Hour)).
			Add("store", store, flow.Timeout(time.Hour)).
			Connect("numbers", "sum").
			Connect("sum", "store", runnel.Buffer(1))
		began := time.Now()
		f := must(g.Start(t.Context()))(t)
		if err := f.Wait(); err != nil {
			t.Fatal(err)
		}
		told := map[any]flow.Reported{}
		for r := range f.Reports().All(bg) {
			told[r.Value] = r
		}
		for value, process := range map[any]string{"source": "numbers", "init": "sum", "handler": "sum", flow.Ended: "sum", "sink": "store"} {
			if told[value].Process != process {
				t.Errorf("%v: %+v, want one of %s", value, told[value], process)
			}
		}
		if d := told["handler"].When.Sub(began); d != time.Second || len(told) != 5 {
			t.Errorf("the handler has told after %v; all: %v", d, told)
		}
	})
}

// Nobody reads: the latest are kept, and the others counted.
func TestReportsAreCounted(t *testing.T) {
	const n = 5000
	taken, refused := 0, 0
	g := flow.New("told").
		Add("numbers", numbers(n)).
		Add("tell", flow.Step(telling(&taken, &refused))).
		Add("store", flow.Sink(ignore)).
		Connect("numbers", "tell", runnel.Buffer(16)).
		Connect("tell", "store", runnel.Buffer(16))
	f := must(g.Start(bg))(t)
	if err := f.Wait(); err != nil {
		t.Fatal(err)
	}
	next := n - 1024
	for r := range f.Reports().All(bg) {
		if r.Value != next {
			t.Fatalf("got %v, want %d", r.Value, next)
		}
		next++
	}
	s := f.Status().Reports
	if next != n || s.Sent != n || s.Dropped[runnel.DroppedOldest] != n-1024 || taken != n {
		t.Errorf("read up to %d, %v", next, s)
	}
}

// With a buffer Report waits, which Status tells, and a pause does not hold it.
func TestReportWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		taken, refused := 0, 0
		g := flow.New("told").
			Add("numbers", numbers(3)).
			Add("tell", flow.Step(telling(&taken, &refused))).
			Add("store", flow.Sink(ignore)).
			Connect("numbers", "tell").
			Connect("tell", "store").
			Reports(runnel.Buffer(1))
		f := must(g.Start(t.Context()))(t)
		time.Sleep(3 * time.Second)
		s := f.Status()
		if p := s.Process("tell"); p.Reporting != 1 || s.Reports.OldestSend != 3*time.Second || p.Workers[0].Activity != flow.InStep {
			t.Errorf("%+v, %+v", p, s.Reports)
		}
		f.Pause("tell")
		for range 2 { // that in the buffer, and that of the call which goes on in spite of the pause
			if _, err := f.Reports().Recv(t.Context()); err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		if s := f.Status(); s.Process("tell").Reporting != 0 || s.Process("tell").Workers[0].Activity != flow.Resting {
			t.Errorf("%+v", s.Process("tell"))
		}
		f.Resume()
		if r, err := f.Reports().Recv(t.Context()); err != nil || r.Value != 2 || f.Wait() != nil || taken != 3 {
			t.Errorf("%v, %v, %d taken", r, err, taken)
		}
		if err := flow.Report(context.WithoutCancel(t.Context()), 1); err != flow.ErrNoFlow {
			t.Error(err)
		}
	})
}

// A report from a goroutine that has outlived the flow is refused, and counted.
func TestReportAfterTheEnd(t *testing.T) {
	var life context.Context
	g := flow.New("told").
		Add("numbers", flow.Source(func(ctx context.Context, _ func(int) error) error { life = ctx; return nil })).
		Add("store", flow.Sink(ignore)).
		Connect("numbers", "store")
	f := must(g.Start(bg))(t)
	if err := f.Wait(); err != nil {
		t.Fatal(err)
	}
	err := flow.Report(life, 1)
	if s := f.Reports().Stats(); err != runnel.ErrClosed || s.Sent != 1 || s.Dropped[runnel.Undelivered] != 1 {
		t.Errorf("%v, %v", err, s)
	}
}

// In every order, with a reader that is slow and an end at any moment, every report is received, held
// or counted, and its function has been told.
func TestSimReports(t *testing.T) {
	explore(t, func(t *sim.T) {
		taken, refused, read := 0, 0, 0
		g := flow.New("told").
			Add("numbers", numbers(3)).
			Add("tell", flow.Step(telling(&taken, &refused))).
			Add("store", flow.Sink(ignore)).
			Connect("numbers", "tell", runnel.Buffer(1)).
			Connect("tell", "store").
			Reports(runnel.Buffer(1))
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		f, _ := g.Start(ctx)
		t.Go("reader", func() {
			for range f.Reports().All(t.Context()) {
				read++
			}
		})
		if t.Choose(2) == 0 {
			cancel(errBad)
		}
		_ = f.Wait()
		t.Wait()
		over(t, f)
		s := f.Status().Reports
		t.Assert(taken == read && s.Received == uint64(read) && s.Len == 0, "%d taken, %d read, %v", taken, read, s)
		t.Assert(s.Dropped[runnel.Undelivered] == uint64(refused) && s.Sent == uint64(taken+refused), "%d refused, %v", refused, s)
	})
}
