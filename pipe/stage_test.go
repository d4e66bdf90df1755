package pipe_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/xf"
)

// What holds for every stage that is made of newStage, shown by the mapping ones.

func TestStageRefusesWrongArguments(t *testing.T) {
	in := runnel.New[int]()
	key := func(v int) int { return v }
	keep := func(context.Context, int) (bool, error) { return true, nil }
	flat := emitting(double)
	for message, call := range map[string]func(){
		"pipe: Map: f is nil, want a function":                     func() { pipe.Map[int, int](bg, in, 1, nil) },
		"pipe: Map: n is 0, want at least 1":                       func() { pipe.Map(bg, in, 0, double) },
		"pipe: Map: the input is nil, want a channel":              func() { pipe.Map(bg, nil, 2, double) },
		"pipe: MapUnordered: f is nil, want a function":            func() { pipe.MapUnordered[int, int](bg, in, 1, nil) },
		"pipe: MapUnordered: n is -3, want at least 1":             func() { pipe.MapUnordered(bg, in, -3, double) },
		"pipe: MapUnordered: the input is nil, want a channel":     func() { pipe.MapUnordered(bg, nil, 1, double) },
		"pipe: MapKeyed: key is nil, want a function":              func() { pipe.MapKeyed[int](bg, in, 1, 1, nil, double) },
		"pipe: MapKeyed: f is nil, want a function":                func() { pipe.MapKeyed[int, int, int](bg, in, 1, 1, key, nil) },
		"pipe: MapKeyed: n is 0, want at least 1":                  func() { pipe.MapKeyed(bg, in, 0, 1, key, double) },
		"pipe: MapKeyed: backlog is 0, want at least 1":            func() { pipe.MapKeyed(bg, in, 1, 0, key, double) },
		"pipe: MapKeyed: the input is nil, want a channel":         func() { pipe.MapKeyed(bg, nil, 1, 1, key, double) },
		"pipe: FlatMap: f is nil, want a function":                 func() { pipe.FlatMap[int, int](bg, in, 1, nil) },
		"pipe: FlatMap: n is 0, want at least 1":                   func() { pipe.FlatMap(bg, in, 0, flat) },
		"pipe: FlatMap: the input is nil, want a channel":          func() { pipe.FlatMap(bg, nil, 1, flat) },
		"pipe: FlatMapUnordered: f is nil, want a function":        func() { pipe.FlatMapUnordered[int, int](bg, in, 1, nil) },
		"pipe: FlatMapUnordered: n is 0, want at least 1":          func() { pipe.FlatMapUnordered(bg, in, 0, flat) },
		"pipe: FlatMapUnordered: the input is nil, want a channel": func() { pipe.FlatMapUnordered(bg, nil, 1, flat) },
		"pipe: Filter: keep is nil, want a function":               func() { pipe.Filter(bg, in, 1, nil) },
		"pipe: Filter: n is 0, want at least 1":                    func() { pipe.Filter(bg, in, 0, keep) },
		"pipe: Filter: the input is nil, want a channel":           func() { pipe.Filter(bg, nil, 1, keep) },
		"runnel: Buffer(0): the capacity must be at least 1":       func() { pipe.Map(bg, in, 1, double, runnel.Buffer(0)) },
	} {
		t.Run(message, func(t *testing.T) { mustPanic(t, message, call) })
	}
	if in.Stats().Closed {
		t.Error("a call that panicked has touched its input")
	}
}

func TestStageUnderAContextThatHasEnded(t *testing.T) {
	forMappings(t, func(t *testing.T, _ string, n int, m mapping) {
		ctx, cancel := context.WithCancelCause(bg)
		cancel(errStop)
		in := holding(1, 2, 3)
		got, end := drain(m(ctx, in, n, func(context.Context, int) (int, error) {
			t.Error("f was called")
			return 0, nil
		}))
		synctest.Wait() // who closes the output cancels the input after that
		if len(got) > 0 || end != errStop || in.Err() != errStop {
			t.Errorf("%v, %v, in ended with %v, want nothing and %v", got, end, in.Err(), errStop)
		}
		mustBalance(t, "in", in.Stats(), 3, 0, dropped(runnel.Undelivered, 3))
	})
}

func TestStageOnAnInputThatHasEnded(t *testing.T) {
	forMappings(t, func(t *testing.T, _ string, n int, m mapping) {
		for _, cause := range []error{nil, errLost} {
			closed, cancelled := runnel.New[int](), holding(1, 2)
			closed.CloseWith(cause)
			cancelled.Cancel(cause)
			for _, in := range []*runnel.Chan[int]{closed, cancelled} {
				if got, end := drain(m(bg, in, n, double)); len(got) > 0 || end != cause {
					t.Errorf("%v, %v, want nothing and %v", got, end, cause)
				}
			}
		}
	})
}

// The output tells a plain end only when everything has been delivered: if ctx ends while a
// worker is busy, it is the reason, also when another worker has just seen the input end.
func TestStagePlainEndMeansAllDelivered(t *testing.T) {
	forMappings(t, func(t *testing.T, _ string, n int, m mapping) {
		ctx, cancel := context.WithCancelCause(bg)
		in := holding(1)
		out := m(ctx, in, n, func(_ context.Context, v int) (int, error) {
			time.Sleep(time.Hour) // deaf to its context
			return v, nil
		})
		synctest.Wait()
		in.Close()
		cancel(errStop)
		got, end := drain(out)
		if len(got) > 0 || end != errStop {
			t.Errorf("%v, %v, want no result and %v", got, end, errStop)
		}
		time.Sleep(2 * time.Hour)
		mustAccount(t, in, out, true)
	})
}

// A function that gives up because ctx has ended may say so in its own words.
func TestStageEndsWithTheCauseOfItsContext(t *testing.T) {
	forMappings(t, func(t *testing.T, _ string, n int, m mapping) {
		ctx, cancel := context.WithCancelCause(bg)
		in := holding(upTo(8)...)
		out := m(ctx, in, n, func(ctx context.Context, v int) (int, error) {
			<-ctx.Done()
			return 0, fmt.Errorf("value %d: %w", v, ctx.Err())
		})
		synctest.Wait()
		cancel(errStop)
		got, end := drain(out)
		synctest.Wait()
		if len(got) > 0 || end != errStop || in.Err() != errStop {
			t.Errorf("%v, %v, in ended with %v, want %v", got, end, in.Err(), errStop)
		}
		mustBalance(t, "in", in.Stats(), 8, 0, dropped(runnel.Undelivered, 8))
	})
}

// Where a worker waits for values when ctx ends, nobody waits for one that is slow.
func TestStageEndsWithItsContextAtOnce(t *testing.T) {
	forMappings(t, func(t *testing.T, name string, n int, m mapping) {
		if n == 1 && name != "MapKeyed" {
			return
		}
		ctx, cancel := context.WithCancelCause(bg)
		in := holding(1)
		out := m(ctx, in, n, func(_ context.Context, v int) (int, error) {
			time.Sleep(time.Hour) // deaf to its context
			return v, nil
		})
		synctest.Wait()
		began := time.Now()
		cancel(errStop)
		if got, end := drain(out); len(got) > 0 || end != errStop || time.Since(began) > 0 {
			t.Errorf("%v, %v after %v, want %v at once", got, end, time.Since(began), errStop)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		mustAccount(t, in, out, true)
	})
}

// A panic is told even then.
func TestStageTellsPanicAfterTheEndOfItsContext(t *testing.T) {
	forMappings(t, func(t *testing.T, name string, n int, m mapping) {
		ctx, cancel := context.WithCancelCause(bg)
		in := holding(1)
		out := m(ctx, in, n, func(ctx context.Context, _ int) (int, error) {
			<-ctx.Done()
			panic(errBad)
		})
		synctest.Wait()
		cancel(errStop)
		_, end := drain(out)
		if n == 1 && name != "MapKeyed" { // where nobody else hears of the end of ctx first
			mustHavePanicked(t, end, errBad)
		}
		synctest.Wait()
		mustBalance(t, "in", in.Stats(), 1, 0, dropped(runnel.Undelivered, 1))
	})
}

// A function may fail with the error that means a plain end elsewhere: of a channel of its own.
func TestStageFailureWithErrClosedIsNoPlainEnd(t *testing.T) {
	forMappings(t, func(t *testing.T, name string, n int, m mapping) {
		replies := filled(nil, 10, 11)
		in := filled(nil, upTo(8)...)
		out := m(bg, in, n, func(ctx context.Context, v int) (int, error) {
			time.Sleep(time.Duration(v) * time.Second)
			return replies.Recv(ctx)
		})
		again := m(bg, out, n, double)
		got, end := drain(again)
		if errors.Is(end, runnel.ErrClosed) || end == nil || end.Error() != "pipe: the function of the stage failed: runnel: channel closed" {
			t.Errorf("%s with %d: %v, %v, want an error that does not look like the end", name, n, got, end)
		}
		time.Sleep(time.Hour) // the last workers end
	})
}

// That the consumer stops is not the fault of a value, also when the function hears of it
// before the context has ended.
func TestStageBlamesNoValueWhenItsConsumerStops(t *testing.T) {
	for _, n := range []int{1, 2} {
		bubble(t, fmt.Sprint(n), func(t *testing.T) {
			rejected := make(chan runnel.Reason)
			in := holding(1)
			in.OnDrop(func(_ int, why runnel.Reason) { rejected <- why })
			out := pipe.FlatMap(bg, in, n, func(_ context.Context, v int, emit func(int) error) error {
				if err := emit(v); err != nil {
					return err
				}
				return emit(v)
			}, runnel.Buffer(1))
			out.OnDrop(func(int, runnel.Reason) {
				if why := <-rejected; why != runnel.Undelivered {
					t.Errorf("in counts %v, want %v", why, runnel.Undelivered)
				}
			})
			synctest.Wait()
			out.Cancel(errStop)
			if in.Err() != errStop {
				t.Errorf("in ended with %v, want %v", in.Err(), errStop)
			}
		})
	}
}

func TestStageGivesItsContextOn(t *testing.T) {
	forMappings(t, func(t *testing.T, _ string, n int, m mapping) {
		type key struct{}
		ctx := context.WithValue(bg, key{}, "told")
		causes := make(chan error, 1)
		out := m(ctx, holding(1), n, func(ctx context.Context, v int) (int, error) {
			mustEqual(t, "value of the parent", ctx.Value(key{}), "told")
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return v, nil
		})
		synctest.Wait()
		out.Cancel(errStop)
		mustBe(t, "cause for f", <-causes, errStop)

		out = m(ctx, holding(1), n, func(ctx context.Context, v int) (int, error) {
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return v, nil
		})
		synctest.Wait()
		out.Cancel(nil)
		mustBe(t, "cause for f after a plain stop", <-causes, context.Canceled)
	})
}

// The first stop counts, the second is harmless.
func TestStageCancelledTwice(t *testing.T) {
	forMappings(t, func(t *testing.T, _ string, n int, m mapping) {
		in := holding(upTo(9)...)
		out := m(bg, in, n, double)
		synctest.Wait()
		out.Cancel(errStop)
		out.Cancel(errLost)
		synctest.Wait()
		out.Cancel(nil)
		if in.Err() != errStop || out.Err() != errStop {
			t.Errorf("in ended with %v, out with %v, want %v", in.Err(), out.Err(), errStop)
		}
		mustAccount(t, in, out, true)
	})
}

// A stop reaches the source within the call, through any number of stages.
func TestStageStopTravelsWithinTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := counting()
		var r runnel.Receiver[int] = source
		for range 7 {
			for name := range mappings {
				r = mappings[name](bg, r, 2, double)
			}
		}
		r.Recv(bg)
		r.Cancel(errStop)
		if !source.Stats().Closed || source.Err() != errStop {
			t.Errorf("source ended with %v, want %v", source.Err(), errStop)
		}
	})
}

func TestStageOnAPromise(t *testing.T) {
	forMappings(t, func(t *testing.T, _ string, n int, m mapping) {
		kept := runnel.NewPromise[int]()
		kept.Send(bg, 21)
		out := m(bg, kept, n, double)
		for range 3 * n {
			if v, err := out.Recv(bg); v != 42 || err != nil {
				t.Fatalf("%d, %v, want 42 again and again", v, err)
			}
		}
		out.Cancel(errStop)

		open := runnel.NewPromise[int]()
		out = m(bg, open, n, double)
		synctest.Wait()
		out.Cancel(errStop)
		mustBe(t, "promise", open.Err(), errStop)

		kept = runnel.NewPromise[int]()
		kept.Send(bg, 21)
		_, end := drain(m(bg, kept, n, func(context.Context, int) (int, error) { return 0, errBad }))
		mustBe(t, "end", end, errBad)
	})
}

func TestStageBehindATransducer(t *testing.T) {
	forMappings(t, func(t *testing.T, name string, n int, m mapping) {
		front, back := runnel.NewVia(xf.Filter(func(v int) bool { return v%2 == 0 }), runnel.Buffer(2))
		out := m(bg, back, n, double)
		runnel.Go(func() {
			front.SendAll(bg, upTo(20))
			front.CloseWith(errLost)
		})
		got, end := drain(out)
		if len(got) != 10 || end != errLost {
			t.Errorf("%v, %v, want 10 results and %v", got, end, errLost)
		}

		front, back = runnel.NewVia(xf.Map(func(v int) int { return v }), runnel.Buffer(2))
		out = m(bg, back, n, double)
		synctest.Wait()
		out.Cancel(errStop)
		mustBe(t, "send in front of the transducer", front.Send(bg, 1), errStop)
	})
}

// The policy of the input drops, and the stage gets what is left.
func TestStageOnALossyInput(t *testing.T) {
	forMappings(t, func(t *testing.T, _ string, n int, m mapping) {
		for what, in := range map[runnel.Reason]*runnel.Chan[int]{
			runnel.DroppedNewest: runnel.New[int](runnel.Dropping(3)),
			runnel.DroppedOldest: runnel.New[int](runnel.Sliding(3)),
		} {
			in.SendAll(bg, upTo(10))
			in.Close()
			got, end := drain(m(bg, in, n, double))
			if len(got) != 3 || end != nil {
				t.Errorf("%v, %v, want 3 results", got, end)
			}
			mustBalance(t, "in", in.Stats(), 10, 3, dropped(what, 7))
		}
	})
}

// The options are those of the output; what its policy drops is counted there.
func TestStageOutputOptions(t *testing.T) {
	for _, n := range []int{1, 2, 5} {
		bubble(t, fmt.Sprint(n), func(t *testing.T) {
			in := filled(nil, upTo(10)...)
			out := pipe.Map(bg, in, n, double, runnel.Sliding(4), runnel.Name("latest"))
			synctest.Wait()
			if s := out.Stats(); s.Name != "latest" || s.Cap != 4 || s.Len != 4 {
				t.Errorf("output %+v, want the latest four", s)
			}
			got, end := drain(out)
			mustEqual(t, "results", got, []int{12, 14, 16, 18})
			mustBe(t, "end", end, nil)
			mustBalance(t, "out", out.Stats(), 10, 4, dropped(runnel.DroppedOldest, 6))

			out = pipe.Map(bg, filled(nil, upTo(10)...), n, double, runnel.Dropping(4))
			synctest.Wait()
			got, _ = drain(out)
			mustEqual(t, "results", got, []int{0, 2, 4, 6})
			mustBalance(t, "out", out.Stats(), 10, 4, dropped(runnel.DroppedNewest, 6))

			in = holding(upTo(100)...)
			out = pipe.Map(bg, in, n, double, runnel.Buffer(7))
			synctest.Wait()
			if ahead := in.Stats().Received; ahead != uint64(7+n) {
				t.Errorf("%d values taken with nobody receiving, want %d", ahead, 7+n)
			}
			out.Cancel(nil)
		})
	}
}

// f may stop its own stage.
func TestStageStoppedByItsFunction(t *testing.T) {
	forMappings(t, func(t *testing.T, _ string, n int, m mapping) {
		in := holding(upTo(20)...)
		var out runnel.Receiver[int]
		made := make(chan struct{})
		out = m(bg, in, n, func(_ context.Context, v int) (int, error) {
			<-made
			if v == 5 {
				out.Cancel(errStop)
			}
			return v, nil
		})
		close(made)
		_, end := drain(out)
		synctest.Wait()
		if end != errStop || in.Err() != errStop {
			t.Errorf("ended with %v and %v, want %v", end, in.Err(), errStop)
		}
		mustAccount(t, in, out, true)
	})
}

// f may end the input, and take from it: what it leaves is worked on.
func TestStageWhoseFunctionUsesTheInput(t *testing.T) {
	forMappings(t, func(t *testing.T, _ string, n int, m mapping) {
		in := holding(upTo(20)...)
		out := m(bg, in, n, func(_ context.Context, v int) (int, error) {
			if v == 5 {
				in.Cancel(errLost)
			}
			return v, nil
		})
		got, end := drain(out)
		s := in.Stats()
		if end != errLost || len(got) != int(s.Received) || len(got) < 6 {
			t.Errorf("%v, %v, want what was taken from %+v and %v", got, end, s, errLost)
		}
		mustAddUp(t, "in", s)
	})
}

// What OnDrop is told may end the stage, and use both of its channels.
func TestStageStoppedByOnDrop(t *testing.T) {
	forMappings(t, func(t *testing.T, _ string, n int, m mapping) {
		in := filled(nil, upTo(20)...)
		var out runnel.Receiver[int]
		made := make(chan struct{})
		in.OnDrop(func(_ int, why runnel.Reason) {
			out.Cancel(errStop)
			in.Cancel(errLost)
			in.Stats()
		})
		out = m(bg, in, n, func(_ context.Context, v int) (int, error) {
			<-made
			if v == 7 {
				return 0, errBad
			}
			return v, nil
		})
		out.OnDrop(func(int, runnel.Reason) { out.Cancel(errLost); in.Len() })
		close(made)
		_, end := drain(out)
		synctest.Wait()
		mustBe(t, "end", end, errStop)
		mustAccount(t, in, out, true)
		mustEqual(t, "values failed", in.Stats().Dropped[runnel.Failed], 1)
	})
}

// optioned are mappings that send outside of the call, with options for their output.
var optioned = map[string]func(in runnel.Receiver[int], n int, f func(context.Context, int) (int, error), opts ...runnel.Option) runnel.Receiver[int]{
	"Map": func(in runnel.Receiver[int], n int, f func(context.Context, int) (int, error), opts ...runnel.Option) runnel.Receiver[int] {
		return pipe.Map(bg, in, n, f, opts...)
	},
	"MapUnordered": func(in runnel.Receiver[int], n int, f func(context.Context, int) (int, error), opts ...runnel.Option) runnel.Receiver[int] {
		return pipe.MapUnordered(bg, in, n, f, opts...)
	},
	"MapKeyed": func(in runnel.Receiver[int], n int, f func(context.Context, int) (int, error), opts ...runnel.Option) runnel.Receiver[int] {
		return pipe.MapKeyed(bg, in, n, 9, func(v int) int { return v % 5 }, f, opts...)
	},
}

// When the output has refused a result no other value is begun with, also while the hooks of
// the output keep the one who cancels it from ending the stage.
func TestStageBeginsWithNothingOnceItsOutputRefuses(t *testing.T) {
	for name, m := range optioned {
		for _, n := range []int{1, 2, 4} {
			bubble(t, fmt.Sprint(name, n), func(t *testing.T) {
				var calls atomic.Int32
				in := holding(upTo(20)...)
				out := m(in, n, func(_ context.Context, v int) (int, error) {
					calls.Add(1)
					return v, nil
				}, runnel.Buffer(1))
				synctest.Wait()
				before := calls.Load()
				out.OnDrop(func(int, runnel.Reason) { time.Sleep(time.Second) })
				out.Cancel(errStop)
				time.Sleep(time.Minute)
				synctest.Wait()
				mustEqual(t, "calls", calls.Load(), before)
				mustEqual(t, "calls of workers that were idle", before, n+1)
				mustAccount(t, in, out, false)
			})
		}
	}
}

// A hook that ends the goroutine of a worker ends the stage, and no value is blamed.
func TestStageWhoseHookEndsItsWorker(t *testing.T) {
	for name, m := range optioned {
		for _, n := range []int{1, 2, 4} {
			bubble(t, fmt.Sprint(name, n), func(t *testing.T) {
				in := holding(upTo(20)...)
				made := make(chan struct{})
				out := m(in, n, func(_ context.Context, v int) (int, error) {
					<-made
					return v, nil
				}, runnel.Sliding(1))
				out.OnDrop(func(int, runnel.Reason) { runtime.Goexit() })
				close(made)
				synctest.Wait()
				_, end := drain(out)
				if end == nil || end.Error() != "pipe: a function given to OnDrop or OnClose ended the goroutine of the stage" {
					t.Errorf("end %v", end)
				}
				mustBe(t, "in", in.Err(), end)
				mustEqual(t, "values failed", in.Stats().Dropped[runnel.Failed], 0)
			})
		}
	}
}
