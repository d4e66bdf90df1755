package main

import (
	"context"
	"runtime"
)

// The row about cancelling makes a context, lets a goroutine block on a
// receive under it, cancels, and waits until the receive has returned. The
// allocations are those of the context.
func cancelRows() []row {
	return []row{{
		family: "cancel", name: "cancel of a blocked receive", goals: guides(1.3, 1.4), allocs: 3,
		impls: []impl{ours("runnel", cancelRunnel), peer("native", cancelNative)},
	}}
}

// cancelBlocked hands n contexts to a receiver and cancels each after the
// receiver had its turn to block.
func (m *meter) cancelBlocked(receiver func(asked <-chan context.Context, answered chan<- error)) {
	asked, answered := make(chan context.Context), make(chan error)
	cancelled := 0
	m.together(func() {
		for range m.n {
			ctx, cancel := context.WithCancel(context.Background())
			asked <- ctx
			runtime.Gosched()
			cancel()
			if <-answered == context.Canceled {
				cancelled++
			}
		}
		close(asked)
	}, func() { receiver(asked, answered) })
	guard(cancelled == m.n, "%d of %d receives were cancelled", cancelled, m.n)
}

func cancelRunnel(m *meter) {
	ch := newRunnel(0)
	m.cancelBlocked(func(asked <-chan context.Context, answered chan<- error) {
		for ctx := range asked {
			_, err := ch.Recv(ctx)
			answered <- err
		}
	})
}

func cancelNative(m *meter) {
	ch := make(chan int)
	m.cancelBlocked(func(asked <-chan context.Context, answered chan<- error) {
		for ctx := range asked {
			select {
			case <-ch:
				answered <- nil
			case <-ctx.Done():
				answered <- context.Cause(ctx)
			}
		}
	})
}
