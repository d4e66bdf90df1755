package pipe_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// What came before an error is not lost.
func ExampleCollect() {
	ctx := context.Background()
	rows := runnel.New[int](runnel.Buffer(4))
	rows.SendAll(ctx, []int{1, 2, 3})
	rows.CloseWith(errors.New("connection reset"))

	all, err := pipe.Collect(ctx, rows)
	fmt.Println(all, err)
	// Output: [1 2 3] connection reset
}
