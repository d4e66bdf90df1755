package runnel_test

import (
	"context"
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
)

// A reply is waited for, but not for ever.
func ExampleAfter() {
	ctx := context.Background()
	replies := runnel.New[string]()

	late := runnel.After(5 * time.Millisecond)
	reply, timeout := runnel.RecvFrom(replies), runnel.RecvFrom(late)
	switch c, _ := runnel.Select(ctx, reply, timeout); c {
	case reply:
		fmt.Println("a reply")
	case timeout:
		fmt.Println("no reply in time")
	}
	// Output: no reply in time
}

// Ticks are a channel like any other: ranged over, selected, cancelled.
func ExampleTick() {
	ctx := context.Background()
	beats := runnel.Tick(time.Millisecond)

	n := 0
	for range beats.All(ctx) {
		if n++; n == 3 {
			beats.Cancel(nil)
		}
	}
	fmt.Println(n, "beats")
	// Output: 3 beats
}
