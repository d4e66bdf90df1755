package pipe_test

import (
	"context"
	"errors"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/sim"
)

// FuzzMap lets the fuzzer choose an ordered mapping, when its function fails, when its consumer
// stops, and the schedule: results come in order, without a gap; a failure is told at the end,
// and no goroutine is left.
func FuzzMap(f *testing.F) {
	sim.Fuzz(f, func(t *sim.T) {
		ctx, failed := context.Background(), errors.New("failed")
		n, workers, room := 5-t.Choose(6), 1+t.Choose(3), 1+t.Choose(3)
		bad, stop := t.Choose(8)-1, t.Choose(8)-1 // −1 and what is never reached: no such thing
		in := runnel.New[int](runnel.Buffer(1 + t.Choose(3)))
		t.Go("producer", func() {
			defer in.Close()
			for i := range n {
				if in.Send(ctx, i) != nil {
					return
				}
			}
		})
		out := pipe.Map(ctx, in, workers, func(_ context.Context, v int) (int, error) {
			if v == bad {
				return 0, failed
			}
			return 10 * v, nil
		}, runnel.Buffer(room))
		for i := 0; i != stop; i++ {
			v, err := out.Recv(ctx)
			if err != nil {
				fails := bad >= 0 && bad < n
				t.Assert(errors.Is(err, failed) == fails, "%d values, %d fails: the end is %v", n, bad, err)
				t.Assert(fails && i == bad || !fails && i == n, "%d values, %d fails: %d came", n, bad, i)
				return
			}
			t.Assert(v == 10*i, "value %d is %d", i, v)
		}
		out.Cancel(nil)
	})
}
