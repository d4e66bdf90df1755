package mq_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/mem"
)

// The way of a message from Publish over a handler that does nothing to its ack. bench/ compares it
// with others; this is for profiles. The topic is bounded: a backlog that grows as long as the
// benchmark runs shows what memory costs, and little else.
func BenchmarkPath(b *testing.B) {
	for _, workers := range []int{1, 4, 64} {
		b.Run(fmt.Sprint("workers=", workers), func(b *testing.B) { path(b, workers) })
	}
}

func path(b *testing.B, workers int) {
	client, topic := mq.Open(mem.New(nil), &mq.Options{Logger: slog.New(slog.DiscardHandler)}), mq.NewTopic[[]byte]("messages", mq.MaxMessages(1024))
	ctx, cancel := context.WithCancel(b.Context())
	var handled atomic.Int64
	done, ended := make(chan struct{}), make(chan error, 1)
	c := mq.Consumer[[]byte]{Topic: topic, Group: "handlers", Workers: workers,
		Handler: func(context.Context, *mq.Message[[]byte]) error {
			if handled.Add(1) == int64(b.N) {
				close(done)
			}
			return nil
		}}
	go func() { ended <- c.Run(ctx, client) }()
	payload := make([]byte, 100)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if err := topic.Publish(ctx, client, payload); err != nil {
			b.Fatal(err)
		}
	}
	<-done
	b.StopTimer()
	cancel()
	if err := <-ended; err != nil {
		b.Error(err)
	}
	if err := client.Close(); err != nil {
		b.Error(err)
	}
}

// Publish alone: nobody consumes.
func BenchmarkPublish(b *testing.B) {
	client, topic := mq.Open(mem.New(nil), nil), mq.NewTopic[[]byte]("messages", mq.Groups("handlers"))
	payload := make([]byte, 100)
	b.ReportAllocs()
	for b.Loop() {
		if err := topic.Publish(b.Context(), client, payload); err != nil {
			b.Fatal(err)
		}
	}
}
