package main

import (
	"context"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/bench/report"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/xf"
)

// stageCapacity is the capacity of every channel in the rows about stages: of
// the source's, between stages, and of the consumer's.
const stageCapacity = 64

// stepNote says what the floor of the fused row leaves out.
const stepNote = "one goroutine that does all five steps, written by hand: what fusion could save"

// The rows about stages count the way of a value from its source through all
// stages to its consumer. The fused steps are four that add 1 and one that
// keeps everything, the stages are five that add 1.
func stageRows() []row {
	native := peer("native", stagesNative)
	return []row{
		{family: "stages", name: "five stages, fused", goals: goals{firm(0.5), firm(0.5)}, impls: []impl{
			ours("runnel+ctx", fusedRunnel), peer("native stages", stepsNative), floor("native, by hand", stepNote, fusedNative),
		}},
		{family: "stages", name: "five stages, fused, libraries", goals: guides(0.25, 0.5), impls: []impl{
			ours("runnel+ctx", fusedRunnel), peer("ro", fusedRo), floor("ro, slice", sliceNote, fusedRoSlice),
			{name: "conc stream", role: report.Peer, run: fusedConc, note: taskNote},
		}},
		{family: "stages", name: "five stages", goals: goals{firm(1), firm(1)}, impls: []impl{ours("runnel+ctx", stagesRunnel), native}},
		{family: "stages", name: "five stages, ctx", goals: guides(0.5, 0.5), impls: []impl{
			ours("runnel+ctx", stagesRunnel), peer("native+ctx", stagesNativeCtx),
		}},
		{family: "stages", name: "five stages, libraries", goals: guides(0.5, 0.5), impls: []impl{
			ours("runnel+ctx", stagesRunnel), peer("go-streams", stagesGoStreams), peer("ro, ObserveOn", stagesRo),
		}},
	}
}

// drained times the way of the values 0 to n-1 from a source, which closes
// its channel behind them, to a consumer, which receives until the end. Each
// value has grown on its way.
func (m *meter) drained(grown int, source func(), consumer func() (sum int)) {
	sum := 0
	m.together(source, func() { sum = consumer() })
	m.conserved(sum - grown*m.n)
}

func feedRunnel(ctx context.Context, ch *runnel.Chan[int], n int) {
	sendRunnel(ctx, ch, 0, n)
	ch.Close()
}

func drainRunnel(ctx context.Context, in runnel.Receiver[int]) (sum int) {
	for {
		v, err := in.Recv(ctx)
		if err != nil {
			mustEnd(err)
			return sum
		}
		sum += v
	}
}

// mustEnd panics unless a receive failed because its channel had ended.
func mustEnd(err error) {
	if err != runnel.ErrClosed {
		panic(err)
	}
}

func feedNative(ch chan int, n int) {
	sendNative(ch, 0, n)
	close(ch)
}

func drainNative(in <-chan int) (sum int) {
	for v := range in {
		sum += v
	}
	return sum
}

// staged times stages of ours, which mount starts.
func staged(grown int, mount func(ctx context.Context, in runnel.Receiver[int]) runnel.Receiver[int]) func(*meter) {
	return func(m *meter) {
		ctx, src := m.cancellable(), newRunnel(stageCapacity)
		out := mount(ctx, src)
		m.drained(grown, func() { feedRunnel(ctx, src, m.n) }, func() int { return drainRunnel(ctx, out) })
	}
}

// stagedNative times native stages, which mount starts.
func stagedNative(grown int, mount func(in <-chan int, out chan<- int)) func(*meter) {
	return func(m *meter) {
		src, out := make(chan int, stageCapacity), make(chan int, stageCapacity)
		mount(src, out)
		m.drained(grown, func() { feedNative(src, m.n) }, func() int { return drainNative(out) })
	}
}

func inc(v int) int   { return v + 1 }
func keep(v int) bool { return v >= 0 }

// grow is inc as the function of a stage.
func grow(_ context.Context, v int) (int, error) { return v + 1, nil }

var fusedRunnel = staged(4, func(ctx context.Context, in runnel.Receiver[int]) runnel.Receiver[int] {
	steps := xf.Compose(xf.Map(inc), xf.Filter(keep), xf.Map(inc), xf.Map(inc), xf.Map(inc))
	return pipe.Through(ctx, in, steps, runnel.Buffer(stageCapacity))
})

var stagesRunnel = staged(5, func(ctx context.Context, in runnel.Receiver[int]) runnel.Receiver[int] {
	for range 5 {
		in = pipe.Map(ctx, in, 1, grow, runnel.Buffer(stageCapacity))
	}
	return in
})

// chained starts native stages one behind the other.
func chained(in <-chan int, out chan<- int, stages ...func(in <-chan int, out chan<- int)) {
	last := len(stages) - 1
	for _, stage := range stages[:last] {
		between := make(chan int, stageCapacity)
		go stage(in, between)
		in = between
	}
	go stages[last](in, out)
}

var stepsNative = stagedNative(4, func(in <-chan int, out chan<- int) {
	chained(in, out, incNative, keepNative, incNative, incNative, incNative)
})

var stagesNative = stagedNative(5, func(in <-chan int, out chan<- int) {
	chained(in, out, incNative, incNative, incNative, incNative, incNative)
})

var fusedNative = stagedNative(4, func(in <-chan int, out chan<- int) { go stepNative(in, out) })

func incNative(in <-chan int, out chan<- int) {
	for v := range in {
		out <- v + 1
	}
	close(out)
}

func keepNative(in <-chan int, out chan<- int) {
	for v := range in {
		if v >= 0 {
			out <- v
		}
	}
	close(out)
}

func stepNative(in <-chan int, out chan<- int) {
	for v := range in {
		if v++; v >= 0 {
			out <- v + 3
		}
	}
	close(out)
}

// stagesNativeCtx selects where it sends. Its receives need no context: they
// end when the stage in front does.
func stagesNativeCtx(m *meter) {
	done := m.cancellable().Done()
	src, out := make(chan int, stageCapacity), make(chan int, stageCapacity)
	stage := func(in <-chan int, out chan<- int) { incNativeCtx(in, out, done) }
	chained(src, out, stage, stage, stage, stage, stage)
	m.drained(5, func() {
		sendNativeCtx(src, done, 0, m.n)
		close(src)
	}, func() int { return drainNative(out) })
}

func incNativeCtx(in <-chan int, out chan<- int, done <-chan struct{}) {
	for v := range in {
		select {
		case out <- v + 1:
		case <-done:
			panic(errEnded)
		}
	}
	close(out)
}
