package flow_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
	"github.com/runnel-go/runnel/sim"
)

// An input without an edge from outside takes a value by the edge that has room, and by one whose
// sender has not ended.
func TestInjectTakesTheEdgeWithRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int
		let := runnel.NewPromise[int]()
		held := flow.Source(func(ctx context.Context, emit func(int) error) error {
			_, err := let.Recv(ctx)
			return err
		})
		g := flow.New("two edges").
			Add("ended", numbers(0)).
			Add("full", numbers(2)).
			Add("held", held).
			Add("store", flow.Sink(collect(&got))).
			Connect("ended", "store", runnel.Buffer(9)).
			Connect("full", "store", runnel.Buffer(2)).
			Connect("held", "store", runnel.Buffer(1))
		f := must(g.Start(bg))(t)
		f.Pause("store")
		synctest.Wait()
		if err := f.Inject(bg, "store", 7); err != nil {
			t.Error(err)
		}
		s := f.Status()
		if s.Edge("ended.out", "store.in").Sent+s.Edge("held.out", "store.in").Sent != 1 {
			t.Errorf("%v", s)
		}
		soon, cancel := context.WithTimeout(bg, time.Second)
		defer cancel()
		err := f.Inject(soon, "store", 8)
		var how *flow.InjectError
		if !errors.As(err, &how) || how.Sent != 0 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("all are full: %v", err)
		}
		runnel.Go(func() { f.Inject(bg, "store", 9) })
		synctest.Wait()
		f.Resume("store")
		synctest.Wait()
		let.TrySend(0)
		if err := f.Wait(); err != nil || len(got) < 3 {
			t.Errorf("ended with %v, got %v", err, got)
		}
		mustBalance(t, f.Status())
	})
}

// A value for an output with several edges: those with room get it at once, and the error tells
// which these were.
func TestInjectToAllEdges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flow.New("all edges").
			Add("double", flow.Step(double)).
			Add("slow", flow.Sink(ignore)).
			Add("quick", flow.Sink(ignore)).
			Add("done", flow.Sink(func(context.Context, int) error { return flow.ErrDone })).
			Open("double").
			Connect("double", "slow", runnel.Buffer(1)).
			Connect("double", "quick", runnel.Buffer(8)).
			Connect("double", "done")
		f := must(g.Start(bg))(t)
		if err := f.Inject(bg, "double", 0); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		f.Pause("slow", "quick")
		soon, cancel := context.WithTimeout(bg, time.Second)
		defer cancel()
		err := f.Inject(soon, "double.out", 1, 2, 3)
		var how *flow.InjectError
		if !errors.As(err, &how) || how.Sent != 1 || how.Values != 3 || fmt.Sprint(how.Some) != "[double.out -> quick.in]" {
			t.Errorf("%v", err)
		}
		want := `flow: Inject("double.out"): 1 of 3 values sent: the next one on double.out -> quick.in only: context deadline exceeded`
		if err == nil || err.Error() != want {
			t.Errorf("%v\nwant %s", err, want)
		}
		s := f.Status()
		slow, quick, done := s.Edge("double.out", "slow.in"), s.Edge("double.out", "quick.in"), s.Edge("double.out", "done.in")
		if slow.Sent != 2 || quick.Sent != 3 || done.Sent != 2 || done.Dropped[runnel.Undelivered] != 1 {
			t.Errorf("%v", s)
		}
		f.Resume()
		mustBalance(t, f.Stop(bg))
		if err := f.Inject(bg, "double.out", 4); !errors.Is(err, runnel.ErrClosed) {
			t.Errorf("after the end: %v", err)
		}
		if e := f.Status().Edge("double.out", "slow.in"); e.Sent != 2 {
			t.Errorf("what nobody took was counted: %v", e.Stats)
		}
	})
}

// A wrong type is told before anything is sent, and an input or output without an edge, too.
func TestInjectMistakes(t *testing.T) {
	lonely := flow.Stateful[int]{
		Handlers: []flow.Handler[int]{
			flow.On(fresh, func(*flow.Turn, *int, int) error { return nil }),
			flow.On(again, func(*flow.Turn, *int, int) error { return nil }).Optional(),
		},
		Outs: []flow.Port{flow.Optional(out)},
	}.Proc()
	f := must(flow.New("lonely").Add("sum", lonely).Open("sum.fresh").Start(bg))(t)
	for what, want := range map[string]string{
		"sum.again": "flow: no such name in the graph: nothing is connected to sum.again",
		"sum.out":   "flow: no such name in the graph: nothing is connected to sum.out",
	} {
		if err := f.Inject(bg, what, 1); !errors.Is(err, flow.ErrName) || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := f.Inject(bg, "sum.fresh", 1, 2, "three"); err == nil || err.Error() != "flow: Inject: sum.fresh takes int, not string" {
		t.Errorf("%v", err)
	}
	if s := f.Stop(bg); s.Edge("", "sum.fresh").Sent != 0 {
		t.Errorf("%v", s)
	}
}

// Values injected to inputs and outputs in every order with the end: what Inject says was sent is
// in the account, and nothing else.
func TestSimInjectToMany(t *testing.T) {
	explore(t, func(t *sim.T) {
		g := flow.New("many").
			Add("one", numbers(1)).
			Add("two", numbers(1)).
			Add("pass", flow.Step(pass)).
			Add("left", flow.Sink(ignore)).
			Add("right", flow.Sink(ignore)).
			Connect("one", "pass").
			Connect("two", "pass", runnel.Buffer(1)).
			Connect("pass", "left").
			Connect("pass", "right", runnel.Buffer(1))
		f := start(t, g)
		var in, left, right int
		t.Go("in", func() {
			for range 2 {
				if f.Inject(t.Context(), "pass", 1) == nil {
					in++
				}
			}
		})
		t.Go("out", func() {
			for range 2 {
				err := f.Inject(t.Context(), "pass.out", 1)
				var how *flow.InjectError
				switch {
				case err == nil:
					left, right = left+1, right+1
				case errors.As(err, &how) && len(how.Some) > 0:
					t.Assert(len(how.Some) == 1, "%v", how.Some)
					left += len(how.Some)
				}
			}
		})
		if t.Choose(2) == 0 {
			stopNow(f)
		}
		t.Wait()
		f.Wait()
		s := f.Status()
		got := s.Edge("one.out", "pass.in").Sent + s.Edge("two.out", "pass.in").Sent
		given := s.Process("pass").Done + s.Edge("pass.out", "left.in").Dropped.Total() + s.Edge("pass.out", "right.in").Dropped.Total()
		t.Assert(int(got) >= in && int(got) <= in+2, "injected %d, %v", in, s)
		sent := s.Edge("pass.out", "left.in").Sent + s.Edge("pass.out", "right.in").Sent
		t.Assert(int(sent) >= left+right && sent <= uint64(left+right)+2*given, "injected %d and %d, %v", left, right, s)
		over(t, f)
	})
}

// Stop ends with its context also when a process is paused, with everything counted, and what
// holds up a drain is told.
func TestSimStopWithPaused(t *testing.T) {
	explore(t, func(t *sim.T) {
		var got []int
		f := start(t, diamond(&got, 3, fine))
		name := []string{"numbers", "left", "right", "store"}[t.Choose(4)]
		f.Pause(name)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if t.Choose(2) == 0 {
			err := f.Drain(ctx)
			want := "flow: the drain is held up: paused: " + name
			switch { // time may pass at any moment, and a source ends in a pause, too
			case err == nil:
				t.Assert(f.Status().State == flow.Over, "%v", f.Status())
			case f.Status().Process(name).Workers[0].Activity != flow.Gone:
				t.Assert(strings.HasPrefix(err.Error(), want) && errors.Is(err, context.DeadlineExceeded), "Drain: %v, want %s", err, want)
			}
		}
		s := f.Stop(ctx)
		t.Assert(s.State == flow.Over, "%v", s)
		t.Assert(len(got)%2 == 0 || s.Err != nil, "got %v, %v", got, s)
		over(t, f)
	})
}
