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

// A worker that Scale sends away ends its message first, in whichever attempt.
func TestScaleInBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := &tries{began: time.Now(), fails: 2, err: errBad, wait: time.Minute}
		g := flow.New("scaled").
			Add("sink", flow.Sink(x.call), flow.Parallel(2), flow.Retry(runnel.Backoff{Attempts: 3})).
			Open("sink")
		f := must(g.Start(t.Context()))(t)
		if err := f.Inject(bg, "sink", 1); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := f.Scale("sink", 1); err != nil {
			t.Fatal(err)
		}
		if err := f.Drain(bg); err != nil {
			t.Fatal(err)
		}
		mustTry(t, x, "[0s 1m0s 3m0s]")
		s := f.Status()
		mustBalance(t, s)
		if s.Process("sink").Done != 1 {
			t.Errorf("%v", s)
		}
	})
}

// After a Swap the next attempt is one of the new function.
func TestSwapInBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int
		x := &tries{began: time.Now(), fails: 9, err: errBad, wait: time.Minute}
		g := flow.New("swapped").
			Add("sink", flow.Sink(x.call), flow.Retry(runnel.Backoff{Attempts: 3})).
			Open("sink")
		f := must(g.Start(t.Context()))(t)
		if err := f.Inject(bg, "sink", 0); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := f.Swap("sink", flow.Sink(collect(&got))); err != nil {
			t.Fatal(err)
		}
		if err := f.Drain(bg); err != nil {
			t.Fatal(err)
		}
		mustTry(t, x, "[0s]")
		mustBeSeq(t, got, 1, 1)
		if d := time.Since(x.began); d != time.Minute {
			t.Errorf("it took %v", d)
		}
	})
}

// A state that is to be made anew may be one of other functions by then.
func TestSwapBeforeTheNewState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f *flow.Flow
		old, next := &keeper{}, &keeper{}
		old.on = func(int) error {
			runnel.Go(func() { f.Swap("keep", next.proc()) })
			return errors.Join(runnel.Sleep(bg, time.Second), errBad)
		}
		f = must(flow.New("kept").Add("keep", old.proc(), flow.Restart()).Open("keep").Start(t.Context()))(t)
		for v := range 2 {
			if err := f.Inject(bg, "keep", v); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Drain(bg); err != nil {
			t.Fatal(err)
		}
		old.mustNote(t, "[1:0 1:stopped]")
		next.mustNote(t, "[1:1 1:ended]")
	})
}

// A signal that fails keeps its cycle open, also between its attempts, until what repairs it has
// got the failure: the message that was in the cycle beside it has ended long before.
func TestSignalFailsInCycle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var repaired []any
		listens := flow.Stateful[int]{
			Handlers: []flow.Handler[int]{
				flow.On(fresh, func(*flow.Turn, *int, int) error { return runnel.Permanent(errBad) }),
				flow.On(again, func(*flow.Turn, *int, int) error { return nil }),
				flow.Listen(reports, func(*flow.Turn, *int, report) error { return errBad }),
			},
		}.Proc()
		g := flow.New("cycle").
			Add("numbers", numbers(1)).
			Add("listens", listens, flow.Retry(runnel.Backoff{Attempts: 2, First: time.Minute})).
			Add("repair", flow.FlatStep(func(ctx context.Context, e *flow.Failure, emit func(int) error) error {
				repaired = append(repaired, e.Message)
				return runnel.Sleep(ctx, time.Second)
			})).
			Connect("numbers", "listens.fresh").
			Connect("listens.failures", "repair", runnel.Unbounded()).
			Connect("repair", "listens.again")
		f := must(g.Start(t.Context()))(t)
		synctest.Wait() // the failure of the number is under repair
		flow.Cast(f, report("now"))
		err := f.Wait()
		s := f.Status()
		mustBalance(t, s)
		if err != nil || fmt.Sprint(repaired) != "[0 now]" || s.Dropped()[runnel.Undelivered] != 0 {
			t.Errorf("ended with %v, repaired %v, %v", err, repaired, s)
		}
	})
}
