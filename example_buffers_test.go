package runnel_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel"
)

// fill sends the numbers 1 to 5 as far as that goes without waiting, and tells what became
// of them.
func fill(name string, c *runnel.Chan[int]) {
	accepted := 0
	for v := 1; v <= 5; v++ {
		if c.TrySend(v) == nil {
			accepted++
		}
	}
	s := c.Stats()
	fmt.Printf("%s: accepted %d, dropped %d, holds", name, accepted, s.Dropped.Total())
	for range s.Len {
		v, _ := c.TryRecv()
		fmt.Print(" ", v)
	}
	fmt.Println()
}

// What happens to the fourth and the fifth value when there is room for three is the policy
// of the channel.
func Example_buffers() {
	fill("fixed", runnel.New[int](runnel.Buffer(3)))
	fill("dropping", runnel.New[int](runnel.Dropping(3)))
	fill("sliding", runnel.New[int](runnel.Sliding(3)))
	fill("unbounded", runnel.New[int](runnel.Unbounded()))
	fill("rendezvous", runnel.New[int]())
	// Output:
	// fixed: accepted 3, dropped 0, holds 1 2 3
	// dropping: accepted 5, dropped 2, holds 1 2 3
	// sliding: accepted 5, dropped 2, holds 3 4 5
	// unbounded: accepted 5, dropped 0, holds 1 2 3 4 5
	// rendezvous: accepted 0, dropped 0, holds
}

// A thermometer must not wait for a slow display, which wants the latest reading anyway.
func ExampleSliding() {
	readings := runnel.New[float64](runnel.Sliding(1))
	for _, celsius := range []float64{18.5, 18.7, 19.1} {
		readings.TrySend(celsius)
	}
	latest, _ := readings.TryRecv()
	fmt.Println(latest, readings.Stats().Dropped[runnel.DroppedOldest])
	// Output: 19.1 2
}

// A promise gives everybody the first value, as often as they ask.
func ExampleNewPromise() {
	ctx := context.Background()
	address := runnel.NewPromise[string]()

	go address.Send(ctx, "10.0.0.7:443")

	for range 3 {
		a, err := address.Recv(ctx)
		fmt.Println(a, err)
	}
	// Output:
	// 10.0.0.7:443 <nil>
	// 10.0.0.7:443 <nil>
	// 10.0.0.7:443 <nil>
}
