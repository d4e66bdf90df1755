//go:build !race

package pipe_test

import (
	"bytes"
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// What the mapping stages allocate, hold and start. The race detector allocates on its own
// account.

// lean are stages whose functions do not allocate.
var lean = map[string]func(ctx context.Context, in runnel.Receiver[int], n int) runnel.Receiver[int]{
	"Map": func(ctx context.Context, in runnel.Receiver[int], n int) runnel.Receiver[int] {
		return pipe.Map(ctx, in, n, double)
	},
	"MapUnordered": func(ctx context.Context, in runnel.Receiver[int], n int) runnel.Receiver[int] {
		return pipe.MapUnordered(ctx, in, n, double)
	},
	"MapKeyed": func(ctx context.Context, in runnel.Receiver[int], n int) runnel.Receiver[int] {
		return pipe.MapKeyed(ctx, in, n, 3, func(v int) int { return v % 100 }, double)
	},
	"FlatMap": func(ctx context.Context, in runnel.Receiver[int], n int) runnel.Receiver[int] {
		return pipe.FlatMap(ctx, in, n, twice)
	},
	"FlatMapUnordered": func(ctx context.Context, in runnel.Receiver[int], n int) runnel.Receiver[int] {
		return pipe.FlatMapUnordered(ctx, in, n, twice)
	},
	"Filter": func(ctx context.Context, in runnel.Receiver[int], n int) runnel.Receiver[int] {
		return pipe.Filter(ctx, in, n, func(_ context.Context, v int) (bool, error) { return v%2 == 0, nil })
	},
}

func twice(_ context.Context, v int, emit func(int) error) error {
	if err := emit(v); err != nil {
		return err
	}
	return emit(v)
}

// endless sends 0, 1, 2… from a goroutine that does not allocate.
func endless(ctx context.Context) *runnel.Chan[int] {
	in := runnel.New[int]()
	runnel.Go(func() {
		for i := 0; in.Send(ctx, i) == nil; i++ {
		}
	})
	return in
}

func TestMapDoesNotAllocatePerValue(t *testing.T) {
	for name, m := range lean {
		for _, n := range []int{1, 4} {
			ctx, cancel := context.WithCancel(bg)
			out := m(ctx, endless(ctx), n)
			for range 2000 {
				out.Recv(ctx) // what is used again grows to its size
			}
			if a := testing.AllocsPerRun(3000, func() { out.Recv(ctx) }); a != 0 {
				t.Errorf("%s with %d workers: %v allocations per value, want 0", name, n, a)
			}
			cancel()
			drain(out)
		}
	}
}

// The number of goroutines is that of the workers, however many values come.
func TestMapStartsSoManyGoroutines(t *testing.T) {
	for name, m := range lean {
		for _, n := range []int{1, 4} {
			bubble(t, name, func(t *testing.T) {
				want := inBubble() + 1 + n // one is the source
				if name == "MapKeyed" {
					want++
				}
				in := endless(bg)
				out := m(bg, in, n)
				for _, values := range []int{10, 20_000} {
					for range values {
						out.Recv(bg)
					}
					synctest.Wait()
					if got := inBubble(); got != want {
						t.Errorf("%s with %d workers: %d goroutines after %d values, want %d", name, n, got, values, want)
					}
				}
				out.Cancel(nil)
			})
		}
	}
}

// inBubble is the number of goroutines in the bubble of the caller.
func inBubble() int {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	head, _, _ := bytes.Cut(stacks, []byte("]:")) // of the caller: goroutine 12 [running, synctest bubble 5]:
	_, bubble, _ := bytes.Cut(head, []byte("synctest bubble"))
	return bytes.Count(stacks, append([]byte("synctest bubble"), append(bubble, "]:"...)...))
}

// The memory of a stage does not grow with the number of keys that it has seen.
func TestMapKeyedForgetsKeys(t *testing.T) {
	keys := 1_000_000
	if testing.Short() {
		keys = 50_000
	}
	in := runnel.New[int](runnel.Buffer(64))
	runnel.Go(func() {
		for i := range keys {
			in.Send(bg, i)
		}
	})
	out := pipe.MapKeyed(bg, in, 2, 8, func(v int) int { return v }, double, runnel.Buffer(64))
	var before int64
	for i := range keys {
		if i == 1000 {
			before = inUse()
		}
		out.Recv(bg)
	}
	if more := inUse() - before; more > 100_000 {
		t.Errorf("%d more bytes are held after %d keys", more, keys)
	}
	out.Cancel(nil)
}

// What the values take that wait does not depend on how they are spread over keys.
func TestMapKeyedMemoryOfManyLanes(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		before := inUse()
		in := counting()
		out := pipe.MapKeyed(bg, in, 1, 2000, func(v int) int { return v }, func(ctx context.Context, v int) (int, error) {
			return v, runnel.Sleep(ctx, time.Hour)
		})
		synctest.Wait()
		mustEqual(t, "values taken", in.Stats().Received, 1+2000+1)
		if more := inUse() - before; more > 1_000_000 {
			t.Errorf("2000 values of 2000 keys take %d bytes", more)
		}
		out.Cancel(nil)
	})
}

// A parent context lives long and has many stages: none of them stays with it.
func TestStageIsForgottenByItsContext(t *testing.T) {
	stages := 20_000
	if testing.Short() {
		stages = 2_000
	}
	ctx, cancel := context.WithCancel(bg)
	defer cancel()
	run := func(stages int) {
		for i := range stages {
			in := runnel.New[int]()
			out := pipe.Map(ctx, in, 1+i%2, double)
			if i%4 < 2 {
				in.Close()
			} else {
				out.Cancel(nil)
			}
			drain(out)
		}
	}
	run(100)
	goroutines, heap := runtime.NumGoroutine(), inUse()
	run(stages)
	for runtime.NumGoroutine() > goroutines+8 {
		runtime.Gosched()
	}
	if more := inUse() - heap; more > 500_000+int64(stages)*50 { // one that is kept takes a kilobyte
		t.Errorf("%d bytes are held after %d stages", more, stages)
	}
}

// inUse is how much of the heap is reachable.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
