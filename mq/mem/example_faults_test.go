package mem_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
)

// Faults make the engine fail as one behind a network does. Here acks get through, and their answer is
// lost: who repeats one is told that the lease is over, and knows that it has been done.
func ExampleFaults() {
	ctx := context.Background()
	engine := mem.New(&mem.Options{Faults: &mem.Faults{
		Choose:  func(n int) int { return n - 1 }, // a fault wherever one may be; sim.T.Choose draws them
		Most:    1,
		LateAck: true,
	}})
	defer engine.Close()
	topic := &driver.Topic{Name: "orders", Groups: []string{"billing"}}
	engine.Publish(ctx, topic, []driver.Record{{Payload: []byte("order 1")}})
	source, _ := engine.Subscribe(ctx, topic, driver.Subscription{Group: "billing", Lease: time.Minute})
	got := make([]driver.Delivery, 1)
	source.Fetch(ctx, got)

	ack := []driver.Settlement{{Seq: got[0].Seq, Token: got[0].Token, Verb: driver.Ack}}
	err := source.Settle(ctx, ack)
	fmt.Println(errors.Is(err, mem.ErrFault), err)

	fmt.Println(source.Settle(ctx, ack), errors.Is(ack[0].Err, driver.ErrLeaseLost))
	account, _ := engine.Account(ctx, "orders")
	fmt.Println("acked", account.Groups[0].Acked)
	// Output:
	// true mem: injected fault: it has been done
	// <nil> true
	// acked 1
}
