package flow_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// The channel of a To has ended, as one of its workers finds out. The others, who wait for messages, and
// would for ever, end with it.
func TestCombineToEndsIdleWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := runnel.New[int]()
		f := must(flow.New("to").
			Add("to", flow.To(to), flow.Parallel(3)).
			Open("to").
			Start(t.Context()))(t)
		to.Close()
		if err := f.Inject(bg, "to", 1); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if s := f.Status(); s.State != flow.Over || s.Err != nil || s.Dropped()[runnel.Undelivered] != 1 {
			t.Errorf("%v", s)
		}
		if err := f.Inject(bg, "to", 2); !errors.Is(err, runnel.ErrClosed) {
			t.Errorf("injected: %v", err)
		}
		mustBalance(t, stopNow(f))
	})
}

// Whoever waits for the right to compute gives up when the flow stops, and does not wait for those who
// have it and do not heed their context.
func TestCombineStopDoesNotWaitToCompute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := runtime.GOMAXPROCS(0)
		g := flow.New("stops").
			Add("numbers", numbers(n+1)).
			Add("work", flow.Sink(func(context.Context, int) error { time.Sleep(time.Hour); return nil }),
				flow.Parallel(n+1), flow.Workload(flow.Compute)).
			Connect("numbers", "work")
		f := must(g.Start(t.Context()))(t)
		synctest.Wait()
		mustDo(t, f, "work", append(slices.Repeat([]flow.Activity{flow.InStep}, n), flow.Limited)...)
		runnel.Go(func() { stopNow(f) })
		synctest.Wait()
		mustDo(t, f, "work", append(slices.Repeat([]flow.Activity{flow.InStep}, n), flow.Gone)...)
		if s := f.Status(); s.Dropped()[runnel.Undelivered] != 1 {
			t.Errorf("%v", s)
		}
		if err := f.Wait(); err != flow.ErrStopped {
			t.Errorf("ended with %v", err)
		}
		mustBalance(t, f.Status())
	})
}

// once takes one message by fresh, and wants no other: it sends it round and gives it when it comes
// again.
func once(told *int) flow.Proc {
	return flow.Stateful[int]{
		Handlers: []flow.Handler[int]{
			flow.On(fresh, func(x *flow.Turn, taken *int, v int) error {
				*taken++
				return back.Send(x, v)
			}).Ended(func(*flow.Turn, *int) error { *told++; return nil }),
			flow.On(again, func(x *flow.Turn, _ *int, v int) error { return out.Send(x, v) }),
		},
		Outs:  []flow.Port{back, out},
		Wants: func(taken *int, input string) bool { return input == "again" || *taken == 0 },
	}.Proc()
}

// An input ends that the state does not want, and never will: it is told all the same; and a cycle, into
// which nothing can come from outside any more, ends.
func TestCombineEndOfAnUnwantedInput(t *testing.T) {
	for _, cycle := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var got []int
			told := 0
			g := flow.New("once").
				Add("one", numbers(1)).
				Add("once", once(&told)).
				Add("pass", flow.Step(pass)).
				Add("store", flow.Sink(collect(&got))).
				Connect("one", "once.fresh").
				Connect("once.back", "pass").
				Connect("once.out", "store")
			if cycle {
				g.Connect("pass", "once.again")
			} else {
				g.Add("show", flow.Sink(ignore)).Connect("pass", "show").Open("once.again")
			}
			f := must(g.Start(t.Context()))(t)
			synctest.Wait()
			if s := f.Status(); told != 1 || cycle && (s.State != flow.Over || len(got) != 1) {
				t.Errorf("told %d times, got %v\n%v\n%v", told, got, s, s.Explain())
			}
			if err := f.Drain(bg); err != nil {
				t.Error(err)
			}
			mustBalance(t, f.Status())
		})
	}
}
