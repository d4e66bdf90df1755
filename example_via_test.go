package runnel_test

import (
	"context"
	"fmt"
	"strconv"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/xf"
)

// A transducer on the channel: texts go in, pairs of numbers come out. What is no number is
// left out; what is left of a pair at the end comes out when the sender closes.
func ExampleNewVia() {
	ctx := context.Background()
	number := func(s string) (int, bool) {
		n, err := strconv.Atoi(s)
		return n, err == nil
	}
	texts, pairs := runnel.NewVia(xf.Compose2(xf.FilterMap(number), xf.Batch[int](2)), runnel.Buffer(8))

	texts.SendAll(ctx, []string{"4", "eight", "15", "16", "23", "forty", "42"})
	texts.Close()

	for pair := range pairs.All(ctx) {
		fmt.Println(pair)
	}
	// Output:
	// [4 15]
	// [16 23]
	// [42]
}

// When the transducer wants no more, the channel closes and the sender hears of it.
func ExampleNewVia_take() {
	ctx := context.Background()
	entries, winners := runnel.NewVia(xf.Take[string](3), runnel.Buffer(8))

	for _, name := range []string{"Mo", "Grete", "Emil", "Ingrid"} {
		if err := entries.Send(ctx, name); err != nil {
			fmt.Println(name, "is too late:", err)
		}
	}
	for name := range winners.All(ctx) {
		fmt.Println(name)
	}
	// Output:
	// Ingrid is too late: runnel: channel closed
	// Mo
	// Grete
	// Emil
}
