package main

import (
	"context"
	"sync"

	"github.com/puzpuzpuz/xsync/v4"
	"github.com/runnel-go/runnel"
)

// The uncontended rows send and receive in one goroutine.

func aloneRow() row {
	return row{family: "buffered", name: "uncontended send+receive", goals: firmOne(0.4, 0.45), impls: []impl{
		ours("runnel", aloneRunnel(background)),
		peer("native", func(m *meter) {
			ch := make(chan int, 64)
			m.summed(func() int { return turnNative(ch, m.n) })
		}),
		floor("xsync MPMC", queueNote, func(m *meter) {
			q := xsync.NewMPMCQueue[int](64)
			m.summed(func() int { return turnMPMC(q, m.n) })
		}),
		floor("xsync SPSC", queueNote, func(m *meter) {
			q := xsync.NewSPSCQueue[int](64)
			m.summed(func() int { return turnSPSC(q, m.n) })
		}),
		floor("two mutex locks", lockNote, func(m *meter) { m.summed(func() int { return turnLocks(m.n) }) }),
	}}
}

// lockNote says what the row about locks is for.
const lockNote = "no queue: locking and unlocking twice, the least that two operations under a lock cost on this machine"

func turnLocks(n int) (sum int) {
	var send, recv sync.Mutex
	for v := range n {
		send.Lock()
		held := v
		send.Unlock()
		recv.Lock()
		sum += held
		recv.Unlock()
	}
	return sum
}

func aloneCtxRow() row {
	return row{family: "buffered, ctx", name: "uncontended send+receive, ctx", goals: guides(0.25, 0.25), impls: []impl{
		ours("runnel+ctx", aloneRunnel((*meter).cancellable)),
		peer("native+ctx", func(m *meter) {
			ch, done := make(chan int, 64), m.cancellable().Done()
			m.summed(func() int { return turnNativeCtx(ch, done, m.n) })
		}),
	}}
}

func aloneRunnel(newCtx contexts) func(*meter) {
	return func(m *meter) {
		ch, ctx := newRunnel(64), newCtx(m)
		m.summed(func() int { return turnRunnel(ctx, ch, m.n) })
	}
}

func turnRunnel(ctx context.Context, ch *runnel.Chan[int], n int) (sum int) {
	for v := range n {
		must(ch.Send(ctx, v))
		got, err := ch.Recv(ctx)
		must(err)
		sum += got
	}
	return sum
}

func turnNative(ch chan int, n int) (sum int) {
	for v := range n {
		ch <- v
		sum += <-ch
	}
	return sum
}

func turnNativeCtx(ch chan int, done <-chan struct{}, n int) (sum int) {
	for v := range n {
		select {
		case ch <- v:
		case <-done:
			panic(errEnded)
		}
		select {
		case got := <-ch:
			sum += got
		case <-done:
			panic(errEnded)
		}
	}
	return sum
}

func turnMPMC(q *xsync.MPMCQueue[int], n int) (sum int) {
	for v := range n {
		q.TryEnqueue(v)
		got, _ := q.TryDequeue()
		sum += got
	}
	return sum
}

func turnSPSC(q *xsync.SPSCQueue[int], n int) (sum int) {
	for v := range n {
		q.TryEnqueue(v)
		got, _ := q.TryDequeue()
		sum += got
	}
	return sum
}
