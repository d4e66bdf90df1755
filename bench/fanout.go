package main

import (
	"github.com/reugn/go-streams/extension"
	"github.com/reugn/go-streams/flow"
	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
	"github.com/samber/ro"
)

const fanTaps = 8

// The row about fan-out gives each value to eight consumers. It counts
// values of the source, not deliveries.
func fanRows() []row {
	return []row{{family: "fan-out", name: "mult to 8", goals: guides(1, 1), impls: []impl{
		ours("runnel+ctx", multRunnel), peer("native", multNative),
		peer("go-streams", multGoStreams), peer("ro, Share", multRo),
	}}}
}

// copied times the way of the values from a source to eight consumers.
func (m *meter) copied(source func(), consumer func(i int) (sum int)) {
	sums := make([]int, fanTaps)
	work := []func(){source}
	for i := range fanTaps {
		work = append(work, func() { sums[i] = consumer(i) })
	}
	m.together(work...)
	for _, sum := range sums {
		m.conserved(sum)
	}
}

func multRunnel(m *meter) {
	ctx, src, ended := m.cancellable(), newRunnel(stageCapacity), make(chan error, 1)
	mult := fan.NewMult[int](src)
	taps := make([]*fan.Tap[int], fanTaps)
	for i := range taps {
		taps[i] = mult.Tap(runnel.Buffer(stageCapacity))
	}
	go func() { ended <- mult.Run(ctx) }()
	m.copied(func() { feedRunnel(ctx, src, m.n) }, func(i int) int { return drainRunnel(ctx, taps[i]) })
	must(<-ended)
}

func multNative(m *meter) {
	src, taps := make(chan int, stageCapacity), natives(fanTaps, stageCapacity)
	go copyNative(src, taps)
	m.copied(func() { feedNative(src, m.n) }, func(i int) int { return drainNative(taps[i]) })
}

func copyNative(in <-chan int, taps []chan int) {
	for v := range in {
		for _, tap := range taps {
			tap <- v
		}
	}
	for _, tap := range taps {
		close(tap)
	}
}

func multGoStreams(m *meter) {
	src := make(chan any, stageCapacity)
	taps := flow.FanOut(extension.NewChanSource(src), fanTaps)
	m.copied(func() { feedAny(src, m.n) }, func(i int) int { return drainAny(taps[i].Out()) })
}

// multRo gives each subscriber a goroutine and a buffer of its own, as the
// others have.
func multRo(m *meter) {
	src, sinks := make(chan int, stageCapacity), make([]*roSink, fanTaps)
	shared := ro.Pipe1(ro.FromChannel(src), ro.Share[int]())
	for i := range sinks {
		sinks[i] = newRoSink()
		ro.Pipe1(shared, ro.ObserveOn[int](stageCapacity)).Subscribe(sinks[i].observer())
	}
	m.copied(func() { feedNative(src, m.n) }, func(i int) int { return sinks[i].wait() })
}
