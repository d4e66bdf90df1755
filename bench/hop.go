package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/puzpuzpuz/xsync/v4"
	"github.com/runnel-go/runnel"
)

// queueNote says what the lock-free queues shown as a floor leave out.
const queueNote = "a queue without blocking, close and context, polled in a Gosched loop: a floor, not a channel"

func hopRows() []row {
	shapes := []shape{{1, 1, 64}, {1, 1, 1024}, {4, 1, 64}, {1, 4, 64}, {4, 4, 64}, {64, 64, 64}, {1, 1, 1}}
	var bare, withCtx []row
	for _, s := range shapes {
		name := fmt.Sprintf("buffered %d→%d, cap %d", s.producers, s.consumers, s.capacity)
		goal, ctxGoal := goals{firm(0.6), firm(0.75)}, goals{firm(0.25), firm(0.35)}
		if s.capacity == 1 {
			goal, ctxGoal = guides(1.35, 1.6), guides(1.0, 1.1)
		}
		bare = append(bare, row{family: "buffered", name: name, goals: goal, impls: hopImpls(s)})
		withCtx = append(withCtx, row{family: "buffered, ctx", name: name + ", ctx", goals: ctxGoal, impls: hopCtxImpls(s)})
	}
	return append(append(bare, aloneRow()), append(withCtx, aloneCtxRow())...)
}

func hopImpls(s shape) []impl {
	impls := []impl{ours("runnel", hopRunnel(s, background)), peer("native", hopNative(s))}
	if s.capacity > 1 {
		impls = append(impls, floor("xsync MPMC", queueNote, hopMPMC(s)))
		if s.producers == 1 && s.consumers == 1 {
			impls = append(impls, floor("xsync SPSC", queueNote, hopSPSC(s)))
		}
	}
	return impls
}

func hopCtxImpls(s shape) []impl {
	return []impl{ours("runnel+ctx", hopRunnel(s, (*meter).cancellable)), peer("native+ctx", hopNativeCtx(s))}
}

// errEnded says that a context ended that nobody cancelled.
var errEnded = errors.New("bench: the context ended during a sample")

// contexts makes the context of a sample's operations: background, or one
// that could end.
type contexts func(*meter) context.Context

func background(*meter) context.Context { return context.Background() }

// newRunnel makes what make(chan int, capacity) is natively.
func newRunnel(capacity int) *runnel.Chan[int] {
	if capacity == 0 {
		return runnel.New[int]()
	}
	return runnel.New[int](runnel.Buffer(capacity))
}

// The timed loops are plain functions of a channel. Each side of a row runs one
// of them, in as many goroutines as the row's shape says.

func hopRunnel(s shape, newCtx contexts) func(*meter) {
	return func(m *meter) { passRunnel(m, s, newCtx(m), newRunnel(s.capacity)) }
}

func passRunnel(m *meter, s shape, ctx context.Context, ch *runnel.Chan[int]) {
	m.pass(s,
		func(lo, hi int) { sendRunnel(ctx, ch, lo, hi) },
		func(n int) int { return recvRunnel(ctx, ch, n) })
}

func sendRunnel(ctx context.Context, ch *runnel.Chan[int], lo, hi int) {
	for v := lo; v < hi; v++ {
		must(ch.Send(ctx, v))
	}
}

func recvRunnel(ctx context.Context, ch *runnel.Chan[int], n int) (sum int) {
	for range n {
		v, err := ch.Recv(ctx)
		must(err)
		sum += v
	}
	return sum
}

func hopNative(s shape) func(*meter) {
	return func(m *meter) {
		ch := make(chan int, s.capacity)
		m.pass(s,
			func(lo, hi int) { sendNative(ch, lo, hi) },
			func(n int) int { return recvNative(ch, n) })
	}
}

func sendNative(ch chan int, lo, hi int) {
	for v := lo; v < hi; v++ {
		ch <- v
	}
}

func recvNative(ch chan int, n int) (sum int) {
	for range n {
		sum += <-ch
	}
	return sum
}

// hopNativeCtx fetches the done channel once, not per operation: the peer at
// its best.
func hopNativeCtx(s shape) func(*meter) {
	return func(m *meter) {
		ch, done := make(chan int, s.capacity), m.cancellable().Done()
		m.pass(s,
			func(lo, hi int) { sendNativeCtx(ch, done, lo, hi) },
			func(n int) int { return recvNativeCtx(ch, done, n) })
	}
}

func sendNativeCtx(ch chan int, done <-chan struct{}, lo, hi int) {
	for v := lo; v < hi; v++ {
		select {
		case ch <- v:
		case <-done:
			panic(errEnded)
		}
	}
}

func recvNativeCtx(ch chan int, done <-chan struct{}, n int) (sum int) {
	for range n {
		select {
		case v := <-ch:
			sum += v
		case <-done:
			panic(errEnded)
		}
	}
	return sum
}

func hopMPMC(s shape) func(*meter) {
	return func(m *meter) {
		q := xsync.NewMPMCQueue[int](s.capacity)
		m.pass(s,
			func(lo, hi int) { sendMPMC(q, lo, hi) },
			func(n int) int { return recvMPMC(q, n) })
	}
}

func sendMPMC(q *xsync.MPMCQueue[int], lo, hi int) {
	for v := lo; v < hi; v++ {
		for !q.TryEnqueue(v) {
			runtime.Gosched()
		}
	}
}

func recvMPMC(q *xsync.MPMCQueue[int], n int) (sum int) {
	for n > 0 {
		v, ok := q.TryDequeue()
		if !ok {
			runtime.Gosched()
			continue
		}
		sum += v
		n--
	}
	return sum
}

func hopSPSC(s shape) func(*meter) {
	return func(m *meter) {
		q := xsync.NewSPSCQueue[int](s.capacity)
		m.pass(s,
			func(lo, hi int) { sendSPSC(q, lo, hi) },
			func(n int) int { return recvSPSC(q, n) })
	}
}

func sendSPSC(q *xsync.SPSCQueue[int], lo, hi int) {
	for v := lo; v < hi; v++ {
		for !q.TryEnqueue(v) {
			runtime.Gosched()
		}
	}
}

func recvSPSC(q *xsync.SPSCQueue[int], n int) (sum int) {
	for n > 0 {
		v, ok := q.TryDequeue()
		if !ok {
			runtime.Gosched()
			continue
		}
		sum += v
		n--
	}
	return sum
}
