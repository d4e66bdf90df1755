package pipe_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// While somebody types, nothing is searched; half a second after the last key, or at the end,
// what is there then.
func ExampleDebounce() {
	ctx := context.Background()
	typed := runnel.FromSeq(ctx, slices.Values([]string{"r", "ri", "riv", "river"}))

	for query := range pipe.Debounce(ctx, typed, 500*time.Millisecond).All(ctx) {
		fmt.Println("search", query)
	}
	// Output: search river
}
