package pipe_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel/pipe"
)

// Take ends an endless source.
func ExampleTake() {
	ctx := context.Background()
	powers := pipe.Generate(ctx, func(_ context.Context, emit func(int) error) error {
		for n := 1; ; n *= 2 {
			if err := emit(n); err != nil {
				return err // nobody wants more
			}
		}
	})

	first, err := pipe.Collect(ctx, pipe.Take(ctx, powers, 5))
	fmt.Println(first, err)
	// Output: [1 2 4 8 16] <nil>
}
