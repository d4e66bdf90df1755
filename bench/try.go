package main

import (
	"github.com/puzpuzpuz/xsync/v4"
	"github.com/runnel-go/runnel"
)

// The rows about trying fail each time; the failures are counted.
func tryRows() []row {
	const family = "try"
	return []row{
		{family: family, name: "TrySend on a full channel", goals: firmOne(0.8, 0.8), impls: []impl{
			ours("runnel", trySendRunnel), peer("native", trySendNative), floor("xsync MPMC", queueNote, trySendMPMC),
		}},
		{family: family, name: "TryRecv on an empty channel", goals: firmOne(0.6, 0.6), impls: []impl{
			ours("runnel", tryRecvRunnel), peer("native", tryRecvNative), floor("xsync MPMC", queueNote, tryRecvMPMC),
		}},
	}
}

func trySendRunnel(m *meter) {
	ch := newRunnel(64)
	for ch.TrySend(0) == nil {
	}
	m.counted(func() int { return refusedRunnel(ch, m.n) })
	guard(ch.Len() == 64, "%d values held", ch.Len())
}

func refusedRunnel(ch *runnel.Chan[int], n int) (failed int) {
	for v := range n {
		if ch.TrySend(v) != nil {
			failed++
		}
	}
	return failed
}

func trySendNative(m *meter) {
	ch := make(chan int, 64)
	sendNative(ch, 0, cap(ch))
	m.counted(func() int { return refusedNative(ch, m.n) })
}

func refusedNative(ch chan int, n int) (failed int) {
	for v := range n {
		select {
		case ch <- v:
		default:
			failed++
		}
	}
	return failed
}

func trySendMPMC(m *meter) {
	q := xsync.NewMPMCQueue[int](64)
	sendMPMC(q, 0, 64)
	m.counted(func() int { return refusedMPMC(q, m.n) })
}

func refusedMPMC(q *xsync.MPMCQueue[int], n int) (failed int) {
	for v := range n {
		if !q.TryEnqueue(v) {
			failed++
		}
	}
	return failed
}

func tryRecvRunnel(m *meter) {
	ch := newRunnel(64)
	m.counted(func() int { return emptyRunnel(ch, m.n) })
}

func emptyRunnel(ch *runnel.Chan[int], n int) (failed int) {
	for range n {
		if _, err := ch.TryRecv(); err != nil {
			failed++
		}
	}
	return failed
}

func tryRecvNative(m *meter) {
	ch := make(chan int, 64)
	m.counted(func() int { return emptyNative(ch, m.n) })
}

func emptyNative(ch chan int, n int) (failed int) {
	for range n {
		select {
		case <-ch:
		default:
			failed++
		}
	}
	return failed
}

func tryRecvMPMC(m *meter) {
	q := xsync.NewMPMCQueue[int](64)
	m.counted(func() int { return emptyMPMC(q, m.n) })
}

func emptyMPMC(q *xsync.MPMCQueue[int], n int) (failed int) {
	for range n {
		if _, ok := q.TryDequeue(); !ok {
			failed++
		}
	}
	return failed
}
