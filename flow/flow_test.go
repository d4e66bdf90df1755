package flow_test

import (
	"context"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

func TestLinear(t *testing.T) {
	var got []int
	g := flow.New("linear").
		Add("numbers", numbers(100)).
		Add("double", flow.Step(double)).
		Add("store", flow.Sink(collect(&got))).
		Connect("numbers", "double").
		Connect("double", "store", runnel.Buffer(4))
	f := must(g.Start(bg))(t)
	if err := f.Wait(); err != nil {
		t.Fatal(err)
	}
	mustBeSeq(t, got, 100, 2)
	mustBalance(t, f.Status())
}

func TestCycle(t *testing.T) {
	var got []int
	g := flow.New("cycle").
		Add("numbers", numbers(20)).
		Add("halve", halving()).
		Add("store", flow.Sink(collect(&got))).
		Connect("numbers", "halve.fresh").
		Connect("halve.back", "halve.again", runnel.Unbounded()).
		Connect("halve.out", "store")
	f := must(g.Start(bg))(t)
	if err := f.Wait(); err != nil {
		t.Fatal(err)
	}
	if len(got) != 20 {
		t.Errorf("got %v", got)
	}
	mustBalance(t, f.Status())
}

const (
	fresh = flow.In[int]("fresh")
	again = flow.In[int]("again")
	back  = flow.Out[int]("back")
	out   = flow.Out[int]("out")
)

func halving() flow.Proc {
	return flow.Stateful[int]{
		Handlers: []flow.Handler[int]{
			flow.On(fresh, func(x *flow.Turn, _ *int, v int) error { return halve(x, v) }),
			flow.On(again, func(x *flow.Turn, _ *int, v int) error { return halve(x, v) }),
		},
		Outs: []flow.Port{back, out},
	}.Proc()
}

// halve sends v round until it is 0.
func halve(x *flow.Turn, v int) error {
	if v == 0 {
		return out.Send(x, v)
	}
	return back.Send(x, v/2)
}

func TestFailureEndsTheFlow(t *testing.T) {
	g := flow.New("failing").
		Add("numbers", numbers(10)).
		Add("fail", flow.Step(func(_ context.Context, v int) (int, error) {
			if v == 3 {
				return 0, errBad
			}
			return v, nil
		})).
		Add("store", flow.Sink(func(context.Context, int) error { return nil })).
		Connect("numbers", "fail").
		Connect("fail", "store")
	f := must(g.Start(bg))(t)
	err := f.Wait()
	mustFail(t, err, "fail", 3, errBad)
	s := f.Status()
	mustBalance(t, s)
	if n := s.Edge("numbers.out", "fail.in").Dropped[runnel.Failed]; n != 1 {
		t.Errorf("%d messages failed, want 1\n%v", n, s)
	}
}
