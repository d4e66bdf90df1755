package main

import "github.com/puzpuzpuz/xsync/v4"

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
	ch, failed := newRunnel(64), 0
	for ch.TrySend(0) == nil {
	}
	m.start()
	for v := range m.n {
		if ch.TrySend(v) != nil {
			failed++
		}
	}
	m.stop()
	guard(failed == m.n && ch.Len() == 64, "%d of %d sends failed, %d values held", failed, m.n, ch.Len())
}

func trySendNative(m *meter) {
	ch, failed := make(chan int, 64), 0
	for range cap(ch) {
		ch <- 0
	}
	m.start()
	for v := range m.n {
		select {
		case ch <- v:
		default:
			failed++
		}
	}
	m.stop()
	guard(failed == m.n, "%d of %d sends failed", failed, m.n)
}

func trySendMPMC(m *meter) {
	q, failed := xsync.NewMPMCQueue[int](64), 0
	for q.TryEnqueue(0) {
	}
	m.start()
	for v := range m.n {
		if !q.TryEnqueue(v) {
			failed++
		}
	}
	m.stop()
	guard(failed == m.n, "%d of %d sends failed", failed, m.n)
}

func tryRecvRunnel(m *meter) {
	ch, failed := newRunnel(64), 0
	m.start()
	for range m.n {
		if _, err := ch.TryRecv(); err != nil {
			failed++
		}
	}
	m.stop()
	guard(failed == m.n, "%d of %d receives failed", failed, m.n)
}

func tryRecvNative(m *meter) {
	ch, failed := make(chan int, 64), 0
	m.start()
	for range m.n {
		select {
		case <-ch:
		default:
			failed++
		}
	}
	m.stop()
	guard(failed == m.n, "%d of %d receives failed", failed, m.n)
}

func tryRecvMPMC(m *meter) {
	q, failed := xsync.NewMPMCQueue[int](64), 0
	m.start()
	for range m.n {
		if _, ok := q.TryDequeue(); !ok {
			failed++
		}
	}
	m.stop()
	guard(failed == m.n, "%d of %d receives failed", failed, m.n)
}
