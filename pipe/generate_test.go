package pipe_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

func TestGenerate(t *testing.T) {
	for _, cause := range []error{nil, errBad} {
		synctest.Test(t, func(t *testing.T) {
			out := pipe.Generate(bg, func(_ context.Context, emit func(int) error) error {
				for i := range 5 {
					mustBe(t, "emit", emit(i), nil)
				}
				return cause
			})
			got, end := drain(out)
			mustEqual(t, "values", got, upTo(5))
			if end != cause {
				t.Errorf("end: %v, want %v", end, cause)
			}
			mustBalance(t, "out", out.Stats(), 5, 5, runnel.Drops{})
		})
	}
}

// The consumer stops: emit says so, gives the value back, and the end stays what it was.
func TestGenerateStopsWithItsConsumer(t *testing.T) {
	for _, returned := range []error{nil, errBad, errStop} {
		for _, blocked := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				stopped := false
				out := pipe.Generate(bg, func(ctx context.Context, emit func(int) error) error {
					if !blocked {
						<-ctx.Done()
						mustBe(t, "cause of the context", context.Cause(ctx), errStop)
					}
					err := emit(1)
					mustBe(t, "emit", err, runnel.ErrClosed)
					mustBe(t, "emit", err, errStop)
					if ctx.Err() == nil {
						<-ctx.Done() // about to end
					}
					stopped = true
					if returned == errStop {
						return err
					}
					return returned
				})
				synctest.Wait()
				out.Cancel(errStop)
				synctest.Wait()
				if !stopped || out.Err() != errStop {
					t.Errorf("stopped %v, end: %v", stopped, out.Err())
				}
				mustBalance(t, "out", out.Stats(), 0, 0, runnel.Drops{})
			})
		}
	}
}

// ctx ends: emit fails with its cause, and the output ends with it, whatever f returns.
func TestGenerateEndsWithItsContext(t *testing.T) {
	for _, wrap := range []func(error) error{
		func(error) error { return nil },
		func(err error) error { return err },
		func(err error) error { return errors.Join(errBad, err) },
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, end := context.WithCancelCause(bg)
			out := pipe.Generate(ctx, func(ctx context.Context, emit func(int) error) error {
				err := emit(1)
				if err != errStop || context.Cause(ctx) != errStop {
					t.Errorf("emit: %v, context: %v", err, context.Cause(ctx))
				}
				return wrap(err)
			})
			synctest.Wait()
			end(errStop)
			synctest.Wait()
			if _, got := drain(out); got != errStop {
				t.Errorf("end: %v", got)
			}
			mustBalance(t, "out", out.Stats(), 0, 0, runnel.Drops{})
		})
	}
}

func TestGenerateFailure(t *testing.T) {
	for kind, bad := range escapes {
		bubble(t, kind, func(t *testing.T) {
			got, end := drain(pipe.Generate(bg, func(_ context.Context, emit func(int) error) error {
				emit(1)
				bad()
				return nil
			}, runnel.Buffer(1)))
			mustEqual(t, "values", got, "[1]")
			mustBeEscape(t, end, kind)
		})
	}
}

func TestGenerateEmitAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var late func(int) error
		out := pipe.Generate(bg, func(_ context.Context, emit func(int) error) error {
			late = emit
			return nil
		}, runnel.Unbounded())
		drain(out)
		mustBe(t, "emit", late(1), runnel.ErrClosed)
		mustBalance(t, "out", out.Stats(), 0, 0, runnel.Drops{})
	})
}

// f may emit from several goroutines.
func TestGenerateInParallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := pipe.Generate(bg, func(ctx context.Context, emit func(int) error) error {
			return pipe.ForEach(ctx, filled(nil, upTo(50)...), 4, func(_ context.Context, v int) error { return emit(v) })
		})
		got, err := pipe.Reduce(bg, out, 0, adding)
		if got != 49*50/2 || err != nil {
			t.Errorf("%v, %v", got, err)
		}
	})
}

// An ErrClosed from elsewhere does not pass for a plain end.
func TestGenerateErrClosedIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, out := range both(
			pipe.Generate(bg, func(context.Context, func(int) error) error { return runnel.ErrClosed }),
			pipe.FromSeq2(bg, func(yield func(int, error) bool) { yield(0, runnel.ErrClosed) }),
		) {
			_, end := drain(out)
			if end == nil || errors.Is(end, runnel.ErrClosed) {
				t.Errorf("end %v, which looks plain", end)
			}
		}
	})
}
