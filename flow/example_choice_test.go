package flow_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// Alarms are handled before everything else that waits.
func ExamplePrefer() {
	show := func(_ *flow.Turn, _ *int, text string) error { fmt.Println(text); return nil }
	handle := flow.Stateful[int]{Handlers: []flow.Handler[int]{
		flow.On("news", show),
		flow.On("alarms", show),
	}}.Proc()

	ctx := context.Background()
	f, err := flow.New("desk").
		Add("desk", handle, flow.Prefer("alarms")).
		Open("desk.news", runnel.Buffer(10)).
		Open("desk.alarms", runnel.Buffer(10)).
		Start(ctx, flow.StartPaused())
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = f.Inject(ctx, "desk.news", "rain", "sun")
	_ = f.Inject(ctx, "desk.alarms", "fire")
	_ = f.Resume()
	fmt.Println(f.Drain(ctx))
	// Output:
	// fire
	// rain
	// sun
	// <nil>
}

// join is a state that has its table when that input has ended.
type join struct {
	names map[int]string
	ready bool
}

// The table is read to its end, whatever comes first, and then the orders are looked up in it.
func ExampleStateful_wants() {
	type row struct {
		id   int
		name string
	}
	lookup := flow.Stateful[join]{
		Init: func(context.Context) (join, error) { return join{names: map[int]string{}}, nil },
		Handlers: []flow.Handler[join]{
			flow.On("table", func(_ *flow.Turn, j *join, r row) error { j.names[r.id] = r.name; return nil }).
				Ended(func(_ *flow.Turn, j *join) error { j.ready = true; return nil }),
			flow.On("orders", func(_ *flow.Turn, j *join, id int) error { fmt.Println(id, j.names[id]); return nil }),
		},
		Wants: func(j *join, input string) bool { return input == "table" || j.ready },
	}.Proc()

	rows, orders := runnel.New[row](runnel.Buffer(2)), runnel.New[int](runnel.Buffer(2))
	orders.TrySend(2)
	orders.TrySend(1)
	orders.Close()
	rows.TrySend(row{1, "anvil"})
	rows.TrySend(row{2, "bolt"})
	rows.Close()
	fmt.Println(flow.New("join").
		Add("rows", flow.From[row](rows)).
		Add("orders", flow.From[int](orders)).
		Add("lookup", lookup).
		Connect("rows", "lookup.table").
		Connect("orders", "lookup.orders").
		Run(context.Background()))
	// Output:
	// 2 bolt
	// 1 anvil
	// <nil>
}

// A handler hears of the end of its input, and may send still.
func ExampleHandler_Ended() {
	const sum = flow.Out[int]("sum")
	add := flow.Stateful[int]{
		Handlers: []flow.Handler[int]{
			flow.On("in", func(_ *flow.Turn, s *int, v int) error { *s += v; return nil }).
				Ended(func(x *flow.Turn, s *int) error { return sum.Send(x, *s) }),
		},
		Outs: []flow.Port{sum},
	}.Proc()
	fmt.Println(flow.New("sum").
		Add("numbers", flow.Source(func(_ context.Context, emit func(int) error) error {
			for v := 1; v <= 4; v++ {
				if err := emit(v); err != nil {
					return err
				}
			}
			return nil
		})).
		Add("add", add).
		Add("print", flow.Sink(func(_ context.Context, v int) error { fmt.Println(v); return nil })).
		Connect("numbers", "add").
		Connect("add", "print").
		Run(context.Background()))
	// Output:
	// 10
	// <nil>
}

// A graph between two channels that stay the caller's.
func ExampleFrom() {
	ctx := context.Background()
	in, to := runnel.New[int](runnel.Buffer(2)), runnel.New[int](runnel.Buffer(2))
	in.TrySend(3)
	in.TrySend(4)
	in.Close()
	err := flow.New("square").
		Add("from", flow.From[int](in)).
		Add("square", flow.Step(func(_ context.Context, v int) (int, error) { return v * v, nil })).
		Add("to", flow.To[int](to)).
		Connect("from", "square").
		Connect("square", "to").
		Run(ctx)
	to.CloseWith(err) // whoever receives learns how it ended
	for v := range to.All(ctx) {
		fmt.Println(v)
	}
	fmt.Println(to.Err())
	// Output:
	// 9
	// 16
	// <nil>
}
