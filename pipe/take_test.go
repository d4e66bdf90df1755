package pipe_test

import (
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

func TestTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := holding(upTo(10)...)
		got, end := drain(pipe.Take(bg, in, 3))
		mustEqual(t, "values", got, "[0 1 2]")
		mustBe(t, "end", end, nil)
		mustBalance(t, "in", in.Stats(), 10, 3, dropped(runnel.Undelivered, 7))
	})
}

// The source is stopped when the last value has been taken, not when it has been delivered.
func TestTakeCancelsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := counting()
		out := pipe.Take(bg, in, 1)
		synctest.Wait()
		mustBalance(t, "in", in.Stats(), 1, 1, runnel.Drops{})
		if !in.Stats().Closed || in.Err() != nil || out.Stats().Closed {
			t.Errorf("in %+v, out %+v", in.Stats(), out.Stats())
		}
		got, end := drain(out)
		mustEqual(t, "values", got, "[0]")
		mustBe(t, "end", end, nil)
	})
}

func TestTakeNothing(t *testing.T) {
	in := holding(1, 2)
	out := pipe.Take(bg, in, 0)
	if _, err := out.TryRecv(); err != runnel.ErrClosed {
		t.Errorf("%v, want the end", err)
	}
	mustBalance(t, "in", in.Stats(), 2, 0, dropped(runnel.Undelivered, 2))
}

func TestTakeFromAShortInput(t *testing.T) {
	for n := range 6 {
		synctest.Test(t, func(t *testing.T) {
			got, end := drain(pipe.Take(bg, filled(errLost, upTo(3)...), n))
			mustEqual(t, "values", got, upTo(min(n, 3)))
			if n > 3 {
				mustBe(t, "end", end, errLost)
			} else {
				mustBe(t, "end", end, nil) // the error behind the last value is not seen
			}
		})
	}
}

// The consumer stops while the last value is on its way.
func TestTakeStopsAtItsLastValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := holding(1, 2)
		out := pipe.Take(bg, in, 1)
		synctest.Wait()
		out.Cancel(errStop)
		synctest.Wait()
		mustBalance(t, "in", in.Stats(), 2, 1, dropped(runnel.Undelivered, 1))
		mustBalance(t, "out", out.Stats(), 1, 0, dropped(runnel.Undelivered, 1))
	})
}
