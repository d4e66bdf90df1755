package pipe_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// expansion is a function for FlatMap.
type expansion = func(ctx context.Context, v int, emit func(int) error) error

// forFlatMaps runs a test in a bubble for both kinds and several numbers of workers.
func forFlatMaps(t *testing.T, test func(t *testing.T, ordered bool, n int, flatMap func(ctx context.Context, in runnel.Receiver[int], f expansion, opts ...runnel.Option) runnel.Receiver[int])) {
	for _, ordered := range []bool{true, false} {
		for _, n := range []int{1, 2, 5} {
			bubble(t, fmt.Sprint(ordered, n), func(t *testing.T) {
				test(t, ordered, n, func(ctx context.Context, in runnel.Receiver[int], f expansion, opts ...runnel.Option) runnel.Receiver[int] {
					if ordered {
						return pipe.FlatMap(ctx, in, n, f, opts...)
					}
					return pipe.FlatMapUnordered(ctx, in, n, f, opts...)
				})
			})
		}
	}
}

// Value v gives v%4 results, 100v, 100v+1, …
func TestFlatMapGivesManyResults(t *testing.T) {
	r := seeded(t)
	pauses := make([]time.Duration, 200)
	for i := range pauses {
		pauses[i] = time.Duration(r.IntN(4)) * time.Millisecond
	}
	forFlatMaps(t, func(t *testing.T, ordered bool, n int, flatMap func(context.Context, runnel.Receiver[int], expansion, ...runnel.Option) runnel.Receiver[int]) {
		in := filled(errLost, upTo(50)...)
		got, end := drain(flatMap(bg, in, func(_ context.Context, v int, emit func(int) error) error {
			for i := range v % 4 {
				time.Sleep(pauses[v*4+i])
				if err := emit(100*v + i); err != nil {
					t.Errorf("emit: %v", err)
				}
			}
			return nil
		}))
		var want []int
		for v := range 50 {
			for i := range v % 4 {
				want = append(want, 100*v+i)
			}
		}
		if !ordered { // but the results of one value are in order
			slices.SortStableFunc(got, func(a, b int) int { return a/100 - b/100 })
		}
		if !slices.Equal(got, want) || end != errLost {
			t.Errorf("%v, %v, want %v, %v", got, end, want, errLost)
		}
		mustBalance(t, "in", in.Stats(), 50, 50, runnel.Drops{})
	})
}

// emit waits for its turn and for room: nothing is collected.
func TestFlatMapEmitWaits(t *testing.T) {
	bubble(t, "turn", func(t *testing.T) {
		emitted := make([]int, 3)
		out := pipe.FlatMap(bg, filled(nil, 0, 1, 2), 3, func(_ context.Context, v int, emit func(int) error) error {
			if v == 0 {
				time.Sleep(time.Hour)
			}
			for i := range 3 {
				if emit(10*v+i) == nil {
					emitted[v]++
				}
			}
			return nil
		})
		synctest.Wait()
		mustEqual(t, "accepted before its turn", emitted, []int{0, 0, 0})
		var got []int
		for want := range 9 {
			v, _ := out.Recv(bg)
			got = append(got, v)
			synctest.Wait()
			mustEqual(t, "accepted", emitted[0]+emitted[1]+emitted[2], want+1)
		}
		mustEqual(t, "results", got, []int{0, 1, 2, 10, 11, 12, 20, 21, 22})
	})
	forFlatMaps(t, func(t *testing.T, _ bool, n int, flatMap func(context.Context, runnel.Receiver[int], expansion, ...runnel.Option) runnel.Receiver[int]) {
		in := counting()
		out := flatMap(bg, in, func(_ context.Context, v int, emit func(int) error) error {
			for emit(v) == nil {
			}
			return errBad
		}, runnel.Buffer(4))
		synctest.Wait()
		if s := out.Stats(); s.Sent != 4 || in.Stats().Received > uint64(n) {
			t.Errorf("%d results accepted of %d values, want 4 of at most %d", s.Sent, in.Stats().Received, n)
		}
		out.Cancel(errStop)
	})
}

// What was emitted before the failure is delivered.
func TestFlatMapFailureAfterResults(t *testing.T) {
	for kind, failure := range failures {
		forFlatMaps(t, func(t *testing.T, ordered bool, n int, flatMap func(context.Context, runnel.Receiver[int], expansion, ...runnel.Option) runnel.Receiver[int]) {
			in := filled(nil, upTo(9)...)
			out := flatMap(bg, in, func(_ context.Context, v int, emit func(int) error) error {
				if n > 1 {
					time.Sleep(time.Duration(9-v) * time.Second)
				}
				for i := range 2 {
					if err := emit(10*v + i); err != nil {
						return err
					}
				}
				if v == 2 {
					return failure()
				}
				return nil
			})
			got, end := drain(out)
			mustBeFailure(t, kind, end)
			if want := []int{0, 1, 10, 11, 20, 21}; ordered && !slices.Equal(got, want) {
				t.Errorf("results %v, want %v", got, want)
			}
			time.Sleep(time.Hour)
			synctest.Wait()
			mustEqual(t, "values failed", in.Stats().Dropped[runnel.Failed], 1)
			mustBalance(t, "out", out.Stats(), uint64(len(got)), uint64(len(got)), runnel.Drops{})
			mustAddUp(t, "in", in.Stats())
		})
	}
}

func TestFlatMapEmitAfterTheCall(t *testing.T) {
	forFlatMaps(t, func(t *testing.T, _ bool, n int, flatMap func(context.Context, runnel.Receiver[int], expansion, ...runnel.Option) runnel.Receiver[int]) {
		for _, outcome := range failures {
			var kept func(int) error
			out := flatMap(bg, filled(nil, 1), func(_ context.Context, v int, emit func(int) error) error {
				kept = emit
				if err := emit(v); err != nil {
					t.Error(err)
				}
				return outcome()
			})
			got, _ := drain(out)
			synctest.Wait()
			if err := kept(2); err != runnel.ErrClosed || len(got) != 1 {
				t.Errorf("results %v, emit after the call: %v, want %v", got, err, runnel.ErrClosed)
			}
		}
		// The stage goes on, and the output is open.
		var kept func(int) error
		in := holding(1)
		out := flatMap(bg, in, func(_ context.Context, v int, emit func(int) error) error {
			kept = emit
			return emit(v)
		}, runnel.Buffer(9))
		synctest.Wait()
		if err := kept(2); err != runnel.ErrClosed {
			t.Errorf("emit after the call: %v, want %v", err, runnel.ErrClosed)
		}
		in.Close()
		got, _ := drain(out)
		mustEqual(t, "results", got, []int{1})
	})
}

// emit tells why its value was not accepted, to the worker that sends and to those that wait
// for their turn. Whether f passes that on or not, the stage ends and nothing comes twice.
func TestFlatMapEmitInAStageThatStops(t *testing.T) {
	stops := map[string]func(out runnel.Receiver[int], end func(error)){
		"consumer": func(out runnel.Receiver[int], _ func(error)) { out.Cancel(errStop) },
		"context":  func(_ runnel.Receiver[int], end func(error)) { end(errStop) },
	}
	for what, stop := range stops {
		for _, deaf := range []bool{false, true} {
			forFlatMaps(t, func(t *testing.T, ordered bool, n int, flatMap func(context.Context, runnel.Receiver[int], expansion, ...runnel.Option) runnel.Receiver[int]) {
				ctx, end := context.WithCancelCause(bg)
				in := holding(upTo(20)...)
				refused := make(chan error, 100)
				out := flatMap(ctx, in, func(_ context.Context, v int, emit func(int) error) error {
					for i := range 3 {
						if err := emit(10*v + i); err != nil {
							refused <- err
							if !deaf {
								return err
							}
						}
					}
					return nil
				})
				first, _ := out.Recv(bg)
				synctest.Wait()
				stop(out, end)
				synctest.Wait()
				rest, err := drain(out)
				synctest.Wait()
				mustBe(t, what, err, errStop)
				if ordered {
					mustEqual(t, "results", append([]int{first}, rest...), []int{0})
				}
				want := n
				if deaf {
					want = 3*n - 1
				}
				if len(refused) < n || len(refused) > want {
					t.Errorf("%s: %d emits refused, want %d to %d", what, len(refused), n, want)
				}
				close(refused)
				for err := range refused {
					mustBe(t, "emit", err, errStop)
				}
				mustAddUp(t, "in", in.Stats())
				mustBalance(t, "out", out.Stats(), 1, 1, runnel.Drops{})
				if s := in.Stats(); s.Dropped[runnel.Failed] != 0 || !deaf && s.Received != 0 || in.Err() != errStop {
					t.Errorf("in: %+v, ended with %v", s, in.Err())
				}
			})
		}
	}
}

// A worker that waits for its turn hears at once that a value before its own has failed.
func TestFlatMapWaitingForAValueThatFails(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		refused := make(chan error, 2)
		in := holding(0, 1, 2)
		out := pipe.FlatMap(bg, in, 3, func(_ context.Context, v int, emit func(int) error) error {
			if v == 0 {
				time.Sleep(time.Hour)
				return errBad
			}
			err := emit(v)
			refused <- err
			return err
		})
		got, end := drain(out)
		if len(got) > 0 || end != errBad {
			t.Errorf("%v, %v, want %v", got, end, errBad)
		}
		for range 2 {
			mustBe(t, "emit", <-refused, errBad)
		}
		synctest.Wait()
		drops := dropped(runnel.Failed, 1)
		drops[runnel.Undelivered] = 2
		mustBalance(t, "in", in.Stats(), 3, 0, drops)
	})
}

// A value that waited for its turn is sent in it, and that it had to wait has no effect on the
// next one of the same worker.
func TestFlatMapWaitsAgainAndAgain(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		var want []int
		out := pipe.FlatMap(bg, filled(nil, upTo(60)...), 3, func(_ context.Context, v int, emit func(int) error) error {
			if v%3 == 0 {
				time.Sleep(time.Second)
			}
			for range v % 3 {
				if err := emit(v); err != nil {
					return err
				}
			}
			return nil
		})
		for v := range 60 {
			for range v % 3 {
				want = append(want, v)
			}
		}
		got, _ := drain(out)
		mustEqual(t, "results", got, want)
	})
}

// What a hook of the output does wrong within emit, f does wrong.
func TestFlatMapPanicOfAHookWithinEmit(t *testing.T) {
	forFlatMaps(t, func(t *testing.T, _ bool, n int, flatMap func(context.Context, runnel.Receiver[int], expansion, ...runnel.Option) runnel.Receiver[int]) {
		in := runnel.New[int]()
		out := flatMap(bg, in, func(_ context.Context, v int, emit func(int) error) error {
			defer runtime.Gosched()
			return errors.Join(emit(v), emit(v+1))
		}, runnel.Sliding(1))
		out.OnDrop(func(int, runnel.Reason) { panic(errBad) })
		in.Send(bg, 1)
		synctest.Wait()
		out.OnDrop(nil)
		got, end := drain(out)
		mustHavePanicked(t, end, errBad)
		mustEqual(t, "results", got, []int{2})
		mustBalance(t, "in", in.Stats(), 1, 0, dropped(runnel.Failed, 1))
		mustBalance(t, "out", out.Stats(), 2, 1, dropped(runnel.DroppedOldest, 1))
	})
}
