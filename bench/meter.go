package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel/bench/load"
)

// meter measures one sample of one implementation. The benchmark function
// prepares, calls start, does n operations, calls stop, and checks that no
// value was lost.
type meter struct {
	n       int
	waits   []time.Duration // wake-up latencies, where the row is about those
	gauge   float64         // what was measured, where it is not a time
	wall    time.Duration
	cpu     time.Duration // CPU time of all threads
	delay   time.Duration // in which threads were ready but had no CPU
	mallocs float64       // per operation
	bytes   float64       // per operation

	cancel context.CancelFunc

	before struct {
		delay, cpu time.Duration
		mem        runtime.MemStats
		at         time.Time
	}
}

// start begins the sample. What costs most to read is read farthest from the
// clock, and reading the delay, which allocates, is outside of what is counted.
func (m *meter) start() {
	m.before.delay = load.Queued()
	runtime.ReadMemStats(&m.before.mem)
	m.before.cpu = load.CPU()
	m.before.at = time.Now()
}

// stop ends the sample.
func (m *meter) stop() {
	m.wall = time.Since(m.before.at)
	m.cpu = load.CPU() - m.before.cpu
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	m.delay = load.Queued() - m.before.delay
	m.mallocs = float64(mem.Mallocs-m.before.mem.Mallocs) / float64(m.n)
	m.bytes = float64(mem.TotalAlloc-m.before.mem.TotalAlloc) / float64(m.n)
}

// perOp is the result of the sample in nanoseconds.
func (m *meter) perOp() float64 { return float64(m.wall.Nanoseconds()) / float64(m.n) }

// cancellable returns a context that could end but ends only after the
// sample, by end.
func (m *meter) cancellable() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	m.cancel = cancel
	return ctx
}

// end releases what the sample held.
func (m *meter) end() {
	if m.cancel != nil {
		m.cancel()
	}
}

// guard panics if an implementation did not do what it is timed for: the
// figures of a channel that loses values are worth nothing.
func guard(ok bool, format string, args ...any) {
	if !ok {
		panic("bench: " + fmt.Sprintf(format, args...))
	}
}

// must panics if an operation failed. It is small enough to be inlined.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// shape says how many goroutines pass values on through which capacity.
type shape struct{ producers, consumers, capacity int }

// pass times the passing of the values 0 to n-1: every producer runs send for
// its share of them, every consumer recv for as many as its share holds. The
// sum of what recv returns tells whether each value came out once.
func (m *meter) pass(s shape, send func(lo, hi int), recv func(n int) (sum int)) {
	var received atomic.Int64
	var work []func()
	for i := range s.consumers {
		lo, hi := share(m.n, i, s.consumers)
		work = append(work, func() { received.Add(int64(recv(hi - lo))) })
	}
	for i := range s.producers {
		lo, hi := share(m.n, i, s.producers)
		work = append(work, func() { send(lo, hi) })
	}
	m.together(work...)
	m.conserved(int(received.Load()))
}

// counted times a function of one goroutine that returns how many of its n
// operations went as they should.
func (m *meter) counted(f func() int) {
	m.start()
	count := f()
	m.stop()
	guard(count == m.n, "%d of %d operations went as they should", count, m.n)
}

// summed times a function of one goroutine that passes the values 0 to n-1 on
// and returns the sum of what it received.
func (m *meter) summed(f func() int) {
	m.start()
	sum := f()
	m.stop()
	m.conserved(sum)
}

// together times functions that run in a goroutine each. The goroutines exist
// before the clock starts.
func (m *meter) together(work ...func()) {
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for _, f := range work {
		wg.Go(func() {
			<-gate
			f()
		})
	}
	m.start()
	close(gate)
	wg.Wait()
	m.stop()
}

// share is the i-th of k nearly equal parts of 0 to n-1.
func share(n, i, k int) (lo, hi int) { return n * i / k, n * (i + 1) / k }

// conserved checks the sum of the values 0 to n-1 after their way through.
func (m *meter) conserved(sum int) {
	guard(sum == m.n*(m.n-1)/2, "values changed on their way: the sum of %d is %d", m.n, sum)
}
