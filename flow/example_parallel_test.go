package flow_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// squares runs a graph from one channel to another, with four workers between.
func squares(opts ...flow.ProcOption) {
	ctx := context.Background()
	in, to := runnel.New[int](runnel.Buffer(4)), runnel.New[int](runnel.Buffer(4))
	for v := range 4 {
		in.TrySend(v)
	}
	in.Close()
	square := func(_ context.Context, v int) (int, error) { return v * v, nil }
	err := flow.New("squares").
		Add("from", flow.From[int](in)).
		Add("square", flow.Step(square), append(opts, flow.Parallel(4))...).
		Add("to", flow.To[int](to)).
		Connect("from", "square").
		Connect("square", "to").
		Run(ctx)
	to.CloseWith(err)
	for v := range to.All(ctx) {
		fmt.Println(v)
	}
}

// Four workers, and the results in the order of the messages; from a channel, to a channel.
func ExampleOrdered() {
	squares(flow.Ordered(), flow.Workload(flow.Compute))
	// Output:
	// 0
	// 1
	// 4
	// 9
}

// Here all messages have one key, and so one order.
func ExampleKeyed() {
	squares(flow.Keyed(func(int) string { return "all" }))
	// Output:
	// 0
	// 1
	// 4
	// 9
}
