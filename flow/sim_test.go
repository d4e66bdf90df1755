package flow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
	"github.com/runnel-go/runnel/sim"
)

// Graphs in every order: package sim decides who goes on at each operation, and the laws must
// hold whatever it decides.
//
//	nothing vanishes    balance: every edge and every process, exactly
//	nothing leaks       every task ends (sim itself reports one that does not)
//	nothing surprises   what arrives is what a model gives, in its order; the end tells why

func explore(t *testing.T, body func(*sim.T)) {
	t.Helper()
	sim.Test(t, body, sim.Schedules(scale(200, 600)))
}

// start starts a graph in a simulation.
func start(t *sim.T, g *flow.Graph, opts ...flow.StartOption) *flow.Flow {
	f, err := g.Start(t.Context(), opts...)
	t.Assert(err == nil, "Start: %v", err)
	return f
}

// over expects that the flow has ended in balance.
func over(t *sim.T, f *flow.Flow) {
	wrong := balance(f.Status())
	t.Assert(wrong == "", "%s\n%v", wrong, f.Status())
}

func TestSimLinear(t *testing.T) {
	explore(t, func(t *sim.T) {
		var got []int
		g := flow.New("linear").
			Add("numbers", numbers(2)).
			Add("double", flow.Step(double)).
			Add("store", flow.Sink(collect(&got))).
			Connect("numbers", "double").
			Connect("double", "store", runnel.Buffer(1))
		f := start(t, g)
		t.Assert(f.Wait() == nil, "Wait")
		t.Assert(fmt.Sprint(got) == "[0 2]", "got %v", got)
		over(t, f)
	})
}

// A diamond: fan-out, fan-in, several workers.
func diamond(got *[]int, n int, fail func(v int) error) *flow.Graph {
	return flow.New("diamond").
		Add("numbers", numbers(n)).
		Add("left", flow.Step(pass)).
		Add("right", flow.Step(func(_ context.Context, v int) (int, error) { return -v, fail(v) }), flow.Parallel(2)).
		Add("store", flow.Sink(collect(got))).
		Connect("numbers", "left").
		Connect("numbers", "right", runnel.Buffer(1)).
		Connect("left", "store").
		Connect("right", "store", runnel.Buffer(1))
}

func fine(int) error { return nil }

func TestSimDiamond(t *testing.T) {
	explore(t, func(t *sim.T) {
		var got []int
		f := start(t, diamond(&got, 2, fine))
		t.Assert(f.Wait() == nil, "Wait")
		sum := 0
		for _, v := range got {
			sum += v
		}
		t.Assert(len(got) == 4 && sum == 0, "got %v", got)
		over(t, f)
	})
}

func TestSimFailure(t *testing.T) {
	explore(t, func(t *sim.T) {
		var got []int
		bad := t.Choose(3)
		panics := t.Choose(2) == 1
		f := start(t, diamond(&got, 3, func(v int) error {
			if v == bad && panics {
				panic(errBad)
			}
			if v == bad {
				return errBad
			}
			return nil
		}))
		err := f.Wait()
		var failure *flow.Failure
		t.Assert(errors.As(err, &failure) && failure.Process == "right" && failure.Message == bad, "Wait: %v", err)
		over(t, f)
		t.Assert(f.Status().Dropped()[runnel.Failed] == 1, "%v", f.Status())
		reported, end := f.Failures().Recv(t.Context())
		t.Assert(reported == failure && end == nil, "the failure is not reported: %v, %v", reported, end)
	})
}

// The flow ends by a plain end, Drain, Stop or its context, at any moment.
func TestSimEnds(t *testing.T) {
	explore(t, func(t *sim.T) {
		var got []int
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		f, _ := diamond(&got, 3, fine).Start(ctx)
		how := t.Choose(4)
		var ended flow.Status
		switch how {
		case 0:
			err := f.Drain(t.Context())
			t.Assert(err == nil, "Drain: %v", err)
		case 1:
			ended = f.Stop(t.Context())
			t.Assert(ended.Dropped().Total() == 0, "a Stop that had time: %v", ended)
		case 2:
			now, end := context.WithCancel(t.Context())
			end()
			f.Stop(now)
		case 3:
			cancel(errBad)
		}
		err := f.Wait()
		switch how {
		case 0, 1:
			t.Assert(err == nil, "Wait: %v", err)
			t.Assert(len(got)%2 == 0, "half of a value: %v", got)
		case 2:
			t.Assert(err == nil || err == flow.ErrStopped, "Wait: %v", err)
		case 3:
			t.Assert(err == nil || err == errBad, "Wait: %v", err)
		}
		t.Assert(err != nil || f.Status().Dropped().Total() == 0, "a plain end, but %v", f.Status())
		over(t, f)
	})
}

// After Pause has returned, nothing comes out of the process until Resume.
func TestSimPause(t *testing.T) {
	explore(t, func(t *sim.T) {
		var got []int
		g := flow.New("paused").
			Add("numbers", numbers(2)).
			Add("twice", flow.FlatStep(func(_ context.Context, v int, emit func(int) error) error {
				return errors.Join(emit(v), emit(v))
			})).
			Add("store", flow.Sink(collect(&got))).
			Connect("numbers", "twice", runnel.Buffer(1)).
			Connect("twice", "store", runnel.Buffer(t.Choose(2)+1))
		f := start(t, g)
		count := func() uint64 {
			return f.Status().Edge("twice.out", "store.in").Sent + f.Status().Edge("numbers.out", "twice.in").Received
		}
		t.Assert(f.Pause("twice") == nil, "Pause")
		before := count()
		for range 3 {
			t.Point()
			t.Assert(count() == before, "%d have moved", count()-before)
		}
		f.Resume("twice")
		if t.Choose(2) == 0 {
			f.Pause()
			f.Resume()
		}
		t.Assert(f.Wait() == nil, "Wait")
		t.Assert(fmt.Sprint(got) == "[0 0 1 1]", "got %v", got)
		over(t, f)
	})
}

// Messages that nobody waits for go through valves. A pause of any process stops them between any
// two of its movements, in the middle of a message and at a moment at which it runs.
func TestSimPauseOfThoseWhoDoNotWait(t *testing.T) {
	explore(t, func(t *sim.T) {
		var got []int
		g := flow.New("paused").
			Add("numbers", numbers(3)).
			Add("one", flow.Step(double)).
			Add("two", flow.Step(double), flow.Parallel(1+t.Choose(2))).
			Add("store", flow.Sink(collect(&got))).
			Connect("numbers", "one", runnel.Buffer(3)).
			Connect("one", "two", runnel.Buffer(3)).
			Connect("two", "store", runnel.Buffer(3))
		f := start(t, g)
		names := []string{"numbers", "one", "two", "store"}
		name := names[t.Choose(4)]
		count := func() (moved uint64) {
			for _, e := range f.Status().Edges {
				if e.To == name+".in" {
					moved += e.Received
				}
				if e.From == name+".out" {
					moved += e.Sent
				}
			}
			return moved
		}
		for range 2 {
			t.Point()
			t.Assert(f.Pause(name) == nil, "Pause")
			before := count()
			for range 4 {
				t.Point()
				t.Assert(count() == before, "%d have moved", count()-before)
			}
			f.Resume(name)
		}
		t.Assert(f.Wait() == nil, "Wait")
		t.Assert(len(got) == 3, "got %v", got)
		over(t, f)
	})
}

// Of several who pause at once each may rely on it when its own Pause returns.
func TestSimPausesAtOnce(t *testing.T) {
	explore(t, func(t *sim.T) {
		g := flow.New("paused").
			Add("numbers", numbers(2)).
			Add("pass", flow.Step(pass)).
			Add("store", flow.Sink(ignore)).
			Connect("numbers", "pass", runnel.Buffer(1)).
			Connect("pass", "store", runnel.Buffer(1+t.Choose(2)))
		f := start(t, g)
		t.Go("other", func() { f.Pause("pass") })
		f.Pause("pass")
		before := f.Status()
		for range 3 {
			t.Point()
			now := f.Status()
			t.Assert(now.Edges[0].Received == before.Edges[0].Received && now.Edges[1].Sent == before.Edges[1].Sent, "%v\nthen\n%v", before, now)
		}
		t.Wait()
		f.Resume()
		t.Assert(f.Wait() == nil, "Wait")
		over(t, f)
	})
}

// What Status tells while the flow runs, between two Statuses:
//
//	Done and Steps never fall;  Done ≤ Received ≤ Done of later + workers;  Done ≤ Steps
func TestSimStatusMeanwhile(t *testing.T) {
	explore(t, func(t *sim.T) {
		bad := t.Choose(5)
		g := flow.New("watched").
			Add("numbers", numbers(4)).
			Add("one", flow.Step(func(_ context.Context, v int) (int, error) {
				if v == bad {
					return 0, errBad
				}
				return v, nil
			}), flow.Parallel(1+t.Choose(2)), flow.Skip()).
			Add("store", flow.Sink(ignore)).
			Connect("numbers", "one", runnel.Buffer(2)).
			Connect("one", "store", runnel.Buffer(1))
		f := start(t, g)
		t.Go("watcher", func() {
			before := f.Status()
			for range 6 {
				t.Point()
				now := f.Status()
				for i, p := range now.Processes[1:] {
					q, e := before.Processes[i+1], before.Edges[i]
					t.Assert(p.Done >= q.Done && begun(p) >= begun(q), "fell:\n%v\n%v", before, now)
					t.Assert(q.Done <= e.Received && e.Received <= p.Done+uint64(len(p.Workers)), "in hand:\n%v\n%v", before, now)
					t.Assert(p.Done <= begun(p), "more than begun: %+v", p)
				}
				before = now
			}
		})
		t.Assert(f.Wait() == nil, "Wait")
		t.Wait()
		over(t, f)
	})
}

func begun(p flow.ProcessStatus) (n uint64) {
	for _, w := range p.Workers {
		n += w.Steps
	}
	return n
}

// A cycle ends when nothing is in it any more.
func TestSimCycle(t *testing.T) {
	explore(t, func(t *sim.T) {
		var got []int
		g := flow.New("cycle").
			Add("numbers", numbers(3)).
			Add("halve", halving()).
			Add("pass", flow.Step(pass), flow.Parallel(1+t.Choose(2))).
			Add("store", flow.Sink(collect(&got))).
			Connect("numbers", "halve.fresh").
			Connect("halve.back", "pass", runnel.Unbounded()).
			Connect("pass", "halve.again").
			Connect("halve.out", "store")
		f := start(t, g)
		t.Assert(f.Wait() == nil, "Wait")
		t.Assert(len(got) == 3, "got %v", got)
		over(t, f)
	})
}

// A sender from outside is let go when the flow ends, whatever it waits for.
func TestSimInject(t *testing.T) {
	explore(t, func(t *sim.T) {
		var got []int
		g := flow.New("injected").
			Add("double", flow.Step(double)).
			Add("store", flow.Sink(collect(&got))).
			Open("double", runnel.Buffer(1)).
			Connect("double", "store")
		f := start(t, g, flow.StartPaused())
		var sent int
		t.Go("outside", func() {
			for ; sent < 4 && f.Inject(t.Context(), "double", sent) == nil; sent++ {
			}
		})
		if t.Choose(2) == 0 {
			f.Resume()
			t.Assert(f.Drain(t.Context()) == nil, "Drain")
		} else {
			now, end := context.WithCancel(t.Context())
			end()
			f.Stop(now)
		}
		t.Wait()
		over(t, f)
		s := f.Status()
		in := s.Edge("", "double.in")
		t.Assert(in.Sent == uint64(sent) && uint64(len(got))+s.Dropped().Total() == in.Sent, "injected %d, got %v\n%v", sent, got, s)
	})
}

// The state is told of pauses between two messages, and of the end once.
func TestSimTransitions(t *testing.T) {
	explore(t, func(t *sim.T) {
		var told []flow.Transition
		keeper := flow.Stateful[int]{
			Handlers: []flow.Handler[int]{flow.On(fresh, func(_ *flow.Turn, n *int, v int) error { *n += v; return nil })},
			Outs:     []flow.Port{out},
			Transition: func(x *flow.Turn, n *int, what flow.Transition) error {
				told = append(told, what)
				if what == flow.Ended {
					return out.Send(x, *n)
				}
				return nil
			},
		}.Proc()
		var got []int
		g := flow.New("sums").
			Add("numbers", numbers(3)).
			Add("sum", keeper).
			Add("store", flow.Sink(collect(&got))).
			Connect("numbers", "sum").
			Connect("sum", "store")
		f := start(t, g)
		f.Pause("sum")
		f.Resume("sum")
		t.Assert(f.Wait() == nil, "Wait")
		t.Assert(fmt.Sprint(got) == "[3]", "got %v", got)
		s := fmt.Sprint(told)
		t.Assert(s == "[ended]" || s == "[paused resumed ended]", "told %v", s)
		over(t, f)
	})
}

// Pause does not wait for a function that goes on after an output, whatever that waits for.
func TestSimPauseDoesNotWaitForFunctions(t *testing.T) {
	explore(t, func(t *sim.T) {
		paused := runnel.NewPromise[int]()
		sendsFirst := t.Choose(2) == 0
		g := flow.New("paused").
			Add("one", numbers(1)).
			Add("hang", flow.FlatStep(func(ctx context.Context, v int, emit func(int) error) error {
				if sendsFirst {
					if err := emit(v); err != nil {
						return err
					}
				}
				_, err := paused.Recv(ctx)
				return err
			})).
			Add("store", flow.Sink(ignore)).
			Connect("one", "hang").
			Connect("hang", "store", runnel.Buffer(1))
		f := start(t, g)
		t.Assert(f.Pause("hang") == nil, "Pause")
		paused.TrySend(1)
		f.Resume("hang")
		t.Assert(f.Wait() == nil, "Wait")
		over(t, f)
	})
}

// A message that is given up because the context ends is never part of a plain end.
func TestSimContextEndsInStep(t *testing.T) {
	explore(t, func(t *sim.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		g := flow.New("ends").
			Add("one", numbers(1)).
			Add("cancel", flow.Sink(func(ctx context.Context, _ int) error {
				cancel(errBad)
				return context.Cause(ctx)
			})).
			Connect("one", "cancel")
		f, _ := g.Start(ctx)
		err := f.Wait()
		t.Assert(err == errBad, "ended with %v, %v", err, f.Status())
		over(t, f)
	})
}
