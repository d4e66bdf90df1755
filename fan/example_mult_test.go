package fan_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
)

// Every value goes to every tap. Each of them says what happens while it is slow: the log has
// room for everything, the display shows the newest values only.
func ExampleMult() {
	ctx := context.Background()
	prices := runnel.New[int](runnel.Buffer(8))
	m := fan.NewMult(prices)
	log := m.Tap(runnel.Unbounded())
	display := m.Tap(runnel.Sliding(2))

	prices.SendAll(ctx, []int{101, 103, 99, 98, 102})
	prices.Close()
	if err := m.Run(ctx); err != nil {
		fmt.Println(err)
	}

	for p := range log.All(ctx) {
		fmt.Println("log", p)
	}
	for p := range display.All(ctx) {
		fmt.Println("display", p)
	}
	fmt.Println("the display has missed", display.Lag())
	// Output:
	// log 101
	// log 103
	// log 99
	// log 98
	// log 102
	// display 98
	// display 102
	// the display has missed 3
}

// A listener comes, and goes, while values flow. What nobody hears is counted.
func ExampleTap_Leave() {
	ctx := context.Background()
	news := runnel.New[string]()
	m := fan.NewMult(news)
	done := runnel.New[error](runnel.Buffer(1))
	runnel.Go(func() { done.Send(ctx, m.Run(ctx)) })

	radio := m.Tap() // without a buffer: the sender waits until it is heard
	news.Send(ctx, "rain")
	item, err := radio.Recv(ctx)
	fmt.Println(item, err)

	radio.Leave()
	news.Send(ctx, "sunshine")
	news.Close()
	_, err = radio.Recv(ctx)
	fmt.Println(err)

	err, _ = done.Recv(ctx)
	fmt.Println("ended:", err)
	fmt.Println("unheard:", news.Stats().Dropped[runnel.Unheard])
	// Output:
	// rain <nil>
	// runnel: channel closed
	// ended: <nil>
	// unheard: 1
}
