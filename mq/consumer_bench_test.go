package mq_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/mem"
)

// The path from Fetch over an empty handler to the ack, of messages that are stored already, and the
// whole with Publish.
func BenchmarkConsume(b *testing.B) {
	for _, workers := range []int{1, 4, 64} {
		b.Run(fmt.Sprintf("stored/workers=%d", workers), func(b *testing.B) { benchmarkConsume(b, workers, false) })
		b.Run(fmt.Sprintf("whole/workers=%d", workers), func(b *testing.B) { benchmarkConsume(b, workers, true) })
	}
}

func benchmarkConsume(b *testing.B, workers int, whole bool) {
	client := mq.Open(mem.New(nil), &mq.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	defer client.Close()
	topic := mq.NewTopic[[]byte]("bench", mq.Groups("g"))
	payload := make([]byte, 64)
	publish := func() {
		for range b.N {
			if err := topic.Publish(b.Context(), client, payload); err != nil {
				b.Fatal(err)
			}
		}
	}
	ctx, cancel := context.WithCancel(b.Context())
	var n atomic.Int64
	total := int64(b.N)
	c := mq.Consumer[[]byte]{Topic: topic, Group: "g", Workers: workers,
		Handler: func(context.Context, *mq.Message[[]byte]) error {
			if n.Add(1) == total {
				cancel()
			}
			return nil
		}}
	b.ReportAllocs()
	if whole {
		done := make(chan error)
		go func() { done <- c.Run(ctx, client) }()
		b.ResetTimer()
		publish()
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		return
	}
	publish()
	b.ResetTimer()
	if err := c.Run(ctx, client); err != nil {
		b.Fatal(err)
	}
}
