package xf_test

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/runnel-go/runnel/xf"
)

// upTo returns the values 0 … n-1 and counts in read how many of them are asked for.
func upTo(n int, read *int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for v := range n {
			*read++
			if !yield(v) {
				return
			}
		}
	}
}

func below(limit int) func(int) bool { return func(v int) bool { return v < limit } }
func twice(v int) []int              { return []int{v, v} }
func inc(v int) int                  { return v + 1 }
func even(v int) bool                { return v%2 == 0 }
func add(a, b int) int               { return a + b }

// TestOutcomes states for each step what Clojure's transducer of that meaning gives for (range n), and after how many
// values it is reduced.
func TestOutcomes(t *testing.T) {
	sum := xf.Map(func(b []int) int { return len(b)*100 + b[0] }) // a batch as one number: its length and its first
	for _, c := range []struct {
		name string
		step xf.Step[int, int]
		n    int
		want []int
		read int
	}{
		{"map", xf.Map(inc), 3, []int{1, 2, 3}, 3},
		{"filter", xf.Filter(even), 5, []int{0, 2, 4}, 5},
		{"remove", xf.Remove(even), 5, []int{1, 3}, 5},
		{"keep", xf.FilterMap(func(v int) (int, bool) { return -v, v > 2 }), 5, []int{-3, -4}, 5},
		{"mapcat", xf.FlatMap(twice), 2, []int{0, 0, 1, 1}, 2},
		{"mapcat of nothing", xf.FlatMap(func(int) []int { return nil }), 3, nil, 3},
		{"mapcat of a seq", xf.FlatMapSeq(func(v int) iter.Seq[int] { return slices.Values(twice(v)) }), 2, []int{0, 0, 1, 1}, 2},
		{"take stops with its last value", xf.Take[int](3), 9, []int{0, 1, 2}, 3},
		{"take more than there is", xf.Take[int](9), 3, []int{0, 1, 2}, 3},
		{"take 0 stops at the first value", xf.Take[int](0), 9, nil, 1},
		{"take 0 of nothing", xf.Take[int](0), 0, nil, 0},
		{"take-while", xf.TakeWhile(below(3)), 9, []int{0, 1, 2}, 4},
		{"take-while never", xf.TakeWhile(below(0)), 9, nil, 1},
		{"drop", xf.Drop[int](2), 4, []int{2, 3}, 4},
		{"drop 0", xf.Drop[int](0), 2, []int{0, 1}, 2},
		{"drop more than there is", xf.Drop[int](9), 3, nil, 3},
		{"drop-while", xf.DropWhile(below(2)), 4, []int{2, 3}, 4},
		{"dedupe", xf.Compose2(xf.Map(func(v int) int { return v / 2 % 2 }), xf.Dedupe[int]()), 8, []int{0, 1, 0, 1}, 8},
		{"dedupe by", xf.DedupeBy(func(v int) int { return v / 3 }), 7, []int{0, 3, 6}, 7},
		{"distinct", xf.Compose2(xf.Map(func(v int) int { return v % 3 }), xf.Distinct[int]()), 9, []int{0, 1, 2}, 9},
		{"distinct by", xf.DistinctBy(func(v int) int { return v % 3 }), 9, []int{0, 1, 2}, 9},
		{"partition-all", xf.Compose2(xf.Batch[int](3), sum), 7, []int{300, 303, 106}, 7},
		{"partition-all exactly", xf.Compose2(xf.Batch[int](3), sum), 6, []int{300, 303}, 6},
		{"partition-by", xf.Compose2(xf.BatchBy(func(v int) int { return v / 4 }), sum), 9, []int{400, 404, 108}, 9},
		{"partition-by of nothing", xf.Compose2(xf.BatchBy(even), sum), 0, nil, 0},
		{"scan", xf.Scan(10, add), 4, []int{10, 11, 13, 16}, 4},
		{"interpose", xf.Interpose(-1), 3, []int{0, -1, 1, -1, 2}, 3},
		{"interpose in one", xf.Interpose(-1), 1, []int{0}, 1},
		{"interpose, stopped at the separator", xf.Compose2(xf.Interpose(-1), xf.Take[int](2)), 9, []int{0, -1}, 2},
		{"mapcat, stopped in the middle", xf.Compose2(xf.FlatMap(twice), xf.Take[int](3)), 9, []int{0, 0, 1}, 2},
		{"comp goes from left to right", xf.Compose2(xf.Map(inc), xf.Filter(even)), 4, []int{2, 4}, 4},
		{"comp the other way", xf.Compose2(xf.Filter(even), xf.Map(inc)), 4, []int{1, 3}, 4},
		{"take, then drop", xf.Compose2(xf.Take[int](3), xf.Drop[int](2)), 9, []int{2}, 3},
		{"drop, then take", xf.Compose2(xf.Drop[int](2), xf.Take[int](3)), 9, []int{2, 3, 4}, 5},
		{"partition-all, cut by a later take", xf.Compose3(xf.Batch[int](2), xf.Take[[]int](2), sum), 9, []int{200, 202}, 4},
		{"partition-all, cut by an earlier take", xf.Compose3(xf.Take[int](3), xf.Batch[int](2), sum), 9, []int{200, 102}, 3},
		{"a flush that a later take refuses", xf.Compose4(xf.Batch[int](2), sum, xf.FlatMap(twice), xf.Take[int](3)), 3, []int{200, 200, 102}, 3},
		{"no steps", xf.Compose[int](), 2, []int{0, 1}, 2},
		{"many steps", xf.Compose(xf.Map(inc), xf.Filter(even), xf.Map(inc), xf.Take[int](2)), 9, []int{3, 5}, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			read := 0
			got := slices.Collect(xf.Seq(c.step, upTo(c.n, &read)))
			if !slices.Equal(got, c.want) || read != c.read {
				t.Errorf("got %v after reading %d values, want %v after %d", got, read, c.want, c.read)
			}
		})
	}
}

func TestTypesChangeAlongTheWay(t *testing.T) {
	lengths := xf.Compose3(xf.FlatMap(strings.Fields), xf.Map(func(s string) int { return len(s) }), xf.Batch[int](2))
	got := fmt.Sprint(xf.Slice(lengths, []string{"a bb", "", "ccc"}))
	if got != "[[1 2] [3]]" {
		t.Errorf("got %s", got)
	}
}

func TestZeroValuesAreOrdinary(t *testing.T) {
	zeros := []int{0, 0, 0}
	for name, c := range map[string]struct {
		step xf.Step[int, int]
		want []int
	}{
		"dedupe":   {xf.Dedupe[int](), []int{0}},
		"distinct": {xf.Distinct[int](), []int{0}},
		"take":     {xf.Take[int](2), []int{0, 0}},
	} {
		if got := xf.Slice(c.step, zeros); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	if got := xf.Slice(xf.BatchBy(inc), []int{-1, -1, 0}); fmt.Sprint(got) != "[[-1 -1] [0]]" {
		t.Errorf("a zero key at the start: got %v", got)
	}
}

func TestNaNEqualsNothing(t *testing.T) {
	in := []float64{math.NaN(), math.NaN()}
	for name, step := range map[string]xf.Step[float64, float64]{
		"dedupe": xf.Dedupe[float64](), "distinct": xf.Distinct[float64](),
	} {
		if got := xf.Slice(step, in); len(got) != 2 {
			t.Errorf("%s: got %v, want both", name, got)
		}
	}
}

func TestBatchesBelongToTheReceiver(t *testing.T) {
	for name, step := range map[string]xf.Step[int, []int]{
		"Batch":   xf.Batch[int](3),
		"BatchBy": xf.BatchBy(func(v int) int { return v / 3 }),
	} {
		batches := xf.Slice(step, []int{0, 1, 2, 3, 4, 5, 6})
		for _, b := range batches {
			_ = append(b, -1) // must not show up in a neighbour
			b[0] = -2
		}
		if got := fmt.Sprint(batches); got != "[[-2 1 2] [-2 4 5] [-2]]" {
			t.Errorf("%s: after writing to the batches they are %s", name, got)
		}
	}
}

func TestBatchOfHugeSizeTakesNoRoomAhead(t *testing.T) {
	got := xf.Slice(xf.Batch[int](math.MaxInt), []int{1, 2})
	if len(got) != 1 || !slices.Equal(got[0], []int{1, 2}) {
		t.Errorf("got %v", got)
	}
}

func TestScanStartsEachRunAfresh(t *testing.T) {
	step := xf.Scan(0, add)
	for range 2 {
		if got := xf.Slice(step, []int{1, 2, 3}); !slices.Equal(got, []int{1, 3, 6}) {
			t.Fatalf("got %v", got)
		}
	}
}

func TestComposeKeepsItsOwnList(t *testing.T) {
	list := []xf.Step[int, int]{xf.Map(inc), xf.Map(inc)}
	step := xf.Compose(list...)
	list[0] = xf.Take[int](0)
	if got := xf.Slice(step, []int{1}); !slices.Equal(got, []int{3}) {
		t.Errorf("got %v, want [3]", got)
	}
}

func TestWrongArgumentsPanicAtConstruction(t *testing.T) {
	var f func(int) int
	var is func(int) bool
	var step xf.Step[int, int]
	for want, construct := range map[string]func(){
		"xf: Batch: n is 0, want at least 1":                            func() { xf.Batch[int](0) },
		"xf: Batch: n is -3, want at least 1":                           func() { xf.Batch[int](-3) },
		"xf: Take: n is -1, want at least 0":                            func() { xf.Take[int](-1) },
		"xf: Drop: n is -1, want at least 0":                            func() { xf.Drop[int](-1) },
		"xf: Map: f is nil, want a function":                            func() { xf.Map(f) },
		"xf: Filter: keep is nil, want a function":                      func() { xf.Filter(is) },
		"xf: Remove: drop is nil, want a function":                      func() { xf.Remove(is) },
		"xf: FilterMap: f is nil, want a function":                      func() { xf.FilterMap[int, int](nil) },
		"xf: FlatMap: f is nil, want a function":                        func() { xf.FlatMap[int, int](nil) },
		"xf: FlatMapSeq: f is nil, want a function":                     func() { xf.FlatMapSeq[int, int](nil) },
		"xf: TakeWhile: keep is nil, want a function":                   func() { xf.TakeWhile(is) },
		"xf: DropWhile: drop is nil, want a function":                   func() { xf.DropWhile(is) },
		"xf: DedupeBy: key is nil, want a function":                     func() { xf.DedupeBy(f) },
		"xf: DistinctBy: key is nil, want a function":                   func() { xf.DistinctBy(f) },
		"xf: BatchBy: key is nil, want a function":                      func() { xf.BatchBy(f) },
		"xf: Scan: f is nil, want a function":                           func() { xf.Scan[int](0, nil) },
		"xf: Compose: step 2 of 2 is nil, want a Step":                  func() { xf.Compose(xf.Map(inc), step) },
		"xf: Compose2: step 1 of 2 is nil, want a Step":                 func() { xf.Compose2(step, xf.Map(inc)) },
		"xf: Compose3: step 3 of 3 is nil, want a Step":                 func() { xf.Compose3(xf.Map(inc), xf.Map(inc), step) },
		"xf: Compose4: step 4 of 4 is nil, want a Step":                 func() { xf.Compose4(xf.Map(inc), xf.Map(inc), xf.Map(inc), step) },
		"xf: Slice: step is nil, want a Step":                           func() { xf.Slice(step, nil) },
		"xf: Seq: step is nil, want a Step":                             func() { xf.Seq(step, slices.Values([]int{})) },
		"xf: Seq: in is nil, want an iterator such as slices.Values(s)": func() { xf.Seq(xf.Map(inc), nil) },
	} {
		if got := panicOf(construct); got != want {
			t.Errorf("panic %v, want %q", got, want)
		}
	}
}

func panicOf(f func()) (p any) {
	defer func() { p = recover() }()
	f()
	return nil
}
