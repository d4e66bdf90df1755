package pipe_test

import (
	"context"
	"iter"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/xf"
)

// counted yields 0 … n-1, then err if it is not nil; left tells how the loop over it ended.
func counted(n int, err error, left *string) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				*left = "at a value"
				return
			}
		}
		*left = "at the end"
		if err != nil && !yield(-1, err) {
			*left = "at the error"
		}
	}
}

func TestFromSeq2(t *testing.T) {
	for cause, how := range map[error]string{nil: "at the end", errLost: "at the error"} {
		synctest.Test(t, func(t *testing.T) {
			var left string
			out := pipe.FromSeq2(bg, counted(5, cause, &left))
			got, end := drain(out)
			synctest.Wait()
			mustEqual(t, "values", got, upTo(5))
			mustEqual(t, "left", left, how)
			if end != cause {
				t.Errorf("end: %v, want %v", end, cause)
			}
			mustBalance(t, "out", out.Stats(), 5, 5, runnel.Drops{})
		})
	}
}

func TestFromSeq2Stops(t *testing.T) {
	stops := map[string]func(out runnel.Receiver[int], end func(error)){
		"consumer": func(out runnel.Receiver[int], _ func(error)) { out.Cancel(errStop) },
		"context":  func(_ runnel.Receiver[int], end func(error)) { end(errStop) },
	}
	for kind, stop := range stops {
		bubble(t, kind, func(t *testing.T) {
			ctx, end := context.WithCancelCause(bg)
			var left string
			out := pipe.FromSeq2(ctx, counted(5, errBad, &left))
			out.Recv(bg)
			synctest.Wait()
			stop(out, end)
			synctest.Wait()
			mustEqual(t, "left", left, "at a value")
			mustBe(t, "end", out.Err(), errStop)
			mustBalance(t, "out", out.Stats(), 2, 1, dropped(runnel.Undelivered, 1))
		})
	}
}

// A sequence that ends because ctx has ended is no plain end.
func TestFromSeq2EndsWithItsContext(t *testing.T) {
	for _, pairs := range []int{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			ctx, end := context.WithCancelCause(bg)
			out := pipe.FromSeq2(ctx, func(yield func(int, error) bool) {
				<-ctx.Done()
				for range pairs {
					yield(0, ctx.Err())
				}
			})
			end(errStop)
			_, err := drain(out)
			mustBe(t, "end", err, errStop)
		})
	}
}

func TestFromSeq2Failure(t *testing.T) {
	for kind, bad := range escapes {
		bubble(t, kind, func(t *testing.T) {
			got, end := drain(pipe.FromSeq2(bg, func(yield func(int, error) bool) {
				yield(1, nil)
				bad()
			}))
			mustEqual(t, "values", got, "[1]")
			mustBeEscape(t, end, kind)
		})
	}
}

func TestSeq2(t *testing.T) {
	for cause, want := range map[error]string{nil: "[0 1 2]", errLost: "[0 1 2 lost]"} {
		in := filled(cause, upTo(3)...)
		var got []any
		for v, err := range pipe.Seq2(bg, in) {
			if err != nil {
				if v != 0 {
					t.Errorf("value %v with the error", v)
				}
				got = append(got, err)
				continue
			}
			got = append(got, v)
		}
		mustEqual(t, "pairs", got, want)
		mustBalance(t, "in", in.Stats(), 3, 3, runnel.Drops{})
	}
}

// However the loop is left, the source stops.
func TestSeq2Break(t *testing.T) {
	leave := map[string]func(in runnel.Receiver[int]){
		"break": func(in runnel.Receiver[int]) {
			for range pipe.Seq2(bg, in) {
				break
			}
		},
		"panic": func(in runnel.Receiver[int]) {
			defer func() { recover() }()
			for range pipe.Seq2(bg, in) {
				panic(errBad)
			}
		},
	}
	for how, f := range leave {
		bubble(t, how, func(t *testing.T) {
			in := holding(upTo(5)...)
			f(pipe.Through(bg, in, xf.Map(itself)))
			synctest.Wait()
			s := in.Stats()
			if !s.Closed || in.Err() != nil {
				t.Errorf("in: %+v, %v", s, in.Err())
			}
			mustBalance(t, "in", s, 5, s.Received, dropped(runnel.Undelivered, 5-s.Received))

			direct := holding(upTo(5)...)
			f(direct)
			mustBalance(t, "direct", direct.Stats(), 5, 1, dropped(runnel.Undelivered, 4))
		})
	}
}

func TestSeq2EndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancelCause(bg)
		in := runnel.New[int]()
		var errs []error
		ended := begin(func() {
			for _, err := range pipe.Seq2(ctx, in) {
				mustBe(t, "in", in.Err(), errStop) // stopped before the loop is told
				errs = append(errs, err)
			}
		})
		end(errStop)
		if !ended() {
			t.Error("goes on")
		}
		mustEqual(t, "errors", errs, "[stop]")
	})
}
