package pipe_test

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// When Wait has returned, every call has, and the accounts are final.
func TestGroupWaitsForItsStages(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		g, ctx := pipe.NewGroup(bg)
		in := holding(upTo(10)...)
		var running atomic.Int32
		out := pipe.MapUnordered(ctx, in, 4, func(_ context.Context, v int) (int, error) {
			running.Add(1)
			time.Sleep(time.Duration(v+1) * time.Second) // a call that does not look at its context
			running.Add(-1)
			return v, nil
		})
		g.Go(func() error {
			return pipe.ForEach(ctx, out, 1, func(context.Context, int) error { return errBad })
		})
		if err := g.Wait(); err != errBad {
			t.Errorf("Wait: %v, want %v", err, errBad)
		}
		if n := running.Load(); n != 0 {
			t.Errorf("%d calls are running", n)
		}
		mustAccount(t, in, out, false)
	})
}

// The first error of one branch ends the others, and the source.
func TestGroupEndsAllBranches(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		g, ctx := pipe.NewGroup(bg)
		source := counting()
		even, odd := pipe.Split(ctx, source, isEven)
		g.Go(func() error {
			return pipe.ForEach(ctx, even, 1, func(_ context.Context, v int) error {
				if v == 10 {
					return errBad
				}
				return nil
			})
		})
		g.Go(func() error {
			return pipe.ForEach(ctx, odd, 1, func(ctx context.Context, _ int) error { return nil })
		})
		if err := g.Wait(); err != errBad {
			t.Errorf("Wait: %v, want %v", err, errBad)
		}
		if source.Err() != errBad {
			t.Errorf("the source was stopped with %v, want %v", source.Err(), errBad)
		}
	})
}

// Stages that nobody consumes end when everything else has.
func TestGroupEndsWhatNobodyConsumes(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		g, ctx := pipe.NewGroup(bg)
		pipe.Map(ctx, counting(), 2, double)
		pipe.MapKeyed(ctx, counting(), 2, 1, itself, double)
		pipe.Merge(ctx, both[int](counting(), counting()))
		pipe.Zip(ctx, runnel.Receiver[int](counting()), runnel.Receiver[int](counting()), sum)
		pipe.Generate(ctx, func(ctx context.Context, emit func(int) error) error { return emit(1) })
		if err := g.Wait(); err != nil {
			t.Errorf("Wait: %v, want nil", err)
		}
		if ctx.Err() == nil {
			t.Error("the context of the group has not ended")
		}
	})
}

func TestGroupFunctionThatDoesNotReturn(t *testing.T) {
	bubble(t, "panic", func(t *testing.T) {
		g, ctx := pipe.NewGroup(bg)
		g.Go(func() error { panic(errBad) })
		g.Go(func() error { <-ctx.Done(); return nil })
		mustHavePanicked(t, g.Wait(), errBad)
	})
	bubble(t, "Goexit", func(t *testing.T) {
		g, _ := pipe.NewGroup(bg)
		g.Go(func() error { runtime.Goexit(); return nil })
		if err := g.Wait(); err == nil {
			t.Error("Wait: nil, want an error")
		}
	})
}

func TestGroupEndsWithItsContext(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		outer, cancel := context.WithCancelCause(bg)
		g, ctx := pipe.NewGroup(outer)
		in := counting()
		g.Go(func() error {
			return pipe.ForEach(ctx, in, 2, func(ctx context.Context, _ int) error { return runnel.Sleep(ctx, time.Second) })
		})
		synctest.Wait()
		cancel(errStop)
		if err := g.Wait(); err != errStop {
			t.Errorf("Wait: %v, want %v", err, errStop)
		}
	})
}

func TestGroupIsOver(t *testing.T) {
	g, ctx := pipe.NewGroup(bg)
	g.Wait()
	mustPanic(t, "pipe: Group.Go: Wait has returned, want a new group", func() { g.Go(func() error { return nil }) })
	mustPanic(t, "pipe: Group.Go: f is nil, want a function", func() { g.Go(nil) })
	_, err := pipe.Collect(ctx, pipe.Map(ctx, filled(nil, 1), 1, double))
	if err == nil || errors.Is(err, runnel.ErrClosed) {
		t.Errorf("a stage under the context of a group that is done: %v", err)
	}
}
