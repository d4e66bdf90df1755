package pipe_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

func mustTimeOut(t *testing.T, err error, message string) {
	t.Helper()
	if !errors.Is(err, pipe.ErrTimeout) || err.Error() != message {
		t.Errorf("the end is %v, want %s", err, message)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v passes for the end of a context", err)
	}
}

func TestTimeoutCountsFromTheStart(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		in := runnel.New[int]()
		got, end := recorded(pipe.Timeout(bg, in, 5*time.Second))
		synctest.Wait() // the input hears of it after the receivers of the output
		mustEqual(t, "values and end", []any{got, end.at}, "[[] 5s]")
		mustTimeOut(t, end.v, "pipe: no value within 5s")
		mustTimeOut(t, in.Err(), "pipe: no value within 5s")
		mustTimeOut(t, in.Send(bg, 1), "runnel: channel closed: pipe: no value within 5s")
	})
}

func TestTimeoutCountsFromTheLastValue(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		in := arriving(nil, 9*ms, 10*ms, 19*ms, 28*ms, 39*ms)
		got, end := recorded(pipe.Timeout(bg, in, 10*ms))
		mustEqual(t, "values", got, "[9ms: 0 10ms: 1 19ms: 2 28ms: 3]")
		mustEqual(t, "end", end, "38ms: pipe: no value within 10ms")
		time.Sleep(10 * ms) // the source finds out
		synctest.Wait()
		mustBalance(t, "in", in.Stats(), 4, 4, runnel.Drops{})
	})
}

func TestTimeoutIsNotCausedByASlowConsumer(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		in := runnel.New[int]()
		out := pipe.Timeout(bg, in, 10*ms)
		for i := range 5 {
			in.Send(bg, i)
			time.Sleep(time.Hour)
			if v, err := out.Recv(bg); v != i || err != nil {
				t.Fatalf("got %v, %v, want %d", v, err, i)
			}
			time.Sleep(9 * ms)
		}
		time.Sleep(ms / 2)
		if err := in.Err(); err != nil {
			t.Errorf("timed out early: %v", err)
		}
		time.Sleep(ms / 2)
		_, err := out.Recv(bg)
		mustTimeOut(t, err, "pipe: no value within 10ms")
	})
}
