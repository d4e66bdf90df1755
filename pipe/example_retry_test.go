package pipe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// A fetch that fails now and then is repeated; one that makes no sense is not.
func ExampleRetry() {
	ctx := context.Background()
	errBusy, errUnknown := errors.New("busy"), errors.New("unknown")
	calls := 0
	fetch := func(_ context.Context, name string) (string, error) {
		calls++
		switch {
		case name == "nobody":
			return "", errUnknown
		case calls < 3:
			return "", errBusy
		}
		return "page of " + name, nil
	}

	backoff := runnel.Backoff{
		Attempts: 5,
		First:    time.Millisecond,
		Max:      time.Second,
		If:       func(err error) bool { return errors.Is(err, errBusy) },
	}
	names := runnel.FromSeq(ctx, slices.Values([]string{"ann", "nobody"}))
	pages := pipe.Map(ctx, names, 1, pipe.Retry(backoff, fetch))
	for p := range pages.All(ctx) {
		fmt.Println(p)
	}
	fmt.Println(pages.Err())
	// Output:
	// page of ann
	// pipe: attempt 1 of 5: unknown
}
