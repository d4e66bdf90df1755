package flow_test

import (
	"context"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
	"github.com/runnel-go/runnel/pipe"
)

// Five processes in a row, and the same stages in pipe: the ratio is the price of a graph.
func BenchmarkLinear(b *testing.B) {
	for _, size := range []int{0, 64} {
		name, opts := "handed over", []runnel.Option(nil)
		if size > 0 {
			name, opts = "buffered", []runnel.Option{runnel.Buffer(size)}
		}
		b.Run(name+"/flow", func(b *testing.B) { linearFlow(b, opts) })
		b.Run(name+"/pipe", func(b *testing.B) { linearPipe(b, opts) })
	}
}

func linearFlow(b *testing.B, opts []runnel.Option) {
	g := flow.New("five").
		Add("numbers", numbers(b.N)).
		Add("one", flow.Step(pass)).Add("two", flow.Step(pass)).Add("three", flow.Step(pass)).
		Add("end", flow.Sink(ignore)).
		Connect("numbers", "one", opts...).Connect("one", "two", opts...).
		Connect("two", "three", opts...).Connect("three", "end", opts...)
	b.ReportAllocs()
	if err := g.Run(bg); err != nil {
		b.Fatal(err)
	}
}

func linearPipe(b *testing.B, opts []runnel.Option) {
	b.ReportAllocs()
	c := pipe.Generate(bg, func(_ context.Context, emit func(int) error) error {
		for i := range b.N {
			if err := emit(i); err != nil {
				return err
			}
		}
		return nil
	}, opts...)
	for range 3 {
		c = pipe.Map(bg, c, 1, pass, opts...)
	}
	if err := pipe.ForEach(bg, c, 1, ignore); err != nil {
		b.Fatal(err)
	}
}
