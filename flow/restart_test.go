package flow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// keeper is a process with a state that numbers its states, and notes what happens to them.
type keeper struct {
	inits int
	init  func(n int) error                       // nil: none fails
	on    func(v int) error                       // nil: none fails
	tell  func(n int, what flow.Transition) error // nil: none fails
	notes []string
}

func (k *keeper) proc() flow.Proc {
	return flow.Stateful[int]{
		Init: func(context.Context) (int, error) {
			k.inits++
			if k.init != nil {
				return k.inits, k.init(k.inits)
			}
			return k.inits, nil
		},
		Handlers: []flow.Handler[int]{flow.On(fresh, func(_ *flow.Turn, n *int, v int) error {
			k.notes = append(k.notes, fmt.Sprintf("%d:%d", *n, v))
			if k.on != nil {
				return k.on(v)
			}
			return nil
		})},
		Transition: func(_ *flow.Turn, n *int, what flow.Transition) error {
			k.notes = append(k.notes, fmt.Sprintf("%d:%v", *n, what))
			if k.tell != nil {
				return k.tell(*n, what)
			}
			return nil
		},
	}.Proc()
}

func (k *keeper) graph(n int, opts ...flow.ProcOption) *flow.Graph {
	return flow.New("kept").
		Add("numbers", numbers(n)).
		Add("keep", k.proc(), opts...).
		Connect("numbers", "keep")
}

func (k *keeper) mustNote(t testing.TB, want string) {
	t.Helper()
	if got := fmt.Sprint(k.notes); got != want {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func failsOn(bad int) func(int) error {
	return func(v int) error {
		if v == bad {
			return errBad
		}
		return nil
	}
}

// The state that failed is told Stopped, the failure has it as it was, and the next message finds
// a new one.
func TestRestartMakesANewState(t *testing.T) {
	k := &keeper{on: failsOn(1)}
	f := must(k.graph(3, flow.Restart(), flow.Retry(runnel.Backoff{Attempts: 2})).Start(bg))(t)
	if err := f.Wait(); err != nil {
		t.Fatal(err)
	}
	k.mustNote(t, "[1:0 1:1 1:1 1:stopped 2:2 2:ended]")
	failure := must(f.Failures().Recv(bg))(t)
	if failure.State != 1 || failure.Message != 1 || failure.Attempts != 2 {
		t.Errorf("%+v", failure)
	}
	mustBalance(t, f.Status())
}

// Without Init the state is the zero value again.
func TestRestartWithoutInit(t *testing.T) {
	var sums []int
	sum := flow.Stateful[int]{
		Handlers: []flow.Handler[int]{flow.On(fresh, func(_ *flow.Turn, n *int, v int) error {
			*n += v
			sums = append(sums, *n)
			if v == 2 {
				panic(errBad)
			}
			return nil
		})},
	}.Proc()
	g := flow.New("sums").Add("numbers", numbers(5)).Add("sum", sum, flow.Restart()).Connect("numbers", "sum")
	if err := g.Run(bg); err != nil || fmt.Sprint(sums) != "[0 1 3 3 7]" {
		t.Errorf("ended with %v, sums %v", err, sums)
	}
}

// The last message fails: its state is told Stopped, and the one made for those to come Ended.
func TestRestartAtTheEnd(t *testing.T) {
	k := &keeper{on: failsOn(1)}
	if err := k.graph(2, flow.Restart()).Run(bg); err != nil {
		t.Fatal(err)
	}
	k.mustNote(t, "[1:0 1:1 1:stopped 2:ended]")
}

// An Init that fails is repeated as Retry says, and then ends the flow.
func TestRestartInitFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &keeper{on: failsOn(0), init: func(n int) error {
			if n > 1 {
				return errBad
			}
			return nil
		}}
		began := time.Now()
		f := must(k.graph(3, flow.Restart(), flow.Retry(runnel.Backoff{Attempts: 3, First: time.Second})).Start(t.Context()))(t)
		mustFail(t, f.Wait(), "keep", nil, errBad)
		if d := time.Since(began); k.inits != 4 || d < 3*time.Second || d > 6*time.Second { // two waits for the message, two for Init
			t.Errorf("Init was called %d times, in %v", k.inits, d)
		}
		k.mustNote(t, "[1:0 1:0 1:0 1:stopped]")
		s := f.Status()
		mustBalance(t, s)
		if p := s.Process("keep"); p.Failed != 2 || p.Retried != 4 {
			t.Errorf("%+v", p)
		}
	})
}

// A state that fails on being told of its end has failed twice, and there is a new one.
func TestRestartFarewellFails(t *testing.T) {
	k := &keeper{on: failsOn(1), tell: func(n int, what flow.Transition) error {
		if what == flow.Stopped {
			panic(errBad)
		}
		return nil
	}}
	f := must(k.graph(3, flow.Restart()).Start(bg))(t)
	if err := f.Wait(); err != nil || f.Status().Process("keep").Failed != 2 {
		t.Errorf("ended with %v, %v", err, f.Status())
	}
	k.mustNote(t, "[1:0 1:1 1:stopped 2:2 2:ended]")
}

// A transition that fails has Restart, too; but not that of the end, behind which nothing can
// begin anew.
func TestRestartAfterATransition(t *testing.T) {
	for _, panics := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			k := &keeper{}
			k.tell = func(n int, what flow.Transition) error {
				switch {
				case n == 1 && what == flow.Paused && panics:
					panic(errBad)
				case n == 1 && what == flow.Paused, what == flow.Ended:
					return errBad
				}
				return nil
			}
			g := flow.New("told").Add("keep", k.proc(), flow.Restart(), flow.Retry(runnel.Backoff{Attempts: 3})).Open("keep")
			f := must(g.Start(t.Context()))(t)
			inject := func(v int) {
				if err := f.Inject(bg, "keep", v); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
			}
			inject(0)
			f.Pause()
			synctest.Wait()
			f.Resume()
			inject(1)
			f.Pause()
			synctest.Wait()
			f.Resume()
			f.Drain(bg)
			mustFail(t, f.Wait(), "keep", nil, errBad)
			k.mustNote(t, "[1:0 1:paused 1:stopped 2:1 2:paused 2:resumed 2:ended]")
			if failure := must(f.Failures().Recv(bg))(t); failure.Attempts != 1 || failure.State != 1 {
				t.Errorf("%+v", failure)
			}
		})
	}
}

// A state that panics on being told Paused is told Resumed all the same, before a message that is
// there already.
func TestTransitionPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f *flow.Flow
		k := &keeper{tell: func(n int, what flow.Transition) error {
			if what == flow.Paused {
				// the pause is over before the worker comes by the gate again
				panic(errors.Join(errBad, f.Inject(bg, "keep", 0), f.Resume()))
			}
			return nil
		}}
		f = must(flow.New("told").Add("keep", k.proc(), flow.Skip()).Open("keep", runnel.Buffer(1)).Start(t.Context()))(t)
		synctest.Wait()
		f.Pause()
		synctest.Wait() // a drain that comes first takes no message in
		if err := f.Drain(bg); err != nil {
			t.Fatal(err)
		}
		k.mustNote(t, "[1:paused 1:resumed 1:0 1:ended]")
	})
}

// A restart comes by the gate: a paused process makes no state.
func TestRestartPaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f *flow.Flow
		k := &keeper{}
		k.on = func(v int) error {
			if v == 0 {
				return errors.Join(f.Pause("keep"), errBad)
			}
			return nil
		}
		g := flow.New("kept").Add("keep", k.proc(), flow.Restart()).Open("keep")
		f = must(g.Start(t.Context()))(t)
		if err := f.Inject(bg, "keep", 0); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		k.mustNote(t, "[1:0]")
		f.Resume()
		if err := errors.Join(f.Inject(bg, "keep", 1), f.Drain(bg)); err != nil {
			t.Fatal(err)
		}
		k.mustNote(t, "[1:0 1:stopped 2:1 2:ended]")
	})
}

// A source that has given values begins anew, after the first wait, as long as it gives some.
func TestRestartOfASource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int
		var at []time.Duration
		began := time.Now()
		calls := 0
		source := flow.Source(func(_ context.Context, emit func(int) error) error {
			at = append(at, time.Since(began))
			calls++
			bad := runnel.RetryAfter(time.Second, errBad)
			if calls == 7 {
				bad = runnel.RetryAfter(2*time.Second, errBad)
			}
			if calls == 3 || calls > 5 {
				return bad // and has given nothing
			}
			if err := emit(calls); err != nil {
				return err
			}
			return bad
		})
		g := flow.New("again").
			Add("source", source, flow.Restart(), flow.Retry(runnel.Backoff{Attempts: 3, First: time.Second})).
			Add("store", flow.Sink(collect(&got))).
			Connect("source", "store")
		f := must(g.Start(t.Context()))(t)
		mustFail(t, f.Wait(), "source", nil, errBad)
		if s := fmt.Sprint(at); s != "[0s 1s 2s 3s 4s 5s 6s 8s]" {
			t.Errorf("called at %v", s)
		}
		s := f.Status()
		mustBalance(t, s)
		if p := s.Process("source"); p.Failed != 5 || p.Retried != 3 || len(got) != 4 {
			t.Errorf("%+v, got %v", p, got)
		}
	})
}

// A permanent error of a source is for good, although it has given values.
func TestRestartNotPermanent(t *testing.T) {
	calls := 0
	source := flow.Source(func(_ context.Context, emit func(int) error) error {
		calls++
		return errors.Join(emit(1), runnel.Permanent(errBad))
	})
	g := flow.New("for good").Add("source", source, flow.Restart()).Add("store", flow.Sink(ignore)).Connect("source", "store")
	mustFail(t, g.Run(bg), "source", nil, errBad)
	if calls != 1 {
		t.Errorf("%d calls", calls)
	}
}
