package main

import (
	"context"
	"time"

	"github.com/reugn/go-streams/extension"
	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/bench/report"
	"github.com/runnel-go/runnel/fan"
	"github.com/runnel-go/runnel/flow"
	"github.com/runnel-go/runnel/pipe"
)

// The rows about graphs count the way of a value of the source through a graph. The linear one has
// five processes: a source, three steps that add 1, and a sink.
func graphRows() []row {
	buffered := []runnel.Option{runnel.Buffer(stageCapacity)}
	target := goals{firm(1.3), firm(1.3)}
	const family, linear = "graphs", "five processes, "
	return []row{
		{family: family, name: linear + "buffered", goals: target, impls: []impl{
			ours("flow", linearFlow(buffered)), peer("pipe", linearPipe(buffered)),
		}},
		{family: family, name: linear + "handed over", goals: target, impls: []impl{
			ours("flow", linearFlow(nil)), peer("pipe", linearPipe(nil)),
		}},
		{family: family, name: linear + "libraries", goals: guides(0.5, 0.5), impls: []impl{
			ours("flow", linearFlow(buffered)), peer("go-streams", linearGoStreams),
			{name: "flow, handed over", role: report.Floor, run: linearFlow(nil), note: handedNote},
		}},
		{family: family, name: linear + "watched", goals: guides(1.03, 1.1), impls: []impl{
			ours("flow, Status every ms", linearWatched(buffered)), peer("flow, nobody looks", linearFlow(buffered)),
		}},
		{family: family, name: "one output to three", goals: guides(1.3, 1.3), impls: []impl{
			ours("flow", threeFlow(buffered)), peer("fan.Mult", threeMult), peer("native", threeNative),
		}},
	}
}

const (
	sinks      = 3
	handedNote = "the channels between the stages of go-streams have no buffers either"
)

func increase(_ context.Context, v int) (int, error) { return v + 1, nil }

// numbersAfter is a source of 0 … n-1 that begins when gate is closed.
func numbersAfter(gate <-chan struct{}, n int) func(context.Context, func(int) error) error {
	return func(_ context.Context, emit func(int) error) error {
		<-gate
		for v := range n {
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	}
}

func adding(sum *int) func(context.Context, int) error {
	return func(_ context.Context, v int) error {
		*sum += v
		return nil
	}
}

// linearGraph has its sum when it has ended.
func linearGraph(gate <-chan struct{}, n int, sum *int, opts []runnel.Option) *flow.Graph {
	return flow.New("five").
		Add("numbers", flow.Source(numbersAfter(gate, n))).
		Add("one", flow.Step(increase)).Add("two", flow.Step(increase)).Add("three", flow.Step(increase)).
		Add("end", flow.Sink(adding(sum))).
		Connect("numbers", "one", opts...).Connect("one", "two", opts...).
		Connect("two", "three", opts...).Connect("three", "end", opts...)
}

func linearFlow(opts []runnel.Option) func(*meter) {
	return func(m *meter) { m.runs(func(*flow.Flow) {}, opts) }
}

// linearWatched has somebody who reads the Status all the time.
func linearWatched(opts []runnel.Option) func(*meter) {
	return func(m *meter) {
		over, gone := make(chan struct{}), make(chan struct{})
		m.runs(func(f *flow.Flow) {
			go func() {
				defer close(gone)
				look(f, over)
			}()
		}, opts)
		close(over)
		<-gone
	}
}

func look(f *flow.Flow, over <-chan struct{}) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			f.Status()
		case <-over:
			return
		}
	}
}

// runs times a linear graph from the first value to the end.
func (m *meter) runs(beside func(*flow.Flow), opts []runnel.Option) {
	sum, gate := 0, make(chan struct{})
	f, err := linearGraph(gate, m.n, &sum, opts).Start(m.cancellable())
	must(err)
	beside(f)
	m.together(func() { close(gate) }, func() { must(f.Wait()) })
	m.conserved(sum - 3*m.n)
}

func linearPipe(opts []runnel.Option) func(*meter) {
	return func(m *meter) {
		sum, gate, ctx := 0, make(chan struct{}), m.cancellable()
		c := pipe.Generate(ctx, numbersAfter(gate, m.n), opts...)
		for range 3 {
			c = pipe.Map(ctx, c, 1, increase, opts...)
		}
		m.together(func() { close(gate) }, func() { must(pipe.ForEach(ctx, c, 1, adding(&sum))) })
		m.conserved(sum - 3*m.n)
	}
}

func linearGoStreams(m *meter) {
	src, out := make(chan any, stageCapacity), make(chan any, stageCapacity)
	last := extension.NewChanSource(src).Via(incFlow(1)).Via(incFlow(1)).Via(incFlow(1))
	go last.To(extension.NewChanSink(out))
	m.drained(3, func() { feedAny(src, m.n) }, func() int { return drainAny(out) })
}

func threeFlow(opts []runnel.Option) func(*meter) {
	return func(m *meter) {
		sums, gate := [sinks]int{}, make(chan struct{})
		g := flow.New("three").Add("numbers", flow.Source(numbersAfter(gate, m.n)))
		for i, name := range [sinks]string{"a", "b", "c"} {
			g.Add(name, flow.Sink(adding(&sums[i]))).Connect("numbers", name, opts...)
		}
		f, err := g.Start(m.cancellable())
		must(err)
		m.together(func() { close(gate) }, func() { must(f.Wait()) })
		m.eachConserved(sums)
	}
}

// eachConserved is conserved for what went to each of three.
func (m *meter) eachConserved(sums [sinks]int) {
	for _, sum := range sums {
		m.conserved(sum)
	}
}

func threeMult(m *meter) {
	ctx, src, ended := m.cancellable(), newRunnel(stageCapacity), make(chan error, 1)
	mult, sums := fan.NewMult[int](src), [sinks]int{}
	work := []func(){func() { feedRunnel(ctx, src, m.n) }}
	for i := range sums {
		tap := mult.Tap(runnel.Buffer(stageCapacity))
		work = append(work, func() { sums[i] = drainRunnel(ctx, tap) })
	}
	go func() { ended <- mult.Run(ctx) }()
	m.together(work...)
	must(<-ended)
	m.eachConserved(sums)
}

// threeNative has no goroutine between the source and its sinks, as a graph has none.
func threeNative(m *meter) {
	taps, sums := natives(sinks, stageCapacity), [sinks]int{}
	work := []func(){func() { feedThree(taps, m.n) }}
	for i := range sums {
		work = append(work, func() { sums[i] = drainNative(taps[i]) })
	}
	m.together(work...)
	m.eachConserved(sums)
}

func feedThree(taps []chan int, n int) {
	for v := range n {
		for _, tap := range taps {
			tap <- v
		}
	}
	for _, tap := range taps {
		close(tap)
	}
}
