package mq_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
)

// A failed attempt is repeated as Retry says. The last one makes a dead letter.
func ExampleConsumer_Run() {
	ctx, stop := context.WithCancel(context.Background())
	client := mq.Open(mem.New(nil), quiet)
	defer client.Close()
	mails := mq.NewTopic[string]("mails")
	mails.Publish(ctx, client, "to nobody")

	sender := &mq.Consumer[string]{
		Topic: mails, Group: "sender", Retry: mq.Retry{Attempts: 2, First: time.Millisecond},
		Handler: func(_ context.Context, m *mq.Message[string]) error {
			fmt.Println("attempt", m.Attempt)
			return errors.New("no such address")
		},
		OnDead: func(_ context.Context, d mq.DeadLetter) {
			fmt.Println("dead:", d.Reason, d.Error)
			stop()
		},
	}
	fmt.Println(sender.Run(ctx, client))
	// Output:
	// attempt 1
	// attempt 2
	// dead: failed no such address
	// <nil>
}

// Messages of a key are handled one after the other, whatever the number of workers.
func ExampleKey() {
	ctx, stop := context.WithCancel(context.Background())
	client := mq.Open(mem.New(nil), quiet)
	defer client.Close()
	steps := mq.NewTopic[string]("steps", mq.Keyed())
	for _, step := range []string{"ordered", "paid", "sent"} {
		steps.Publish(ctx, client, step, mq.Key("order 7"))
	}
	log := &mq.Consumer[string]{
		Topic: steps, Group: "log", Order: mq.PerKey, Workers: 8,
		Handler: func(_ context.Context, m *mq.Message[string]) error {
			fmt.Println(m.Key, m.Value)
			if m.Value == "sent" {
				stop()
			}
			return nil
		},
	}
	fmt.Println(log.Run(ctx, client))
	// Output:
	// order 7 ordered
	// order 7 paid
	// order 7 sent
	// <nil>
}

// A BatchHandler gets several messages at once, and says for each how it ended.
func ExampleBatchHandler() {
	ctx, stop := context.WithCancel(context.Background())
	client := mq.Open(mem.New(nil), quiet)
	defer client.Close()
	rows := mq.NewTopic[int]("rows")
	fmt.Println(rows.PublishAll(ctx, client, []int{1, 2, 3}, nil))
	store := &mq.Consumer[int]{
		Topic: rows, Group: "store", BatchSize: 3, BatchWait: time.Second,
		Batch: func(_ context.Context, ms []*mq.Message[int]) []error {
			defer stop()
			fmt.Println("stores", len(ms))
			return nil // all
		},
	}
	fmt.Println(store.Run(ctx, client))
	// Output:
	// 3 <nil>
	// stores 3
	// <nil>
}

// Between Pause and Resume no handler begins. Run runs several consumers, here one.
func ExampleConsumer_Pause() {
	ctx, stop := context.WithCancel(context.Background())
	client := mq.Open(mem.New(nil), quiet)
	defer client.Close()
	jobs := mq.NewTopic[string]("jobs")
	jobs.Publish(ctx, client, "sweep")
	worker := &mq.Consumer[string]{
		Topic: jobs, Group: "cleaners",
		Handler: func(_ context.Context, m *mq.Message[string]) error {
			fmt.Println(m.Value)
			stop()
			return nil
		},
	}
	worker.Pause()
	runnel.Go(func() {
		runnel.Sleep(ctx, time.Millisecond)
		fmt.Println("resumes")
		worker.Resume()
	})
	fmt.Println(mq.Run(ctx, client, worker))
	// Output:
	// resumes
	// sweep
	// <nil>
}

// Middleware sees each message that is sent, and may add to it. With Declared, names are checked.
func ExampleClient_Declare() {
	ctx := context.Background()
	client := mq.Open(mem.New(nil), &mq.Options{
		Declared: true, Logger: quiet.Logger,
		Publish: []mq.PublishMiddleware{func(next mq.Send) mq.Send {
			return func(ctx context.Context, topic string, r *driver.Record) error {
				fmt.Println("sends", topic, string(r.Payload))
				return next(ctx, topic, r)
			}
		}},
	})
	defer client.Close()
	jobs := mq.NewTopic[string]("jobs")
	fmt.Println(client.Declare(ctx, jobs))
	fmt.Println(jobs.Publish(ctx, client, "sweep"))
	fmt.Println(mq.NewTopic[string]("job").Publish(ctx, client, "dust"))
	// Output:
	// <nil>
	// sends jobs "sweep"
	// <nil>
	// mq: topic "job": unknown topic: it was not declared; call Client.Declare first; did you mean "jobs"?
}
