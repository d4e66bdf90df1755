package xf_test

import (
	"fmt"
	"slices"

	"github.com/runnel-go/runnel/xf"
)

// Seq is lazy and stops reading where nothing more can come out, so the input may be endless.
func ExampleSeq() {
	read := 0
	endless := func(yield func(int) bool) {
		for yield(read) {
			read++
		}
	}
	squares := xf.Map(func(v int) int { return v * v })
	for v := range xf.Seq(xf.Compose2(squares, xf.Take[int](4)), endless) {
		fmt.Println(v)
	}
	fmt.Println("last read:", read)
	// Output:
	// 0
	// 1
	// 4
	// 9
	// last read: 3
}

// A fold is a loop over Seq.
func ExampleSeq_fold() {
	odd := xf.Filter(func(v int) bool { return v%2 != 0 })
	sum := 0
	for v := range xf.Seq(odd, slices.Values([]int{1, 2, 3, 4, 5})) {
		sum += v
	}
	fmt.Println(sum)
	// Output: 9
}
