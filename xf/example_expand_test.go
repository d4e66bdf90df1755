package xf_test

import (
	"fmt"
	"iter"
	"strings"

	"github.com/runnel-go/runnel/xf"
)

// FlatMap suits functions that return a slice, FlatMapSeq those that return an iterator.
func ExampleFlatMapSeq() {
	fields := func(line string) iter.Seq[string] { return strings.SplitSeq(line, ",") }
	firstThree := xf.Compose2(xf.FlatMapSeq(fields), xf.Take[string](3))
	fmt.Println(xf.Slice(firstThree, []string{"a,b", "c,d", "e"})) // "d" is not even split off
	// Output: [a b c]
}

// A running total.
func ExampleScan() {
	balance := xf.Scan(100, func(sum, change int) int { return sum + change })
	fmt.Println(xf.Slice(balance, []int{-30, 50, -20}))
	// Output: [70 120 100]
}

// A separator between values, never at the ends.
func ExampleInterpose() {
	fmt.Println(xf.Slice(xf.Interpose("|"), []string{"a", "b", "c"}))
	// Output: [a | b | c]
}
