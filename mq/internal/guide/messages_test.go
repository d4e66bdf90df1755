package guide_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/mem"
)

// order is what the shop sells.
type order struct {
	Item  string
	Count int
}

// orders is declared once, for who publishes and who consumes.
var orders = mq.NewTopic[order]("orders", mq.Groups("packing"))

func Example_first() {
	client := mq.Open(mem.New(nil), nil)
	defer client.Close()
	ctx, stop := context.WithCancel(context.Background())

	err := orders.Publish(ctx, client, order{"kettle", 1})
	packing := &mq.Consumer[order]{
		Topic: orders, Group: "packing",
		Handler: func(ctx context.Context, m *mq.Message[order]) error {
			fmt.Println("packed", m.Value.Count, m.Value.Item)
			stop() // for this page: enough
			return nil
		},
	}
	fmt.Println(err, packing.Run(ctx, client))
	// Output:
	// packed 1 kettle
	// <nil> <nil>
}

var quietly = slog.New(slog.DiscardHandler)

// open opens a client that does not log.
func open() *mq.Client { return mq.Open(mem.New(nil), &mq.Options{Logger: quietly}) }

// work runs consumers until nothing waits in the topic, and prints the ledger of its groups.
func work(client *mq.Client, topic string, consumers ...mq.Runner) {
	ctx, stop := context.WithCancel(context.Background())
	var running runnel.WaitGroup
	running.Go(func() {
		if err := mq.Run(ctx, client, consumers...); err != nil {
			fmt.Println(err)
		}
	})
	var a mq.Account
	for {
		a, _ = client.Account(ctx, topic)
		if busy(a) == 0 {
			break
		}
		runnel.Sleep(ctx, time.Millisecond)
	}
	stop()
	running.Wait()
	for _, g := range a.Groups {
		fmt.Printf("%s: published %d = acked %d + dead %d + expired %d + dropped %d\n",
			g.Group, g.Published, g.Acked, g.Dead, g.Expired, g.Dropped.Total())
	}
}

// busy is how many messages wait or are being worked on.
func busy(a mq.Account) (n int64) {
	for _, g := range a.Groups {
		n += g.Waiting + g.InFlight
	}
	return n
}

// say makes a consumer that prints the orders of a group.
func say(topic mq.Topic[order], group string) *mq.Consumer[order] {
	return &mq.Consumer[order]{Topic: topic, Group: group,
		Handler: func(_ context.Context, m *mq.Message[order]) error {
			fmt.Println(group, m.Value.Item)
			return nil
		}}
}

func Example_groups() {
	client := open()
	defer client.Close()
	ctx := context.Background()
	topic := mq.NewTopic[order]("orders", mq.Groups("audit", "packing"))
	topic.Publish(ctx, client, order{"kettle", 1})
	topic.Publish(ctx, client, order{"lamp", 2})
	work(client, "orders", say(topic, "audit"), say(topic, "packing"))
	// Unordered output:
	// audit kettle
	// audit lamp
	// packing kettle
	// packing lamp
	// audit: published 2 = acked 2 + dead 0 + expired 0 + dropped 0
	// packing: published 2 = acked 2 + dead 0 + expired 0 + dropped 0
}

func Example_full() {
	client := open()
	defer client.Close()
	ctx := context.Background()
	latest := mq.NewTopic[order]("orders", mq.Groups("packing"), mq.MaxMessages(2), mq.Overflow(mq.DropOldest))
	for _, item := range []string{"kettle", "lamp", "chair", "table"} {
		latest.Publish(ctx, client, order{item, 1})
	}
	work(client, "orders", say(latest, "packing"))

	strict := mq.NewTopic[order]("returns", mq.MaxMessages(1), mq.Overflow(mq.Reject))
	strict.Publish(ctx, client, order{"kettle", 1})
	fmt.Println(strict.Publish(ctx, client, order{"lamp", 1}))
	// Output:
	// packing chair
	// packing table
	// packing: published 4 = acked 2 + dead 0 + expired 0 + dropped 2
	// mq: topic "returns": topic is full: it holds 1, MaxMessages is 1
}

func Example_keys() {
	client := open()
	defer client.Close()
	ctx := context.Background()
	moves := mq.NewTopic[string]("moves", mq.Keyed(), mq.Groups("robots"))
	for _, move := range []string{"stand", "walk", "run"} {
		moves.Publish(ctx, client, move, mq.Key("ann"))
	}
	moves.Publish(ctx, client, "sit", mq.Key("bob"))
	work(client, "moves", &mq.Consumer[string]{
		Topic: moves, Group: "robots", Order: mq.PerKey, Workers: 4,
		Retry: mq.Retry{Attempts: 3, First: 50 * time.Millisecond},
		Handler: func(_ context.Context, m *mq.Message[string]) error {
			if m.Value == "stand" && m.Attempt == 1 {
				return errors.New("lost its balance")
			}
			fmt.Println(m.Key, m.Value)
			return nil
		},
	})
	// Output:
	// bob sit
	// ann stand
	// ann walk
	// ann run
	// robots: published 4 = acked 4 + dead 0 + expired 0 + dropped 0
}

func Example_failures() {
	client := open()
	defer client.Close()
	ctx := context.Background()
	for _, item := range []string{"kettle", "dragon", "lamp"} {
		orders.Publish(ctx, client, order{item, 1})
	}
	work(client, "orders", &mq.Consumer[order]{
		Topic: orders, Group: "packing",
		Retry: mq.Retry{Attempts: 3, First: time.Millisecond},
		Handler: func(_ context.Context, m *mq.Message[order]) error {
			switch {
			case m.Value.Item == "dragon":
				return mq.Dead(errors.New("no box is large enough"))
			case m.Value.Item == "lamp" && m.Attempt < 3:
				return errors.New("the shelf is being filled")
			}
			fmt.Println("packed", m.Value.Item, "in attempt", m.Attempt)
			return nil
		},
	})
	for letter, err := range client.DeadLetters("orders", "packing").List(ctx, mq.Filter{}) {
		fmt.Printf("%s %s: %s %v\n", letter.Message.Payload, letter.Reason, letter.Error, err)
	}
	// Output:
	// packed kettle in attempt 1
	// packed lamp in attempt 3
	// packing: published 3 = acked 2 + dead 1 + expired 0 + dropped 0
	// {"Item":"dragon","Count":1} failed: no box is large enough <nil>
}

func Example_options() {
	client := open()
	defer client.Close()
	ctx := context.Background()
	orders.Publish(ctx, client, order{"kettle", 1}, mq.Delay(20*time.Millisecond))
	orders.Publish(ctx, client, order{"lamp", 1}, mq.DedupID("order 7"))
	orders.Publish(ctx, client, order{"lamp", 1}, mq.DedupID("order 7")) // sent again after a timeout, say
	orders.Publish(ctx, client, order{"news", 1}, mq.TTL(time.Nanosecond), mq.SetHeader("from", "press"))
	work(client, "orders", say(orders, "packing"))
	// Output:
	// packing lamp
	// packing kettle
	// packing: published 3 = acked 2 + dead 0 + expired 1 + dropped 0
}

func Example_batch() {
	client := open()
	defer client.Close()
	ctx := context.Background()
	all := []order{{"kettle", 1}, {"lamp", 2}, {"chair", 0}}
	orders.PublishAll(ctx, client, all, nil)
	work(client, "orders", &mq.Consumer[order]{
		Topic: orders, Group: "packing", BatchSize: 10, BatchWait: time.Second / 100,
		Batch: func(_ context.Context, ms []*mq.Message[order]) []error {
			errs := make([]error, len(ms))
			for i, m := range ms {
				if m.Value.Count == 0 {
					errs[i] = mq.Dead(errors.New("nothing was ordered"))
				}
			}
			fmt.Println(len(ms), "at once")
			return errs
		},
	})
	// Output:
	// 3 at once
	// packing: published 3 = acked 2 + dead 1 + expired 0 + dropped 0
}

func Example_pull() {
	client := open()
	defer client.Close()
	ctx := context.Background()
	orders.PublishAll(ctx, client, []order{{"kettle", 1}, {"lamp", 2}}, nil)
	packing := &mq.Consumer[order]{Topic: orders, Group: "packing"}
	for d, err := range packing.Messages(ctx, client) {
		if err != nil {
			fmt.Println(err)
			break
		}
		fmt.Println("packed", d.Value.Item)
		d.Ack(ctx)
		if d.Value.Item == "lamp" {
			break
		}
	}
	// Output:
	// packed kettle
	// packed lamp
}

func Example_ask() {
	client := open()
	defer client.Close()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	stock := mq.NewTopic[string]("stock")
	runnel.Go(func() {
		(&mq.Consumer[string]{
			Topic: stock, Group: "clerks",
			Handler: mq.Replies(mq.JSON[int](), func(_ context.Context, m *mq.Message[string]) (int, error) {
				return len(m.Value), nil // as many as its name has letters
			}),
		}).Run(ctx, client)
	})
	n, err := mq.Request(ctx, client, stock, mq.JSON[int](), "kettle")
	fmt.Println("kettles in stock:", n, err)
	// Output:
	// kettles in stock: 6 <nil>
}

func Example_mistakes() {
	client := open()
	ctx := context.Background()
	moves := mq.NewTopic[string]("moves", mq.Keyed())
	fmt.Println(moves.Publish(ctx, client, "walk"))
	fmt.Println(orders.Publish(ctx, client, order{}, mq.Key("ann")))
	fmt.Println((&mq.Consumer[order]{Topic: orders, Group: "packing", Workers: -1, Order: mq.PerKey}).Run(ctx, client))
	client.Close()
	fmt.Println(orders.Publish(ctx, client, order{}))
	// Output:
	// mq: topic "moves": no key on a keyed topic: publish with Key(...)
	// mq: topic "orders": a key on an unkeyed topic: Key("ann"); define the topic with Keyed()
	// mq: consumer "packing" of topic "orders": Handler and Batch are both nil; want one of them
	// Workers is -1; want 0 or more
	// Order is PerKey and the topic has no keys; want Unordered or Strict, or define the topic with Keyed()
	// mq: topic "orders": client: closed
}
