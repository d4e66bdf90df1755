package flow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// A graph as a picture. In a README, between ```mermaid and ```, it is drawn.
func ExampleGraph_Mermaid() {
	fmt.Print(readings().Mermaid())
	// Output:
	// ---
	// title: "readings"
	// ---
	// flowchart LR
	//   p1["parse<br/>×4 · skip"]
	//   p2[["store"]]
	//   p3[["show"]]
	//   p4(("outside"))
	//   p4 -- "buffer 64" --> p1
	//   p1 -- "handed over" --> p2
	//   p1 -- "sliding 1" --> p3
}

// The same for Graphviz, with the types in tooltips.
func ExampleGraph_DOT() {
	fmt.Print(readings().DOT())
	// Output:
	// digraph "readings" {
	// 	graph [label="readings", labelloc=t, rankdir=LR, fontname=Helvetica]
	// 	node [fontname=Helvetica, fontsize=12]
	// 	edge [fontname=Helvetica, fontsize=10]
	// 	p1 [label="parse\n×4 · skip", tooltip="in string → out float64", shape=box]
	// 	p2 [label="store", tooltip="in float64 →", shape=box, peripheries=2]
	// 	p3 [label="show", tooltip="in float64 →", shape=box, peripheries=2]
	// 	p4 [label="outside", tooltip="", shape=plaintext]
	// 	p4 -> p1 [label="buffer 64", tooltip="outside -> parse.in: string", labeltooltip="outside -> parse.in: string"]
	// 	p1 -> p2 [label="handed over", tooltip="parse.out -> store.in: float64", labeltooltip="parse.out -> store.in: float64"]
	// 	p1 -> p3 [label="sliding 1", tooltip="parse.out -> show.in: float64", labeltooltip="parse.out -> show.in: float64"]
	// }
}

// A picture of a flow that runs, or has run: here it has come to its end.
func ExampleStatus_Mermaid() {
	ctx := context.Background()
	parse := func(_ context.Context, s string) (float64, error) { return strconv.ParseFloat(s, 64) }
	f, err := flow.New("readings").
		Add("parse", flow.Step(parse), flow.Skip()).
		Add("store", flow.Sink(func(context.Context, float64) error { return nil })).
		Open("parse", runnel.Buffer(64)).
		Connect("parse", "store").
		Start(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = f.Inject(ctx, "parse", "21.5", "warm", "22")
	_ = f.Drain(ctx)
	fmt.Print(f.Status().Mermaid())
	// Output:
	// ---
	// title: "readings: over"
	// ---
	// flowchart LR
	//   p1["parse<br/>done 2 · failed 1 · gone"]
	//   p2[["store<br/>done 2 · gone"]]
	//   p3(("outside"))
	//   p3 -- "sent 3 · 0 of 64 buffered · dropped 1" --> p1
	//   p1 -- "sent 2" --> p2
}

// The same as data.
func ExampleGraph_MarshalJSON() {
	data, err := json.Marshal(readings())
	if err != nil {
		fmt.Println(err)
	}
	var g struct {
		Edges []struct{ From, To, Type, Policy string }
	}
	if err := json.Unmarshal(data, &g); err != nil {
		fmt.Println(err)
	}
	for _, e := range g.Edges {
		fmt.Printf("%q to %q: %s, %s\n", e.From, e.To, e.Type, e.Policy)
	}
	// Output:
	// "" to "parse.in": string, buffer 64
	// "parse.out" to "store.in": float64, handed over
	// "parse.out" to "show.in": float64, sliding 1
}

func readings() *flow.Graph {
	parse := func(_ context.Context, s string) (float64, error) { return strconv.ParseFloat(s, 64) }
	ignore := func(context.Context, float64) error { return nil }
	return flow.New("readings").
		Add("parse", flow.Step(parse), flow.Parallel(4), flow.Skip()).
		Add("store", flow.Sink(ignore)).
		Add("show", flow.Sink(ignore)).
		Open("parse", runnel.Buffer(64)).
		Connect("parse", "store").
		Connect("parse", "show", runnel.Sliding(1))
}
