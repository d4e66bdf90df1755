package pipe

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
)

// Once no value is in the stage, nothing is left of any: no lane, no key, no value.
func TestKeyedLeavesNothingBehind(t *testing.T) {
	for _, fails := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			const n, backlog = 3, 4
			in := runnel.New[*int]()
			f := func(_ context.Context, v *int) (int, error) {
				time.Sleep(time.Duration(*v%7) * time.Millisecond)
				if fails && *v == 300 {
					return 0, context.DeadlineExceeded
				}
				return *v, nil
			}
			k := newKeyed[*int](newStage[*int, int](context.Background(), "MapKeyed", in, nil), n, backlog, f)
			k.start(n, k.work)
			runnel.Go(func() { k.sort(func(v *int) *int { return v }) })
			runnel.Go(func() {
				for i := 0; in.Send(context.Background(), &i) == nil && i < 500; i++ {
				}
				if !fails {
					in.Close()
				}
			})
			for range k.out.All(context.Background()) {
			}
			time.Sleep(time.Second)
			synctest.Wait()
			if k.live != 0 || len(k.lanes) != 0 || k.waiting != 0 {
				t.Errorf("%d lanes, %d listed, with %d values, want none", k.live, len(k.lanes), k.waiting)
			}
			if len(k.spare) > n+n*backlog {
				t.Errorf("%d lanes are kept, want at most %d", len(k.spare), n+n*backlog)
			}
			for _, l := range k.spare {
				if *l != (lane[*int, *int]{}) {
					t.Errorf("a lane that is kept: %+v", l)
				}
			}
			cells := 0
			for c := k.free; c != nil; c = c.next {
				if cells++; c.val != nil {
					t.Error("a free cell holds a value")
				}
			}
			if cells == 0 || cells > n*backlog {
				t.Errorf("%d cells, want at most %d", cells, n*backlog)
			}
		})
	}
}
