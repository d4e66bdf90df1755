//go:build !race

package pipe_test

import (
	"context"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/xf"
)

// None of these stages allocates for a value, whether the goroutines meet at a rendezvous, so
// that one of them parks each time, or at buffers.

func TestNoAllocations(t *testing.T) {
	for _, s := range append(shapes,
		shape{"Through of several", 1, func(ctx context.Context, in runnel.Receiver[int]) []runnel.Receiver[int] {
			return one(pipe.Through(ctx, in, xf.Compose3(xf.Map(itself), xf.Dedupe[int](), xf.Drop[int](1))))
		}},
		shape{"endless Take", 1, func(ctx context.Context, in runnel.Receiver[int]) []runnel.Receiver[int] {
			return one(pipe.Take(ctx, in, 1<<40))
		}},
		shape{"Merge with idle ones", 1, func(ctx context.Context, in runnel.Receiver[int]) []runnel.Receiver[int] {
			return one(pipe.Merge(ctx, []runnel.Receiver[int]{runnel.New[int](), in, runnel.New[int]()}))
		}},
		shape{"Zip", 1, func(ctx context.Context, in runnel.Receiver[int]) []runnel.Receiver[int] {
			return one(pipe.Zip(ctx, in, in, sum))
		}},
		shape{"Pipe", 1, func(ctx context.Context, in runnel.Receiver[int]) []runnel.Receiver[int] {
			out := runnel.New[int]()
			runnel.Go(func() { pipe.Pipe(ctx, in, out) })
			return one[int](out)
		}},
	) {
		if s.name == "Take" {
			continue // ends; see the endless one
		}
		for _, buffer := range []int{1, 8} {
			t.Run(s.name, func(t *testing.T) { mustNotAllocate(t, s, buffer) })
		}
	}
}

// mustNotAllocate sends values in eights, so that every output gets some, and receives them.
func mustNotAllocate(t *testing.T, s shape, buffer int) {
	ctx, end := context.WithCancel(bg)
	defer end()
	in := runnel.New[int](runnel.Buffer(buffer))
	received := runnel.New[int]()
	runnel.Go(func() {
		for i := 0; in.Send(ctx, i) == nil; i++ {
		}
	})
	for _, out := range s.make(ctx, in) {
		runnel.Go(func() {
			for v, err := out.Recv(ctx); err == nil; v, err = out.Recv(ctx) {
				received.Send(ctx, v)
			}
		})
	}
	mustBeFree(t, func() { received.Recv(ctx) })
}

func mustBeFree(t *testing.T, f func()) {
	t.Helper()
	for range 100 {
		f() // until everything is warm
	}
	if n := testing.AllocsPerRun(2000, f); n != 0 {
		t.Errorf("%v allocations per value", n)
	}
}

func TestForEachDoesNotAllocate(t *testing.T) {
	for _, n := range []int{1, 3} {
		ctx, end := context.WithCancel(bg)
		in, received := runnel.New[int](), runnel.New[int]()
		runnel.Go(func() {
			pipe.ForEach(ctx, in, n, func(ctx context.Context, v int) error { return received.Send(ctx, v) })
		})
		mustBeFree(t, func() {
			in.Send(ctx, 1)
			received.Recv(ctx)
		})
		end()
	}
}

func TestGenerateDoesNotAllocate(t *testing.T) {
	ctx, end := context.WithCancel(bg)
	defer end()
	out := pipe.Generate(ctx, func(_ context.Context, emit func(int) error) error {
		for emit(1) == nil {
		}
		return nil
	})
	mustBeFree(t, func() { out.Recv(ctx) })
}
