package xf_test

import (
	"iter"
	"runtime"
	"slices"
	"testing"
	"weak"

	"github.com/runnel-go/runnel/xf"
)

// TestStrayPutIsIgnored puts a value into sinks that have stopped, for either reason: it must come to nothing, and no
// function of the user's may hear of it.
func TestStrayPutIsIgnored(t *testing.T) {
	calls := 0
	same := func(v int) int { calls++; return v }
	yes := func(int) bool { calls++; return true }
	no := func(int) bool { calls++; return false }
	one := func(v int) []int { calls++; return []int{v} }
	flat := xf.FlatMap(func(b []int) []int { return b })
	for name, step := range map[string]xf.Step[int, int]{
		"Map":        xf.Map(same),
		"Filter":     xf.Filter(yes),
		"Remove":     xf.Remove(no),
		"FilterMap":  xf.FilterMap(func(v int) (int, bool) { calls++; return v, true }),
		"FlatMap":    xf.FlatMap(one),
		"FlatMapSeq": xf.FlatMapSeq(func(v int) iter.Seq[int] { return slices.Values(one(v)) }),
		"Take":       xf.Take[int](5),
		"TakeWhile":  xf.TakeWhile(yes),
		"Drop":       xf.Drop[int](1),
		"DropWhile":  xf.DropWhile(no),
		"Dedupe":     xf.Dedupe[int](),
		"DedupeBy":   xf.DedupeBy(same),
		"Distinct":   xf.Distinct[int](),
		"DistinctBy": xf.DistinctBy(same),
		"Batch":      xf.Compose2(xf.Batch[int](2), flat),
		"BatchBy":    xf.Compose2(xf.BatchBy(same), flat),
		"Scan":       xf.Scan(0, func(s, v int) int { calls++; return s + v }),
		"Interpose":  xf.Interpose(0),
	} {
		for when, limit := range map[string]int{"closed at once": 0, "refused": 1} {
			end := &list{limit: limit}
			s := step(&watch{t: t, next: end})
			for v := 0; limit > 0 && s.Put(v); v++ {
			}
			before := len(end.values)
			if limit == 0 {
				s.Close()
			}
			calls = 0
			if s.Put(7) || s.Put(8) || calls > 0 || len(end.values) != before {
				t.Errorf("%s, %s: a stray Put returned true, or made %d calls and %d values",
					name, when, calls, len(end.values)-before)
			}
		}
	}
}

// TestHandedOutBatchIsNotKept fails if a sink that lives on keeps what it no longer holds.
func TestHandedOutBatchIsNotKept(t *testing.T) {
	type big struct{ _ [1 << 16]byte }
	s := xf.Batch[*big](2)(ignore[[]*big]{})
	v := new(big)
	ref := weak.Make(v)
	s.Put(v)
	s.Put(v)
	v = nil
	runtime.GC()
	if ref.Value() != nil {
		t.Error("a value of an earlier batch is still reachable")
	}
	runtime.KeepAlive(s)
}
