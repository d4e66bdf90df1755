package xf_test

import (
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"

	"github.com/runnel-go/runnel/xf"
)

func naturals(yield func(int) bool) {
	for v := 0; yield(v); v++ {
	}
}

func TestSliceOfNothingIsNil(t *testing.T) {
	if got := xf.Slice(xf.Map(inc), nil); got != nil {
		t.Errorf("nothing in: got %#v", got)
	}
	if got := xf.Slice(xf.Filter(below(0)), []int{1}); got != nil {
		t.Errorf("nothing out: got %#v", got)
	}
}

func TestSliceLeavesItsInputAlone(t *testing.T) {
	in := []int{3, 1, 2}
	xf.Slice(xf.Compose2(xf.Map(inc), xf.Batch[int](2)), in)
	if !slices.Equal(in, []int{3, 1, 2}) {
		t.Errorf("the input is now %v", in)
	}
}

// TestSeqIsLazy writes down who does what when: a value is read only once the results of the one before are consumed.
func TestSeqIsLazy(t *testing.T) {
	var history []string
	note := func(what string, v int) { history = append(history, fmt.Sprint(what, v)) }
	in := func(yield func(int) bool) {
		for v := 1; v <= 2; v++ {
			note("read ", v)
			if !yield(v) {
				return
			}
		}
	}
	out := xf.Seq(xf.FlatMap(func(v int) []int { return []int{v * 10, v*10 + 1} }), in)
	note("made ", 0)
	for v := range out {
		note("got ", v)
	}
	if got := fmt.Sprint(history); got != "[made 0 read 1 got 10 got 11 read 2 got 20 got 21]" {
		t.Error(got)
	}
}

func TestInfiniteInput(t *testing.T) {
	step := xf.Compose2(xf.Filter(even), xf.Take[int](3))
	if got := slices.Collect(xf.Seq(step, naturals)); !slices.Equal(got, []int{0, 2, 4}) {
		t.Errorf("got %v", got)
	}
}

func TestInfiniteExpansion(t *testing.T) {
	step := xf.Compose2(xf.FlatMapSeq(func(int) iter.Seq[int] { return naturals }), xf.TakeWhile(below(3)))
	if got := xf.Slice(step, []int{0, 0}); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("got %v", got)
	}
}

func TestSeqCanBePulled(t *testing.T) {
	read := 0
	next, stop := iter.Pull(xf.Seq(xf.Map(inc), upTo(9, &read)))
	a, _ := next()
	b, _ := next()
	stop()
	if _, more := next(); a != 1 || b != 2 || more || read != 2 {
		t.Errorf("got %d %d, more %v, after reading %d", a, b, more, read)
	}
}

func TestOneStepInManyGoroutines(t *testing.T) {
	step := xf.Compose2(xf.Compose4(xf.Distinct[int](), xf.Drop[int](1), xf.Scan(0, add), xf.Interpose(-1)), xf.Take[int](5))
	want := []int{1, -1, 3, -1, 6}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if got := xf.Slice(step, []int{0, 0, 1, 1, 2, 3, 4}); !slices.Equal(got, want) {
					t.Errorf("got %v, want %v", got, want)
				}
			}
		})
	}
	wg.Wait()
}

// careless is a step as a user might get it wrong: it goes on after false.
func careless(next xf.Sink[int]) xf.Sink[int] { return carelessSink{next} }

type carelessSink struct{ xf.Sink[int] }

func (s carelessSink) Put(v int) bool { s.Sink.Put(v); return s.Sink.Put(v) }

func TestSeqBearsAStepThatGoesOnAfterFalse(t *testing.T) {
	for v := range xf.Seq(careless, slices.Values([]int{1, 2})) {
		if v != 1 {
			t.Errorf("got %d after breaking off", v)
		}
		break
	}
}
