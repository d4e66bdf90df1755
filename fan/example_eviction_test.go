package fan_test

import (
	"context"
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
)

// A client that does not read keeps the others waiting for twenty milliseconds, not for ever.
func ExampleTap_EvictAfter() {
	ctx := context.Background()
	events := runnel.New[int](runnel.Buffer(8))
	m := fan.NewMult(events)
	stuck := m.Tap(runnel.Buffer(2)).EvictAfter(20 * time.Millisecond)
	healthy := m.Tap(runnel.Buffer(8))

	events.SendAll(ctx, []int{1, 2, 3, 4, 5})
	events.Close()
	fmt.Println("run:", m.Run(ctx))

	for e := range stuck.All(ctx) {
		fmt.Println("stuck", e)
	}
	fmt.Println(stuck.Err())
	fmt.Println("undelivered:", stuck.Stats().Dropped[runnel.Undelivered])
	fmt.Println("healthy has", healthy.Len())
	// Output:
	// run: <nil>
	// stuck 1
	// stuck 2
	// fan: evicted for keeping the others waiting
	// undelivered: 1
	// healthy has 5
}
