package pipe_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/runnel-go/runnel/pipe"
)

// Two consumers of one stream. When the second fails, the group stops the first, and the
// source, and waits until nothing runs any more.
func ExampleGroup() {
	g, ctx := pipe.NewGroup(context.Background())
	words := pipe.Generate(ctx, func(_ context.Context, emit func(string) error) error {
		for { // never ends by itself
			for word := range strings.FieldsSeq("rill brook Runnel stream") {
				if err := emit(word); err != nil {
					return err
				}
			}
		}
	})
	upper, lower := pipe.Split(ctx, words, func(w string) bool { return w != strings.ToLower(w) })
	g.Go(func() error {
		return pipe.ForEach(ctx, lower, 4, func(context.Context, string) error { return nil })
	})
	g.Go(func() error {
		return pipe.ForEach(ctx, upper, 1, func(_ context.Context, w string) error {
			return errors.New(w + " is not lower case")
		})
	})

	fmt.Println(g.Wait())
	s := words.Stats()
	fmt.Println("nothing is on its way:", s.Sent == s.Received+s.Dropped.Total() && s.Len == 0)
	// Output:
	// Runnel is not lower case
	// nothing is on its way: true
}
