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

// forFilters runs a test in a bubble for several numbers of workers.
func forFilters(t *testing.T, test func(t *testing.T, n int)) {
	for _, n := range []int{1, 2, 3, 8} {
		bubble(t, fmt.Sprint(n), func(t *testing.T) { test(t, n) })
	}
}

// What is kept is in order; what is not is no loss.
func TestFilterKeepsTheOrder(t *testing.T) {
	r := seeded(t)
	delays := make([]time.Duration, 100)
	for i := range delays {
		delays[i] = time.Duration(r.IntN(5)) * time.Second
	}
	forFilters(t, func(t *testing.T, n int) {
		in := filled(errLost, upTo(100)...)
		out := pipe.Filter(bg, in, n, func(_ context.Context, v int) (bool, error) {
			time.Sleep(delays[v])
			return v%3 == 0, nil
		})
		got, end := drain(out)
		var want []int
		for v := 0; v < 100; v += 3 {
			want = append(want, v)
		}
		if !slices.Equal(got, want) || end != errLost {
			t.Errorf("%v, %v, want the multiples of 3 and %v", got, end, errLost)
		}
		mustBalance(t, "in", in.Stats(), 100, 100, runnel.Drops{})
		mustBalance(t, "out", out.Stats(), 34, 34, runnel.Drops{})
	})
}

// A value that is not kept makes room for the next, also behind a slow one.
func TestFilterOfNothing(t *testing.T) {
	forFilters(t, func(t *testing.T, n int) {
		began := time.Now()
		in := filled(nil, upTo(8*n)...)
		got, end := drain(pipe.Filter(bg, in, n, func(context.Context, int) (bool, error) {
			time.Sleep(time.Hour)
			return false, nil
		}))
		if len(got) > 0 || end != nil || time.Since(began) != 8*time.Hour {
			t.Errorf("%v, %v after %v, want nothing after 8 hours", got, end, time.Since(began))
		}
	})
}

// A value with an error is not passed on, whatever else keep says.
func TestFilterFailure(t *testing.T) {
	for kind, failure := range failures {
		forFilters(t, func(t *testing.T, n int) {
			in := filled(nil, upTo(20)...)
			out := pipe.Filter(bg, in, n, func(_ context.Context, v int) (bool, error) {
				if v == 8 {
					return true, failure()
				}
				return v%2 == 0, nil
			})
			got, end := drain(out)
			mustBeFailure(t, kind, end)
			mustEqual(t, "kept", got, []int{0, 2, 4, 6})
			synctest.Wait()
			mustEqual(t, "values failed", in.Stats().Dropped[runnel.Failed], 1)
			mustAddUp(t, "in", in.Stats())
			mustAddUp(t, "out", out.Stats())
		})
	}
}

func TestFilterStops(t *testing.T) {
	forFilters(t, func(t *testing.T, n int) {
		in := counting()
		out := pipe.Filter(bg, in, n, func(_ context.Context, v int) (bool, error) { return v%2 == 1, nil })
		v, _ := out.Recv(bg)
		mustEqual(t, "kept", v, 1)
		out.Cancel(errStop)
		mustBe(t, "in", in.Err(), errStop)
		synctest.Wait()
		mustAddUp(t, "in", in.Stats())
		mustAddUp(t, "out", out.Stats())
	})
}
