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
	ch, ctx := runnel.New[int](runnel.Dropping(policyCapacity)), context.Background()
	for v := range policyCapacity {
		must(ch.Send(ctx, v))
	}
	m.start()
	for v := range m.n {
		must(ch.Send(ctx, v))
	}
	m.stop()
	dropped := ch.Stats().Dropped.Total()
	guard(dropped == uint64(m.n), "%d dropped of %d", dropped, m.n)
}

func slidingRunnel(m *meter) {
	ch, ctx := runnel.New[int](runnel.Sliding(policyCapacity)), context.Background()
	for v := range policyCapacity {
		must(ch.Send(ctx, v))
	}
	m.start()
	for v := range m.n {
		must(ch.Send(ctx, v))
	}
	m.stop()
	dropped := ch.Stats().Dropped.Total()
	guard(dropped == uint64(m.n), "%d dropped of %d", dropped, m.n)
	guard(ch.Len() == policyCapacity, "%d values held", ch.Len())
}

// slidingNative does what one does with a native channel: try to send, take
// the oldest if full, try again. The drops are counted, as ours are.
func slidingNative(m *meter) {
	ch, dropped := make(chan int, policyCapacity), 0
	for v := range policyCapacity {
		ch <- v
	}
	m.start()
	for v := range m.n {
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
	m.stop()
	guard(dropped == m.n, "%d dropped of %d", dropped, m.n)
}

func unboundedRunnel(m *meter) {
	passRunnel(m, shape{1, 1, 0}, context.Background(), runnel.New[int](runnel.Unbounded()))
}

func unboundedUMPSC(m *meter) {
	q := xsync.NewUMPSCQueue[int]()
	m.pass(shape{1, 1, 0}, func(lo, hi int) {
		for v := lo; v < hi; v++ {
			q.Enqueue(v)
		}
	}, func(n int) (sum int) {
		for range n {
			sum += q.Dequeue()
		}
		return sum
	})
}
