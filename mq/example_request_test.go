package mq_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/mem"
)

// A question and its answer, from process to process, or within one.
func ExampleRequest() {
	client := mq.Open(mem.New(nil), nil)
	defer client.Close()
	prices := mq.NewTopic[string]("prices")

	clerk := &mq.Consumer[string]{
		Topic: prices, Group: "clerks", Retry: mq.Retry{Attempts: 1},
		Handler: mq.Replies(mq.JSON[float64](), func(_ context.Context, m *mq.Message[string]) (float64, error) {
			if m.Value != "kettle" {
				return 0, fmt.Errorf("we do not sell %q", m.Value)
			}
			return 29.90, nil
		}),
	}
	ctx, stop := context.WithCancel(context.Background())
	var clerks runnel.WaitGroup
	clerks.Go(func() { clerk.Run(ctx, client) })

	fmt.Println(mq.Request(ctx, client, prices, mq.JSON[float64](), "kettle"))
	fmt.Println(mq.Request(ctx, client, prices, mq.JSON[float64](), "boat"))
	stop()
	clerks.Wait()
	// Output:
	// 29.9 <nil>
	// 0 mq: topic "prices": the reply is an error: we do not sell "boat"
}
