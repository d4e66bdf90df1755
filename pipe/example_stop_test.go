package pipe_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// The consumer of a chain has seen enough. One call of Cancel stops every stage and tells the
// source why; nobody has to drain anything, and no goroutine is left behind.
func Example_stop() {
	ctx := context.Background()
	numbers := runnel.New[int]()
	told := make(chan error)
	go func() {
		for n := 1; ; n++ {
			if err := numbers.Send(ctx, n); err != nil {
				told <- err
				return
			}
		}
	}()

	squares := pipe.Map(ctx, numbers, 4, func(_ context.Context, n int) (int, error) { return n * n, nil })
	odd := pipe.Filter(ctx, squares, 2, func(_ context.Context, n int) (bool, error) { return n%2 == 1, nil })

	for n := range odd.All(ctx) {
		fmt.Println(n)
		if n > 20 {
			break
		}
	}
	odd.Cancel(errors.New("seen enough"))
	fmt.Println("source:", <-told)
	// Output:
	// 1
	// 9
	// 25
	// source: runnel: channel closed: seen enough
}
