package runnel_test

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/runnel-go/runnel"
)

// A native channel of some other package becomes a channel with a buffer and an account.
func ExampleFrom() {
	ctx := context.Background()
	signals := make(chan string)
	go func() {
		defer close(signals)
		signals <- "reload"
		signals <- "quit"
	}()

	for s := range runnel.From(ctx, signals, runnel.Buffer(4)).All(ctx) {
		fmt.Println(s)
	}
	// Output:
	// reload
	// quit
}

// Native serves code that ranges over native channels. Whoever stops early ends the context,
// and the senders are told.
func ExampleNative() {
	ctx, cancel := context.WithCancel(context.Background())
	squares := runnel.New[int]()
	stopped := make(chan error)
	go func() {
		for i := 1; ; i++ {
			if err := squares.Send(ctx, i*i); err != nil {
				stopped <- err
				return
			}
		}
	}()

	for v := range runnel.Native(ctx, squares) {
		fmt.Println(v)
		if v == 9 {
			break
		}
	}
	cancel()
	<-stopped
	// Output:
	// 1
	// 4
	// 9
}

// FromSeq makes a channel of anything that can be ranged over.
func ExampleFromSeq() {
	ctx := context.Background()
	stock := map[string]int{"apples": 3, "pears": 5}

	kinds := runnel.FromSeq(ctx, slices.Values(slices.Sorted(maps.Keys(stock))))
	for kind := range kinds.All(ctx) {
		fmt.Println(kind, stock[kind])
	}
	// Output:
	// apples 3
	// pears 5
}
