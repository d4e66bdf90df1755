package xf_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/runnel-go/runnel/xf"
)

// A composition is written once, and runs on a slice as on an iterator.
func Example() {
	words := xf.Compose3(
		xf.FlatMap(strings.Fields),
		xf.Map(strings.ToLower),
		xf.Distinct[string](),
	)
	lines := []string{"To be or", "not to be"}

	fmt.Println(xf.Slice(words, lines))
	for w := range xf.Seq(words, slices.Values(lines)) {
		fmt.Println(w)
		if w == "or" {
			break // the second line is never split
		}
	}
	// Output:
	// [to be or not]
	// to
	// be
	// or
}

// Compose takes steps that keep the type, here as many as the user has switched on.
func ExampleCompose() {
	steps := []xf.Step[string, string]{xf.Map(strings.TrimSpace)}
	for _, flag := range []string{"upper", "unique"} {
		switch flag {
		case "upper":
			steps = append(steps, xf.Map(strings.ToUpper))
		case "unique":
			steps = append(steps, xf.Distinct[string]())
		}
	}
	fmt.Println(xf.Slice(xf.Compose(steps...), []string{" a", "b", "A "}))
	// Output: [A B]
}
