package flow_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
	"github.com/runnel-go/runnel/sim"
)

// crowd counts the calls that run at once.
//
//	runs <= most
type crowd struct {
	mu         runnel.Mutex
	runs, most int
}

func (c *crowd) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.runs += n
	c.most = max(c.most, c.runs)
}

// in is a function of a step that is in the crowd while it lasts.
func (c *crowd) in(f func(context.Context, int) (int, error)) func(context.Context, int) (int, error) {
	return func(ctx context.Context, v int) (int, error) {
		c.add(1)
		defer c.add(-1)
		return f(ctx, v)
	}
}

// Workers come and go in any order with messages, pauses, and the end.
func TestSimScale(t *testing.T) {
	explore(t, func(t *sim.T) {
		var got []int
		var c crowd
		n := 1 + t.Choose(3)
		g := flow.New("scaled").
			Add("numbers", numbers(4)).
			Add("work", flow.Step(c.in(pass)), flow.Parallel(n)).
			Add("store", flow.Sink(collect(&got))).
			Connect("numbers", "work", runnel.Buffer(t.Choose(2)+1)).
			Connect("work", "store")
		f := start(t, g)
		largest := n
		for range 2 {
			n = 1 + t.Choose(3)
			largest = max(largest, n)
			rescale(t, f, "work", n)
			if t.Choose(3) == 0 {
				f.Pause("work")
				rescale(t, f, "work", n)
				f.Resume("work")
			}
		}
		t.Assert(f.Wait() == nil, "Wait")
		slices.Sort(got)
		t.Assert(fmt.Sprint(got) == "[0 1 2 3]", "got %v", got)
		t.Assert(c.most <= largest, "%d calls at once of %d", c.most, largest)
		t.Assert(len(f.Status().Process("work").Workers) >= 1, "no worker: %+v", f.Status())
		over(t, f)
	})
}

// rescale expects that Scale works unless the process has ended.
func rescale(t *sim.T, f *flow.Flow, process string, n int) {
	err := f.Scale(process, n)
	t.Assert(err == nil || errors.Is(err, flow.ErrEnded), "Scale: %v", err)
}

// A cycle ends although its workers come and go, and not before it is empty.
func TestSimScaleInCycle(t *testing.T) {
	explore(t, func(t *sim.T) {
		var got []int
		g := flow.New("cycle").
			Add("numbers", numbers(3)).
			Add("halve", halving()).
			Add("pass", flow.Step(pass), flow.Parallel(1+t.Choose(3))).
			Add("store", flow.Sink(collect(&got))).
			Connect("numbers", "halve.fresh").
			Connect("halve.back", "pass", runnel.Unbounded()).
			Connect("pass", "halve.again").
			Connect("halve.out", "store").
			Open("pass")
		f := start(t, g)
		t.Go("scales", func() {
			rescale(t, f, "pass", 1+t.Choose(3))
			rescale(t, f, "pass", 1+t.Choose(3))
		})
		t.Assert(f.Inject(t.Context(), "pass", 2) == nil, "Inject")
		t.Assert(f.Drain(t.Context()) == nil, "Drain")
		t.Wait()
		s := f.Status()
		t.Assert(len(got) == int(s.Edge("numbers.out", "halve.fresh").Sent)+1, "got %v\n%v", got, s)
		t.Assert(s.Dropped().Total() == 0, "%v", s)
		over(t, f)
	})
}

// Several scale at once: the last one holds.
func TestSimScaleConcurrently(t *testing.T) {
	explore(t, func(t *sim.T) {
		g := flow.New("scaled").
			Add("work", flow.Sink(ignore), flow.Parallel(2)).
			Open("work")
		f := start(t, g)
		for i := range 2 {
			t.Go(fmt.Sprint("scales", i), func() { rescale(t, f, "work", 1+t.Choose(3)) })
		}
		t.Assert(f.Inject(t.Context(), "work", 1, 2) == nil, "Inject")
		t.Wait()
		rescale(t, f, "work", 2)
		t.Assert(f.Inject(t.Context(), "work", 3, 4, 5) == nil, "Inject")
		t.Assert(f.Drain(t.Context()) == nil, "Drain")
		p := f.Status().Process("work")
		t.Assert(len(p.Workers) == 2 && p.Done == 5, "%+v", p)
		over(t, f)
	})
}

// A function that hangs holds up neither Scale nor the others, and its worker goes when it is
// through. Also while the process is paused.
func TestScaleDoesNotWaitForFunctions(t *testing.T) {
	for _, paused := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			let := runnel.New[int]()
			g := flow.New("hangs").
				Add("hang", flow.Sink(func(ctx context.Context, _ int) error {
					_, err := let.Recv(ctx)
					return err
				}), flow.Parallel(4)).
				Open("hang", runnel.Buffer(8))
			f := must(g.Start(bg))(t)
			workers := func() (all []flow.Activity) {
				synctest.Wait()
				for _, w := range f.Status().Process("hang").Workers {
					all = append(all, w.Activity)
				}
				return all
			}
			f.Inject(bg, "hang", 0, 1, 2)
			synctest.Wait()
			if paused {
				f.Pause()
			}
			if err := f.Scale("hang", 2); err != nil || fmt.Sprint(workers()) != "[in step in step in step]" {
				t.Fatalf("Scale: %v, %v", err, workers())
			}
			f.Inject(bg, "hang", 3, 4)
			let.Send(bg, 1)
			if n := len(workers()); n != 2 || f.Status().Process("hang").Done != 1 {
				t.Errorf("one has gone: %+v", f.Status())
			}
			if err := f.Scale("hang", 3); err != nil {
				t.Error(err)
			}
			want := "[in step in step in step]"
			if paused {
				want = "[in step in step resting]"
			}
			if s := fmt.Sprint(workers()); s != want {
				t.Errorf("one has come: %v, want %v", s, want)
			}
			f.Resume()
			let.Close()
			mustBalance(t, stopNow(f))
		})
	}
}

// stopNow stops a flow without a drain.
func stopNow(f *flow.Flow) flow.Status {
	now, cancel := context.WithCancel(bg)
	cancel()
	return f.Stop(now)
}

// Those that were to go, and have not gone yet, stay if more are wanted again.
func TestScaleUpAgainKeepsWhoIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := runnel.New[int]()
		g := flow.New("hangs").
			Add("hang", flow.Sink(func(ctx context.Context, _ int) error {
				_, err := let.Recv(ctx)
				return err
			}), flow.Parallel(3)).
			Open("hang", runnel.Buffer(8))
		f := must(g.Start(bg))(t)
		f.Inject(bg, "hang", 0, 1, 2, 3, 4, 5)
		synctest.Wait()
		if err := errors.Join(f.Scale("hang", 1), f.Scale("hang", 3)); err != nil {
			t.Error(err)
		}
		for range 3 {
			let.Send(bg, 1)
		}
		synctest.Wait()
		p := f.Status().Process("hang")
		if len(p.Workers) != 3 || p.Done != 3 || p.Workers[0].Steps != 2 {
			t.Errorf("%+v", p)
		}
		let.Close()
		mustBalance(t, stopNow(f))
	})
}

// A function may scale its own process.
func TestScaleFromInside(t *testing.T) {
	var f *flow.Flow
	g := flow.New("inside").
		Add("work", flow.Sink(func(_ context.Context, n int) error { return f.Scale("work", n) })).
		Open("work")
	f = must(g.Start(bg))(t)
	for _, n := range []int{3, 2, 7, 1, 2} {
		if err := f.Inject(bg, "work", n); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Drain(bg); err != nil {
		t.Fatal(err)
	}
	mustBalance(t, f.Status())
}

func TestScaleErrors(t *testing.T) {
	g := flow.New("errors").
		Add("numbers", endless()).
		Add("sum", halving()).
		Add("store", flow.Sink(ignore)).
		Connect("numbers", "sum.fresh").
		Connect("sum.back", "sum.again", runnel.Unbounded()).
		Connect("sum.out", "store")
	f := must(g.Start(bg))(t)
	for _, c := range []struct {
		process string
		n       int
		kind    error
		says    string
	}{
		{"stor", 2, flow.ErrName, `flow: no such name in the graph: process "stor"; did you mean "store"?`},
		{"store", 0, flow.ErrScale, `flow: cannot scale: Scale("store", 0): want at least 1; to let it take no messages use Pause`},
		{"numbers", 2, flow.ErrScale, `flow: cannot scale: Scale("numbers", 2): a source takes no messages; scale those that take its values`},
		{"sum", 2, flow.ErrScale, `flow: cannot scale: Scale("sum", 2): a state can be in one message at a time only`},
	} {
		err := f.Scale(c.process, c.n)
		if !errors.Is(err, c.kind) || err.Error() != c.says {
			t.Errorf("Scale(%s, %d): %v, want %s", c.process, c.n, err, c.says)
		}
	}
	stopNow(f)
	if err := f.Scale("store", 2); !errors.Is(err, flow.ErrEnded) || err.Error() != `flow: the process has ended: process "store"` {
		t.Errorf("Scale after the end: %v", err)
	}
	mustBalance(t, f.Status())
}
