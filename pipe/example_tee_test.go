package pipe_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// One consumer stores every order, the other only wants to see the first.
func ExampleTee() {
	ctx := context.Background()
	orders := runnel.FromSeq(ctx, slices.Values([]string{"tea", "milk", "jam"}))

	store, watch := pipe.Tee(ctx, orders)
	first := make(chan string)
	go func() {
		v, _ := watch.Recv(ctx)
		watch.Cancel(nil) // the other side goes on
		first <- v
	}()

	stored, err := pipe.Collect(ctx, store)
	fmt.Println(stored, err, "beginning with", <-first)
	// Output: [tea milk jam] <nil> beginning with tea
}
