package pipe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// Four calls at a time, and the whole is done when ForEach returns.
func ExampleForEach() {
	ctx := context.Background()
	files := runnel.FromSeq(ctx, slices.Values([]string{"a.txt", "b.txt", "c.txt"}))

	var sent atomic.Int64
	err := pipe.ForEach(ctx, files, 4, func(ctx context.Context, name string) error {
		sent.Add(1) // upload, giving up when ctx ends
		return nil
	})
	fmt.Println(sent.Load(), err)
	// Output: 3 <nil>
}

// The first failure stops the source and is returned.
func ExampleForEach_failure() {
	ctx := context.Background()
	files := runnel.New[string](runnel.Buffer(4))
	files.SendAll(ctx, []string{"a.txt", "b.txt", "c.txt"})

	err := pipe.ForEach(ctx, files, 1, func(_ context.Context, name string) error {
		if name == "b.txt" {
			return errors.New("disk full")
		}
		return nil
	})
	s := files.Stats()
	fmt.Println(err)
	fmt.Println(s.Received, "done,", s.Dropped[runnel.Failed], "failed,", s.Dropped[runnel.Undelivered], "not begun")
	// Output:
	// disk full
	// 1 done, 1 failed, 1 not begun
}
