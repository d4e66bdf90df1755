package pipe_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// forWorkers runs a test with one worker, which is the caller, and with several.
func forWorkers(t *testing.T, f func(t *testing.T, n int)) {
	for _, n := range []int{1, 2, 5} {
		bubble(t, "", func(t *testing.T) { f(t, n) })
	}
}

func TestForEach(t *testing.T) {
	for _, cause := range []error{nil, errLost} {
		forWorkers(t, func(t *testing.T, n int) {
			in := filled(cause, upTo(50)...)
			var mu sync.Mutex
			var got []int
			running, most := 0, 0
			err := pipe.ForEach(bg, in, n, func(_ context.Context, v int) error {
				mu.Lock()
				running++
				most = max(most, running)
				got = append(got, v)
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				running--
				mu.Unlock()
				return nil
			})
			if n > 1 {
				slices.Sort(got)
			}
			mustEqual(t, "values", got, upTo(50))
			if err != cause || most != n || running != 0 {
				t.Errorf("%v, want %v; %d calls at once of %d; %d still running", err, cause, most, n, running)
			}
			mustBalance(t, "in", in.Stats(), 50, 50, runnel.Drops{})
		})
	}
}

// The input is cancelled at once and the others are told; then it waits for them.
func TestForEachFailure(t *testing.T) {
	forWorkers(t, func(t *testing.T, n int) {
		in, others := holding(upTo(20)...), 0
		var mu sync.Mutex
		err := pipe.ForEach(bg, in, n, func(ctx context.Context, v int) error {
			if v == n-1 {
				synctest.Wait()
				return errBad
			}
			if n == 1 {
				t.Error("value taken after the failure")
			}
			<-ctx.Done()
			time.Sleep(time.Second)
			if in.Err() != errBad || context.Cause(ctx) != errBad {
				t.Errorf("in: %v, ctx: %v", in.Err(), context.Cause(ctx))
			}
			time.Sleep(time.Duration(v) * time.Hour)
			mu.Lock()
			defer mu.Unlock()
			if others++; others%2 == 0 {
				return errStop
			}
			return nil
		})
		mustBe(t, "ForEach", err, errBad)
		mustEqual(t, "others", others, n-1)
		// Of the others, which end later, the half that failed because of that is not to blame.
		late := uint64(n-1) / 2
		mustBalance(t, "in", in.Stats(), 20, uint64(n-1)-late, drops(1, 20-uint64(n)+late))
	})
}

func TestForEachPanic(t *testing.T) {
	forWorkers(t, func(t *testing.T, n int) {
		in := holding(upTo(20)...)
		err := pipe.ForEach(bg, in, n, func(_ context.Context, v int) error {
			time.Sleep(time.Duration(v) * time.Second)
			at(7, panics)(v)
			return nil
		})
		mustHavePanicked(t, err, errBad)
		if in.Err() != err || in.Stats().Dropped[runnel.Failed] != 1 {
			t.Errorf("in: %v, %+v", in.Err(), in.Stats())
		}
		mustAddUp(t, "in", in.Stats())
	})
}

// A function that ends its goroutine ends that of the caller if n is 1. The input is told either way.
func TestForEachGoexit(t *testing.T) {
	forWorkers(t, func(t *testing.T, n int) {
		in := holding(upTo(9)...)
		var err error
		returned := false
		ended := begin(func() {
			err = pipe.ForEach(bg, in, n, func(_ context.Context, v int) error {
				at(4, escapes["Goexit"])(v)
				return nil
			})
			returned = true
		})
		if !ended() || returned != (n > 1) {
			t.Fatal("wrong end")
		}
		if returned {
			mustBeEscape(t, err, "Goexit")
		}
		mustBeEscape(t, in.Err(), "Goexit")
		if in.Stats().Dropped[runnel.Failed] != 1 {
			t.Errorf("in: %+v", in.Stats())
		}
		mustAddUp(t, "in", in.Stats())
	})
}

// The error is the cause of ctx, whatever f returns when its context has ended.
func TestForEachEndsWithItsContext(t *testing.T) {
	forWorkers(t, func(t *testing.T, n int) {
		for _, values := range []int{0, 10} {
			ctx, end := context.WithCancelCause(bg)
			in := holding(upTo(values)...)
			var err error
			ended := begin(func() {
				err = pipe.ForEach(ctx, in, n, func(ctx context.Context, v int) error {
					<-ctx.Done()
					return errors.Join(errBad, ctx.Err())
				})
			})
			end(errStop)
			if !ended() || err != errStop || in.Err() != errStop {
				t.Errorf("ForEach: %v, in: %v", err, in.Err())
			}
			mustBalance(t, "in", in.Stats(), uint64(values), 0, dropped(runnel.Undelivered, uint64(values)))
		}
	})
}

// The context of f ends with the call, so that nothing that it started goes on.
func TestForEachEndsItsContext(t *testing.T) {
	forWorkers(t, func(t *testing.T, n int) {
		var last context.Context
		mustBe(t, "ForEach", pipe.ForEach(bg, filled(nil, 1), n, func(ctx context.Context, _ int) error {
			last = ctx
			return ctx.Err()
		}), nil)
		if last.Err() == nil {
			t.Error("the context of f goes on")
		}
	})
}

// A panic is told also when ctx has ended, unless another worker was first to end the stage.
func TestForEachPanicAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(bg)
		in := holding(1, 2)
		err := pipe.ForEach(ctx, in, 1, func(context.Context, int) error {
			end()
			panic(errBad)
		})
		mustHavePanicked(t, err, errBad)
	})
}
