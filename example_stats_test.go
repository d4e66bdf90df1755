package runnel_test

import (
	"context"
	"fmt"
	"runtime"

	"github.com/runnel-go/runnel"
)

// The account of a channel balances at every moment.
func ExampleChan_Stats() {
	ctx := context.Background()
	jobs := runnel.New[string](runnel.Dropping(3), runnel.Name("jobs"))
	jobs.SendAll(ctx, []string{"scale", "crop", "sharpen", "rotate", "tint"})
	jobs.Recv(ctx)

	s := jobs.Stats()
	fmt.Println(s.Name, "sent", s.Sent, "received", s.Received, "held", s.Len, "dropped", s.Dropped.Total())
	fmt.Println("of these", runnel.DroppedNewest, s.Dropped[runnel.DroppedNewest])
	fmt.Println("most at once", s.HighWater, "of", s.Cap)
	// Output:
	// jobs sent 5 received 1 held 2 dropped 2
	// of these dropped newest 2
	// most at once 3 of 3
}

// Channels with a name can be listed, by a monitor that knows nothing else of them.
func ExampleChannels() {
	ctx := context.Background()
	inbox := runnel.New[string](runnel.Buffer(4), runnel.Name("example inbox"))
	outbox := runnel.New[int](runnel.Buffer(4), runnel.Name("example outbox"))
	inbox.SendAll(ctx, []string{"hello", "goodbye"})

	for _, s := range runnel.Channels() {
		if s.Name == "example inbox" || s.Name == "example outbox" {
			fmt.Printf("%s: %d of %d\n", s.Name, s.Len, s.Cap)
		}
	}
	runtime.KeepAlive(outbox) // being listed keeps no channel alive
	// Output:
	// example inbox: 2 of 4
	// example outbox: 0 of 4
}

// OnDrop gets every value that the channel gives up, and why.
func ExampleChan_OnDrop() {
	ctx := context.Background()
	frames := runnel.New[int](runnel.Sliding(2))
	frames.OnDrop(func(frame int, why runnel.Reason) { fmt.Println("frame", frame, why) })

	frames.SendAll(ctx, []int{1, 2, 3, 4})
	frames.Recv(ctx)
	frames.Cancel(nil)
	// Output:
	// frame 1 dropped oldest
	// frame 2 dropped oldest
	// frame 4 undelivered
}
