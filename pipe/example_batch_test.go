package pipe_test

import (
	"context"
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// Rows are stored three at a time, or what came within a second. The last batch is what was
// left at the end.
func ExampleBatch() {
	ctx := context.Background()
	rows := runnel.New[string]()
	runnel.Go(func() {
		for _, r := range []string{"ann", "bob", "cid", "dan"} {
			rows.Send(ctx, r)
		}
		rows.Close()
	})

	for batch := range pipe.Batch(ctx, rows, 3, time.Second).All(ctx) {
		fmt.Println("store", batch)
	}
	// Output:
	// store [ann bob cid]
	// store [dan]
}
