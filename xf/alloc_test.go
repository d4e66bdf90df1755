package xf_test

import (
	"iter"
	"slices"
	"testing"

	"github.com/runnel-go/runnel/xf"
)

// ignore is a consumer that wants everything and keeps nothing.
type ignore[T any] struct{}

func (ignore[T]) Put(T) bool { return true }
func (ignore[T]) Close()     {}

func TestNoStepAllocatesPerValue(t *testing.T) {
	pair := []int{1, 2}
	pairSeq := slices.Values(pair)
	yes := func(int) bool { return true }
	no := func(int) bool { return false }
	for name, step := range map[string]xf.Step[int, int]{
		"Map":        xf.Map(inc),
		"Filter":     xf.Filter(yes),
		"Remove":     xf.Remove(no),
		"FilterMap":  xf.FilterMap(func(v int) (int, bool) { return v, true }),
		"FlatMap":    xf.FlatMap(func(int) []int { return pair }),
		"FlatMapSeq": xf.FlatMapSeq(func(int) iter.Seq[int] { return pairSeq }),
		"Take":       xf.Take[int](1 << 30),
		"TakeWhile":  xf.TakeWhile(yes),
		"Drop":       xf.Drop[int](3),
		"DropWhile":  xf.DropWhile(no),
		"Dedupe":     xf.Dedupe[int](),
		"Distinct":   xf.Distinct[int](), // the values repeat, so it knows them all after the first round
		"Scan":       xf.Scan(0, add),
		"Interpose":  xf.Interpose(0),
		"five steps": fiveSteps,
	} {
		sink := step(ignore[int]{})
		v := 0
		allocs := testing.AllocsPerRun(100, func() {
			for range 64 {
				v = (v + 1) % 8
				sink.Put(v)
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations for 64 values, want 0", name, allocs)
		}
	}
}

func TestBatchAllocatesOnlyItsSlices(t *testing.T) {
	for name, step := range map[string]xf.Step[int, []int]{
		"Batch":   xf.Batch[int](16),
		"BatchBy": xf.BatchBy(func(v int) int { return v / 16 }),
	} {
		sink := step(ignore[[]int]{})
		v := 0
		batch := func() {
			for range 16 {
				sink.Put(v)
				v++
			}
		}
		batch() // the buffer grows to its size
		if allocs := testing.AllocsPerRun(100, batch); allocs != 1 {
			t.Errorf("%s: %v allocations for a batch, want 1", name, allocs)
		}
	}
}
