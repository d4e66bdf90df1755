package pipe

import (
	"context"
	"errors"
	"testing"

	"github.com/runnel-go/runnel"
)

// Whoever cancels the output of a FlatMap may be held up between closing it and cancelling the
// input, and does it for ever here. A function that does not care whether its results are refused
// is not given the values that have come meanwhile.
func TestFlatMapTakesNothingOnceRefused(t *testing.T) {
	bg, errStop := context.Background(), errors.New("stop")
	for _, ordered := range []bool{false, true} {
		in, out := runnel.New[int](runnel.Buffer(8)), runnel.New[int]()
		for v := range 8 {
			_ = in.Send(bg, v)
		}
		in.Close()
		out.Cancel(errStop)
		s := &stage[int, int]{ctx: bg, in: in, out: out, workers: 2}
		calls := 0
		if ordered {
			o := newOrder(s, 2)
			o.f = func(_ context.Context, v int, t *turn[int, int]) error {
				calls++
				_ = t.emit(v)
				return nil
			}
			(&turn[int, int]{order: o}).work()
		} else {
			s.expand(func(_ context.Context, v int, emit func(int) error) error {
				calls++
				_ = emit(v)
				return nil
			})
		}
		if a := in.Stats(); calls != 1 || a.Dropped[runnel.Undelivered] != 1 || a.Dropped.Total() != 1 {
			t.Errorf("ordered: %v: %d calls; in: %v; want 1 call, and its value lost", ordered, calls, a)
		}
	}
}
