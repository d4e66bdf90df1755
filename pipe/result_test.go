package pipe_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

func TestTryTellsWhatCameOfEachValue(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		in := filled(nil, 1, 2, 3, 4)
		results := pipe.Map(bg, in, 2, pipe.Try(func(_ context.Context, v int) (string, error) {
			switch v {
			case 2:
				return "half", errBad
			case 3:
				panic(errLost)
			}
			return fmt.Sprint("ok ", v), nil
		}))
		got, end := drain(results)
		mustBe(t, "end", end, nil)
		mustEqual(t, "results", got, "[{1 ok 1 <nil>} {2 half bad} {3  runnel: panic: lost} {4 ok 4 <nil>}]")
		mustHavePanicked(t, got[2].Err, errLost)
		mustBalance(t, "in", in.Stats(), 4, 4, runnel.Drops{})
	})
}

func TestTryHoldsUpNoGoexit(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		in := holding(1, 2)
		_, end := drain(pipe.Map(bg, in, 1, pipe.Try(func(context.Context, int) (int, error) {
			runtime.Goexit()
			return 0, nil
		})))
		mustEqual(t, "end", end, "pipe: the function of the stage called runtime.Goexit")
	})
}

// The end of the context is an error like any other for Try; the stage ends by itself.
func TestTryOfAStoppedStage(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		ctx, end := context.WithCancelCause(bg)
		f := pipe.Try(func(ctx context.Context, v int) (int, error) { return 0, runnel.Sleep(ctx, time.Hour) })
		in := holding(1, 2)
		out := pipe.Map(ctx, in, 1, f)
		var lost []pipe.Result[int, int]
		out.OnDrop(func(r pipe.Result[int, int], _ runnel.Reason) { lost = append(lost, r) })
		synctest.Wait()
		end(errStop)
		_, err := drain(out)
		synctest.Wait() // the input hears of it after the receivers of the output
		mustBe(t, "end", err, errStop)
		mustEqual(t, "lost", lost, "[{1 0 stop}]")
		mustBalance(t, "in", in.Stats(), 2, 1, dropped(runnel.Undelivered, 1))
	})
}

func TestTryOfRetry(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		f := pipe.Try(pipe.Retry(runnel.Backoff{Attempts: 3, First: time.Second}, func(_ context.Context, v int) (int, error) {
			if v%2 == 0 {
				return 0, errBad
			}
			return v, nil
		}))
		got, _ := drain(pipe.Map(bg, filled(nil, upTo(4)...), 8, f))
		mustEqual(t, "results", got, "[{0 0 pipe: attempt 3 of 3: bad} {1 1 <nil>} {2 0 pipe: attempt 3 of 3: bad} {3 3 <nil>}]")
		if !errors.Is(got[0].Err, errBad) {
			t.Error("the error is lost")
		}
	})
}
