package flow_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel/flow"
)

// The rule of a running flow is exchanged: no message is lost, none is handled by half of each.
func ExampleFlow_Swap() {
	with := func(percent int) flow.Proc {
		return flow.Step(func(_ context.Context, cents int) (string, error) {
			return fmt.Sprintf("%d%% of %d is %d", percent, cents, cents*percent/100), nil
		})
	}
	print := func(_ context.Context, line string) error { fmt.Println(line); return nil }

	ctx := context.Background()
	f, err := flow.New("tax").
		Add("tax", with(19)).
		Add("print", flow.Sink(print)).
		Open("tax").
		Connect("tax", "print").
		Start(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = f.Inject(ctx, "tax", 1000)
	_ = f.Pause("tax") // not needed for Swap; here, to know which price comes first
	_ = f.Swap("tax", with(16))
	_ = f.Resume("tax")
	_ = f.Inject(ctx, "tax", 1000)
	wrong := f.Swap("tax", flow.Sink(func(context.Context, string) error { return nil }))
	fmt.Println(f.Drain(ctx), f.Status().Process("tax").Swaps)
	fmt.Println(wrong)
	// Unordered output:
	// 19% of 1000 is 190
	// 16% of 1000 is 160
	// <nil> 1
	// flow: cannot swap: Swap("tax"): it is a step process, the new one a sink process; the input in is for int, the new one for string; the output out is missing
}
