package flow_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// Done ends a process, and so those before it that nobody else needs.
func TestDoneStopsTheSource(t *testing.T) {
	var got []int
	g := flow.New("take three").
		Add("numbers", endless()).
		Add("pass", flow.Step(pass)).
		Add("three", flow.Sink(func(_ context.Context, v int) error {
			if got = append(got, v); len(got) == 3 {
				return flow.ErrDone
			}
			return nil
		})).
		Connect("numbers", "pass", runnel.Buffer(4)).
		Connect("pass", "three", runnel.Buffer(4))
	f := must(g.Start(bg))(t)
	if err := f.Wait(); err != nil {
		t.Fatal(err)
	}
	mustBeSeq(t, got, 3, 1)
	mustBalance(t, f.Status())
}

// An edge that has ended does not end its sender, which has another one.
func TestFanOutGoesOnWithTheOthers(t *testing.T) {
	var got []int
	g := flow.New("two").
		Add("numbers", numbers(10)).
		Add("one", flow.Sink(func(context.Context, int) error { return flow.ErrDone })).
		Add("all", flow.Sink(collect(&got))).
		Connect("numbers", "one").
		Connect("numbers", "all")
	f := must(g.Start(bg))(t)
	if err := f.Wait(); err != nil {
		t.Fatal(err)
	}
	mustBeSeq(t, got, 10, 1)
	mustBalance(t, f.Status())
	if e := f.Status().Edge("numbers.out", "one.in"); e.Sent != 10 || e.Received != 1 {
		t.Errorf("%v", e.Stats)
	}
}

// An edge that drops keeps nobody waiting, and the others do.
func TestFanOutByPolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got, latest []int
		g := flow.New("show").
			Add("numbers", numbers(100)).
			Add("store", flow.Sink(collect(&got))).
			Add("show", flow.Sink(func(ctx context.Context, v int) error {
				latest = append(latest, v)
				return runnel.Sleep(ctx, time.Hour)
			})).
			Connect("numbers", "store").
			Connect("numbers", "show", runnel.Sliding(1))
		f := must(g.Start(t.Context()))(t)
		if err := f.Wait(); err != nil {
			t.Fatal(err)
		}
		mustBeSeq(t, got, 100, 1)
		mustBalance(t, f.Status())
		e := f.Status().Edge("numbers.out", "show.in")
		if e.Sent != 100 || int(e.Received) != len(latest) || latest[len(latest)-1] != 99 {
			t.Errorf("shown: %v, %v", latest, e.Stats)
		}
	})
}

// Nobody hears an output that is not connected, and that is counted.
func TestUnheard(t *testing.T) {
	g := flow.New("unheard").
		Add("numbers", numbers(5)).
		Add("sum", flow.Stateful[int]{
			Handlers: []flow.Handler[int]{flow.On(fresh, func(x *flow.Turn, _ *int, v int) error { return out.Send(x, v) })},
			Outs:     []flow.Port{flow.Optional(out)},
		}.Proc()).
		Connect("numbers", "sum")
	f := must(g.Start(bg))(t)
	if err := f.Wait(); err != nil || f.Status().Process("sum").Unheard != 5 {
		t.Errorf("ended with %v\n%+v", err, f.Status())
	}
}

// A function may end its goroutine; the process goes on in another one.
func TestGoexit(t *testing.T) {
	exit := func(_ context.Context, v int) error {
		if v%2 == 1 {
			runtime.Goexit()
		}
		return nil
	}
	g := flow.New("exits").
		Add("numbers", numbers(10)).
		Add("exit", flow.Sink(exit), flow.Skip()).
		Connect("numbers", "exit")
	f := must(g.Start(bg))(t)
	if err := f.Wait(); err != nil {
		t.Fatal(err)
	}
	mustBalance(t, f.Status())
	if p := f.Status().Process("exit"); p.Done != 5 || p.Failed != 5 {
		t.Errorf("%+v", p)
	}
}

// The state is told when the flow stops, and its panic then is a failure like others.
func TestStoppedIsTold(t *testing.T) {
	var told []flow.Transition
	g := flow.New("stopped").
		Add("numbers", endless()).
		Add("keep", flow.Stateful[int]{
			Handlers: []flow.Handler[int]{flow.On(fresh, func(*flow.Turn, *int, int) error { return nil })},
			Transition: func(_ *flow.Turn, _ *int, what flow.Transition) error {
				told = append(told, what)
				panic(errBad)
			},
		}.Proc()).
		Connect("numbers", "keep")
	f := must(g.Start(bg))(t)
	now, cancel := context.WithCancel(bg)
	cancel()
	mustBalance(t, f.Stop(now))
	if err := f.Wait(); err != flow.ErrStopped || len(told) != 1 || told[0] != flow.Stopped {
		t.Errorf("ended with %v, told %v", err, told)
	}
}

func TestInitFails(t *testing.T) {
	g := flow.New("no state").
		Add("numbers", endless()).
		Add("keep", flow.Stateful[int]{
			Init:     func(context.Context) (int, error) { return 0, errBad },
			Handlers: []flow.Handler[int]{flow.On(fresh, func(*flow.Turn, *int, int) error { return nil })},
		}.Proc()).
		Connect("numbers", "keep")
	mustFail(t, g.Run(bg), "keep", nil, errBad)
}

// The context of Start ends everything, also what is paused.
func TestContextEndsPaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		g := flow.New("paused").
			Add("numbers", endless()).
			Add("store", flow.Sink(ignore)).
			Connect("numbers", "store")
		f := must(g.Start(ctx, flow.StartPaused()))(t)
		synctest.Wait()
		cancel(errBad)
		if err := f.Wait(); err != errBad {
			t.Errorf("ended with %v", err)
		}
		mustBalance(t, f.Status())
	})
}

// A drain waits for what is paused, as long as it is given; and then goes on.
func TestDrainWaitsForPaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int
		g := flow.New("paused").
			Add("store", flow.Sink(collect(&got))).
			Open("store", runnel.Buffer(3))
		f := must(g.Start(t.Context(), flow.StartPaused()))(t)
		if err := f.Inject(bg, "store", 0, 1, 2); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(bg, time.Minute)
		defer cancel()
		if err := f.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) || f.Status().State != flow.Draining {
			t.Errorf("Drain: %v, %v", err, f.Status())
		}
		if err := f.Inject(bg, "store", 3); !errors.Is(err, flow.ErrDraining) {
			t.Errorf("Inject: %v", err)
		}
		if err := f.Resume(); err != nil {
			t.Fatal(err)
		}
		if err := f.Drain(bg); err != nil || f.Wait() != nil {
			t.Errorf("Drain: %v, Wait: %v", err, f.Wait())
		}
		mustBeSeq(t, got, 3, 1)
	})
}

// A graph is data: it can run twice at once.
func TestGraphRunsTwice(t *testing.T) {
	g := flow.New("twice").
		Add("numbers", numbers(100)).
		Add("store", flow.Sink(ignore)).
		Connect("numbers", "store", runnel.Buffer(8))
	one, two := must(g.Start(bg))(t), must(g.Start(bg))(t)
	for _, f := range []*flow.Flow{one, two} {
		if err := f.Wait(); err != nil || f.Status().Process("store").Done != 100 {
			t.Errorf("ended with %v\n%v", err, f.Status())
		}
	}
}

func TestWrongNames(t *testing.T) {
	g := flow.New("names").
		Add("numbers", numbers(1)).
		Add("store", flow.Sink(ignore)).
		Connect("numbers", "store")
	f := must(g.Start(bg, flow.StartPaused()))(t)
	for what, err := range map[string]error{
		"Pause":                f.Pause("stor"),
		"Resume":               f.Resume("number"),
		"Inject":               f.Inject(bg, "store.inn", 1),
		"Inject of wrong type": f.Inject(bg, "store.in", "one"),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	if err := f.Pause("stor"); !errors.Is(err, flow.ErrName) || err.Error() != `flow: no such name in the graph: process "stor"; did you mean "store"?` {
		t.Errorf("Pause: %v", err)
	}
	if err := f.Inject(bg, "store.in", "one"); err.Error() != "flow: Inject: store.in takes int, not string" {
		t.Errorf("Inject: %v", err)
	}
	f.Resume()
	if err := f.Wait(); err != nil {
		t.Error(err)
	}
	if f.Status().Process("none").Name != "" || f.Status().Edge("a", "b").To != "" {
		t.Error("found what is not there")
	}
}

// A result that nobody takes any more is counted on the edge that it was made for.
func TestStopCountsResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flow.New("full").
			Add("double", flow.Step(double)).
			Add("store", flow.Sink(ignore)).
			Open("double").
			Connect("double", "store")
		f := must(g.Start(t.Context()))(t)
		if err := errors.Join(f.Pause("store"), f.Inject(bg, "double", 1)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		now, cancel := context.WithCancel(bg)
		cancel()
		s := f.Stop(now)
		mustBalance(t, s)
		if e := s.Edge("double.out", "store.in"); e.Sent != 1 || e.Dropped[runnel.Undelivered] != 1 {
			t.Errorf("%v", e.Stats)
		}
	})
}
