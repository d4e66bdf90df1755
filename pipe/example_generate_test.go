package pipe_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/runnel-go/runnel/pipe"
)

// A source that reads page after page, no faster than the pages are used, and that may fail.
func ExampleGenerate() {
	ctx := context.Background()
	fetch := func(page int) ([]string, error) {
		if page == 2 {
			return nil, errors.New("page 2 is missing")
		}
		return []string{fmt.Sprint("first of ", page), fmt.Sprint("last of ", page)}, nil
	}

	items := pipe.Generate(ctx, func(_ context.Context, emit func(string) error) error {
		for page := 0; ; page++ {
			items, err := fetch(page)
			if err != nil {
				return err
			}
			for _, item := range items {
				if err := emit(item); err != nil {
					return err
				}
			}
		}
	})

	for item, err := range pipe.Seq2(ctx, items) {
		fmt.Println(item, err)
	}
	// Output:
	// first of 0 <nil>
	// last of 0 <nil>
	// first of 1 <nil>
	// last of 1 <nil>
	//  page 2 is missing
}
