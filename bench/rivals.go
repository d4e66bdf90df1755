package main

import (
	"context"

	streams "github.com/reugn/go-streams"
	"github.com/reugn/go-streams/extension"
	"github.com/reugn/go-streams/flow"
	"github.com/samber/ro"
	"github.com/sourcegraph/conc/stream"
)

// The rivals are other libraries of stages. Each is written in the form that
// its documentation shows; of several forms the fastest.

const (
	sliceNote = "a loop over a slice in the consumer's goroutine: no channel, and no source that runs beside it"
	taskNote  = "has no stages: one task per value does all steps, with one worker; the source submits, a callback consumes"
	looseNote = "does not keep the order"
)

// go-streams moves values of type any through channels of its own, which have
// no buffers; those of its source and its sink are ours.

func stagesGoStreams(m *meter) {
	m.throughFlow(5, func(in streams.Source) streams.Flow {
		return in.Via(incFlow(1)).Via(incFlow(1)).Via(incFlow(1)).Via(incFlow(1)).Via(incFlow(1))
	})
}

func incFlow(workers int) streams.Flow { return flow.NewMap(inc, workers) }

// mapGoStreams maps with several workers.
func mapGoStreams(workers, grown int, f func(int) int) func(*meter) {
	return func(m *meter) {
		m.throughFlow(grown, func(in streams.Source) streams.Flow { return in.Via(flow.NewMap(f, workers)) })
	}
}

// throughFlow times the flow that mount attaches to a source.
func (m *meter) throughFlow(grown int, mount func(streams.Source) streams.Flow) {
	src, out := make(chan any, stageCapacity), make(chan any, stageCapacity)
	last := mount(extension.NewChanSource(src))
	go last.To(extension.NewChanSink(out))
	m.drained(grown, func() { feedAny(src, m.n) }, func() int { return drainAny(out) })
}

func feedAny(ch chan any, n int) {
	for v := range n {
		ch <- v
	}
	close(ch)
}

func drainAny(in <-chan any) (sum int) {
	for v := range in {
		sum += v.(int)
	}
	return sum
}

// ro calls each operator from the one before it. ObserveOn puts a channel and
// a goroutine in between.

// fusedRo takes the values from a channel.
func fusedRo(m *meter) { m.throughRo(4, roSteps) }

func roSteps(in ro.Observable[int]) ro.Observable[int] {
	return ro.Pipe5(in, ro.Map(inc), ro.Filter(keep), ro.Map(inc), ro.Map(inc), ro.Map(inc))
}

func fusedRoSlice(m *meter) {
	values := make([]int, m.n)
	for i := range values {
		values[i] = i
	}
	sink, sum := newRoSink(), 0
	m.start()
	roSteps(ro.FromSlice(values)).Subscribe(sink.observer())
	sum = sink.wait()
	m.stop()
	m.conserved(sum - 4*m.n)
}

func stagesRo(m *meter) {
	m.throughRo(5, func(in ro.Observable[int]) ro.Observable[int] {
		for range 5 {
			in = ro.Pipe2(in, ro.Map(inc), ro.ObserveOn[int](stageCapacity))
		}
		return in
	})
}

func (m *meter) throughRo(grown int, mount func(ro.Observable[int]) ro.Observable[int]) {
	src, sink := make(chan int, stageCapacity), newRoSink()
	mount(ro.FromChannel(src)).Subscribe(sink.observer())
	m.drained(grown, func() { feedNative(src, m.n) }, sink.wait)
}

// roSink adds up what it observes.
type roSink struct {
	sum  int
	over chan error
}

func newRoSink() *roSink { return &roSink{over: make(chan error, 1)} }

func (s *roSink) observer() ro.Observer[int] {
	return ro.NewObserverWithContext(
		func(_ context.Context, v int) { s.sum += v },
		func(_ context.Context, err error) { s.over <- err },
		func(context.Context) { s.over <- nil })
}

// wait waits for the end.
func (s *roSink) wait() int {
	must(<-s.over)
	return s.sum
}

// conc has an ordered stream of tasks. The callbacks run one by one, and add
// up without a lock.

func streamed(m *meter, workers, grown int, run func(s *stream.Stream, n int) int) {
	s := stream.New().WithMaxGoroutines(workers)
	m.start()
	sum := run(s, m.n)
	m.stop()
	m.conserved(sum - grown*m.n)
}

func fusedConc(m *meter) {
	streamed(m, 1, 4, func(s *stream.Stream, n int) (sum int) {
		for v := range n {
			s.Go(func() stream.Callback {
				if v+1 < 0 {
					return func() {}
				}
				return func() { sum += v + 4 }
			})
		}
		s.Wait()
		return sum
	})
}

func mapConc(f func(int) int, grown int) func(*meter) {
	return func(m *meter) {
		streamed(m, mapWorkers, grown, func(s *stream.Stream, n int) (sum int) {
			for v := range n {
				s.Go(func() stream.Callback {
					w := f(v)
					return func() { sum += w }
				})
			}
			s.Wait()
			return sum
		})
	}
}
