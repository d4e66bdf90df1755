package main

import (
	"context"
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
	bare = append(bare, row{family: "buffered", name: "uncontended send+receive", goals: firmOne(0.4, 0.45), impls: aloneImpls()})
	withCtx = append(withCtx, row{family: "buffered, ctx", name: "uncontended send+receive, ctx", goals: guides(0.25, 0.25), impls: aloneCtxImpls()})
	return append(bare, withCtx...)
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

func aloneImpls() []impl {
	return []impl{
		ours("runnel", aloneRunnel(background)), peer("native", aloneNative),
		floor("xsync MPMC", queueNote, aloneMPMC), floor("xsync SPSC", queueNote, aloneSPSC),
	}
}

func aloneCtxImpls() []impl {
	return []impl{ours("runnel+ctx", aloneRunnel((*meter).cancellable)), peer("native+ctx", aloneNativeCtx)}
}

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

func hopRunnel(s shape, newCtx contexts) func(*meter) {
	return func(m *meter) { passRunnel(m, s, newCtx(m), newRunnel(s.capacity)) }
}

func passRunnel(m *meter, s shape, ctx context.Context, ch *runnel.Chan[int]) {
	m.pass(s, func(lo, hi int) {
		for v := lo; v < hi; v++ {
			must(ch.Send(ctx, v))
		}
	}, func(n int) (sum int) {
		for range n {
			v, err := ch.Recv(ctx)
			must(err)
			sum += v
		}
		return sum
	})
}

func hopNative(s shape) func(*meter) {
	return func(m *meter) {
		ch := make(chan int, s.capacity)
		m.pass(s, func(lo, hi int) {
			for v := lo; v < hi; v++ {
				ch <- v
			}
		}, func(n int) (sum int) {
			for range n {
				sum += <-ch
			}
			return sum
		})
	}
}

// hopNativeCtx fetches the done channel once, not per operation: the peer at
// its best.
func hopNativeCtx(s shape) func(*meter) {
	return func(m *meter) {
		ch, ctx := make(chan int, s.capacity), m.cancellable()
		m.pass(s, func(lo, hi int) {
			done := ctx.Done()
			for v := lo; v < hi; v++ {
				select {
				case ch <- v:
				case <-done:
					panic(ctx.Err())
				}
			}
		}, func(n int) (sum int) {
			done := ctx.Done()
			for range n {
				select {
				case v := <-ch:
					sum += v
				case <-done:
					panic(ctx.Err())
				}
			}
			return sum
		})
	}
}

func hopMPMC(s shape) func(*meter) {
	return func(m *meter) {
		q := xsync.NewMPMCQueue[int](s.capacity)
		m.pass(s, func(lo, hi int) {
			for v := lo; v < hi; v++ {
				for !q.TryEnqueue(v) {
					runtime.Gosched()
				}
			}
		}, func(n int) (sum int) {
			for range n {
				v, ok := q.TryDequeue()
				for !ok {
					runtime.Gosched()
					v, ok = q.TryDequeue()
				}
				sum += v
			}
			return sum
		})
	}
}

func hopSPSC(s shape) func(*meter) {
	return func(m *meter) {
		q := xsync.NewSPSCQueue[int](s.capacity)
		m.pass(s, func(lo, hi int) {
			for v := lo; v < hi; v++ {
				for !q.TryEnqueue(v) {
					runtime.Gosched()
				}
			}
		}, func(n int) (sum int) {
			for range n {
				v, ok := q.TryDequeue()
				for !ok {
					runtime.Gosched()
					v, ok = q.TryDequeue()
				}
				sum += v
			}
			return sum
		})
	}
}

// The uncontended rows send and receive in one goroutine.

func aloneRunnel(newCtx contexts) func(*meter) {
	return func(m *meter) {
		ch, ctx, sum := newRunnel(64), newCtx(m), 0
		m.start()
		for v := range m.n {
			must(ch.Send(ctx, v))
			got, err := ch.Recv(ctx)
			must(err)
			sum += got
		}
		m.stop()
		m.conserved(sum)
	}
}

func aloneNative(m *meter) {
	ch, sum := make(chan int, 64), 0
	m.start()
	for v := range m.n {
		ch <- v
		sum += <-ch
	}
	m.stop()
	m.conserved(sum)
}

func aloneNativeCtx(m *meter) {
	ch, ctx, sum := make(chan int, 64), m.cancellable(), 0
	done := ctx.Done()
	m.start()
	for v := range m.n {
		select {
		case ch <- v:
		case <-done:
			panic(ctx.Err())
		}
		select {
		case got := <-ch:
			sum += got
		case <-done:
			panic(ctx.Err())
		}
	}
	m.stop()
	m.conserved(sum)
}

func aloneMPMC(m *meter) {
	q, sum := xsync.NewMPMCQueue[int](64), 0
	m.start()
	for v := range m.n {
		q.TryEnqueue(v)
		got, _ := q.TryDequeue()
		sum += got
	}
	m.stop()
	m.conserved(sum)
}

func aloneSPSC(m *meter) {
	q, sum := xsync.NewSPSCQueue[int](64), 0
	m.start()
	for v := range m.n {
		q.TryEnqueue(v)
		got, _ := q.TryDequeue()
		sum += got
	}
	m.stop()
	m.conserved(sum)
}
