package fan_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
)

// A plain end is nil, and nothing else looks like it.

// The input ends plainly, ctx right after it: Run returns either end, as it happens to see it,
// but never ErrClosed as if that were a cause.
func TestPlainEndAndEndOfContextAtOnce(t *testing.T) {
	for range 500 {
		ctx, cancel := context.WithCancelCause(bg)
		in := runnel.New[int]()
		m := fan.NewMult(in)
		tap := m.Tap(runnel.Buffer(1))
		done := began(func() error { return m.Run(ctx) })
		runtime.Gosched()
		in.Close()
		cancel(errStop)
		err, _ := done.Recv(bg)
		if err != nil && err != errStop {
			t.Fatalf("Run returned %v, want nil or %v", err, errStop)
		}
		if got := tap.Err(); got != err {
			t.Fatalf("the tap ended with %v, and Run with %v", got, err)
		}
	}
}

// The runs that a context can end, each while it waits, and what is closed then.
func contextRuns() map[string]func(ctx context.Context) (*runnel.Chan[error], []runnel.Receiver[int], []runnel.Sender[int]) {
	type (
		ends = []runnel.Receiver[int]
		tops = []runnel.Sender[int]
	)
	return map[string]func(ctx context.Context) (*runnel.Chan[error], ends, tops){
		"mult, for its input": func(ctx context.Context) (*runnel.Chan[error], ends, tops) {
			in := runnel.New[int]()
			m := fan.NewMult(in)
			a, b := m.Tap(), m.Tap()
			return running(m.Run, ctx), ends{a, b}, tops{in}
		},
		"mult, for its taps": func(ctx context.Context) (*runnel.Chan[error], ends, tops) {
			in := runnel.New[int](runnel.Buffer(1))
			in.TrySend(1)
			m := fan.NewMult(in)
			a, b := m.Tap(), m.Tap()
			return running(m.Run, ctx), ends{a, b}, tops{in}
		},
		"pub": func(ctx context.Context) (*runnel.Chan[error], ends, tops) {
			in := runnel.New[int]()
			p := fan.NewPub(in, parity)
			a := p.Sub("odd")
			return running(p.Run, ctx), ends{a}, tops{in}
		},
		"mix, for its inputs": func(ctx context.Context) (*runnel.Chan[error], ends, tops) {
			in, out := runnel.New[int](), runnel.New[int]()
			x := fan.NewMix(out)
			x.Add(in)
			return running(x.Run, ctx), ends{out}, tops{in}
		},
		"mix, for its output": func(ctx context.Context) (*runnel.Chan[error], ends, tops) {
			in, out := runnel.New[int](runnel.Buffer(1)), runnel.New[int]()
			in.TrySend(1)
			x := fan.NewMix(out)
			x.Add(in)
			return running(x.Run, ctx), ends{out}, tops{in}
		},
	}
}

// A context may end with the error that means a plain end elsewhere.
func TestContextEndsWithErrClosed(t *testing.T) {
	causes := map[string]error{
		"itself":  runnel.ErrClosed,
		"wrapped": fmt.Errorf("%w: %w", errFull, runnel.ErrClosed),
	}
	for what, cause := range causes {
		for name, run := range contextRuns() {
			t.Run(what+"/"+name, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					ctx, cancel := context.WithCancelCause(bg)
					done, ends, tops := run(ctx)
					cancel(cause)
					err, _ := done.Recv(bg)
					if err == nil || errors.Is(err, runnel.ErrClosed) {
						t.Errorf("Run returned %v, which looks like a plain end", err)
					}
					if errors.Is(err, errFull) != (what == "wrapped") {
						t.Errorf("Run returned %v: what else the cause is, or is not, has changed", err)
					}
					for _, r := range ends {
						if _, end := r.Recv(bg); end == nil || errors.Is(end, runnel.ErrClosed) {
							t.Errorf("a consumer got %v, which looks like a plain end", end)
						}
					}
					for _, s := range tops {
						mustBeRefused(t, s, err)
					}
				})
			})
		}
	}
}

// It is of the type that the cause is of, too.
func TestContextEndsWithAnErrorOfATypeThatWrapsErrClosed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(bg)
		in := runnel.New[int]()
		m := fan.NewMult(in)
		done := running(m.Run, ctx)
		cancel(&lineError{3})
		err, _ := done.Recv(bg)
		var line *lineError
		if errors.Is(err, runnel.ErrClosed) || !errors.As(err, &line) || line.number != 3 {
			t.Errorf("Run returned %v", err)
		}
	})
}

type lineError struct{ number int }

func (e *lineError) Error() string { return fmt.Sprint("line ", e.number) }
func (e *lineError) Unwrap() error { return runnel.ErrClosed }
