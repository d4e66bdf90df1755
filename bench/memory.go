package main

import (
	"runtime"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/bench/report"
)

const (
	fewChannels  = 20_000
	manyChannels = 300_000

	memoryFamily = "memory"
)

// The memory rows make many channels, touch none of them, and look at the
// heap. They hold at any GOMAXPROCS, so they are measured in the first
// section alone.
func memoryRows() []row {
	twice := goals{one: firm(2), many: firm(2)}
	total := &report.Target{Limit: 80, Firm: true, Absolute: true}
	return []row{
		{family: memoryFamily, name: "idle channel of int, rendezvous", kind: heapEach, goals: twice, impls: []impl{
			ours("runnel", idleRunnel(fewChannels, 0)), peer("native", idleNative(fewChannels, 0)),
		}},
		{family: memoryFamily, name: "idle channel of int, cap 64", kind: heapEach, goals: twice, impls: []impl{
			ours("runnel", idleRunnel(fewChannels, 64)), peer("native", idleNative(fewChannels, 64)),
		}},
		{family: memoryFamily, name: "idle channel of int, named", kind: heapEach, impls: []impl{
			ours("runnel, named", idleNamed), {name: "runnel, unnamed", role: report.Peer, run: idleRunnel(fewChannels, 0)},
		}},
		{family: memoryFamily, name: "300,000 idle channels", kind: heapTotal, goals: goals{one: total, many: total}, impls: []impl{
			ours("runnel", idleRunnel(manyChannels, 0)), peer("native", idleNative(manyChannels, 0)),
		}},
	}
}

func idleRunnel(n, capacity int) func(*meter) {
	return func(m *meter) {
		m.held(n, func(i int) any { return newRunnel(capacity) })
	}
}

func idleNative(n, capacity int) func(*meter) {
	return func(m *meter) {
		m.held(n, func(i int) any { return make(chan int, capacity) })
	}
}

func idleNamed(m *meter) {
	m.held(fewChannels, func(i int) any { return runnel.New[int](runnel.Name("bench")) })
}

// held measures the heap that n values made by build take up together, and
// not the slice that keeps them.
func (m *meter) held(n int, build func(i int) any) {
	keep := make([]any, n)
	before := heap()
	for i := range keep {
		keep[i] = build(i)
	}
	m.n, m.gauge = n, heap()-before
	runtime.KeepAlive(keep)
}

// heap is how many bytes are reachable.
func heap() float64 {
	var mem runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&mem)
	return float64(mem.HeapAlloc)
}
