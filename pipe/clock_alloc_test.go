//go:build !race

package pipe_test

import (
	"context"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// What values cost in the stages that look at the clock, while no deadline comes. The race
// detector allocates on its own account.

// mustCost expects f, which runs on a stage made with ctx, to allocate n times.
func mustCost(t *testing.T, what string, n float64, f func()) {
	t.Helper()
	for range 100 {
		f() // rings, stocks and registrations grow to their size
	}
	if got := testing.AllocsPerRun(1000, f); got != n {
		t.Errorf("%s: %v allocations, want %v", what, got, n)
	}
}

func TestClockStagesDoNotAllocate(t *testing.T) {
	ctx, end := context.WithCancel(bg)
	defer end()
	buffers := map[string][]runnel.Option{"rendezvous": nil, "buffer": {runnel.Buffer(8)}}
	for name, buffer := range buffers {
		in := runnel.New[int](buffer...)
		out := pipe.Timeout(ctx, in, time.Hour, buffer...)
		mustCost(t, "Timeout, "+name, 0, func() { in.Send(ctx, 1); out.Recv(ctx) })

		in = runnel.New[int](buffer...)
		out = pipe.Throttle(ctx, in, 1000, time.Nanosecond, buffer...)
		mustCost(t, "Throttle, "+name, 0, func() { in.Send(ctx, 1); out.Recv(ctx) })

		in = runnel.New[int](buffer...)
		pipe.Debounce(ctx, in, time.Hour, buffer...)
		mustCost(t, "Debounce, "+name, 0, func() { in.Send(ctx, 1) })
	}
}

func TestBatchAllocatesItsSlices(t *testing.T) {
	for _, wait := range []time.Duration{0, time.Hour} {
		in := runnel.New[int](runnel.Buffer(8))
		out := pipe.Batch(bg, in, 100, wait)
		mustCost(t, "Batch of 100, wait "+wait.String(), 1, func() {
			for i := range 100 {
				in.Send(bg, i)
			}
			out.Recv(bg)
		})
		out.Cancel(nil)
	}
}

// A pane allocates when its slice doubles, seven times here, and once for itself.
func TestWindowAllocatesItsPanes(t *testing.T) {
	in := runnel.New[int](runnel.Buffer(8))
	out := pipe.WindowBy(bg, in, pipe.Tumbling(64*time.Second), secondOf2000, 0, runnel.Buffer(1))
	next := 0
	send := func() {
		for range 64 {
			in.Send(bg, next)
			next++
		}
	}
	send()
	mustCost(t, "WindowBy of 64", 8, func() { send(); out.Recv(bg) })
	out.Cancel(nil)
}
