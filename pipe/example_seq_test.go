package pipe_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/xf"
)

// A sequence that may fail goes in, and comes out, with its error at the end.
func ExampleFromSeq2() {
	ctx := context.Background()
	rows := func(yield func(int, error) bool) {
		_ = yield(1, nil) && yield(2, nil) && yield(0, errors.New("row 3 is damaged"))
	}

	doubled := pipe.Through(ctx, pipe.FromSeq2(ctx, rows), xf.Map(func(v int) int { return 2 * v }))
	for v, err := range pipe.Seq2(ctx, doubled) {
		fmt.Println(v, err)
	}
	// Output:
	// 2 <nil>
	// 4 <nil>
	// 0 row 3 is damaged
}

// Leaving the loop stops the source.
func ExampleSeq2() {
	ctx := context.Background()
	ids := runnel.New[int](runnel.Buffer(10))
	ids.SendAll(ctx, []int{7, 8, 9})

	for id, err := range pipe.Seq2(ctx, ids) {
		if err != nil {
			return
		}
		if id == 8 {
			break
		}
	}
	fmt.Println(ids.Send(ctx, 10))
	fmt.Println(ids.Stats().Received, "received,", ids.Stats().Dropped[runnel.Undelivered], "undelivered")
	// Output:
	// runnel: channel closed
	// 2 received, 1 undelivered
}
