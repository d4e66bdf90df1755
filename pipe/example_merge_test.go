package pipe_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// The readings of several sensors, in the order in which they come.
func ExampleMerge() {
	ctx := context.Background()
	var sensors []runnel.Receiver[string]
	for _, name := range []string{"roof", "cellar"} {
		sensors = append(sensors, pipe.Generate(ctx, func(_ context.Context, emit func(string) error) error {
			return emit(name + " is dry")
		}))
	}

	all, err := pipe.Collect(ctx, pipe.Merge(ctx, sensors))
	slices.Sort(all) // they may come in any order
	fmt.Println(all, err)
	// Output: [cellar is dry roof is dry] <nil>
}

// What is urgent goes first, whenever there is something.
func ExampleMergePriority() {
	ctx := context.Background()
	urgent, normal := runnel.New[string](runnel.Buffer(2)), runnel.New[string](runnel.Buffer(2))
	normal.SendAll(ctx, []string{"water the plants", "sort the mail"})
	urgent.SendAll(ctx, []string{"put out the fire"})
	normal.Close()
	urgent.Close()

	for task, err := range pipe.Seq2(ctx, pipe.MergePriority(ctx, []runnel.Receiver[string]{urgent, normal})) {
		fmt.Println(task, err)
	}
	// Output:
	// put out the fire <nil>
	// water the plants <nil>
	// sort the mail <nil>
}
