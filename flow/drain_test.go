package flow_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// A drain in which the flow fails has not carried everything through, and says so.
func TestDrainTellsFailure(t *testing.T) {
	f := must(flow.New("bad").
		Add("store", flow.Sink(func(context.Context, int) error { return errBad })).
		Open("store", runnel.Buffer(3)).
		Start(bg, flow.StartPaused()))(t)
	if err := f.Inject(bg, "store", 1, 2, 3); err != nil {
		t.Fatal(err)
	}
	if err := f.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := f.Drain(bg); !errors.Is(err, errBad) {
		t.Errorf("got %v, and Wait %v", err, f.Wait())
	}
	if s := f.Stop(bg); !errors.Is(s.Err, errBad) {
		t.Errorf("got %v", s.Err)
	}
}

// A drain that does not come to its end says what it waits for: who hangs, in a function or between two
// attempts, for how long, and who is paused.
func TestDrainTellsWhoHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := flow.Retry(runnel.Backoff{Attempts: 9, First: time.Hour, Max: time.Hour})
		g := flow.New("slow").
			Add("store", flow.Sink(func(ctx context.Context, _ int) error { return runnel.Sleep(ctx, time.Hour) }), flow.Parallel(2)).
			Add("quick", flow.Sink(ignore)).
			Add("fail", flow.Sink(func(context.Context, int) error { return errBad }), tries).
			Add("held", flow.Sink(ignore)).
			Open("store", runnel.Buffer(4)).Open("quick").Open("fail").Open("held", runnel.Buffer(1))
		f := must(g.Start(t.Context()))(t)
		f.Pause("held")
		for _, to := range []string{"store", "quick", "fail", "held", "store"} {
			time.Sleep(time.Second)
			if err := f.Inject(bg, to, 1); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			patience time.Duration
			want     string
		}{
			{time.Millisecond, "flow: the drain is held up: paused: held; store has been in its step for 4s; fail has waited for the next attempt for 2s"},
			{30 * time.Second, "flow: the drain is held up: paused: held; 2 workers of store have been in their step for 34s; fail has waited for the next attempt for 32s"},
		} {
			ctx, cancel := context.WithTimeout(bg, c.patience)
			err := f.Drain(ctx)
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) || err.Error() != c.want+": context deadline exceeded" {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		}
		mustBalance(t, stopNow(f))
	})
}

// A step that has only just begun holds up nothing.
func TestDrainNamesNobodyWithoutNeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flow.New("busy").
			Add("store", flow.Sink(func(ctx context.Context, _ int) error { return runnel.Sleep(ctx, 90*time.Millisecond) })).
			Open("store", runnel.Buffer(100))
		f := must(g.Start(t.Context()))(t)
		for v := range 100 {
			if err := f.Inject(bg, "store", v); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(bg, time.Second)
		defer cancel()
		if err := f.Drain(ctx); err != context.DeadlineExceeded {
			t.Errorf("got %v", err)
		}
		stopNow(f)
	})
}

// A process that was paused when it ended holds up nothing.
func TestDrainDoesNotNameWhoHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flow.New("paused").
			Add("numbers", numbers(1)).
			Add("store", flow.Sink(ignore)).
			Add("slow", flow.Sink(ignore)).
			Connect("numbers", "store").
			Open("slow", runnel.Buffer(1))
		f := must(g.Start(t.Context()))(t)
		synctest.Wait()
		f.Pause()
		ctx, cancel := context.WithTimeout(bg, time.Second)
		defer cancel()
		err := f.Drain(ctx)
		if want := "flow: the drain is held up: paused: slow: context deadline exceeded"; err == nil || err.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
		mustExplain(t, f.Explain(), "Paused: slow. The flow drains, and cannot end before it is resumed.")
		stopNow(f)
	})
}
