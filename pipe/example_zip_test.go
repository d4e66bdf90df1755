package pipe_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// Zip joins the n-th values of two streams. The shorter one ends it, and what the longer one had
// given by then is accounted for.
func ExampleZip() {
	ctx := context.Background()
	names := runnel.FromSeq(ctx, slices.Values([]string{"Ada", "Grace", "Edsger"}))
	seats := runnel.New[int](runnel.Buffer(8))
	seats.SendAll(ctx, []int{11, 12, 13, 14, 15})

	tickets, err := pipe.Collect(ctx, pipe.Zip(ctx, names, seats, func(name string, seat int) string {
		return fmt.Sprint(name, " in ", seat)
	}))

	fmt.Println(tickets, err)
	fmt.Println("seats used:", seats.Stats().Received)
	// Output:
	// [Ada in 11 Grace in 12 Edsger in 13] <nil>
	// seats used: 3
}

// ZipAll does so with any number of streams of one type.
func ExampleZipAll() {
	ctx := context.Background()
	var columns []runnel.Receiver[int]
	for i := range 3 {
		columns = append(columns, runnel.FromSeq(ctx, slices.Values([]int{i, 10 + i})))
	}

	rows, err := pipe.Collect(ctx, pipe.ZipAll(ctx, columns))
	fmt.Println(rows, err)
	// Output: [[0 1 2] [10 11 12]] <nil>
}
