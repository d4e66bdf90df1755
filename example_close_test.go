package runnel_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/runnel-go/runnel"
)

// After Close the receiver gets what is there, then the end.
func ExampleChan_Close() {
	ctx := context.Background()
	pages := runnel.New[string](runnel.Buffer(4))
	pages.SendAll(ctx, []string{"title", "contents"})
	pages.Close()

	for range 3 {
		page, err := pages.Recv(ctx)
		fmt.Printf("%q %v\n", page, err)
	}
	fmt.Println(pages.Send(ctx, "index"))
	// Output:
	// "title" <nil>
	// "contents" <nil>
	// "" runnel: channel closed
	// runnel: channel closed
}

// The reader of a file passes on why it stopped. The receiver learns it at the end of the
// stream, a sender together with ErrClosed.
func ExampleChan_CloseWith() {
	ctx := context.Background()
	lines := runnel.New[string](runnel.Buffer(4))
	lines.Send(ctx, "first line")
	lines.CloseWith(&fs.PathError{Op: "read", Path: "access.log", Err: fs.ErrPermission})

	for line := range lines.All(ctx) {
		fmt.Println(line)
	}
	fmt.Println(lines.Err())

	err := lines.Send(ctx, "second line")
	var path *fs.PathError
	fmt.Println(errors.Is(err, runnel.ErrClosed), errors.As(err, &path), path.Path)
	// Output:
	// first line
	// read access.log: permission denied
	// true true access.log
}

// The consumer has seen enough. Cancel tells the producer, which is waiting to send the next
// number, and counts what was buffered.
func ExampleChan_Cancel() {
	ctx := context.Background()
	numbers := runnel.New[int](runnel.Buffer(2))
	stopped := make(chan error)
	go func() {
		for n := 1; ; n++ {
			if err := numbers.Send(ctx, n); err != nil {
				stopped <- err
				return
			}
		}
	}()

	for n := range numbers.All(ctx) {
		if n == 10 {
			break
		}
	}
	numbers.Cancel(errors.New("ten are enough"))

	fmt.Println("producer:", <-stopped)
	s := numbers.Stats()
	fmt.Println("received:", s.Received, "balanced:", s.Sent == s.Received+s.Dropped[runnel.Undelivered])
	// Output:
	// producer: runnel: channel closed: ten are enough
	// received: 10 balanced: true
}
