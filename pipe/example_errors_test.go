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
	dropped := runnel.New[string](runnel.Buffer(5))
	texts := runnel.New[string](runnel.Buffer(5), runnel.OnDrop(func(text string, why runnel.Reason) {
		dropped.TrySend(fmt.Sprintf("%q: %v", text, why))
	}))
	texts.SendAll(ctx, []string{"4", "8", "fifteen", "16", "23"})

	g, ctx := pipe.NewGroup(ctx)

	parse := func(_ context.Context, text string) (int, error) { return strconv.Atoi(text) }
	double := func(_ context.Context, n int) (int, error) { return 2 * n, nil }
	doubled := pipe.Map(ctx, pipe.Map(ctx, texts, 1, parse), 2, double, runnel.Buffer(4))

	for n := range doubled.All(ctx) {
		fmt.Println(n)
	}
	fmt.Println(doubled.Err())
	fmt.Println("no number:", errors.Is(doubled.Err(), strconv.ErrSyntax))

	g.Wait() // every stage has ended: the account is final
	dropped.Close()
	for text := range dropped.All(context.Background()) {
		fmt.Println(text)
	}
	fmt.Println(texts.Stats())
	// Output:
	// 8
	// 16
	// strconv.Atoi: parsing "fifteen": invalid syntax
	// no number: true
	// "fifteen": failed
	// "16": undelivered
	// "23": undelivered
	// sent 5 = received 2 + buffered 0 + dropped 3 (2 undelivered, 1 failed)
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
