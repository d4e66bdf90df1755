package pipe_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// Two calls at most in any ten milliseconds, however fast the source is.
func ExampleThrottle() {
	ctx := context.Background()
	calls := runnel.FromSeq(ctx, slices.Values([]string{"a", "b", "c", "d", "e"}))

	start := time.Now()
	for c := range pipe.Throttle(ctx, calls, 2, 10*time.Millisecond).All(ctx) {
		fmt.Print(c, " ")
	}
	fmt.Println(time.Since(start) >= 20*time.Millisecond)
	// Output: a b c d e true
}

// To drop instead of slowing the source down, the input gets a buffer that drops. Progress is
// shown ten times a second at most, and always the latest.
func ExampleThrottle_dropping() {
	ctx := context.Background()
	progress := runnel.New[int](runnel.Sliding(1))
	for percent := range 101 {
		progress.Send(ctx, percent) // never waits
	}
	progress.Close()

	for p := range pipe.Throttle(ctx, progress, 1, 100*time.Millisecond).All(ctx) {
		fmt.Println(p, "%")
	}
	fmt.Println(progress.Stats().Dropped[runnel.DroppedOldest], "dropped")
	// Output:
	// 100 %
	// 100 dropped
}
