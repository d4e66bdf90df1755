package pipe_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

func TestCollect(t *testing.T) {
	for _, cause := range []error{nil, errLost} {
		for _, n := range []int{0, 1, 2, 1000} {
			in := filled(cause, upTo(n)...)
			got, err := pipe.Collect(bg, in)
			mustEqual(t, "values", got, upTo(n))
			if err != cause {
				t.Errorf("%v, want %v", err, cause)
			}
			mustBalance(t, "in", in.Stats(), uint64(n), uint64(n), runnel.Drops{})
		}
	}
}

func TestCollectEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancelCause(bg)
		in := runnel.New[int]()
		runnel.Go(func() {
			for i := range 5 {
				in.Send(bg, i)
			}
			synctest.Wait()
			end(errStop)
		})
		got, err := pipe.Collect(ctx, in)
		mustEqual(t, "values", got, upTo(5))
		if err != errStop || in.Err() != errStop {
			t.Errorf("%v, in: %v", err, in.Err())
		}
	})
}

func TestReduce(t *testing.T) {
	for _, cause := range []error{nil, errLost} {
		in := filled(cause, upTo(5)...)
		got, err := pipe.Reduce(bg, in, 100, adding)
		if got != 110 || err != cause {
			t.Errorf("%v, %v, want 110 and %v", got, err, cause)
		}
	}
}

// The result so far comes with the error; what the failing call returned is ignored.
func TestReduceFailure(t *testing.T) {
	failures := map[string]func() error{
		"error": func() error { return errBad },
		"panic": func() error { panic(errBad) },
	}
	for kind, failure := range failures {
		bubble(t, kind, func(t *testing.T) {
			in := holding(upTo(9)...)
			got, err := pipe.Reduce(bg, in, 0, func(sum, v int) (int, error) {
				if v == 4 {
					return -1, failure()
				}
				return sum + v, nil
			})
			if got != 6 || in.Err() != err {
				t.Errorf("%v, in: %v", got, in.Err())
			}
			if kind == "panic" {
				mustHavePanicked(t, err, errBad)
			} else {
				mustBe(t, "Reduce", err, errBad)
			}
			mustBalance(t, "in", in.Stats(), 9, 4, drops(1, 4))
		})
	}
}

func TestReduceGoexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := holding(upTo(9)...)
		ended := begin(func() {
			pipe.Reduce(bg, in, 0, func(int, int) (int, error) { runtime.Goexit(); return 0, nil })
			t.Error("returned")
		})
		if !ended() {
			t.Error("goes on")
		}
		mustBalance(t, "in", in.Stats(), 9, 0, drops(1, 8))
	})
}

func TestReduceEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancelCause(bg)
		in := holding(1, 2)
		var got int
		var err error
		ended := begin(func() { got, err = pipe.Reduce(ctx, in, 0, adding) })
		end(errStop)
		if !ended() || got != 3 || err != errStop || in.Err() != errStop {
			t.Errorf("%v, %v, in: %v", got, err, in.Err())
		}
	})
}
