package main

import (
	"context"
	"reflect"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

const (
	mergeInputs = 4
	batchSize   = 16
)

// The rows about merging have four sources and one consumer, those about
// batches one of each.
func mergeRows() []row {
	return []row{
		{family: "stages", name: "merge of 4", goals: guides(1, 1), impls: []impl{
			ours("runnel+ctx", mergeRunnel), peer("native, goroutine each", merged(mergeNative)),
			peer("reflect.Select", merged(mergeReflect)),
		}},
		{family: "stages", name: "batch stage of 16, per value", goals: guides(0.85, 1), allocs: 1.0 / batchSize, impls: []impl{
			ours("runnel+ctx", gatherRunnel), peer("native", gatherNative),
		}},
	}
}

// conflux times the way of the values from several sources, of which each
// feeds its share.
func (m *meter) conflux(feed func(i, lo, hi int), consumer func() (sum int)) {
	sum := 0
	work := []func(){func() { sum = consumer() }}
	for i := range mergeInputs {
		lo, hi := share(m.n, i, mergeInputs)
		work = append(work, func() { feed(i, lo, hi) })
	}
	m.together(work...)
	m.conserved(sum)
}

func mergeRunnel(m *meter) {
	ctx := m.cancellable()
	chans, _ := runnels(mergeInputs, stageCapacity)
	ins := make([]runnel.Receiver[int], mergeInputs)
	for i, ch := range chans {
		ins[i] = ch
	}
	out := pipe.Merge(ctx, ins, runnel.Buffer(stageCapacity))
	m.conflux(func(i, lo, hi int) {
		sendRunnel(ctx, chans[i], lo, hi)
		chans[i].Close()
	}, func() int { return drainRunnel(ctx, out) })
}

// merged times a native merge, which mount starts.
func merged(mount func(ins []chan int, out chan<- int)) func(*meter) {
	return func(m *meter) {
		ins, out := natives(mergeInputs, stageCapacity), make(chan int, stageCapacity)
		mount(ins, out)
		m.conflux(func(i, lo, hi int) {
			sendNative(ins[i], lo, hi)
			close(ins[i])
		}, func() int { return drainNative(out) })
	}
}

func mergeNative(ins []chan int, out chan<- int) {
	var movers []func()
	for _, in := range ins {
		movers = append(movers, func() { moveNative(in, out) })
	}
	crew(out, movers...)
}

func moveNative(in <-chan int, out chan<- int) {
	for v := range in {
		out <- v
	}
}

func mergeReflect(ins []chan int, out chan<- int) {
	go selectMerge(reflectCases(ins), out)
}

func selectMerge(cases []reflect.SelectCase, out chan<- int) {
	for open := len(cases); open > 0; {
		i, v, ok := reflect.Select(cases)
		if !ok {
			cases[i].Chan = reflect.Value{}
			open--
			continue
		}
		out <- int(v.Int())
	}
	close(out)
}

func gatherRunnel(m *meter) {
	ctx, src := m.cancellable(), newRunnel(stageCapacity)
	out := pipe.Batch(ctx, src, batchSize, 0, runnel.Buffer(stageCapacity))
	m.drained(0, func() { feedRunnel(ctx, src, m.n) }, func() int { return drainBatches(ctx, out) })
}

func drainBatches(ctx context.Context, in runnel.Receiver[[]int]) (sum int) {
	for {
		batch, err := in.Recv(ctx)
		if err != nil {
			mustEnd(err)
			return sum
		}
		sum += add(batch)
	}
}

func gatherNative(m *meter) {
	src, out := make(chan int, stageCapacity), make(chan []int, stageCapacity)
	go gather(src, out)
	m.drained(0, func() { feedNative(src, m.n) }, func() (sum int) {
		for batch := range out {
			sum += add(batch)
		}
		return sum
	})
}

func gather(in <-chan int, out chan<- []int) {
	batch := make([]int, 0, batchSize)
	for v := range in {
		batch = append(batch, v)
		if len(batch) == batchSize {
			out <- batch
			batch = make([]int, 0, batchSize)
		}
	}
	if len(batch) > 0 {
		out <- batch
	}
	close(out)
}
