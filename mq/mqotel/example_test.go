package mqotel_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/mem"
	"github.com/runnel-go/runnel/mq/mqotel"
)

// One order is handled at its second attempt. Its three spans are one trace; the reader collects what
// the client has counted, and what the engine's ledger says.
func Example() {
	spans := tracetest.NewSpanRecorder()
	traces := &mqotel.Options{TracerProvider: trace.NewTracerProvider(trace.WithSpanProcessor(spans))}
	client := mq.Open(mem.New(nil), mqotel.Traced(&mq.Options{Logger: quiet}, traces))
	reader := metric.NewManualReader(metric.WithProducer(mqotel.NewProducer(client)))
	metric.NewMeterProvider(metric.WithReader(reader))

	orders := mq.NewTopic[string]("orders", mq.Groups("billing"))
	ctx, cancel := context.WithCancel(context.Background())
	billing := &mq.Consumer[string]{
		Topic: orders, Group: "billing",
		Retry: mq.Retry{Attempts: 3, First: time.Millisecond},
		Handler: func(ctx context.Context, m *mq.Message[string]) error {
			if m.Attempt == 1 {
				return errors.New("the bank is closed")
			}
			cancel() // the last thing there is to do
			return nil
		},
	}
	var run runnel.WaitGroup
	run.Go(func() {
		if err := mq.Run(ctx, client, billing); err != nil {
			fmt.Println(err)
		}
	})
	if err := orders.Publish(ctx, client, "a kettle"); err != nil {
		fmt.Println(err)
	}
	run.Wait()

	for _, s := range spans.Ended() {
		fmt.Println(s.Name(), s.Status().Description, s.SpanContext().TraceID() == spans.Ended()[0].SpanContext().TraceID())
	}
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		fmt.Println(err)
	}
	for _, m := range all.ScopeMetrics[0].Metrics {
		if gauge, ok := m.Data.(metricdata.Gauge[int64]); ok && m.Name == "runnel.group.waiting" {
			fmt.Println(m.Name, gauge.DataPoints[0].Value)
		}
	}
	// Output:
	// send orders  true
	// process orders the bank is closed true
	// process orders  true
	// runnel.group.waiting 0
}
