package pipe_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// A reading carries the time at which it was taken.
type reading struct {
	at    time.Time
	value int
}

// readings makes a channel of them, with the seconds after noon at which they were taken.
func readings(ctx context.Context, seconds ...int) runnel.Receiver[reading] {
	noon := time.Date(2026, time.May, 1, 12, 0, 0, 0, time.UTC)
	all := make([]reading, len(seconds))
	for i, s := range seconds {
		all[i] = reading{noon.Add(time.Duration(s) * time.Second), i}
	}
	return runnel.FromSeq(ctx, slices.Values(all))
}

func show(panes runnel.Receiver[pipe.Pane[reading]]) {
	for p := range panes.All(context.Background()) {
		fmt.Print(p.Start.Format("15:04:05"), " to ", p.End.Format("15:04:05"), ":")
		for _, r := range p.Values {
			fmt.Print(" ", r.value)
		}
		fmt.Println()
	}
}

// Readings per minute, by the time at which they were taken. They may arrive up to ten seconds
// late; the last one is even later, and is counted.
func ExampleWindowBy() {
	ctx := context.Background()
	in := readings(ctx, 5, 58, 62, 55, 130, 20)

	taken := func(r reading) time.Time { return r.at }
	show(pipe.WindowBy(ctx, in, pipe.Tumbling(time.Minute), taken, 10*time.Second))
	fmt.Println("late:", in.Stats().Dropped[runnel.Late])
	// Output:
	// 12:00:00 to 12:01:00: 0 1 3
	// 12:01:00 to 12:02:00: 2
	// 12:02:00 to 12:03:00: 4
	// late: 1
}

// The last minute, every half a minute: each reading is in two panes.
func ExampleSliding() {
	ctx := context.Background()
	in := readings(ctx, 5, 40, 70)

	taken := func(r reading) time.Time { return r.at }
	show(pipe.WindowBy(ctx, in, pipe.Sliding(time.Minute, 30*time.Second), taken, 0))
	// Output:
	// 11:59:30 to 12:00:30: 0
	// 12:00:00 to 12:01:00: 0 1
	// 12:00:30 to 12:01:30: 1 2
	// 12:01:00 to 12:02:00: 2
}

// A session lasts as long as there are less than 30 seconds from one reading to the next. The
// third reading comes late, and makes one session of two.
func ExampleSession() {
	ctx := context.Background()
	in := readings(ctx, 5, 45, 25, 200)

	taken := func(r reading) time.Time { return r.at }
	show(pipe.WindowBy(ctx, in, pipe.Session(30*time.Second), taken, time.Minute))
	// Output:
	// 12:00:05 to 12:01:15: 0 1 2
	// 12:03:20 to 12:03:50: 3
}

// Windows by arrival need no time in the values.
func ExampleWindow() {
	ctx := context.Background()
	in := runnel.FromSeq(ctx, slices.Values([]string{"a", "b", "c"}))

	for p := range pipe.Window(ctx, in, pipe.Session(time.Minute)).All(ctx) {
		fmt.Println(p.Values)
	}
	// Output: [a b c]
}
