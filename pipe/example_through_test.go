package pipe_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/xf"
)

// Steps of package xf run fused, in one goroutine. The last of these wants no more after four
// words, and so the rest of the input is not read.
func ExampleThrough() {
	ctx := context.Background()
	lines := runnel.FromSeq(ctx, slices.Values([]string{"to be", "or not", "to be", "that is"}))

	words := pipe.Through(ctx, lines, xf.Compose3(
		xf.FlatMap(strings.Fields),
		xf.Distinct[string](),
		xf.Take[string](4),
	))

	all, err := pipe.Collect(ctx, words)
	fmt.Println(all, err)
	// Output: [to be or not] <nil>
}
