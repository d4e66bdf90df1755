package flow_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
	"github.com/runnel-go/runnel/sim"
)

type (
	report string // a signal
	reset  struct{}
)

const (
	reports = flow.In[report]("reports")
	resets  = flow.In[reset]("resets")
)

// listening adds up, and hears two signals: one asks for the sum, one sets it back.
func listening() flow.Proc {
	return flow.Stateful[int]{
		Handlers: []flow.Handler[int]{
			flow.On(fresh, func(_ *flow.Turn, n *int, v int) error { *n += v; return nil }),
			flow.Listen(reports, func(x *flow.Turn, n *int, _ report) error { return out.Send(x, *n) }),
			flow.Listen(resets, func(_ *flow.Turn, n *int, _ reset) error { *n = 0; return nil }),
		},
		Outs: []flow.Port{out},
	}.Proc()
}

// A signal goes to each that listens to its type, between two messages, and is counted: handled,
// or Undelivered when the process has ended before.
func TestSimCast(t *testing.T) {
	explore(t, func(t *sim.T) {
		var got []int
		g := flow.New("listening").
			Add("numbers", numbers(3)).
			Add("one", listening()).
			Add("two", listening()).
			Add("store", flow.Sink(collect(&got))).
			Connect("numbers", "one", runnel.Buffer(1)).
			Connect("numbers", "two").
			Connect("one", "store").
			Connect("two", "store")
		f := start(t, g)
		heard := 0
		for range 2 {
			heard += flow.Cast(f, report("now"))
			if t.Choose(3) == 0 {
				f.Pause("one")
				heard += flow.Cast(f, report("in the pause"))
				f.Resume("one")
			}
		}
		t.Assert(flow.Cast(f, "no signal") == 0, "somebody listens to strings")
		if t.Choose(3) == 0 {
			stopNow(f)
		}
		f.Wait()
		t.Assert(flow.Cast(f, report("late")) == 0, "somebody listens after the end")
		s := f.Status()
		one, two := s.Edge("", "one.reports"), s.Edge("", "two.reports")
		t.Assert(int(one.Sent+two.Sent) == heard, "%d heard, %v", heard, s)
		t.Assert(s.Edge("", "one.resets").Sent == 0, "%v", s)
		lost := s.Dropped().Total()
		t.Assert(s.Err != nil || len(got) == heard-int(lost), "got %v, %d heard, %v", got, heard, s)
		over(t, f)
	})
}

// A cycle ends although somebody in it listens; and what a signal starts in it is carried through.
func TestSimCastInCycle(t *testing.T) {
	explore(t, func(t *sim.T) {
		var got []int
		handled := 0
		listens := flow.Stateful[int]{
			Handlers: []flow.Handler[int]{
				flow.On(fresh, func(x *flow.Turn, _ *int, v int) error { return halve(x, v) }),
				flow.On(again, func(x *flow.Turn, _ *int, v int) error { return halve(x, v) }),
				flow.Listen(reports, func(x *flow.Turn, _ *int, _ report) error {
					handled++
					return halve(x, 2)
				}),
			},
			Outs: []flow.Port{back, out},
		}.Proc()
		g := flow.New("cycle").
			Add("numbers", numbers(2)).
			Add("halve", listens).
			Add("store", flow.Sink(collect(&got))).
			Connect("numbers", "halve.fresh").
			Connect("halve.back", "halve.again", runnel.Unbounded()).
			Connect("halve.out", "store")
		f := start(t, g)
		cast := flow.Cast(f, report("more"))
		t.Assert(f.Wait() == nil, "Wait")
		s := f.Status()
		in, round := s.Edge("", "halve.reports"), s.Edge("halve.back", "halve.again")
		t.Assert(int(in.Received) == handled && handled <= cast, "%v", s)
		t.Assert(len(got) == 2+handled-int(round.Dropped.Total()), "got %v, %v", got, s)
		over(t, f)
	})
}

// What a signal starts in a cycle that it finds open keeps that open.
func TestSignalHoldsUpTheEndOfACycle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int
		let := runnel.NewPromise[int]()
		listens := flow.Stateful[int]{
			Handlers: []flow.Handler[int]{
				flow.On(again, func(x *flow.Turn, _ *int, v int) error { return out.Send(x, v) }),
				flow.Listen(reports, func(x *flow.Turn, _ *int, _ report) error {
					v, _ := let.Recv(x)
					return back.Send(x, v)
				}),
			},
			Outs: []flow.Port{back, out},
		}.Proc()
		g := flow.New("cycle").
			Add("round", listens).
			Add("pass", flow.Step(pass)).
			Add("store", flow.Sink(collect(&got))).
			Connect("round.back", "pass", runnel.Unbounded()).
			Connect("pass", "round.again", runnel.Unbounded()).
			Open("pass").
			Connect("round.out", "store")
		f := must(g.Start(bg))(t)
		flow.Cast(f, report(""))
		synctest.Wait()
		runnel.Go(func() { f.Drain(bg) })
		synctest.Wait()
		let.TrySend(7)
		if err := f.Wait(); err != nil || fmt.Sprint(got) != "[7]" {
			t.Errorf("ended with %v, got %v\n%v", err, got, f.Status())
		}
		mustBalance(t, f.Status())
	})
}

// The latest hundred are kept, those that they displace are counted, and those that lie there in
// the end too.
func TestCastToWhoDoesNotListenNow(t *testing.T) {
	var got []int
	g := flow.New("deaf").
		Add("sum", listening()).
		Add("store", flow.Sink(collect(&got))).
		Open("sum.fresh").
		Connect("sum", "store")
	f := must(g.Start(bg, flow.StartPaused()))(t)
	for range 130 {
		if flow.Cast(f, report("")) != 1 {
			t.Fatal("not heard")
		}
	}
	e := f.Status().Edge("", "sum.reports")
	if e.Len != 100 || e.Sent != 130 || e.Dropped[runnel.DroppedOldest] != 30 {
		t.Errorf("%v", e.Stats)
	}
	s := stopNow(f)
	if e := s.Edge("", "sum.reports"); e.Dropped[runnel.Undelivered] != 100 {
		t.Errorf("%v", e.Stats)
	}
	mustBalance(t, s)
}

// A function casts to its own flow, and to its own process too.
func TestCastFromInside(t *testing.T) {
	var got []int
	heard := 0
	g := flow.New("inside").
		Add("numbers", numbers(6)).
		Add("sum", flow.Stateful[int]{
			Handlers: []flow.Handler[int]{
				flow.On(fresh, func(x *flow.Turn, n *int, v int) error {
					if *n += v; v == 2 {
						heard += flow.Cast(flow.FromContext(x), reset{})
					}
					return nil
				}),
				flow.Listen(resets, func(x *flow.Turn, n *int, _ reset) error { return out.Send(x, *n) }),
			},
			Outs: []flow.Port{out},
		}.Proc()).
		Add("store", flow.Sink(func(ctx context.Context, v int) error {
			got = append(got, v)
			heard += flow.Cast(flow.FromContext(ctx), report(""))
			return nil
		})).
		Connect("numbers", "sum").
		Connect("sum", "store")
	f := must(g.Start(bg))(t)
	if err := f.Wait(); err != nil || heard != 1 {
		t.Errorf("ended with %v, heard %d", err, heard)
	}
	if lost := f.Status().Dropped()[runnel.Undelivered]; len(got)+int(lost) != 1 {
		t.Errorf("got %v\n%v", got, f.Status())
	}
	if flow.FromContext(bg) != nil || flow.Cast(flow.FromContext(bg), report("")) != 0 {
		t.Error("a flow from nowhere")
	}
	mustBalance(t, f.Status())
}

func TestListenMistakes(t *testing.T) {
	only := flow.Stateful[int]{Handlers: []flow.Handler[int]{
		flow.Listen(reports, func(*flow.Turn, *int, report) error { return nil }),
	}}.Proc()
	g := flow.New("mistaken").
		Add("numbers", numbers(1)).
		Add("only", only).
		Add("sum", listening()).
		Add("store", flow.Sink(ignore)).
		Connect("numbers", "sum"). // it has one input for edges
		Connect("sum", "store").
		Open("sum.reports")
	want := []string{
		"only: it only listens, which keeps no process alive: give it an input, by On",
		"outside -> sum.reports: sum.reports listens: Cast reaches it, and no edge",
	}
	lines := strings.Split(fmt.Sprint(g.Check()), "\n\t")[1:]
	if !slices.Equal(lines, want) {
		t.Errorf("%q\nwant %q", lines, want)
	}
}
