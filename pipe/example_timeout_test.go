package pipe_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// A source that falls silent is given up.
func ExampleTimeout() {
	ctx := context.Background()
	beats := runnel.New[string](runnel.Buffer(1))
	beats.Send(ctx, "beat") // and then no more

	watched := pipe.Timeout(ctx, beats, 10*time.Millisecond)
	for b := range watched.All(ctx) {
		fmt.Println(b)
	}
	fmt.Println(watched.Err(), errors.Is(watched.Err(), pipe.ErrTimeout))
	<-beats.Done() // closed right after the output
	fmt.Println(beats.Send(ctx, "beat"))
	// Output:
	// beat
	// pipe: no value within 10ms true
	// runnel: channel closed: pipe: no value within 10ms
}
