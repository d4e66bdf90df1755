package pipe_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// flaky fails until the attempt number good, after taking some time.
type flaky struct {
	good  int
	takes time.Duration
	began time.Time
	calls []time.Duration
}

func (f *flaky) call(ctx context.Context, v int) (int, error) {
	if f.began.IsZero() {
		f.began = time.Now()
	}
	f.calls = append(f.calls, time.Since(f.began))
	if err := runnel.Sleep(ctx, f.takes); err != nil {
		return -1, err
	}
	if len(f.calls) < f.good {
		return -1, fmt.Errorf("attempt %d: %w", len(f.calls), errBad)
	}
	return 2 * v, nil
}

func TestRetryCallsUntilSuccess(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		f := &flaky{good: 3}
		v, err := pipe.Retry(runnel.Backoff{Attempts: 3}, f.call)(bg, 21)
		mustEqual(t, "result", []any{v, err, f.calls}, "[42 <nil> [0s 0s 0s]]")
	})
}

func TestRetryGivesUpAfterItsAttempts(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		f := &flaky{good: 9}
		v, err := pipe.Retry(runnel.Backoff{Attempts: 4}, f.call)(bg, 21)
		mustEqual(t, "result", []any{v, len(f.calls)}, "[0 4]")
		mustEqual(t, "error", err, "pipe: attempt 4 of 4: attempt 4: bad")
		mustBe(t, "error", err, errBad)
	})
}

func TestRetryWaitsLongerEachTime(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		differ := map[time.Duration]bool{}
		for range 50 {
			f := &flaky{good: 6}
			pipe.Retry(runnel.Backoff{Attempts: 6, First: time.Second, Max: 5 * time.Second}, f.call)(bg, 0)
			for i, whole := range []time.Duration{1, 2, 4, 5, 5} {
				d := f.calls[i+1] - f.calls[i]
				if whole *= time.Second; d < whole/2 || d > whole {
					t.Errorf("wait %d took %v, want %v to %v", i+1, d, whole/2, whole)
				}
				differ[d] = true
			}
		}
		if len(differ) < 200 {
			t.Errorf("only %d different waits", len(differ))
		}
	})
}

func TestRetryAsksWhichErrorsAreWorthIt(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		f := &flaky{good: 9}
		b := runnel.Backoff{Attempts: 5, First: time.Hour, If: func(err error) bool { return err.Error() != "attempt 2: bad" }}
		_, err := pipe.Retry(b, f.call)(bg, 0)
		mustEqual(t, "calls", len(f.calls), 2)
		mustEqual(t, "error", err, "pipe: attempt 2 of 5: attempt 2: bad")
	})
}

func TestRetryAfterAsksForALongerWait(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		hints := []time.Duration{time.Hour, 0}
		var calls []time.Time
		f := func(context.Context, int) (int, error) {
			calls = append(calls, time.Now())
			if len(calls) > len(hints) {
				return 7, nil
			}
			return 0, fmt.Errorf("wrapped: %w", runnel.RetryAfter(hints[len(calls)-1], errBad))
		}
		v, err := pipe.Retry(runnel.Backoff{Attempts: 3, First: time.Second, Max: time.Second}, f)(bg, 0)
		mustEqual(t, "result", []any{v, err, calls[1].Sub(calls[0])}, "[7 <nil> 1h0m0s]")
		if d := calls[2].Sub(calls[1]); d < time.Second/2 || d > time.Second {
			t.Errorf("the wait took %v", d)
		}
	})
	err := runnel.RetryAfter(time.Hour, errBad)
	mustBe(t, "RetryAfter", err, errBad)
	mustEqual(t, "RetryAfter", err, "bad")
	mustBe(t, "RetryAfter of nil", runnel.RetryAfter(time.Hour, nil), nil)
}

func TestRetryEndsWithItsContext(t *testing.T) {
	bubble(t, "during a wait", func(t *testing.T) {
		ctx, end := context.WithCancelCause(bg)
		time.AfterFunc(10*time.Second, func() { end(errStop) })
		f := &flaky{good: 9}
		began := time.Now()
		_, err := pipe.Retry(runnel.Backoff{Attempts: 5, First: time.Hour}, f.call)(ctx, 0)
		mustEqual(t, "time and calls", []any{time.Since(began), len(f.calls)}, "[10s 1]")
		mustBe(t, "error", err, errStop)
		mustBe(t, "error", err, errBad)
		mustEqual(t, "error", err, "pipe: attempt 1 of 5 was the last: stop; it ended with: attempt 1: bad")
	})
	bubble(t, "during an attempt", func(t *testing.T) {
		ctx, end := context.WithCancelCause(bg)
		time.AfterFunc(10*time.Second, func() { end(errStop) })
		f := &flaky{takes: time.Hour}
		_, err := pipe.Retry(runnel.Backoff{Attempts: 5}, f.call)(ctx, 0)
		mustEqual(t, "calls", len(f.calls), 1)
		mustBe(t, "error", err, errStop)
	})
	bubble(t, "before", func(t *testing.T) {
		ctx, end := context.WithCancelCause(bg)
		end(errStop)
		f := &flaky{}
		_, err := pipe.Retry(runnel.Backoff{Attempts: 5}, f.call)(ctx, 0)
		mustEqual(t, "calls and error", []any{len(f.calls), err}, "[0 stop]")
	})
}

func TestRetryLimitsEachAttempt(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		f := &flaky{takes: time.Hour}
		_, err := pipe.Retry(runnel.Backoff{Attempts: 3, Timeout: 10 * time.Second}, f.call)(bg, 0)
		mustEqual(t, "calls", f.calls, "[0s 10s 20s]")
		mustBe(t, "error", err, context.DeadlineExceeded)
	})
	bubble(t, "not reached", func(t *testing.T) {
		f := &flaky{takes: time.Second}
		v, err := pipe.Retry(runnel.Backoff{Attempts: 3, Timeout: 10 * time.Second}, f.call)(bg, 4)
		mustEqual(t, "result", []any{v, err}, "[8 <nil>]")
	})
}

func TestRetryEndsTheContextOfAnAttempt(t *testing.T) {
	var kept context.Context
	f := func(ctx context.Context, _ int) (int, error) { kept = ctx; return 0, nil }
	pipe.Retry(runnel.Backoff{Attempts: 1, Timeout: time.Hour}, f)(bg, 0)
	mustBe(t, "context", kept.Err(), context.Canceled)
	pipe.Retry(runnel.Backoff{Attempts: 1}, f)(bg, 0)
	mustBe(t, "context without a limit", kept.Err(), nil)
}

func TestRetryLetsPanicsPass(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		calls := 0
		in := holding(1, 2)
		_, end := drain(pipe.Map(bg, in, 1, pipe.Retry(runnel.Backoff{Attempts: 5}, func(context.Context, int) (int, error) {
			calls++
			panic(errBad)
		})))
		mustHavePanicked(t, end, errBad)
		mustEqual(t, "calls", calls, 1)
	})
}

// In a stage: the failure of the last attempt ends it, and the context of the stage a wait.
func TestRetryInAStage(t *testing.T) {
	bubble(t, "fails", func(t *testing.T) {
		in := holding(upTo(10)...)
		_, end := drain(pipe.Map(bg, in, 3, pipe.Retry(runnel.Backoff{Attempts: 2, First: time.Second}, (&flaky{good: 1 << 30}).fail)))
		mustBe(t, "end", end, errBad)
		time.Sleep(time.Hour)
		mustAddUp(t, "in", in.Stats())
	})
	bubble(t, "stops", func(t *testing.T) {
		in := holding(upTo(10)...)
		out := pipe.Map(bg, in, 3, pipe.Retry(runnel.Backoff{Attempts: 2, First: 24 * time.Hour}, (&flaky{good: 1 << 30}).fail))
		synctest.Wait()
		out.Cancel(errStop) // and the bubble ends without the wait
		began := time.Now()
		drain(out)
		mustEqual(t, "time", time.Since(began), time.Duration(0))
	})
}

func (f *flaky) fail(context.Context, int) (int, error) { return 0, errBad }
