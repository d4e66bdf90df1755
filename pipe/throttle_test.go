package pipe_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

func TestThrottleKeepsEveryInterval(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		in := arriving(errLost, 0, 90*ms, 91*ms, 92*ms, 93*ms, 500*ms)
		got, end := recorded(pipe.Throttle(bg, in, 2, 100*ms))
		mustEqual(t, "values", got, "[0s: 0 90ms: 1 100ms: 2 190ms: 3 200ms: 4 500ms: 5]")
		mustEqual(t, "end", end, "500ms: lost")
		mustBalance(t, "in", in.Stats(), 6, 6, runnel.Drops{})
	})
}

// What counts is when the output accepts a value: a consumer that lets one wait and then takes
// several gets no burst.
func TestThrottleCountsFromAcceptance(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		out := pipe.Throttle(bg, holding(upTo(5)...), 2, 100*ms)
		out.Recv(bg)
		time.Sleep(90 * ms)
		out.Recv(bg)
		began := time.Now()
		for _, want := range []time.Duration{10 * ms, 100 * ms, 110 * ms} {
			out.Recv(bg)
			mustEqual(t, "accepted", time.Since(began), want)
		}
		out.Cancel(nil)
	})
}

// The wait comes before a value is taken, so an input that drops gives the latest.
func TestThrottleTakesTheLatestOfASlidingInput(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		in := runnel.New[int](runnel.Sliding(1))
		runnel.Go(func() {
			for i := range 100 {
				in.Send(bg, i)
				time.Sleep(10 * ms)
			}
			in.Close()
		})
		got, end := recorded(pipe.Throttle(bg, in, 1, 253*ms))
		mustEqual(t, "values", got, "[0s: 0 253ms: 25 506ms: 50 759ms: 75 1.012s: 99]")
		mustEqual(t, "end", end, "1.012s: <nil>")
		mustBalance(t, "in", in.Stats(), 100, 5, dropped(runnel.DroppedOldest, 95))
	})
}

// The end of the input need not wait for a turn.
func TestThrottleEndsAtOnce(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		in := arriving(nil, 0, 10*ms)
		_, end := recorded(pipe.Throttle(bg, in, 1, 20*ms))
		mustEqual(t, "end", end, "20ms: <nil>")
	})
	bubble(t, "while it waits", func(t *testing.T) {
		in := runnel.New[int]()
		out := pipe.Throttle(bg, in, 1, time.Hour)
		runnel.Go(func() { in.Send(bg, 1); time.Sleep(time.Second); in.Close() })
		_, end := recorded(out)
		mustEqual(t, "end", end, "1s: <nil>")
	})
}

// While the stage waits for a turn it hears of the end of ctx; a value that it has taken
// because nothing newer could come is accounted for.
func TestThrottleStopsWhileItWaits(t *testing.T) {
	for _, closed := range []bool{false, true} {
		bubble(t, fmt.Sprint(closed), func(t *testing.T) {
			ctx, end := context.WithCancelCause(bg)
			in := holding(1, 2, 3)
			if closed {
				in.Close()
			}
			out := pipe.Throttle(ctx, in, 1, time.Hour)
			out.Recv(bg)
			synctest.Wait()
			end(errStop)
			began := time.Now()
			_, err := drain(out)
			mustEqual(t, "end", []any{err, time.Since(began)}, "[stop 0s]")
			synctest.Wait()
			if closed {
				mustBalance(t, "in", in.Stats(), 3, 2, dropped(runnel.Undelivered, 1))
				mustBalance(t, "out", out.Stats(), 2, 1, dropped(runnel.Undelivered, 1))
			} else {
				mustBalance(t, "in", in.Stats(), 3, 1, dropped(runnel.Undelivered, 2))
				mustBalance(t, "out", out.Stats(), 1, 1, runnel.Drops{})
			}
		})
	}
}

// plainThrottle says when values that arrive then must leave.
func plainThrottle(at []time.Duration, n int, per time.Duration) (want []event[int]) {
	for i, t := range at {
		if i > 0 {
			t = max(t, want[i-1].at)
		}
		if i >= n {
			t = max(t, want[i-n].at+per)
		}
		want = append(want, event[int]{t, i})
	}
	return want
}

func TestThrottleDoesWhatAPlainLoopSays(t *testing.T) {
	rnd := seeded(t)
	for range 150 {
		at := randomMoments(rnd.IntN, rnd.IntN(40))
		n, per := 1+rnd.IntN(5), time.Duration(1+rnd.IntN(40))*ms
		synctest.Test(t, func(t *testing.T) {
			got, _ := recorded(pipe.Throttle(bg, arriving(nil, at...), n, per))
			mustEqual(t, fmt.Sprint(at, n, per), got, plainThrottle(at, n, per))
		})
	}
}

// The law, with a consumer that is slow at random: n values in every interval of length per.
func TestThrottleLawHoldsForSlowConsumers(t *testing.T) {
	rnd := seeded(t)
	for range 100 {
		at := randomMoments(rnd.IntN, 60)
		n, per := 1+rnd.IntN(5), time.Duration(1+rnd.IntN(40))*ms
		pauses := randomMoments(rnd.IntN, 60)
		synctest.Test(t, func(t *testing.T) {
			out := pipe.Throttle(bg, arriving(nil, at...), n, per)
			var left []time.Time
			for v := range out.All(bg) {
				if v != len(left) {
					t.Errorf("value %d came as number %d", v, len(left))
				}
				left = append(left, time.Now())
				time.Sleep(pauses[v] % (20 * ms))
			}
			for k := n; k < len(left); k++ {
				if d := left[k].Sub(left[k-n]); d < per {
					t.Errorf("%d values within %v, want at most %d within %v", n+1, d, n, per)
				}
			}
			mustEqual(t, "values", len(left), 60)
		})
	}
}
