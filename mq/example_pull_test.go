package mq_test

import (
	"context"
	"fmt"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/mem"
)

// The pull form: a loop instead of a handler.
func ExampleConsumer_Messages() {
	ctx := context.Background()
	client := mq.Open(mem.New(nil), nil)
	defer client.Close()
	jobs := mq.NewTopic[string]("jobs")
	jobs.Publish(ctx, client, "sweep")
	jobs.Publish(ctx, client, "dust")

	worker := &mq.Consumer[string]{Topic: jobs, Group: "cleaners"}
	for d, err := range worker.Messages(ctx, client) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(d.Value)
		d.Ack(ctx)
		if d.Value == "dust" {
			break
		}
	}
	// Output:
	// sweep
	// dust
}

// An Inbox stands in Select beside other channels.
func ExampleConsumer_Open() {
	ctx := context.Background()
	client := mq.Open(mem.New(nil), nil)
	defer client.Close()
	jobs := mq.NewTopic[string]("jobs")
	jobs.Publish(ctx, client, "sweep")

	inbox, err := (&mq.Consumer[string]{Topic: jobs, Group: "cleaners"}).Open(ctx, client)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer inbox.Close() // hands back what is not settled
	enough := runnel.New[struct{}]()
	job, home := runnel.RecvFrom(inbox), runnel.RecvFrom(enough)
	for {
		switch got, _ := runnel.Select(ctx, job, home); got {
		case job:
			d, err := job.Value()
			if err != nil {
				fmt.Println("the inbox has ended:", err)
				return
			}
			fmt.Println(d.Value)
			d.Ack(ctx)
			enough.Close()
		case home:
			fmt.Println("enough for today")
			return
		}
	}
	// Output:
	// sweep
	// enough for today
}
