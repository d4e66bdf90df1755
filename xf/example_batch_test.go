package xf_test

import (
	"fmt"

	"github.com/runnel-go/runnel/xf"
)

// The last batch holds what is left.
func ExampleBatch() {
	fmt.Println(xf.Slice(xf.Batch[int](3), []int{1, 2, 3, 4, 5, 6, 7}))
	// Output: [[1 2 3] [4 5 6] [7]]
}

// Neighbours with the same key come together.
func ExampleBatchBy() {
	initial := func(name string) byte { return name[0] }
	names := []string{"ada", "alan", "barbara", "anita"}
	fmt.Println(xf.Slice(xf.BatchBy(initial), names))
	// Output: [[ada alan] [barbara] [anita]]
}
