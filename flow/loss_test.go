package flow_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// bury is a sink for dead letters.
func bury() flow.Proc { return flow.Sink(func(context.Context, *flow.Failure) error { return nil }) }

// mustEnd expects what is said of a flow that has ended, and the last line of its log.
func mustEnd(t *testing.T, g *flow.Graph, explained, logged string) flow.Explanation {
	t.Helper()
	var log bytes.Buffer
	f := must(g.Start(t.Context(), flow.Log(logTo(&log, 0))))(t)
	_ = f.Wait()
	e := f.Explain()
	mustExplain(t, e, explained)
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, logged) {
		t.Errorf("logged %s\nwant %s", last, logged)
	}
	mustBalance(t, f.Status())
	return e
}

// What the graph is told to drop is no loss, and no reason to warn.
func TestLossByChoice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ten := flow.Source(func(ctx context.Context, emit func(int) error) (err error) {
			for i := 0; i < 10 && err == nil; i++ {
				err = emit(i)
				runnel.Sleep(ctx, time.Millisecond) // the first is shown
			}
			return err
		})
		g := flow.New("chosen").
			Add("numbers", ten).
			Add("show", flow.Sink(sleeping(time.Second))).
			Add("skip", flow.Sink(failOn(3)), flow.Skip()).
			Add("fail", flow.Sink(failOn(4))).
			Add("bury", bury()).
			Connect("numbers", "show", runnel.Sliding(1)).
			Connect("numbers", "skip", runnel.Buffer(10)).
			Connect("numbers", "fail", runnel.Buffer(10)).
			Connect("fail.failures", "bury")
		e := mustEnd(t, g, `chosen has come to its end, and nothing was lost but by choice:
	8 dropped oldest, 1 failed (dead letters), 1 failed (passed over).`,
			`level=INFO msg="flow ended" flow=chosen took=9s done=21 failed=2 dropped.dropped_oldest=8 dropped.failed=2`)
		if e.Lost.Total() != 0 || e.Dropped[runnel.DroppedOldest] != 8 || e.Dropped[runnel.Failed] != 2 {
			t.Errorf("%+v", e)
		}
	})
}

// sleeping is the function of a sink that takes so long for a message.
func sleeping(d time.Duration) func(context.Context, int) error {
	return func(ctx context.Context, _ int) error { return runnel.Sleep(ctx, d) }
}

// A failure that ends the flow is a loss, and so is what did not come to its end; what was chosen
// before is not.
func TestLossByFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flow.New("fails").
			Add("numbers", numbers(10)).
			Add("store", flow.Sink(failOn(4))).
			Add("skip", flow.Sink(failOn(1)), flow.Skip()).
			Connect("numbers", "store", runnel.Buffer(10)).
			Connect("numbers", "skip", runnel.Buffer(10))
		mustEnd(t, g, `fails has ended: flow: process store failed: bad; values were lost:
	10 undelivered, 1 failed.
By choice: 1 failed (passed over).`,
			`level=WARN msg="flow ended" flow=fails took=4s done=8 failed=2 lost.undelivered=10 lost.failed=1 dropped.failed=1 error=`)
	})
}

// A process that goes on after failures has lost the one after which it did not: here its dead letters
// are taken by nobody any more.
func TestLossOfTheLastFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		once := func(context.Context, *flow.Failure) error { return flow.ErrDone }
		g := flow.New("unheard").
			Add("numbers", numbers(3)).
			Add("fail", flow.Sink(func(ctx context.Context, _ int) error { runnel.Sleep(ctx, time.Second); return errBad })).
			Add("bury", flow.Sink(once)).
			Connect("numbers", "fail").
			Connect("fail.failures", "bury")
		e := mustEnd(t, g, `unheard has ended: flow: process fail failed: bad; values were lost:
	1 undelivered, 1 failed.
By choice: 1 failed (dead letters).`, `level=WARN msg="flow ended" flow=unheard`)
		if e.Lost[runnel.Failed] != 1 || e.Dropped[runnel.Failed] != 1 {
			t.Errorf("%+v", e)
		}
	})
}

// Nothing failed and nothing was dropped: but values did not arrive.
func TestLossUndelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flow.New("").
			Add("numbers", numbers(5)).
			Add("first", flow.Sink(func(ctx context.Context, _ int) error { runnel.Sleep(ctx, time.Second); return flow.ErrDone })).
			Connect("numbers", "first", runnel.Buffer(5))
		mustEnd(t, g, `the flow has come to its end, and values were lost:
	4 undelivered.`,
			`level=WARN msg="flow ended" flow="" took=1s done=1 failed=0 lost.undelivered=4`)
	})
}

// A graph may have no name and no processes.
func TestNoNameNoProcesses(t *testing.T) {
	f := must(flow.New("").Start(bg))(t)
	if err := f.Wait(); err != nil {
		t.Fatal(err)
	}
	s := f.Status()
	s.Age = time.Second
	if got := s.String(); got != "the flow: over, 1s, no processes" {
		t.Error(got)
	}
	mustExplain(t, s.Explain(), "the flow has no processes.")
	if s.Failures.Name != "failures" || s.Reports.Name != "reports" {
		t.Errorf("%q, %q", s.Failures.Name, s.Reports.Name)
	}
	named := flow.Status{Graph: "shop", Processes: []flow.ProcessStatus{{Name: "one"}}}
	mustExplain(t, named.Explain(), "shop moves: nothing has waited or worked for 1s.\nThe busiest process is one, 100% of the time in its function.")
	named.Graph = ""
	mustExplain(t, named.Explain(), "the flow moves: nothing has waited or worked for 1s.\nThe busiest process is one, 100% of the time in its function.")
}
