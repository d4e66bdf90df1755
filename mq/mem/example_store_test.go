package mem_test

import (
	"context"
	"fmt"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
)

// A store is to engines what a server is to processes: one dies with a message in its hands, and
// another one gets it when the lease has lapsed.
func ExampleStore() {
	ctx := context.Background()
	store := mem.NewStore(nil)
	topic := &driver.Topic{Name: "orders", Groups: []string{"billing"}}
	billing := driver.Subscription{Group: "billing", Lease: 20 * time.Millisecond}

	first := store.Open()
	first.Publish(ctx, topic, []driver.Record{{Payload: []byte("order 1")}})
	source, _ := first.Subscribe(ctx, topic, billing)
	got := make([]driver.Delivery, 10)
	n, _ := source.Fetch(ctx, got)
	fmt.Printf("the first process has %s\n", got[:n][0].Payload)
	first.Crash() // says nothing to anybody

	second := store.Open()
	defer second.Close()
	source, _ = second.Subscribe(ctx, topic, billing)
	n, _ = source.Fetch(ctx, got) // waits for the lease
	fmt.Printf("the second process has %s, lapses %d\n", got[:n][0].Payload, got[0].Lapses)
	source.Settle(ctx, []driver.Settlement{{Seq: got[0].Seq, Token: got[0].Token, Verb: driver.Ack}})

	account, _ := second.Account(ctx, "orders")
	fmt.Println("stored", account.Stored, "acked", account.Groups[0].Acked)
	// Output:
	// the first process has order 1
	// the second process has order 1, lapses 1
	// stored 0 acked 1
}

// Closing hands back at once what crashing leaves to the lease.
func ExampleStore_Open() {
	ctx := context.Background()
	store := mem.NewStore(nil)
	topic := &driver.Topic{Name: "orders", Groups: []string{"billing"}}
	billing := driver.Subscription{Group: "billing", Lease: time.Hour}
	got := make([]driver.Delivery, 1)

	first, second := store.Open(), store.Open()
	first.Publish(ctx, topic, []driver.Record{{Payload: []byte("order 1")}})
	source, _ := first.Subscribe(ctx, topic, billing)
	source.Fetch(ctx, got)
	first.Close()

	source, _ = second.Subscribe(ctx, topic, billing)
	source.Fetch(ctx, got)
	fmt.Printf("%s, lapses %d\n", got[0].Payload, got[0].Lapses)
	second.Close()

	_, err := source.Fetch(ctx, got)
	fmt.Println(err)
	// Output:
	// order 1, lapses 0
	// group "billing": source: closed
}
