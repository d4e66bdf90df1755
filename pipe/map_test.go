package pipe_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// mapping is one of the stages that call a function of one value and one result.
type mapping func(ctx context.Context, in runnel.Receiver[int], n int, f func(context.Context, int) (int, error)) runnel.Receiver[int]

var mappings = map[string]mapping{
	"Map": func(ctx context.Context, in runnel.Receiver[int], n int, f func(context.Context, int) (int, error)) runnel.Receiver[int] {
		return pipe.Map(ctx, in, n, f)
	},
	"MapUnordered": func(ctx context.Context, in runnel.Receiver[int], n int, f func(context.Context, int) (int, error)) runnel.Receiver[int] {
		return pipe.MapUnordered(ctx, in, n, f)
	},
	"MapKeyed": func(ctx context.Context, in runnel.Receiver[int], n int, f func(context.Context, int) (int, error)) runnel.Receiver[int] {
		return pipe.MapKeyed(ctx, in, n, 3, func(v int) int { return v % 5 }, f)
	},
	"FlatMap": func(ctx context.Context, in runnel.Receiver[int], n int, f func(context.Context, int) (int, error)) runnel.Receiver[int] {
		return pipe.FlatMap(ctx, in, n, emitting(f))
	},
	"FlatMapUnordered": func(ctx context.Context, in runnel.Receiver[int], n int, f func(context.Context, int) (int, error)) runnel.Receiver[int] {
		return pipe.FlatMapUnordered(ctx, in, n, emitting(f))
	},
}

func emitting(f func(context.Context, int) (int, error)) func(context.Context, int, func(int) error) error {
	return func(ctx context.Context, v int, emit func(int) error) error {
		b, err := f(ctx, v)
		if err != nil {
			return err
		}
		return emit(b)
	}
}

// forMappings runs a test in a bubble for each mapping and several numbers of workers.
func forMappings(t *testing.T, test func(t *testing.T, name string, n int, m mapping)) {
	for name, m := range mappings {
		for _, n := range []int{1, 2, 3, 8} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { test(t, name, n, m) })
			})
		}
	}
}

func double(_ context.Context, v int) (int, error) { return 2 * v, nil }

func TestMapGivesEveryResult(t *testing.T) {
	forMappings(t, func(t *testing.T, name string, n int, m mapping) {
		in := filled(nil, upTo(100)...)
		out := m(bg, in, n, func(_ context.Context, v int) (int, error) {
			time.Sleep(time.Duration(rand.IntN(5)) * time.Millisecond)
			return 2 * v, nil
		})
		got, end := drain(out)
		if name != "Map" && name != "FlatMap" && n > 1 {
			slices.Sort(got)
		}
		for i, v := range got {
			if v != 2*i {
				t.Fatalf("result %d is %d, want %d", i, v, 2*i)
			}
		}
		if len(got) != 100 || end != nil || out.Err() != nil {
			t.Errorf("%d results and end %v, want 100 and nil", len(got), end)
		}
		mustBalance(t, "in", in.Stats(), 100, 100, runnel.Drops{})
	})
}

func TestMapPassesTheEndOn(t *testing.T) {
	forMappings(t, func(t *testing.T, _ string, n int, m mapping) {
		out := m(bg, filled(errLost, 1, 2, 3), n, double)
		if got, end := drain(out); len(got) != 3 || end != errLost {
			t.Errorf("%v, %v, want three values and %v", got, end, errLost)
		}
	})
}

// failures are the ways in which a function fails, told apart by mustBeFailure.
var failures = map[string]func() error{
	"error":  func() error { return errBad },
	"panic":  func() error { panic(errBad) },
	"Goexit": func() error { runtime.Goexit(); return nil },
}

// What went wrong is told by the output; every value is delivered or counted.
func TestMapFailure(t *testing.T) {
	for kind, failure := range failures {
		t.Run(kind, func(t *testing.T) {
			forMappings(t, func(t *testing.T, name string, n int, m mapping) {
				in := filled(nil, upTo(20)...)
				out := m(bg, in, n, func(_ context.Context, v int) (int, error) {
					time.Sleep(time.Duration(20-v) * time.Second)
					if v == 7 {
						return 0, failure()
					}
					return v, nil
				})
				got, end := drain(out)
				mustBeFailure(t, kind, end)
				if (name == "Map" || name == "FlatMap") && !slices.Equal(got, upTo(7)) {
					t.Errorf("results %v, want 0 to 6", got)
				}
				synctest.Wait()
				time.Sleep(time.Hour) // the last workers end
				mustAccount(t, in, out, name == "FlatMap" || name == "FlatMapUnordered")
				if in.Stats().Dropped[runnel.Failed] != 1 {
					t.Errorf("in: %+v, want one value failed", in.Stats())
				}
			})
		})
	}
}

// mustAccount expects that what was received from in was sent on, with what was counted on
// either side. If emits, results may have been given back to the function instead.
func mustAccount(t *testing.T, in *runnel.Chan[int], out runnel.Receiver[int], emits bool) {
	t.Helper()
	i, o := in.Stats(), out.Stats()
	if i.Sent != i.Received+uint64(i.Len)+i.Dropped.Total() || o.Sent != o.Received+uint64(o.Len)+o.Dropped.Total() {
		t.Errorf("out of balance:\n in %+v\nout %+v", i, o)
	}
	if i.Received != o.Sent && !emits || i.Received < o.Sent {
		t.Errorf("received %d, sent on %d:\n in %+v\nout %+v", i.Received, o.Sent, i, o)
	}
}

func mustBeFailure(t *testing.T, kind string, err error) {
	t.Helper()
	switch kind {
	case "error":
		if err != errBad {
			t.Errorf("end %v, want %v", err, errBad)
		}
	case "panic":
		mustHavePanicked(t, err, errBad)
	case "Goexit":
		if err == nil || err.Error() != "pipe: the function of the stage called runtime.Goexit" {
			t.Errorf("end %v, want Goexit", err)
		}
	}
}

// A consumer that stops ends the stage and its source: while the stage waits for a value, while
// it waits for room, and while it is in its function.
func TestMapStopsWithItsConsumer(t *testing.T) {
	forMappings(t, func(t *testing.T, name string, n int, m mapping) {
		idle := runnel.New[int]()
		m(bg, idle, n, double).Cancel(errStop)
		if err := idle.Send(bg, 1); err == nil || idle.Err() != errStop {
			t.Errorf("Send to an idle stage: %v, cause %v, want %v", err, idle.Err(), errStop)
		}

		blocked := holding(upTo(20)...)
		out := m(bg, blocked, n, double)
		synctest.Wait()
		out.Cancel(errStop)
		synctest.Wait()
		mustAccount(t, blocked, out, true)

		slow := holding(upTo(20)...)
		out = m(bg, slow, n, func(ctx context.Context, v int) (int, error) {
			return v, runnel.Sleep(ctx, time.Hour)
		})
		synctest.Wait()
		out.Cancel(errStop)
		synctest.Wait()
		mustBalance(t, "in", slow.Stats(), 20, 0, dropped(runnel.Undelivered, 20))
	})
}

func TestMapEndsWithItsContext(t *testing.T) {
	forMappings(t, func(t *testing.T, _ string, n int, m mapping) {
		ctx, cancel := context.WithCancelCause(bg)
		in := holding(upTo(20)...)
		out := m(ctx, in, n, double)
		out.Recv(bg)
		cancel(errStop)
		_, end := drain(out)
		synctest.Wait()
		if end != errStop || in.Err() != errStop {
			t.Errorf("ended with %v, in cancelled with %v, want %v", end, in.Err(), errStop)
		}
		mustAccount(t, in, out, true)
	})
}
