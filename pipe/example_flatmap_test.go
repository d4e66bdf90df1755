package pipe_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// Each directory is listed page by page, two directories at a time. No page is fetched before
// there is room for what the last one held, and all entries come in order.
func ExampleFlatMap() {
	ctx := context.Background()
	pages := map[string][][]string{
		"bin": {{"cat", "cp"}, {"ls"}},
		"etc": {},
		"lib": {{"libc"}},
	}
	dirs := runnel.New[string](runnel.Buffer(3))
	dirs.SendAll(ctx, []string{"bin", "etc", "lib"})
	dirs.Close()

	list := func(_ context.Context, dir string, emit func(string) error) error {
		for _, page := range pages[dir] {
			for _, name := range page {
				if err := emit(dir + "/" + name); err != nil {
					return err // nobody wants the rest
				}
			}
		}
		return nil
	}
	for path := range pipe.FlatMap(ctx, dirs, 2, list).All(ctx) {
		fmt.Println(path)
	}
	// Output:
	// bin/cat
	// bin/cp
	// bin/ls
	// lib/libc
}
