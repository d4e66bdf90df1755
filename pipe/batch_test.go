package pipe_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

func TestBatchIsSentAtItsSizeOrAfterWait(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		in := arriving(nil, 1*ms, 2*ms, 3*ms, 10*ms, 25*ms, 26*ms, 27*ms, 40*ms)
		got, end := recorded(pipe.Batch(bg, in, 3, 20*ms))
		mustEqual(t, "batches", got, "[3ms: [0 1 2] 26ms: [3 4 5] 40ms: [6 7]]")
		mustEqual(t, "end", end, "40ms: <nil>")
	})
	bubble(t, "wait", func(t *testing.T) {
		in := arriving(errLost, 1*ms, 5*ms, 12*ms, 13*ms, 100*ms)
		got, end := recorded(pipe.Batch(bg, in, 3, 10*ms))
		mustEqual(t, "batches", got, "[11ms: [0 1] 22ms: [2 3] 100ms: [4]]")
		mustEqual(t, "end", end, "100ms: lost")
	})
}

func TestBatchWithoutWaitHasOnlyItsSize(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		in := arriving(nil, 0, time.Hour, 5*time.Hour)
		got, _ := recorded(pipe.Batch(bg, in, 2, 0))
		mustEqual(t, "batches", got, "[1h0m0s: [0 1] 5h0m0s: [2]]")
	})
}

func TestBatchesAreFreshAndNoLargerThanNeeded(t *testing.T) {
	for _, wait := range []time.Duration{0, time.Hour} {
		for _, size := range []int{1, 2, 3, 7, 100, 101} {
			in := filled(nil, upTo(100)...)
			got, end := drain(pipe.Batch(bg, in, size, wait))
			next := 0
			for i, b := range got {
				if want := min(size, 100-i*size); len(b) != want || cap(b) > 2*want+8 {
					t.Errorf("size %d: batch %d has length %d and capacity %d", size, i, len(b), cap(b))
				}
				for j := range b {
					if b[j] != next {
						t.Errorf("size %d: value %d, want %d", size, b[j], next)
					}
					b[j] = -1 // would be seen in a batch that shares memory with this one
					next++
				}
			}
			if next != 100 || end != nil {
				t.Errorf("size %d: %d values and end %v", size, next, end)
			}
			mustBalance(t, "in", in.Stats(), 100, 100, runnel.Drops{})
		}
	}
}

// A batch that waits for its consumer bounds what the stage takes; time that passes meanwhile
// does not count for the next batch.
func TestBatchTakesNoMoreThanItsSize(t *testing.T) {
	for _, wait := range []time.Duration{0, 10 * ms} {
		bubble(t, fmt.Sprint(wait), func(t *testing.T) {
			in := holding(upTo(20)...)
			out := pipe.Batch(bg, in, 4, wait)
			time.Sleep(time.Hour)
			mustEqual(t, "taken", in.Stats().Received, 4)
			in.Close()
			got, _ := recorded(out)
			mustEqual(t, "batches", len(got), 5)
		})
	}
}

func TestBatchCountsWaitFromItsFirstValue(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		in := runnel.New[int](runnel.Buffer(10))
		out := pipe.Batch(bg, in, 4, 10*ms)
		in.SendAll(bg, upTo(5)) // the first batch waits for its consumer, the last value in the input
		time.Sleep(25 * ms)
		b, _ := out.Recv(bg)
		mustEqual(t, "first", b, "[0 1 2 3]")
		got, _ := out.Recv(bg)
		mustEqual(t, "second", got, "[4]")
		time.Sleep(ms)
		in.Send(bg, 9)
		began := time.Now()
		got, _ = out.Recv(bg)
		mustEqual(t, "third", event[[]int]{time.Since(began), got}, "10ms: [9]")
		out.Cancel(nil)
	})
}

func TestBatchPassesOptionsOn(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		in := filled(nil, upTo(10)...)
		out := pipe.Batch(bg, in, 2, 0, runnel.Sliding(2))
		synctest.Wait()
		got, _ := drain(out)
		mustEqual(t, "batches", got, "[[6 7] [8 9]]")
		mustBalance(t, "out", out.Stats(), 5, 2, dropped(runnel.DroppedOldest, 3))
	})
}

// plainBatches says what Batch must do with values that arrive then, if its consumer is ready.
func plainBatches(at []time.Duration, size int, wait time.Duration) (want []event[[]int]) {
	for i := 0; i < len(at); {
		b := event[[]int]{at: at[i] + wait}
		for ; i < len(at) && len(b.v) < size && (wait == 0 || at[i] < b.at); i++ {
			b.v = append(b.v, i)
		}
		if len(b.v) == size {
			b.at = at[i-1]
		} else if i == len(at) {
			b.at = at[i-1] // the end of the input
		}
		want = append(want, b)
	}
	return want
}

func TestBatchDoesWhatAPlainLoopSays(t *testing.T) {
	rnd := seeded(t)
	for range 150 {
		at := randomMoments(rnd.IntN, rnd.IntN(40))
		size, wait := 1+rnd.IntN(6), time.Duration(rnd.IntN(20))*ms
		if wait > 0 {
			wait += ms / 4 // never at the same moment as a value
		}
		synctest.Test(t, func(t *testing.T) {
			in := arriving(nil, at...)
			got, _ := recorded(pipe.Batch(bg, in, size, wait))
			mustEqual(t, fmt.Sprint(at, size, wait), got, plainBatches(at, size, wait))
		})
	}
}
