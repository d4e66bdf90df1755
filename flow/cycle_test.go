package flow_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// A process of a cycle is done, and what it leaves behind was the last in the cycle. The others, of
// whom nobody has a message, hear of that.
func TestDoneInCycle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const (
			in   = flow.In[int]("in")
			back = flow.In[int]("back")
		)
		f := must(flow.New("ring").
			Add("spread", flow.Stateful[int]{Handlers: []flow.Handler[int]{
				flow.On(in, func(x *flow.Turn, _ *int, v int) error { return out.Send(x, v) }),
				flow.On(back, func(*flow.Turn, *int, int) error { return nil }),
			}, Outs: []flow.Port{out}}.Proc()).
			Add("leaver", flow.FlatStep(func(ctx context.Context, _ int, _ func(int) error) error {
				runnel.After(time.Second).Recv(ctx) // until the others have nothing more to do
				return flow.ErrDone
			})).
			Add("quiet", flow.FlatStep(func(context.Context, int, func(int) error) error { return nil })).
			Open("spread.in", runnel.Buffer(2)).
			Connect("spread", "leaver", runnel.Buffer(2)).
			Connect("spread", "quiet", runnel.Buffer(2)).
			Connect("leaver", "spread.back").
			Connect("quiet", "spread.back").
			Start(t.Context()))(t)
		if err := f.Inject(bg, "spread.in", 1, 2); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(bg, time.Minute)
		defer cancel()
		s := f.Stop(ctx)
		if s.Err != nil || s.Edge("spread.out", "leaver.in").Dropped[runnel.Undelivered] != 1 {
			t.Errorf("the end: %v\n%v", s.Err, s)
		}
		mustBalance(t, s)
	})
}
