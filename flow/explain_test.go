package flow_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// takes is the function of a step that takes so long for one value, and no time for others.
func slowOn(slow int, d time.Duration) func(context.Context, int) (int, error) {
	return func(ctx context.Context, v int) (int, error) {
		if v == slow {
			return v, runnel.Sleep(ctx, d)
		}
		return v, nil
	}
}

// after starts the graph and reads its status after so long.
func after(t *testing.T, g *flow.Graph, d time.Duration) (*flow.Flow, flow.Status) {
	t.Helper()
	f := must(g.Start(t.Context()))(t)
	time.Sleep(d)
	synctest.Wait()
	return f, f.Status()
}

func mustExplain(t *testing.T, e flow.Explanation, want string) {
	t.Helper()
	if got := e.String(); got != want {
		t.Errorf("explained\n%s\nwant\n%s", got, want)
	}
	for line := range strings.Lines(want) {
		if columns := len(strings.ReplaceAll(line, "\t", "        ")) - 1; columns > 80 {
			t.Errorf("%d columns: %s", columns, line)
		}
	}
}

// five is a line of five processes whose third one is slow.
func five(f func(context.Context, int) (int, error)) *flow.Graph {
	return flow.New("shop").
		Add("orders", endless()).
		Add("check", flow.Step(pass)).
		Add("ledger", flow.Step(f)).
		Add("pack", flow.Step(pass)).
		Add("ship", flow.Sink(ignore)).
		Connect("orders", "check", runnel.Buffer(8)).
		Connect("check", "ledger", runnel.Buffer(64)).
		Connect("ledger", "pack", runnel.Buffer(64)).
		Connect("pack", "ship", runnel.Buffer(64))
}

func TestExplainNamesTheSlowStage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, s := after(t, five(slowOn(10, time.Hour)), 4100*time.Millisecond)
		mustExplain(t, s.Explain(), `ledger has been in its step for 4.1s, so:
	check waits for room on check.out -> ledger.in (64 of 64), 4.1s
	pack waits for values of ledger.out -> pack.in, 4.1s
	orders waits for room on orders.out -> check.in (8 of 8), 4.1s
	ship waits for values of pack.out -> ship.in, 4.1s`)
		stopNow(f)
	})
}

func TestExplainNamesACycle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		forward := flow.Stateful[int]{
			Handlers: []flow.Handler[int]{
				flow.On(fresh, func(x *flow.Turn, _ *int, v int) error { return out.Send(x, v) }),
				flow.On(again, func(x *flow.Turn, _ *int, v int) error { return out.Send(x, v) }),
			},
			Outs: []flow.Port{out},
		}.Proc()
		g := flow.New("round").
			Add("numbers", endless()).
			Add("a", forward).
			Add("b", flow.Step(pass)).
			Add("c", flow.Step(pass)).
			Connect("numbers", "a.fresh", runnel.Buffer(2)).
			Connect("a", "b", runnel.Buffer(3)).
			Connect("b", "c", runnel.Buffer(4)).
			Connect("c", "a.again", runnel.Buffer(1))
		f, s := after(t, g, 2*time.Second)
		e := s.Explain()
		mustExplain(t, e, `a, b and c wait for each other and can never go on:
	a waits for room on a.out -> b.in (3 of 3), 2s
	b waits for room on b.out -> c.in (4 of 4), 2s
	c waits for room on c.out -> a.again (1 of 1), 2s
One of these edges must hold all that can be in the cycle.
Behind them:
	numbers waits for room on numbers.out -> a.fresh (2 of 2), 2s`)
		if len(e.Cycles) != 1 || len(e.Causes) != 0 {
			t.Errorf("%+v", e)
		}
		stopNow(f)
	})
}

// One of three edges of an output is full; the others starve for want of it.
func TestExplainFanOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flow.New("three").
			Add("numbers", endless()).
			Add("one", flow.Sink(ignore)).
			Add("two", flow.Sink(func(ctx context.Context, v int) error { return runnel.Sleep(ctx, time.Hour) })).
			Add("three", flow.Sink(ignore)).
			Connect("numbers", "one").
			Connect("numbers", "two").
			Connect("numbers", "three")
		f, s := after(t, g, 90*time.Second)
		mustExplain(t, s.Explain(), `two has been in its step for 1m30s, so:
	numbers waits for room on numbers.out -> two.in (no buffer), 1m30s
	one waits for values of numbers.out -> one.in, 1m30s
	three waits for values of numbers.out -> three.in, 1m30s`)
		stopNow(f)
	})
}

// Whoever wants may look, at any moment and as often as he likes, and what he sees balances.
func TestLookedAtByMany(t *testing.T) {
	n := scale(5_000, 50_000)
	g := flow.New("watched").
		Add("numbers", numbers(n)).
		Add("work", flow.Step(pass), flow.Parallel(2)).
		Add("store", flow.Sink(ignore)).
		Connect("numbers", "work", runnel.Buffer(8)).
		Connect("work", "store")
	f := must(g.Start(bg))(t)
	var watchers runnel.WaitGroup
	for range 3 {
		watchers.Go(func() {
			for earlier := f.Status(); earlier.State != flow.Over; {
				s := f.Status()
				if e := s.ExplainSince(earlier); len(e.Cycles) > 0 || s.Since(earlier).Process("store").InStep > 1 {
					t.Errorf("claimed %v", e)
				}
				if _, err := s.MarshalJSON(); err != nil || s.String() == "" || len(f.Explain().Cycles) > 0 {
					t.Errorf("%v, %v", err, s)
				}
				for _, e := range s.Edges {
					if e.Sent != e.Received+uint64(e.Len)+e.Dropped.Total() {
						t.Errorf("%v", e.Stats)
					}
				}
				earlier = s
			}
		})
	}
	if err := f.Wait(); err != nil {
		t.Fatal(err)
	}
	watchers.Wait()
	mustBalance(t, f.Status())
}
