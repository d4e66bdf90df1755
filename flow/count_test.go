package flow_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// Whatever way a message takes, at once or after a wait, it is counted: while all wait nothing is
// in hand.
func TestStatusCountsWhileAllWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flow.New("counted").
			Add("pass", flow.Step(pass)).
			Add("both", flow.Step(pass), flow.Parallel(2)).
			Add("store", flow.Sink(func(_ context.Context, v int) error {
				if v%10 == 0 {
					return errBad
				}
				return nil
			}), flow.Skip()).
			Open("pass", runnel.Buffer(8)).
			Connect("pass", "both", runnel.Buffer(2)).
			Connect("both", "store")
		f := must(g.Start(t.Context()))(t)
		total, failed := uint64(0), uint64(0)
		for n := range 20 {
			for range n {
				total++
				if total%10 == 0 {
					failed++
				}
				if err := f.Inject(t.Context(), "pass", int(total)); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait()
			s := f.Status()
			for _, p := range s.Processes {
				lost := uint64(0)
				if p.Name == "store" {
					lost = failed
				}
				if p.Done != total-lost || p.Failed != lost || begun(p) != total {
					t.Fatalf("after %d values, %d of them bad: %+v", total, failed, p)
				}
			}
		}
		f.Stop(t.Context())
		mustBalance(t, f.Status())
	})
}
