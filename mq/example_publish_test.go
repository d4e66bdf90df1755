package mq_test

import (
	"context"
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/mem"
)

// handle runs consumers until nothing waits in the topic, and prints the ledger.
func handle(client *mq.Client, topic string, consumers ...mq.Runner) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- mq.Run(ctx, client, consumers...) }()
	for {
		a, err := client.Account(ctx, topic)
		if err == nil && a.Groups[0].Waiting+a.Groups[0].InFlight == 0 {
			stop()
			<-ended
			g := a.Groups[0]
			fmt.Printf("published %d: acked %d, expired %d, dropped %d\n", g.Published, g.Acked, g.Expired, g.Dropped.Total())
			return
		}
		runnel.Sleep(ctx, time.Millisecond)
	}
}

// printed is a consumer that prints what it gets.
func printed(topic mq.Topic[string]) *mq.Consumer[string] {
	return &mq.Consumer[string]{Topic: topic, Group: "g", Handler: func(_ context.Context, m *mq.Message[string]) error {
		fmt.Println(m.Value)
		return nil
	}}
}

func ExampleDelay() {
	client := mq.Open(mem.New(nil), quiet)
	defer client.Close()
	topic := mq.NewTopic[string]("reminders", mq.Groups("g"))
	topic.Publish(context.Background(), client, "tea is ready", mq.Delay(30*time.Millisecond))
	topic.Publish(context.Background(), client, "put the kettle on")
	handle(client, "reminders", printed(topic))
	// Output:
	// put the kettle on
	// tea is ready
	// published 2: acked 2, expired 0, dropped 0
}

// Who does not know whether a message arrived can send it again.
func ExampleDedupID() {
	client := mq.Open(mem.New(nil), quiet)
	defer client.Close()
	topic := mq.NewTopic[string]("payments", mq.Groups("g"))
	for range 3 {
		topic.Publish(context.Background(), client, "12.50 for tea", mq.DedupID("payment 7"))
	}
	handle(client, "payments", printed(topic))
	// Output:
	// 12.50 for tea
	// published 1: acked 1, expired 0, dropped 0
}

func ExampleTTL() {
	client := mq.Open(mem.New(nil), quiet)
	defer client.Close()
	topic := mq.NewTopic[string]("prices", mq.Groups("g"))
	topic.Publish(context.Background(), client, "tea at 2", mq.TTL(time.Nanosecond))
	topic.Publish(context.Background(), client, "tea at 3", mq.TTL(time.Hour))
	handle(client, "prices", printed(topic))
	// Output:
	// tea at 3
	// published 2: acked 1, expired 1, dropped 0
}

// A topic keeps the newest two, and counts what it drops.
func ExampleOverflow() {
	client := mq.Open(mem.New(nil), quiet)
	defer client.Close()
	topic := mq.NewTopic[string]("weather", mq.Groups("g"), mq.MaxMessages(2), mq.Overflow(mq.DropOldest))
	for _, w := range []string{"fog", "rain", "sun", "snow"} {
		topic.Publish(context.Background(), client, w)
	}
	handle(client, "weather", printed(topic))
	// Output:
	// sun
	// snow
	// published 4: acked 2, expired 0, dropped 2
}

// Middleware wraps each call of a handler.
func ExampleMiddleware() {
	client := mq.Open(mem.New(nil), quiet)
	defer client.Close()
	topic := mq.NewTopic[string]("jobs", mq.Groups("g"))
	topic.Publish(context.Background(), client, "sweep")
	c := printed(topic)
	c.Middleware = []mq.Middleware{func(next mq.Handle) mq.Handle {
		return func(ctx context.Context, m *mq.Meta) error {
			fmt.Println("attempt", m.Attempt, "at message", m.Seq)
			err := next(ctx, m)
			fmt.Println("ended with", err)
			return err
		}
	}}
	handle(client, "jobs", c)
	// Output:
	// attempt 1 at message 1
	// sweep
	// ended with <nil>
	// published 1: acked 1, expired 0, dropped 0
}
