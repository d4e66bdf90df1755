package xf_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/runnel-go/runnel/xf"
)

var errBad = errors.New("bad value")

// failing panics at one value, and otherwise changes nothing.
func failing(bad int) func(int) int {
	return func(v int) int {
		if v == bad {
			panic(errBad)
		}
		return v
	}
}

func TestPanicsReachTheRunner(t *testing.T) {
	in := []int{1, 2, 3}
	step := xf.Compose2(xf.Batch[int](2), xf.Map(func(b []int) int { return failing(1)(b[0]) }))
	if p := panicOf(func() { xf.Slice(step, in) }); p != errBad {
		t.Errorf("Slice: panic %v", p)
	}
	if p := panicOf(func() {
		for range xf.Seq(step, slices.Values(in)) {
			t.Error("a value from a batch that failed")
		}
	}); p != errBad {
		t.Errorf("Seq: panic %v", p)
	}
	if p := panicOf(func() {
		for range xf.Seq(xf.Batch[int](2), slices.Values(in)) {
			panic("the consumer's own") // must not be disturbed by a flush
		}
	}); p != "the consumer's own" {
		t.Errorf("consumer: panic %v", p)
	}
}

// TestRunnerMayGoOnAfterAPanic puts 0 … 6 through steps that panic at one value, as a channel with an error handler
// does, and says what must come out nonetheless.
func TestRunnerMayGoOnAfterAPanic(t *testing.T) {
	for name, c := range map[string]struct {
		step xf.Step[int, int]
		want []int
	}{
		"a step loses its value":      {xf.Map(failing(2)), []int{0, 1, 3, 4, 5, 6}},
		"and the rest of its results": {xf.Compose2(xf.FlatMap(func(v int) []int { return []int{v, -v} }), xf.Map(failing(-5))), []int{0, 0, 1, -1, 2, -2, 3, -3, 4, -4, 5, 6, -6}},
		"a fold skips the value":      {xf.Scan(0, func(s, v int) int { return s + failing(3)(v) }), []int{0, 1, 3, 7, 12, 18}},
		"a take has counted it":       {xf.Compose2(xf.Take[int](3), xf.Map(failing(1))), []int{0, 2}},
		"a batch is lost as a whole":  {xf.Compose3(xf.Batch[int](2), xf.Map(first), xf.Map(failing(2))), []int{0, 4, 6}},
		"but not the next run's head": {xf.Compose3(xf.BatchBy(half), xf.Map(first), xf.Map(failing(2))), []int{0, 4, 6}},
	} {
		t.Run(name, func(t *testing.T) {
			end := &list{}
			w := &watch{t: t, next: end}
			s := c.step(w)
			for v, more := 0, true; v < 7 && more; v++ {
				panicOf(func() { more = s.Put(v) })
			}
			s.Close()
			if !slices.Equal(end.values, c.want) || w.closes != 1 {
				t.Errorf("got %v and %d Closes, want %v and 1", end.values, w.closes, c.want)
			}
		})
	}
}

func first(b []int) int { return b[0] }
func half(v int) int    { return v / 2 }

func TestCloseThatPanicsHasClosedAllTheSame(t *testing.T) {
	end := &list{}
	w := &watch{t: t, next: end}
	s := xf.Compose4(xf.Batch[int](2), xf.Map(first), xf.Map(failing(1)), xf.Interpose(0))(w)
	s.Put(1)
	if p := panicOf(s.Close); p != errBad {
		t.Errorf("panic %v, want %v", p, errBad)
	}
	s.Close()
	if got := fmt.Sprint(end.values, w.closes); got != "[] 1" {
		t.Errorf("values and Closes: %s, want [] 1", got)
	}
}
