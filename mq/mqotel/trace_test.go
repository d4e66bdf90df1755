package mqotel_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
	"github.com/runnel-go/runnel/mq/mqotel"
)

func recorded() (*mqotel.Options, *tracetest.SpanRecorder) {
	spans := tracetest.NewSpanRecorder()
	return &mqotel.Options{TracerProvider: sdk.NewTracerProvider(sdk.WithSpanProcessor(spans))}, spans
}

// attributes of a span, as they would be printed.
func attributes(s sdk.ReadOnlySpan) map[string]string {
	all := map[string]string{}
	for _, kv := range s.Attributes() {
		all[string(kv.Key)] = kv.Value.String()
	}
	return all
}

// through publishes values and handles each until it is settled, with what o traces.
func through(t *testing.T, o *mqotel.Options, consumer *mq.Consumer[string], values ...string) {
	t.Helper()
	client := mq.Open(mem.New(nil), &mq.Options{
		Logger: quiet, Publish: []mq.PublishMiddleware{mqotel.Publish(o)}, Middleware: []mq.Middleware{mqotel.Handle(o)},
	})
	for i, v := range values {
		if err := keyed.Publish(t.Context(), client, v, mq.Key("ann"), mq.ID(fmt.Sprintf("o-%d", i+1))); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var run runnel.WaitGroup
	run.Go(func() {
		if err := consumer.Run(ctx, client); err != nil {
			t.Error(err)
		}
	})
	time.Sleep(time.Hour)
	cancel()
	run.Wait()
}

var keyed = mq.NewTopic[string]("orders", mq.Keyed(), mq.Groups("billing"))

// Three attempts of one message: four spans of one trace, the first sends, the others are its children.
func TestTraceOfRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, spans := recorded()
		through(t, o, &mq.Consumer[string]{
			Topic: keyed, Group: "billing", Retry: mq.Retry{Attempts: 3, First: time.Minute},
			Handler: func(ctx context.Context, m *mq.Message[string]) error {
				if !trace.SpanContextFromContext(ctx).IsValid() {
					t.Error("the handler has no span")
				}
				if m.Attempt < 3 {
					return errors.New("not yet")
				}
				return nil
			},
		}, "hello")
		ended := spans.Ended()
		if len(ended) != 4 {
			t.Fatalf("%d spans, want one to send and three to process", len(ended))
		}
		send := ended[0]
		if send.Name() != "send orders" || send.SpanKind() != trace.SpanKindProducer || send.Status().Code != codes.Unset {
			t.Errorf("first span: %s, %v, %v", send.Name(), send.SpanKind(), send.Status())
		}
		want := map[string]string{
			"messaging.system": "runnel", "messaging.destination.name": "orders", "messaging.operation.name": "send",
			"messaging.operation.type": "send", "messaging.message.body.size": "7", "messaging.message.id": "o-1", "runnel.message.key": "ann",
		}
		if got := attributes(send); !reflect.DeepEqual(got, want) {
			t.Errorf("attributes of send: %v, want %v", got, want)
		}
		for i, s := range ended[1:] {
			checkAttempt(t, s, send, i+1)
		}
	})
}

func checkAttempt(t *testing.T, s, send sdk.ReadOnlySpan, attempt int) {
	t.Helper()
	if s.Name() != "process orders" || s.SpanKind() != trace.SpanKindConsumer {
		t.Errorf("attempt %d: %s, %v", attempt, s.Name(), s.SpanKind())
	}
	if s.Parent().SpanID() != send.SpanContext().SpanID() || s.SpanContext().TraceID() != send.SpanContext().TraceID() {
		t.Errorf("attempt %d is no child of the span that sent the message", attempt)
	}
	if links := s.Links(); len(links) != 1 || links[0].SpanContext.SpanID() != send.SpanContext().SpanID() {
		t.Errorf("attempt %d has links %v, want one to the span that sent the message", attempt, links)
	}
	want := map[string]string{
		"messaging.system": "runnel", "messaging.destination.name": "orders", "messaging.consumer.group.name": "billing",
		"messaging.operation.name": "process", "messaging.operation.type": "process", "messaging.message.body.size": "7",
		"messaging.message.id": "o-1", "runnel.message.key": "ann",
		"runnel.message.attempt": fmt.Sprint(attempt), "runnel.message.last": fmt.Sprint(attempt == 3),
	}
	status := sdk.Status{}
	if attempt < 3 {
		want["error.type"] = "*errors.errorString"
		status = sdk.Status{Code: codes.Error, Description: "not yet"}
	}
	if got := attributes(s); !reflect.DeepEqual(got, want) {
		t.Errorf("attributes of attempt %d: %v, want %v", attempt, got, want)
	}
	if s.Status() != status {
		t.Errorf("status of attempt %d: %v, want %v", attempt, s.Status(), status)
	}
}

// A batch is one span, linked to those that sent its messages.
func TestTraceOfABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, spans := recorded()
		tracer := o.TracerProvider.Tracer("test")
		through(t, o, &mq.Consumer[string]{
			Topic: keyed, Group: "billing", Retry: mq.Retry{Attempts: 1},
			Batch: mqotel.HandleBatch(o, func(ctx context.Context, ms []*mq.Message[string]) []error {
				_, inner := tracer.Start(ctx, "insert")
				inner.End()
				errs := make([]error, len(ms))
				errs[0] = errors.New("no")
				return errs
			}),
		}, "a", "b", "c")
		var batch, insert sdk.ReadOnlySpan
		sent := map[trace.SpanID]bool{}
		for _, s := range spans.Ended() {
			switch {
			case s.Name() == "insert":
				insert = s
			case s.SpanKind() == trace.SpanKindProducer:
				sent[s.SpanContext().SpanID()] = true
			case attributes(s)["messaging.batch.message_count"] == "3":
				batch = s
			}
		}
		if batch == nil || insert == nil || insert.Parent().SpanID() != batch.SpanContext().SpanID() {
			t.Fatalf("no span of the batch with that of the handler in it: %v, %v", batch, insert)
		}
		for _, l := range batch.Links() {
			delete(sent, l.SpanContext.SpanID())
		}
		if len(batch.Links()) != 3 || len(sent) != 0 {
			t.Errorf("links: %v, without %v", batch.Links(), sent)
		}
		if want := "1 of the batch failed, the first: no"; batch.Status().Description != want {
			t.Errorf("status %q, want %q", batch.Status().Description, want)
		}
	})
}

// What does not come from mq, or fails, or panics.
func TestHandleAlone(t *testing.T) {
	o, spans := recorded()
	h := mqotel.Handle(o)(func(context.Context, *mq.Meta) error { panic("boom") })
	func() {
		defer func() {
			if p := recover(); p != "boom" {
				t.Errorf("recovered %v, want boom", p)
			}
		}()
		h(t.Context(), &mq.Meta{Topic: "orders", Group: "billing", Attempt: 1})
	}()
	s := spans.Ended()[0]
	if s.Parent().IsValid() || len(s.Links()) != 0 {
		t.Errorf("a message without a trace: parent %v, links %v", s.Parent(), s.Links())
	}
	if s.Status() != (sdk.Status{Code: codes.Error, Description: "the handler panicked"}) || attributes(s)["error.type"] != "panic" || len(s.Events()) != 1 {
		t.Errorf("a panic: %v, %v, %v", s.Status(), attributes(s), s.Events())
	}
}

func TestPublishAlone(t *testing.T) {
	o, spans := recorded()
	full := fmt.Errorf("mq: %w", mq.ErrFull)
	header := driver.Header{{Name: "a", Value: "b"}}
	var sent *driver.Record
	send := mqotel.Publish(o)(func(_ context.Context, _ string, r *driver.Record) error { sent = r; return full })
	if err := send(t.Context(), "orders", &driver.Record{Header: header}); err != full {
		t.Errorf("error %v, want %v", err, full)
	}
	s := spans.Ended()[0]
	if s.Status().Code != codes.Error || s.Status().Description != full.Error() {
		t.Errorf("status %v", s.Status())
	}
	want := fmt.Sprintf("00-%s-%s-01", s.SpanContext().TraceID(), s.SpanContext().SpanID())
	if got := sent.Header.Get("traceparent"); got != want || sent.Header.Get("a") != "b" || len(header) != 1 {
		t.Errorf("traceparent %q, want %q; header %v", got, want, sent.Header)
	}
}

// Without options the global provider is used, which does nothing until it is set.
func TestWithoutOptions(t *testing.T) {
	called := false
	h := mqotel.Handle(nil)(func(context.Context, *mq.Meta) error { called = true; return nil })
	if err := h(t.Context(), &mq.Meta{Topic: "orders"}); err != nil || !called {
		t.Errorf("called %v, error %v", called, err)
	}
}
