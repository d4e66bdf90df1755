package flow_test

import (
	"context"
	"fmt"
	"strconv"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// Three functions become a graph. One of them fails on a line, is passed over, and the account
// tells.
func Example() {
	lines := flow.Source(func(_ context.Context, emit func(string) error) error {
		for _, line := range []string{"12", "7", "eleven", "23"} {
			if err := emit(line); err != nil {
				return err
			}
		}
		return nil
	})
	parse := func(_ context.Context, line string) (int, error) { return strconv.Atoi(line) }
	total := 0
	add := func(_ context.Context, v int) error { total += v; return nil }

	g := flow.New("sum").
		Add("lines", lines).
		Add("parse", flow.Step(parse), flow.Skip()).
		Add("add", flow.Sink(add)).
		Connect("lines", "parse").
		Connect("parse", "add", runnel.Buffer(8))
	f, err := g.Start(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Wait(), total)
	for failure := range f.Failures().All(context.Background()) {
		fmt.Println(failure)
	}
	for _, e := range f.Status().Edges {
		fmt.Println(e.Stats)
	}
	// Output:
	// <nil> 42
	// flow: process parse failed: strconv.Atoi: parsing "eleven": invalid syntax
	// lines.out -> parse.in: sent 4 = received 3 + buffered 0 + dropped 1 (1 failed)
	// parse.out -> add.in: sent 3 = received 3 + buffered 0 + dropped 0
}

// All mistakes at once, before anything runs.
func ExampleGraph_Check() {
	g := flow.New("mistaken").
		Add("words", flow.Source(func(context.Context, func(string) error) error { return nil })).
		Add("count", flow.Sink(func(context.Context, int) error { return nil })).
		Add("store", flow.Sink(func(context.Context, string) error { return nil })).
		Connect("words", "count").
		Connect("word", "count.in")
	fmt.Println(g.Check())
	// Output:
	// flow: graph "mistaken": 3 mistakes:
	// 	words -> count: the output gives string, the input takes int
	// 	word -> count.in: there is no process "word"; did you mean "words"?
	// 	store.in: the input is not connected
}

// A state with two inputs: one changes it, the other asks for it.
func ExampleStateful() {
	const (
		words = flow.In[string]("words")
		ask   = flow.In[string]("ask")
		count = flow.Out[int]("count")
	)
	counter := flow.Stateful[map[string]int]{
		Init: func(context.Context) (map[string]int, error) { return map[string]int{}, nil },
		Handlers: []flow.Handler[map[string]int]{
			flow.On(words, func(_ *flow.Turn, n *map[string]int, word string) error { (*n)[word]++; return nil }),
			flow.On(ask, func(t *flow.Turn, n *map[string]int, word string) error { return count.Send(t, (*n)[word]) }),
		},
		Outs: []flow.Port{count},
	}.Proc()
	print := func(_ context.Context, n int) error { fmt.Println(n); return nil }

	ctx := context.Background()
	f, _ := flow.New("words").
		Add("counter", counter).
		Add("print", flow.Sink(print)).
		Open("counter.words").
		Open("counter.ask").
		Connect("counter", "print").
		Start(ctx)
	_ = f.Inject(ctx, "counter.words", "to", "be", "or", "not", "to", "be")
	_ = f.Inject(ctx, "counter.ask", "be", "question")
	fmt.Println(f.Drain(ctx))
	// Output:
	// 2
	// 0
	// <nil>
}
