package pipe_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

func ExampleSplit() {
	ctx := context.Background()
	amounts := runnel.FromSeq(ctx, slices.Values([]int{20, -5, 30, -10}))

	credits, debits := pipe.Split(ctx, amounts, func(a int) bool { return a >= 0 }, runnel.Buffer(4))

	in, _ := pipe.Collect(ctx, credits)
	out, _ := pipe.Collect(ctx, debits)
	fmt.Println(in, out)
	// Output: [20 30] [-5 -10]
}

// A hash of the key spreads customers over workers: all events of one customer go to the same
// worker, in their order.
func ExamplePartition() {
	type event struct{ customer, what string }
	ctx := context.Background()
	events := runnel.FromSeq(ctx, slices.Values([]event{
		{"ada", "enters"}, {"bob", "enters"}, {"ada", "pays"}, {"bob", "leaves"}, {"ada", "leaves"},
	}))

	workers := pipe.Partition(ctx, events, 4, func(e event) int {
		h := fnv.New32a()
		h.Write([]byte(e.customer))
		return int(h.Sum32())
	}, runnel.Buffer(8))

	seen := map[string][]string{}
	for _, w := range workers {
		for e := range w.All(ctx) {
			seen[e.customer] = append(seen[e.customer], e.what)
		}
	}
	fmt.Println(seen)
	// Output: map[ada:[enters pays leaves] bob:[enters leaves]]
}
