package runnel_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
)

// A loop that tries again by hand. Retry of package pipe makes such a function of another one.
func ExampleBackoff() {
	ctx := context.Background()
	calls := 0
	fetch := func(page string) error {
		switch calls++; {
		case page == "":
			return runnel.Permanent(errors.New("no page"))
		case calls < 3:
			return runnel.RetryAfter(2*time.Millisecond, errors.New("busy"))
		}
		return nil
	}

	b := runnel.Backoff{Attempts: 5, First: time.Millisecond, Max: time.Second}
	for _, page := range []string{"home", ""} {
		for n := 1; ; n++ {
			err := fetch(page)
			if err == nil || !b.Again(n, err) {
				fmt.Printf("%q in attempt %d: %v\n", page, n, err)
				break
			}
			if err := runnel.Sleep(ctx, b.Delay(n, err)); err != nil {
				fmt.Println(err)
				return
			}
		}
	}
	// Output:
	// "home" in attempt 3: <nil>
	// "" in attempt 1: no page
}
