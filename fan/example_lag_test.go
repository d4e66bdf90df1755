package fan_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
)

// A consumer that keeps the last reading of Lag notices a gap, and how wide it is.
func ExampleTap_Lag() {
	ctx := context.Background()
	frames := runnel.New[int](runnel.Buffer(8))
	m := fan.NewMult(frames)
	screen := m.Tap(runnel.Sliding(3))

	frames.SendAll(ctx, []int{1, 2, 3, 4, 5, 6, 7})
	frames.Close()
	m.Run(ctx)

	seen := uint64(0)
	for frame := range screen.All(ctx) {
		if lag := screen.Lag(); lag > seen {
			fmt.Println(lag-seen, "frames missed")
			seen = lag
		}
		fmt.Println("frame", frame)
	}
	// Output:
	// 4 frames missed
	// frame 5
	// frame 6
	// frame 7
}
