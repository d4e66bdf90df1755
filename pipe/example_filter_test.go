package pipe_test

import (
	"context"
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// Whether an address exists takes a look-up; four are made at a time. The order is kept, and
// what is left out is no loss: nothing was dropped.
func ExampleFilter() {
	ctx := context.Background()
	addresses := runnel.New[string](runnel.Buffer(4))
	addresses.SendAll(ctx, []string{"ada@example.org", "nobody", "ben@example.org", "@"})
	addresses.Close()

	exists := func(ctx context.Context, address string) (bool, error) {
		err := runnel.Sleep(ctx, time.Millisecond) // the look-up
		return len(address) > 10, err
	}
	for address := range pipe.Filter(ctx, addresses, 4, exists).All(ctx) {
		fmt.Println(address)
	}
	s := addresses.Stats()
	fmt.Println(s.Received, "looked up,", s.Dropped.Total(), "dropped")
	// Output:
	// ada@example.org
	// ben@example.org
	// 4 looked up, 0 dropped
}
