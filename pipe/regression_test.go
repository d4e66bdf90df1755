package pipe_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// Mistakes that were found by reading and by use. Each test failed before its fix.

// A function that reads a channel of its own under the context of its stage must not take the
// stop of the stage for the end of that channel.
func TestStopIsNoPlainEndInsideAFunction(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		var inner error
		out := pipe.Map(bg, filled(nil, 1), 1, func(ctx context.Context, _ int) (int, error) {
			_, inner = pipe.Collect(ctx, holding(1, 2))
			return 0, nil
		})
		synctest.Wait()
		out.Cancel(nil)
		synctest.Wait()
		if inner == nil || errors.Is(inner, runnel.ErrClosed) {
			t.Errorf("Collect on an open channel ended with %v", inner)
		}
	})
}

// Somebody ends a context with ErrClosed as its cause: still no plain end.
func TestContextThatEndsWithErrClosed(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(bg)
		cancel(runnel.ErrClosed)
		for what, end := range map[string]func() error{
			"Map":     func() error { _, err := drain(pipe.Map(ctx, holding(1), 1, double)); return err },
			"Map 2":   func() error { _, err := drain(pipe.Map(ctx, holding(1), 2, double)); return err },
			"Merge":   func() error { _, err := drain(pipe.Merge(ctx, one[int](holding(1)))); return err },
			"Collect": func() error { _, err := pipe.Collect(ctx, holding(1)); return err },
			"ForEach": func() error { return pipe.ForEach(ctx, holding(1), 2, func(context.Context, int) error { return nil }) },
			"Pipe":    func() error { return pipe.Pipe(ctx, holding(1), holding(2)) },
		} {
			if err := end(); err == nil || errors.Is(err, runnel.ErrClosed) {
				t.Errorf("%s ended with %v, which looks plain", what, err)
			}
		}
	})
}

// The failure of a function that has used a closed channel is no end of the stream, also for
// those who ask with errors.Is, as they are told to.
func TestFailureThatWrapsErrClosed(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		dead := runnel.New[int]()
		dead.CloseWith(errLost)
		_, err := drain(pipe.Map(bg, filled(nil, 1), 1, func(ctx context.Context, v int) (int, error) {
			return v, dead.Send(ctx, v)
		}))
		if err == nil || errors.Is(err, runnel.ErrClosed) || !errors.Is(err, errLost) {
			t.Errorf("ended with %v", err)
		}
		for _, e := range []error{runnel.ErrEmpty, runnel.ErrFull} {
			_, err := drain(pipe.Map(bg, filled(nil, 1), 2, func(context.Context, int) (int, error) { return 0, e }))
			if errors.Is(err, runnel.ErrClosed) || !errors.Is(err, e) {
				t.Errorf("ended with %v, want %v", err, e)
			}
		}
	})
}

// A function given to OnDrop of the output is not a part of the call: what it does is not
// blamed on the value, whose result has been delivered, and leaves nobody waiting.
func TestHookThatEndsTheGoroutine(t *testing.T) {
	forMappings(t, func(t *testing.T, name string, n int, m mapping) {
		if name == "FlatMap" || name == "FlatMapUnordered" {
			return // there the send is a part of the call
		}
		in := runnel.New[int](runnel.Buffer(8))
		out := m(bg, in, n, func(ctx context.Context, v int) (int, error) {
			runnel.Sleep(ctx, time.Second)
			return v, nil
		})
		out.OnDrop(func(int, runnel.Reason) { runtime.Goexit() })
		in.SendAll(bg, upTo(8))
		synctest.Wait()
		in.OnClose(func(error) {})
		go out.Cancel(errStop) // whose own drops, if any, end only this goroutine
		synctest.Wait()
		time.Sleep(time.Hour)
		if s := in.Stats(); s.Dropped[runnel.Failed] != 0 {
			t.Errorf("in: %+v", s)
		}
	})
}

func TestMapKeyedWithEndlessBacklog(t *testing.T) {
	out := pipe.MapKeyed(bg, filled(nil, 1, 2, 3), 4, math.MaxInt, itself, double)
	if got, end := drain(out); len(got) != 3 || end != nil {
		t.Errorf("%v, %v", got, end)
	}
}

func TestTypedNilInput(t *testing.T) {
	var in *runnel.Chan[int]
	mustPanic(t, "pipe: Map: the input is nil, want a channel", func() { pipe.Map(bg, in, 1, double) })
}

// A stage that waits keeps the value that it had last for nobody.
func TestWindowByThatPanicsStopsItsSource(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		in := holding(1, 2)
		out := pipe.WindowBy(bg, in, pipe.Tumbling(time.Hour), func(v int) time.Time {
			if v == 2 {
				panic(errBad)
			}
			return time.Unix(0, 0)
		}, 0)
		synctest.Wait() // the open pane waits for a consumer
		if !in.Stats().Closed {
			t.Error("the input is open")
		}
		drain(out)
	})
}

func TestRetryEach(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		calls := 0
		f := pipe.RetryEach(runnel.Backoff{Attempts: 3, First: time.Second}, func(_ context.Context, v int) error {
			if calls++; v == 1 && calls < 3 {
				return errBad
			}
			return nil
		})
		if err := pipe.ForEach(bg, filled(nil, 1, 2), 1, f); err != nil || calls != 4 {
			t.Errorf("%v after %d calls", err, calls)
		}
	})
	mustPanic(t, "pipe: RetryEach: f is nil, want a function", func() { pipe.RetryEach[int](runnel.Backoff{Attempts: 1}, nil) })
}
