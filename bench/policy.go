package main

import (
	"context"

	"github.com/puzpuzpuz/xsync/v4"
	"github.com/runnel-go/runnel"
)

// policyCapacity is the capacity of dropping and sliding channels.
const policyCapacity = 64

func policyRows() []row {
	const family = "policies"
	return []row{
		{family: family, name: "send, dropping and full", goals: guides(1.2, 1.2), impls: []impl{
			ours("runnel", droppingRunnel), peer("native select default, counted", trySendNative),
		}},
		{family: family, name: "send, sliding and full", goals: firmOne(0.45, 0.45), impls: []impl{
			ours("runnel", slidingRunnel), peer("native two-step loop", slidingNative),
		}},
		{family: family, name: "unbounded 1→1", goals: firmOne(0.7, 0.7), impls: []impl{
			ours("runnel", unboundedRunnel), peer("native, cap 1024", hopNative(shape{1, 1, 1024})),
			floor("xsync UMPSC", "an unbounded queue for one consumer, without close and context", unboundedUMPSC),
		}},
	}
}

func droppingRunnel(m *meter) {
	overfill(m, runnel.New[int](runnel.Dropping(policyCapacity)))
}

func slidingRunnel(m *meter) {
	overfill(m, runnel.New[int](runnel.Sliding(policyCapacity)))
}

// overfill times sends to a channel that is full and never makes them wait.
func overfill(m *meter, ch *runnel.Chan[int]) {
	ctx := context.Background()
	sendRunnel(ctx, ch, 0, policyCapacity)
	m.counted(func() int {
		sendRunnel(ctx, ch, 0, m.n)
		return m.n
	})
	dropped := ch.Stats().Dropped.Total()
	guard(dropped == uint64(m.n) && ch.Len() == policyCapacity, "%d dropped of %d, %d held", dropped, m.n, ch.Len())
}

func slidingNative(m *meter) {
	ch := make(chan int, policyCapacity)
	sendNative(ch, 0, policyCapacity)
	m.counted(func() int { return slideNative(ch, m.n) })
}

// slideNative does what one does with a native channel: try to send, take the
// oldest if full, try again. It counts the drops, as ours does.
func slideNative(ch chan int, n int) (dropped int) {
	for v := range n {
		for sent := false; !sent; {
			select {
			case ch <- v:
				sent = true
				continue
			default:
			}
			select {
			case <-ch:
				dropped++
			default:
			}
		}
	}
	return dropped
}

func unboundedRunnel(m *meter) {
	passRunnel(m, shape{1, 1, 0}, context.Background(), runnel.New[int](runnel.Unbounded()))
}

func unboundedUMPSC(m *meter) {
	q := xsync.NewUMPSCQueue[int]()
	m.pass(shape{1, 1, 0},
		func(lo, hi int) { sendUMPSC(q, lo, hi) },
		func(n int) int { return recvUMPSC(q, n) })
}

func sendUMPSC(q *xsync.UMPSCQueue[int], lo, hi int) {
	for v := lo; v < hi; v++ {
		q.Enqueue(v)
	}
}

func recvUMPSC(q *xsync.UMPSCQueue[int], n int) (sum int) {
	for range n {
		sum += q.Dequeue()
	}
	return sum
}
