package flow_test

import (
	"context"
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// A ledger does not answer. Two readings of the status, some time apart, tell who waits for whom.
func ExampleStatus_ExplainSince() {
	answer := runnel.New[int]() // which never comes
	ask := func(ctx context.Context, v int) (int, error) { return answer.Recv(ctx) }
	orders := flow.Source(func(_ context.Context, emit func(int) error) error {
		for i := 0; ; i++ {
			if err := emit(i); err != nil {
				return err
			}
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	f, _ := flow.New("shop").
		Add("orders", orders).
		Add("ledger", flow.Step(ask)).
		Add("ship", flow.Sink(func(context.Context, int) error { return nil })).
		Connect("orders", "ledger", runnel.Buffer(64)).
		Connect("ledger", "ship").
		Start(ctx)

	var e flow.Explanation
	for earlier := f.Status(); len(e.Causes) == 0 || len(e.Causes[0].Waits) < 2; {
		_ = runnel.Sleep(ctx, 20*time.Millisecond)
		e = f.Status().ExplainSince(earlier)
	}
	// fmt.Println(e) tells the same in sentences, with times: "ledger has been in its step for 4.1s, so:
	// orders waits for room on orders.out -> ledger.in (64 of 64), 4.1s".
	for _, c := range e.Causes {
		fmt.Println(c.Process, "is", c.Activity)
		for _, w := range c.Waits {
			fmt.Printf("  %s is %v on %s, %d of %d\n", w.Process, w.Activity, w.Edge, w.Len, w.Cap)
		}
	}
	cancel()
	fmt.Println(f.Wait())
	// Output:
	// ledger is in step
	//   orders is blocked on orders.out -> ledger.in, 64 of 64
	//   ship is starving on ledger.out -> ship.in, 0 of 0
	// context canceled
}
