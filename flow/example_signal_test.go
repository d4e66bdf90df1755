package flow_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// A signal asks all processes that listen to it, past the edges of the graph.
func ExampleCast() {
	type Flush struct{ Why string }
	const (
		orders = flow.In[int]("orders")
		flush  = flow.In[Flush]("flush")
		total  = flow.Out[string]("total")
	)
	till := func(name string) flow.Proc {
		return flow.Stateful[int]{
			Handlers: []flow.Handler[int]{
				flow.On(orders, func(_ *flow.Turn, sum *int, cents int) error { *sum += cents; return nil }),
				flow.Listen(flush, func(t *flow.Turn, sum *int, f Flush) error {
					line := fmt.Sprintf("%s: %s has %d", f.Why, name, *sum)
					*sum = 0
					return total.Send(t, line)
				}),
			},
			Outs: []flow.Port{total},
		}.Proc()
	}
	ctx := context.Background()
	lines := runnel.New[string](runnel.Buffer(8))
	f, err := flow.New("tills").
		Add("north", till("north")).
		Add("south", till("south")).
		Add("print", flow.Sink(lines.Send)).
		Open("north.orders").
		Open("south.orders").
		Connect("north", "print").
		Connect("south", "print").
		Start(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = f.Inject(ctx, "north.orders", 300, 250)
	_ = f.Inject(ctx, "south.orders", 120)
	listening := flow.Cast(f, Flush{"evening"})
	for range listening { // a drain does not wait for signals
		fmt.Println(lines.Recv(ctx))
	}
	fmt.Println(f.Drain(ctx), listening)
	// Unordered output:
	// evening: north has 550 <nil>
	// evening: south has 120 <nil>
	// <nil> 2
}
