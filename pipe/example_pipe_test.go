package pipe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// Two streams feed a channel that a consumer has made; it closes with the last of them.
func ExamplePipe() {
	ctx := context.Background()
	inbox := runnel.New[string](runnel.Buffer(8))
	for i, producer := range inbox.Producers(2) {
		letters := runnel.FromSeq(ctx, slices.Values([]string{"letter", "card"}[i:i+1]))
		go pipe.Pipe(ctx, letters, producer)
	}

	all, err := pipe.Collect(ctx, inbox)
	slices.Sort(all)
	fmt.Println(all, err)
	// Output: [card letter] <nil>
}

// When the consumer stops, so does the pipe, and the source behind it.
func ExamplePipe_stop() {
	ctx := context.Background()
	source, sink := runnel.New[int](), runnel.New[int]()
	go sink.Cancel(errors.New("seen enough"))

	err := pipe.Pipe(ctx, source, sink)
	fmt.Println(err)
	fmt.Println(source.Send(ctx, 1))
	// Output:
	// seen enough
	// runnel: channel closed: seen enough
}
