package xf_test

import (
	"fmt"
	"strings"

	"github.com/runnel-go/runnel/xf"
)

// FilterMap is made for functions in the comma-ok form.
func ExampleFilterMap() {
	ports := map[string]int{"http": 80, "https": 443}
	lookup := func(name string) (int, bool) { p, ok := ports[name]; return p, ok }
	fmt.Println(xf.Slice(xf.FilterMap(lookup), []string{"http", "gopher", "https"}))
	// Output: [80 443]
}

// Between two markers: drop what comes before, stop at the end.
func ExampleTakeWhile() {
	body := xf.Compose3(
		xf.DropWhile(func(s string) bool { return s != "BEGIN" }),
		xf.Drop[string](1),
		xf.TakeWhile(func(s string) bool { return s != "END" }),
	)
	fmt.Println(xf.Slice(body, strings.Fields("noise BEGIN a b END more noise")))
	// Output: [a b]
}

// Dedupe compares neighbours, Distinct remembers everything.
func ExampleDedupe() {
	states := []string{"up", "up", "down", "up", "up"}
	fmt.Println(xf.Slice(xf.Dedupe[string](), states))
	fmt.Println(xf.Slice(xf.Distinct[string](), states))
	// Output:
	// [up down up]
	// [up down]
}

// The latest reading of a sensor is passed on only if its whole degrees changed.
func ExampleDedupeBy() {
	degrees := func(t float64) int { return int(t) }
	fmt.Println(xf.Slice(xf.DedupeBy(degrees), []float64{20.1, 20.7, 21.0, 21.9, 20.5}))
	// Output: [20.1 21 20.5]
}
