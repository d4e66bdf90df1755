package pipe_test

import (
	"cmp"
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/xf"
)

// piping runs Pipe in a goroutine until it ends or is blocked.
func piping(ctx context.Context, in runnel.Receiver[int], out runnel.Sender[int]) (ended func() bool, err *error) {
	err = new(error)
	return begin(func() { *err = pipe.Pipe(ctx, in, out) }), err
}

func TestPipe(t *testing.T) {
	for _, cause := range []error{nil, errLost} {
		synctest.Test(t, func(t *testing.T) {
			in, out := filled(cause, upTo(10)...), runnel.New[int]()
			_, err := piping(bg, in, out)
			got, end := drain[int](out)
			synctest.Wait()
			mustEqual(t, "values", got, upTo(10))
			if *err != cause || end != cause {
				t.Errorf("Pipe: %v, out: %v, want %v", *err, end, cause)
			}
			mustBalance(t, "in", in.Stats(), 10, 10, runnel.Drops{})
		})
	}
}

// The consumer stops: the input is cancelled within that call, even if it is idle.
func TestPipeStopsWithItsOutput(t *testing.T) {
	for _, values := range []int{0, 3} {
		for _, cause := range []error{nil, errStop} {
			synctest.Test(t, func(t *testing.T) {
				in, out := holding(upTo(values)...), runnel.New[int]()
				ended, err := piping(bg, in, out)
				out.Cancel(cause)
				if in.Err() != cause || !in.Stats().Closed {
					t.Errorf("in: %v, want %v", in.Err(), cause)
				}
				if !ended() {
					t.Fatal("Pipe goes on")
				}
				if want := cmp.Or(cause, runnel.ErrClosed); *err != want {
					t.Errorf("Pipe: %v, want %v", *err, want)
				}
				mustBalance(t, "in", in.Stats(), uint64(values), 0, dropped(runnel.Undelivered, uint64(values)))
				mustBalance(t, "out", out.Stats(), 0, 0, runnel.Drops{})
			})
		}
	}
}

func TestPipeToAClosedChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := holding(upTo(3)...), filled[int](errStop)
		mustBe(t, "Pipe", pipe.Pipe(bg, in, out), errStop)
		mustBe(t, "in", in.Err(), errStop)
		mustBalance(t, "in", in.Stats(), 3, 0, dropped(runnel.Undelivered, 3))
	})
}

func TestPipeEndsWithItsContext(t *testing.T) {
	for _, values := range []int{0, 3} {
		synctest.Test(t, func(t *testing.T) {
			ctx, end := context.WithCancelCause(bg)
			in, out := holding(upTo(values)...), runnel.New[int]()
			ended, err := piping(ctx, in, out)
			end(errStop)
			if !ended() || *err != errStop || in.Err() != errStop || out.Err() != errStop {
				t.Errorf("Pipe: %v, in: %v, out: %v", *err, in.Err(), out.Err())
			}
			mustBalance(t, "in", in.Stats(), uint64(values), 0, dropped(runnel.Undelivered, uint64(values)))
			mustBalance(t, "out", out.Stats(), 0, 0, runnel.Drops{})
		})
	}
}

// Several Pipes share a channel: it closes with the last, with the first error.
func TestPipeOfProducers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := runnel.New[int](runnel.Buffer(10))
		ps := out.Producers(3)
		mustBe(t, "first", pipe.Pipe(bg, filled(errLost, 1), ps[0]), errLost)
		mustBe(t, "second", pipe.Pipe(bg, filled(nil, 2), ps[1]), nil)
		if out.Stats().Closed {
			t.Error("closed before the last producer")
		}
		mustBe(t, "third", pipe.Pipe(bg, filled(errBad, 3), ps[2]), errBad)
		got, end := drain[int](out)
		mustEqual(t, "values", got, "[1 2 3]")
		mustBe(t, "end", end, errLost)
	})
}

// One channel, cancelled: all Pipes that feed it stop.
func TestPipesStopTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := runnel.New[int]()
		ps := out.Producers(2)
		a, b := runnel.New[int](), holding(1, 2)
		endedA, errA := piping(bg, a, ps[0])
		endedB, errB := piping(bg, b, ps[1])
		out.Cancel(errStop)
		if !endedA() || !endedB() || *errA != errStop || *errB != errStop || a.Err() != errStop || b.Err() != errStop {
			t.Errorf("%v, %v", *errA, *errB)
		}
	})
}

// A producer that has been closed by somebody else refuses like a closed channel.
func TestPipeToAClosedProducer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := runnel.New[int](runnel.Buffer(1))
		ps := out.Producers(2)
		ps[0].Close()
		in := holding(1, 2)
		mustBe(t, "Pipe", pipe.Pipe(bg, in, ps[0]), runnel.ErrClosed)
		mustBalance(t, "in", in.Stats(), 2, 0, dropped(runnel.Undelivered, 2))
		if out.Stats().Closed {
			t.Error("the channel was closed")
		}
	})
}

// spy is a receiver that counts how often it is cancelled, which may take its time.
type spy struct {
	runnel.Receiver[int]
	cancelled int
	slow      time.Duration
}

func (s *spy) Cancel(cause error) {
	time.Sleep(s.slow)
	s.cancelled++
	s.Receiver.Cancel(cause)
}

// A Pipe that has ended leaves nothing behind at a channel that goes on.
func TestPipeLeavesTheOutputAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := runnel.New[int](runnel.Buffer(1))
		ps := out.Producers(2)
		in := &spy{Receiver: filled(nil, 1)}
		mustBe(t, "Pipe", pipe.Pipe(bg, in, ps[0]), nil)
		before := in.cancelled
		out.Cancel(errStop)
		mustEqual(t, "calls of Cancel", in.cancelled, before)
	})
}

// The stop passes through a Pipe within one call, with its cause.
func TestPipePassesTheCauseOn(t *testing.T) {
	for range 300 {
		in, out := counting(), runnel.New[int]()
		done := make(chan error)
		go func() { done <- pipe.Pipe(bg, pipe.Through(bg, in, xf.Map(itself)), out) }()
		out.Recv(bg)
		out.Cancel(errStop)
		if in.Err() != errStop {
			t.Fatalf("source ended with %v, want %v", in.Err(), errStop)
		}
		mustBe(t, "Pipe", <-done, errStop)
	}
}

// When Pipe returns, its input has been cancelled, also by the call that ended the output.
func TestPipeWaitsForTheCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := &spy{Receiver: runnel.New[int](), slow: time.Hour}, runnel.New[int]()
		ended, err := piping(bg, in, out)
		go out.Cancel(errStop)
		if ended() {
			t.Error("Pipe returned while its input was being cancelled")
		}
		time.Sleep(2 * time.Hour)
		if !ended() || *err != errStop || in.cancelled != 1 {
			t.Errorf("Pipe: %v, %d calls of Cancel", *err, in.cancelled)
		}
	})
}
