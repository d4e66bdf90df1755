package pipe_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// The third text is no number. The end of the chain gets the results before it, then the error;
// the source hears of it, and the accounts tell what became of every text.
func Example_errors() {
	ctx := context.Background()
	texts := runnel.New[string](runnel.Buffer(5))
	texts.SendAll(ctx, []string{"4", "8", "fifteen", "16", "23"})
	texts.OnDrop(func(text string, why runnel.Reason) {
		if why == runnel.Failed {
			fmt.Printf("%q: %v\n", text, why)
		}
	})

	parse := func(_ context.Context, text string) (int, error) { return strconv.Atoi(text) }
	double := func(_ context.Context, n int) (int, error) { return 2 * n, nil }
	doubled := pipe.Map(ctx, pipe.Map(ctx, texts, 1, parse), 2, double, runnel.Buffer(4))

	for n := range doubled.All(ctx) {
		fmt.Println(n)
	}
	fmt.Println(doubled.Err())
	fmt.Println("no number:", errors.Is(doubled.Err(), strconv.ErrSyntax))

	s := texts.Stats()
	fmt.Println("failed:", s.Dropped[runnel.Failed], "not begun with:", s.Dropped[runnel.Undelivered])
	// Output:
	// "fifteen": failed
	// 8
	// 16
	// strconv.Atoi: parsing "fifteen": invalid syntax
	// no number: true
	// failed: 1 not begun with: 2
}

// A panic stops the stage, not the program. It comes as an error that has the stack.
func Example_panic() {
	ctx := context.Background()
	words := runnel.New[string](runnel.Buffer(2))
	words.SendAll(ctx, []string{"brook", ""})
	words.Close()

	first := pipe.Map(ctx, words, 1, func(_ context.Context, word string) (string, error) { return word[:1], nil })
	for letter := range first.All(ctx) {
		fmt.Println(letter)
	}
	var p *runnel.PanicError
	fmt.Println(errors.As(first.Err(), &p), p.Value)
	// Output:
	// b
	// true runtime error: slice bounds out of range [:1] with length 0
}
