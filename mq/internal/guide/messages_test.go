package guide_test

import (
	"context"
	"fmt"

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

	orders.Publish(ctx, client, order{"kettle", 1})
	packing := &mq.Consumer[order]{
		Topic: orders, Group: "packing",
		Handler: func(ctx context.Context, m *mq.Message[order]) error {
			fmt.Println("packed", m.Value.Count, m.Value.Item)
			stop() // for this page: enough
			return nil
		},
	}
	fmt.Println(packing.Run(ctx, client))
	// Output:
	// packed 1 kettle
	// <nil>
}
