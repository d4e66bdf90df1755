package flow_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// hanging is a function that hangs on one value.
func hanging(bad int) func(context.Context, int) (int, error) {
	return func(ctx context.Context, v int) (int, error) {
		if v == bad {
			return v, runnel.Sleep(ctx, 24*time.Hour)
		}
		return v, nil
	}
}

// The message that has the turn is what holds up all that wait for theirs, and the flow behind them.
func TestExplainOrderedAndKeyed(t *testing.T) {
	for name, opt := range map[string]flow.ProcOption{
		"ordered": flow.Ordered(), "keyed": flow.Keyed(func(int) string { return "all" }),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := flow.New(name).
					Add("numbers", endless()).
					Add("work", flow.Step(hanging(5)), flow.Parallel(4), opt).
					Add("store", flow.Sink(ignore)).
					Connect("numbers", "work", runnel.Buffer(2)).
					Connect("work", "store")
				f, s := after(t, g, time.Minute)
				e := s.Explain()
				if len(e.Cycles) != 0 || len(e.Causes) != 1 {
					t.Fatalf("%v\n%v", e, s)
				}
				c := e.Causes[0]
				if c.Process != "work" || c.Activity != flow.InStep || c.Workers != 1 || c.AtLeast != time.Minute {
					t.Errorf("%+v", c)
				}
				for _, want := range []string{
					"work has been in its step for 1m0s, so:",
					"numbers waits for room on numbers.out -> work.in (2 of 2), 1m0s",
				} {
					if !strings.Contains(e.String(), want) {
						t.Errorf("%v\nwant: %s", e, want)
					}
				}
				stopNow(f)
			})
		})
	}
}

// Calls that hold all rights to compute hold up every process that wants one.
func TestExplainCompute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := runtime.GOMAXPROCS(0)
		hold := func(ctx context.Context, _ int) error { return runnel.Sleep(ctx, 24*time.Hour) }
		g := flow.New("rights").
			Add("numbers", numbers(n)).
			Add("hold", flow.Sink(hold), flow.Parallel(n), flow.Workload(flow.Compute)).
			Add("want", flow.Sink(ignore), flow.Workload(flow.Compute)).
			Connect("numbers", "hold").
			Open("want", runnel.Buffer(1))
		f := must(g.Start(t.Context()))(t)
		synctest.Wait()
		if err := f.Inject(bg, "want", 1); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		e := f.Explain()
		want := "\twant waits for the right to compute, 1m0s"
		if len(e.Causes) != 1 || e.Causes[0].Process != "hold" || e.Causes[0].Workers != n || !strings.Contains(e.String(), want) {
			t.Errorf("%v\n%v", e, f.Status())
		}
		stopNow(f)
	})
}
