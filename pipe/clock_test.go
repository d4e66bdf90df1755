package pipe_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// The tests of the stages that look at the clock, and what all of these stages have in common.

const ms = time.Millisecond

// An event is a value and when it came, counted from the beginning of the test.
type event[T any] struct {
	at time.Duration
	v  T
}

func (e event[T]) String() string { return fmt.Sprintf("%v: %v", e.at, e.v) }

// arriving makes a rendezvous on which i is sent at[i] from now on, and which is closed with
// cause right after the last one.
func arriving(cause error, at ...time.Duration) *runnel.Chan[int] {
	c := runnel.New[int]()
	began := time.Now()
	runnel.Go(func() {
		for i, at := range at {
			time.Sleep(at - time.Since(began))
			if c.Send(bg, i) != nil {
				return
			}
		}
		c.CloseWith(cause)
	})
	return c
}

// recorded drains r and notes when each value came, and the end, counted from now.
func recorded[T any](r runnel.Receiver[T]) (events []event[T], ended event[error]) {
	began := time.Now()
	for {
		v, err := r.Recv(bg)
		at := time.Since(began)
		if err == runnel.ErrClosed {
			return events, event[error]{at, nil}
		}
		if err != nil {
			return events, event[error]{at, err}
		}
		events = append(events, event[T]{at, v})
	}
}

// randomMoments are n moments in order, all of them a whole number of milliseconds and a half,
// so that none is the same as a deadline of whole milliseconds. Bursts and pauses occur.
func randomMoments(intn func(int) int, n int) []time.Duration {
	at := make([]time.Duration, n)
	t := ms / 2
	for i := range at {
		switch intn(4) {
		case 0:
			t += time.Duration(intn(30)) * ms
		case 1:
			t += time.Duration(intn(4)) * ms
		}
		at[i] = t
	}
	return at
}

// running is a stage at work, its values flattened.
type running struct {
	recv    func() ([]int, error)
	cancel  func(error)
	stats   func() runnel.Stats
	dropped *[]int // on the output
}

func run[T any](out runnel.Receiver[T], flat func(T) []int) running {
	dropped := new([]int)
	out.OnDrop(func(v T, _ runnel.Reason) { *dropped = append(*dropped, flat(v)...) })
	recv := func() ([]int, error) {
		v, err := out.Recv(bg)
		if err != nil {
			return nil, err
		}
		return flat(v), nil
	}
	return running{recv, out.Cancel, out.Stats, dropped}
}

func (r running) drain() (vs []int, end error) {
	for {
		v, err := r.recv()
		if err != nil {
			return vs, err
		}
		vs = append(vs, v...)
	}
}

func alone(v int) []int            { return []int{v} }
func together(vs []int) []int      { return vs }
func pane(p pipe.Pane[int]) []int  { return p.Values }
func secondOf2000(v int) time.Time { return time.Unix(946684800+int64(v), 0) }
func sorted(vs []int) (in []int)   { in = slices.Clone(vs); slices.Sort(in); return in }
func same(a, b []int) bool         { return slices.Equal(sorted(a), sorted(b)) }

// clockStages are all of these stages, such that they send something within an hour from each
// three values that come together, and hold something before.
var clockStages = map[string]func(context.Context, runnel.Receiver[int]) running{
	"Batch": func(ctx context.Context, in runnel.Receiver[int]) running {
		return run(pipe.Batch(ctx, in, 5, time.Minute), together)
	},
	"Batch by size": func(ctx context.Context, in runnel.Receiver[int]) running {
		return run(pipe.Batch(ctx, in, 2, 0), together)
	},
	"Window": func(ctx context.Context, in runnel.Receiver[int]) running {
		return run(pipe.Window(ctx, in, pipe.Tumbling(time.Minute)), pane)
	},
	"Window session": func(ctx context.Context, in runnel.Receiver[int]) running {
		return run(pipe.Window(ctx, in, pipe.Session(time.Minute)), pane)
	},
	"WindowBy": func(ctx context.Context, in runnel.Receiver[int]) running {
		return run(pipe.WindowBy(ctx, in, pipe.Tumbling(time.Second), secondOf2000, time.Second), pane)
	},
	"Throttle": func(ctx context.Context, in runnel.Receiver[int]) running {
		return run(pipe.Throttle(ctx, in, 1, time.Minute), alone)
	},
	"Debounce": func(ctx context.Context, in runnel.Receiver[int]) running {
		return run(pipe.Debounce(ctx, in, time.Minute), alone)
	},
	"Timeout": func(ctx context.Context, in runnel.Receiver[int]) running {
		return run(pipe.Timeout(ctx, in, 24*time.Hour), alone)
	},
}

// A clockTest tests a stage that was made with ctx, whose input is in.
type clockTest func(t *testing.T, in *runnel.Chan[int], s running, end context.CancelCauseFunc)

// forClockStages runs a test in a bubble for each of the stages.
func forClockStages(t *testing.T, test clockTest) {
	for name, start := range clockStages {
		bubble(t, name, func(t *testing.T) {
			ctx, end := context.WithCancelCause(bg)
			defer end(nil)
			in := runnel.New[int](runnel.Buffer(10))
			test(t, in, start(ctx, in), end)
		})
	}
}

// situations are the states in which a stage can be when it is stopped.
var situations = map[string]func(in *runnel.Chan[int]){
	"idle":    func(in *runnel.Chan[int]) {},
	"holding": func(in *runnel.Chan[int]) { in.SendAll(bg, []int{1, 2, 3}) },
	"sending": func(in *runnel.Chan[int]) { in.SendAll(bg, []int{1, 2, 3}); time.Sleep(time.Hour) },
	"busy": func(in *runnel.Chan[int]) {
		in.SendAll(bg, []int{1, 2, 3})
		time.Sleep(time.Hour)
		in.SendAll(bg, []int{4, 5})
	},
}

// rejected collects what the input drops.
func rejected(in *runnel.Chan[int]) *[]int {
	vs := new([]int)
	in.OnDrop(func(v int, _ runnel.Reason) { *vs = append(*vs, v) })
	return vs
}

func TestClockStagesEndWithTheirInput(t *testing.T) {
	for _, cause := range []error{nil, errLost} {
		for situation, reach := range situations {
			t.Run(situation, func(t *testing.T) {
				forClockStages(t, func(t *testing.T, in *runnel.Chan[int], s running, _ context.CancelCauseFunc) {
					lost := rejected(in)
					reach(in)
					synctest.Wait()
					in.CloseWith(cause)
					got, end := s.drain()
					if want := cause; cause == nil && end != runnel.ErrClosed || cause != nil && end != want {
						t.Errorf("the output ended with %v, want %v", end, want)
					}
					if all := append(got, *lost...); len(all) != int(in.Stats().Sent) || !same(all, upTo(len(all) + 1)[1:]) {
						t.Errorf("got %v and rejected %v", got, *lost)
					}
					if len(*s.dropped) > 0 {
						t.Errorf("the output dropped %v", *s.dropped)
					}
					mustAddUp(t, "in", in.Stats())
					mustAddUp(t, "out", s.stats())
				})
			})
		}
	}
}

// stopped checks what must hold after a stage was stopped with errStop.
func stopped(t *testing.T, in *runnel.Chan[int], s running, lost *[]int) {
	t.Helper()
	if err := in.Err(); err != errStop {
		t.Errorf("the input ended with %v, want %v", err, errStop)
	}
	synctest.Wait()
	got, end := s.drain()
	if end != errStop || len(got) > 0 {
		t.Errorf("the output gave %v and ended with %v, want %v", got, end, errStop)
	}
	if all := append(*s.dropped, *lost...); len(all) != int(in.Stats().Sent) || !same(all, upTo(len(all) + 1)[1:]) {
		t.Errorf("the output dropped %v, the input %v, of %d", *s.dropped, *lost, in.Stats().Sent)
	}
	mustAddUp(t, "in", in.Stats())
	mustAddUp(t, "out", s.stats())
	if n := s.stats().Dropped; n.Total() != n[runnel.Undelivered] {
		t.Errorf("the output dropped for other reasons: %v", n)
	}
}

func TestClockStagesStopWithTheirConsumer(t *testing.T) {
	for situation, reach := range situations {
		t.Run(situation, func(t *testing.T) {
			forClockStages(t, func(t *testing.T, in *runnel.Chan[int], s running, _ context.CancelCauseFunc) {
				lost := rejected(in)
				reach(in)
				synctest.Wait()
				s.cancel(errStop)
				stopped(t, in, s, lost)
			})
		})
	}
}

func TestClockStagesStopWithTheirContext(t *testing.T) {
	for situation, reach := range situations {
		t.Run(situation, func(t *testing.T) {
			forClockStages(t, func(t *testing.T, in *runnel.Chan[int], s running, end context.CancelCauseFunc) {
				lost := rejected(in)
				reach(in)
				synctest.Wait()
				end(errStop)
				synctest.Wait()
				stopped(t, in, s, lost)
			})
		})
	}
}

func TestClockStagesRefuseWrongArguments(t *testing.T) {
	in := filled[int](nil)
	at := func(int) time.Time { return time.Time{} }
	for message, f := range map[string]func(){
		"pipe: Batch: the input is nil, want a channel":                      func() { pipe.Batch[int](bg, nil, 1, 0) },
		"pipe: Batch: size is 0, want at least 1":                            func() { pipe.Batch(bg, in, 0, 0) },
		"pipe: Batch: wait is -1s, want 0 or a positive duration":            func() { pipe.Batch(bg, in, 1, -time.Second) },
		"pipe: Window: the input is nil, want a channel":                     func() { pipe.Window[int](bg, nil, pipe.Session(1)) },
		"pipe: WindowBy: the input is nil, want a channel":                   func() { pipe.WindowBy(bg, nil, pipe.Session(1), at, 0) },
		"pipe: WindowBy: at is nil, want a function":                         func() { pipe.WindowBy(bg, in, pipe.Session(1), nil, 0) },
		"pipe: WindowBy: lateness is -1s, want 0 or a positive duration":     func() { pipe.WindowBy(bg, in, pipe.Session(1), at, -time.Second) },
		"pipe: Tumbling: size is 0s, want a positive duration":               func() { pipe.Tumbling(0) },
		"pipe: Sliding: size is -1s, want a positive duration":               func() { pipe.Sliding(-time.Second, 1) },
		"pipe: Sliding: every is 0s, want a positive duration":               func() { pipe.Sliding(1, 0) },
		"pipe: Sliding: every is 2s, want at most the size, 1s":              func() { pipe.Sliding(time.Second, 2*time.Second) },
		"pipe: Session: gap is 0s, want a positive duration":                 func() { pipe.Session(0) },
		"pipe: Throttle: the input is nil, want a channel":                   func() { pipe.Throttle[int](bg, nil, 1, 1) },
		"pipe: Throttle: n is 0, want at least 1":                            func() { pipe.Throttle(bg, in, 0, 1) },
		"pipe: Throttle: per is 0s, want a positive duration":                func() { pipe.Throttle(bg, in, 1, 0) },
		"pipe: Debounce: the input is nil, want a channel":                   func() { pipe.Debounce[int](bg, nil, 1) },
		"pipe: Debounce: quiet is 0s, want a positive duration":              func() { pipe.Debounce(bg, in, 0) },
		"pipe: Timeout: the input is nil, want a channel":                    func() { pipe.Timeout[int](bg, nil, 1) },
		"pipe: Timeout: d is 0s, want a positive duration":                   func() { pipe.Timeout(bg, in, 0) },
		"pipe: Retry: f is nil, want a function":                             func() { pipe.Retry[int, int](runnel.Backoff{Attempts: 1}, nil) },
		"pipe: Try: f is nil, want a function":                               func() { pipe.Try[int, int](nil) },
		"pipe: Retry: Backoff.Attempts is 0, want at least 1":                func() { pipe.Retry(runnel.Backoff{}, double) },
		"pipe: Retry: Backoff.First is -1s, want 0 or a positive duration":   func() { pipe.Retry(runnel.Backoff{Attempts: 1, First: -time.Second}, double) },
		"pipe: Retry: Backoff.Max is -1s, want 0 or a positive duration":     func() { pipe.Retry(runnel.Backoff{Attempts: 1, Max: -time.Second}, double) },
		"pipe: Retry: Backoff.Timeout is -1s, want 0 or a positive duration": func() { pipe.Retry(runnel.Backoff{Attempts: 1, Timeout: -time.Second}, double) },
		"pipe: Window: the shape is the zero Shape, want one made by Tumbling, Sliding or Session": func() {
			pipe.Window(bg, in, pipe.Shape{})
		},
		"pipe: WindowBy: the shape is the zero Shape, want one made by Tumbling, Sliding or Session": func() {
			pipe.WindowBy(bg, in, pipe.Shape{}, at, 0)
		},
	} {
		mustPanic(t, message, f)
	}
}
