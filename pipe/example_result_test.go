package pipe_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// One line that cannot be read does not end the stage: it comes out with its error.
func ExampleTry() {
	ctx := context.Background()
	lines := runnel.FromSeq(ctx, slices.Values([]string{"1", "two", "3"}))
	parse := func(_ context.Context, s string) (int, error) { return strconv.Atoi(s) }

	for r := range pipe.Map(ctx, lines, 4, pipe.Try(parse)).All(ctx) {
		if r.Err != nil {
			fmt.Printf("skipped %q: %v\n", r.In, r.Err)
			continue
		}
		fmt.Println(r.Out)
	}
	// Output:
	// 1
	// skipped "two": strconv.Atoi: parsing "two": invalid syntax
	// 3
}
