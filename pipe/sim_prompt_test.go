package pipe_test

import (
	"context"
	"iter"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/sim"
	"github.com/runnel-go/runnel/xf"
)

// What a stage does at once, and what it does not wait for: whoever would wait for it here waits
// for ever.

// duo is a stage with two workers.
type duo struct {
	name string
	make func(ctx context.Context, in runnel.Receiver[int], f func(context.Context, int) (int, error)) runnel.Receiver[int]
}

var duos = []duo{
	{"Map", func(ctx context.Context, in runnel.Receiver[int], f func(context.Context, int) (int, error)) runnel.Receiver[int] {
		return pipe.Map(ctx, in, 2, f)
	}},
	{"MapUnordered", func(ctx context.Context, in runnel.Receiver[int], f func(context.Context, int) (int, error)) runnel.Receiver[int] {
		return pipe.MapUnordered(ctx, in, 2, f)
	}},
	{"MapKeyed", func(ctx context.Context, in runnel.Receiver[int], f func(context.Context, int) (int, error)) runnel.Receiver[int] {
		return pipe.MapKeyed(ctx, in, 2, 1, parity, f)
	}},
	{"FlatMap", func(ctx context.Context, in runnel.Receiver[int], f func(context.Context, int) (int, error)) runnel.Receiver[int] {
		return pipe.FlatMap(ctx, in, 2, func(ctx context.Context, v int, emit func(int) error) error {
			w, err := f(ctx, v)
			if err != nil {
				return err
			}
			return emit(w)
		})
	}},
}

// Two values that need each other's calls, again and again: no worker is left asleep.
func TestSimWorkersGoTogether(t *testing.T) {
	for _, m := range duos {
		t.Run(m.name, func(t *testing.T) {
			explore(t, scale(150, 1000), func(t *sim.T) {
				in := runnel.New[int](room(t.Choose(2))...)
				t.Go("source", func() {
					for v := range 6 {
						in.Send(bg, v)
					}
					in.Close()
				})
				var met [3]*runnel.Chan[int]
				for i := range met {
					met[i] = runnel.New[int]()
				}
				out := m.make(bg, in, func(_ context.Context, v int) (int, error) {
					if v%2 == 0 {
						met[v/2].Send(bg, v)
					} else {
						met[v/2].Recv(bg)
					}
					return v, nil
				})
				got, err := drain(out)
				t.Assert(err == nil && len(got) == 6, "got %v, %v", got, err)
			})
		})
	}
}

// When ctx ends the output closes, also while a call hangs.
func TestSimSlowCallIsNotWaitedFor(t *testing.T) {
	for _, m := range duos {
		t.Run(m.name, func(t *testing.T) {
			explore(t, scale(100, 600), func(t *sim.T) {
				ctx, cancel := context.WithCancelCause(bg)
				in, release := runnel.New[int](), runnel.New[int]()
				t.Go("source", func() { in.Send(bg, 0) })
				out := m.make(ctx, in, func(_ context.Context, v int) (int, error) {
					t.Point()
					cancel(errStop)
					release.Recv(bg)
					return v, nil
				})
				got, err := drain(out)
				t.Assert(len(got) == 0 && err == errStop, "got %v, %v", got, err)
				release.Close()
				t.Wait()
				i, o := in.Stats(), out.Stats() // an emit gives the result back, so the value is what is lost
				t.Assert(i.Closed && i.Dropped[runnel.Undelivered]+o.Dropped[runnel.Undelivered] == 1, "in: %v; out: %v", i, o)
			})
		})
	}
}

// A source is told when a stage wants no more, before the stage has got rid of what it has.
func TestSimSourceIsToldAtOnce(t *testing.T) {
	for name, stage := range map[string]func(in runnel.Receiver[int], told *runnel.Chan[int]) runnel.Receiver[int]{
		"Take": func(in runnel.Receiver[int], _ *runnel.Chan[int]) runnel.Receiver[int] {
			return pipe.Take(bg, in, 1)
		},
		"Through": func(in runnel.Receiver[int], _ *runnel.Chan[int]) runnel.Receiver[int] {
			rest := xf.Compose2(xf.Batch[int](2), xf.FlatMap(apart)) // passed on when the step is closed
			return pipe.Through(bg, in, xf.Compose2(xf.Take[int](1), rest))
		},
		"a failure that waits for its turn": func(in runnel.Receiver[int], told *runnel.Chan[int]) runnel.Receiver[int] {
			return pipe.Map(bg, in, 2, func(_ context.Context, v int) (int, error) {
				if v == 0 {
					told.Recv(bg)
					return v, nil
				}
				return 0, errBad
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			explore(t, scale(100, 500), func(t *sim.T) {
				in, told := runnel.New[int](), runnel.New[int]()
				t.Go("source", func() {
					for v := 0; in.Send(bg, v) == nil; v++ {
					}
					told.Close()
				})
				out := stage(in, told)
				told.Recv(bg)
				_, err := drain(out)
				t.Assert(err == nil || err == errBad, "ended with %v", err)
			})
		})
	}
}

// Once the output has refused a result no other value is begun with, also if whoever cancels it is
// held up before ctx has ended.
func TestSimRefusedIsTheLast(t *testing.T) {
	for name, stage := range map[string]func(in runnel.Receiver[int], f func(context.Context, int) (int, error)) runnel.Receiver[int]{
		"Map": func(in runnel.Receiver[int], f func(context.Context, int) (int, error)) runnel.Receiver[int] {
			return pipe.Map(bg, in, 1, f, runnel.Buffer(1))
		},
		"MapUnordered": func(in runnel.Receiver[int], f func(context.Context, int) (int, error)) runnel.Receiver[int] {
			return pipe.MapUnordered(bg, in, 1, f, runnel.Buffer(1))
		},
		"MapKeyed": func(in runnel.Receiver[int], f func(context.Context, int) (int, error)) runnel.Receiver[int] {
			return pipe.MapKeyed(bg, in, 1, 2, itself, f, runnel.Buffer(1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			explore(t, scale(100, 1000), func(t *sim.T) {
				in := filled(nil, upTo(4)...)
				var dropped [4]atomic.Bool
				last := 3 // that the one worker was given
				out := stage(in, func(_ context.Context, v int) (int, error) {
					t.Assert(!dropped[last].Load(), "%d is begun with after %d was refused", v, last)
					last = v
					return v, nil
				})
				out.OnDrop(func(v int, _ runnel.Reason) {
					dropped[v].Store(true)
					for range 3 {
						t.Point()
					}
				})
				t.Wait()
				out.Cancel(errStop)
			})
		})
	}
}

// A step without an end stops with its consumer.
func TestSimEndlessStep(t *testing.T) {
	endless := func(int) iter.Seq[int] {
		return func(yield func(int) bool) {
			for v := 0; yield(v); v++ {
			}
		}
	}
	explore(t, scale(100, 1000), func(t *sim.T) {
		in := holding(7)
		out := pipe.Through(bg, in, xf.FlatMapSeq(endless), room(t.Choose(2))...)
		for v := range t.Choose(3) {
			w, err := out.Recv(bg)
			t.Assert(v == w && err == nil, "received %d, %v", w, err)
		}
		out.Cancel(errStop)
		t.Assert(in.Err() == errStop, "the input ended with %v", in.Err())
	})
}

// While calls hang, a stage with two workers has taken no more than it may.
func TestSimBoundsOfStages(t *testing.T) {
	for _, p := range []struct {
		name   string
		stage  duo
		hang   func(int) bool
		taken  uint64
		values []int
	}{
		{"a result that waits for its turn counts", duos[0], func(v int) bool { return v == 0 }, 2, upTo(5)},
		{"both hang", duos[1], func(int) bool { return true }, 2, upTo(5)},
		// 0 and 1 hang, 2 waits for the end of 0, and 4 for room behind 2; 6 must not be read.
		{"a key is full", duos[2], func(int) bool { return true }, 4, []int{0, 1, 2, 4, 6}},
	} {
		t.Run(p.stage.name+"/"+p.name, func(t *testing.T) {
			explore(t, scale(200, 1500), func(t *sim.T) {
				in, release := filled(nil, p.values...), runnel.New[int]()
				out := p.stage.make(bg, in, func(_ context.Context, v int) (int, error) {
					if p.hang(v) {
						release.Recv(bg)
					}
					return v, nil
				})
				t.Wait()
				t.Assert(in.Stats().Received == p.taken, "%d values were taken", in.Stats().Received)
				release.Close()
				got, err := drain(out)
				t.Assert(len(got) == 5 && err == nil, "got %v, %v", got, err)
			})
		})
	}
}

// Values that have come are passed on however late the stage is, and a consumer that takes its
// time causes no timeout.
func TestSimTimeoutIsLenient(t *testing.T) {
	explore(t, scale(200, 1500), func(t *sim.T) {
		in := filled(nil, 0, 1, 2)
		out := pipe.Timeout(bg, in, 10*ms)
		var got []int
		for v := range out.All(bg) {
			got = append(got, v)
			runnel.Sleep(bg, time.Duration(t.Choose(2))*25*ms)
		}
		t.Assert(slices.Equal(got, upTo(3)) && out.Err() == nil, "got %v, %v", got, out.Err())
	})
}
