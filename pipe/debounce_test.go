package pipe_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

func TestDebounceSendsTheLastOfABurst(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		in := arriving(errLost, 0, 5*ms, 9*ms, 30*ms, 45*ms, 50*ms)
		lost := rejected(in)
		got, end := recorded(pipe.Debounce(bg, in, 10*ms))
		mustEqual(t, "values", got, "[19ms: 2 40ms: 3 50ms: 5]")
		mustEqual(t, "end", end, "50ms: lost")
		mustEqual(t, "superseded", *lost, "[0 1 4]")
		mustBalance(t, "in", in.Stats(), 6, 3, dropped(runnel.DroppedOldest, 3))
	})
}

// While the consumer makes the stage wait, nothing is taken and no value is superseded.
func TestDebounceTakesNothingWhileItSends(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		in := runnel.New[int](runnel.Buffer(10))
		out := pipe.Debounce(bg, in, 10*ms)
		in.Send(bg, 1)
		time.Sleep(time.Hour)
		in.SendAll(bg, []int{2, 3})
		time.Sleep(time.Hour)
		mustBalance(t, "in", in.Stats(), 3, 1, runnel.Drops{})
		v, _ := out.Recv(bg)
		began := time.Now()
		w, _ := out.Recv(bg)
		mustEqual(t, "values", []any{v, w, time.Since(began)}, "[1 3 10ms]")
		out.Cancel(nil)
	})
}

// plainDebounce says what Debounce must do with values that arrive then.
func plainDebounce(at []time.Duration, quiet time.Duration) (want []event[int]) {
	for i := range at {
		switch {
		case i == len(at)-1:
			want = append(want, event[int]{at[i], i})
		case at[i+1] > at[i]+quiet:
			want = append(want, event[int]{at[i] + quiet, i})
		}
	}
	return want
}

func TestDebounceDoesWhatAPlainLoopSays(t *testing.T) {
	rnd := seeded(t)
	for range 150 {
		at := randomMoments(rnd.IntN, rnd.IntN(40))
		quiet := time.Duration(1+rnd.IntN(20))*ms + ms/4
		synctest.Test(t, func(t *testing.T) {
			in := arriving(nil, at...)
			got, _ := recorded(pipe.Debounce(bg, in, quiet))
			want := plainDebounce(at, quiet)
			mustEqual(t, fmt.Sprint(at, quiet), got, want)
			superseded := uint64(len(at) - len(want))
			mustBalance(t, "in", in.Stats(), uint64(len(at)), uint64(len(want)), dropped(runnel.DroppedOldest, superseded))
		})
	}
}
