package mqotel_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
	"github.com/runnel-go/runnel/mq/mqotel"
)

// With Linked each attempt is a trace of its own, which names the span that sent its message.
func TestLinked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, spans := recorded()
		o.Linked = true
		through(t, o, &mq.Consumer[string]{
			Topic: keyed, Group: "billing", Retry: mq.Retry{Attempts: 2, First: time.Minute},
			Handler: func(context.Context, *mq.Message[string]) error { return errors.New("no") },
		}, "hello")
		ended := spans.Ended()
		if len(ended) != 3 {
			t.Fatalf("%d spans, want one to send and two to process", len(ended))
		}
		sent, traces := ended[0].SpanContext(), map[trace.TraceID]bool{}
		for _, s := range ended {
			traces[s.SpanContext().TraceID()] = true
			if s.Parent().IsValid() {
				t.Errorf("%s has a parent", s.Name())
			}
		}
		for _, s := range ended[1:] {
			if links := s.Links(); len(links) != 1 || links[0].SpanContext.SpanID() != sent.SpanID() {
				t.Errorf("links %v, want one to the span that sent the message", links)
			}
		}
		if len(traces) != 3 {
			t.Errorf("%d traces, want 3", len(traces))
		}
	})
}

// Traced puts its middleware around what there is, and leaves the options that it is given as they are.
func TestTraced(t *testing.T) {
	o, _ := recorded()
	var seen []bool
	look := func(ctx context.Context) { seen = append(seen, trace.SpanContextFromContext(ctx).IsValid()) }
	given := &mq.Options{
		Logger: quiet, Declared: true,
		Middleware: []mq.Middleware{func(next mq.Handle) mq.Handle {
			return func(ctx context.Context, m *mq.Meta) error { look(ctx); return next(ctx, m) }
		}},
		Publish: []mq.PublishMiddleware{func(next mq.Send) mq.Send {
			return func(ctx context.Context, topic string, r *driver.Record) error { look(ctx); return next(ctx, topic, r) }
		}},
	}
	got := mqotel.Traced(given, o)
	if len(given.Middleware) != 1 || len(given.Publish) != 1 {
		t.Errorf("the options given were changed: %d, %d", len(given.Middleware), len(given.Publish))
	}
	if len(got.Middleware) != 2 || len(got.Publish) != 2 || got.Logger != quiet || !got.Declared {
		t.Fatalf("options %+v", got)
	}
	handle := mq.Handle(func(context.Context, *mq.Meta) error { return nil })
	send := mq.Send(func(context.Context, string, *driver.Record) error { return nil })
	for i := range 2 {
		handle, send = got.Middleware[1-i](handle), got.Publish[1-i](send)
	}
	if err := errors.Join(handle(t.Context(), &mq.Meta{}), send(t.Context(), "orders", &driver.Record{})); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 2 || !seen[0] || !seen[1] {
		t.Errorf("the middleware within saw a span: %v, want twice", seen)
	}
	if alone := mqotel.Traced(nil, o); len(alone.Middleware) != 1 || len(alone.Publish) != 1 {
		t.Errorf("options made of nil: %+v", alone)
	}
}

// What was not stored says so in its span.
func TestOutcomeInTheSpan(t *testing.T) {
	for outcome, want := range map[driver.Outcome]string{driver.Stored: "", driver.Duplicate: "duplicate", driver.Dropped: "dropped"} {
		o, spans := recorded()
		send := mqotel.Publish(o)(func(_ context.Context, _ string, r *driver.Record) error { r.Outcome = outcome; return nil })
		if err := send(t.Context(), "orders", &driver.Record{}); err != nil {
			t.Fatal(err)
		}
		if got := attributes(spans.Ended()[0])["runnel.outcome"]; got != want {
			t.Errorf("%v: runnel.outcome is %q, want %q", outcome, got, want)
		}
	}
}

// Without a Propagator the global one carries the context, if it has been set.
func TestGlobalPropagator(t *testing.T) {
	for _, tt := range []struct {
		global propagation.TextMapPropagator
		field  string
	}{
		{propagation.NewCompositeTextMapPropagator(), "traceparent"},
		{renamed{}, "b3"},
	} {
		otel.SetTextMapPropagator(tt.global)
		o, _ := recorded()
		var header mq.Header
		send := mqotel.Publish(o)(func(_ context.Context, _ string, r *driver.Record) error { header = r.Header; return nil })
		otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator())
		if err := send(t.Context(), "orders", &driver.Record{}); err != nil {
			t.Fatal(err)
		}
		if len(header) != 1 || header[0].Name != tt.field {
			t.Errorf("with %T: header %v, want %v", tt.global, header, tt.field)
		}
	}
}

// renamed is a propagator of another kind.
type renamed struct{}

func (renamed) Inject(_ context.Context, c propagation.TextMapCarrier) { c.Set("b3", "0") }
func (renamed) Fields() []string                                       { return []string{"b3"} }
func (renamed) Extract(ctx context.Context, _ propagation.TextMapCarrier) context.Context {
	return ctx
}

// A message that is a duplicate or is dropped has been sent, too.
func TestSentButNotStored(t *testing.T) {
	client := mq.Open(mem.New(nil), nil)
	full := mq.NewTopic[string]("full", mq.Groups("g"), mq.MaxMessages(2), mq.Overflow(mq.DropNewest), mq.DedupWindow(time.Hour))
	for range 3 {
		for _, id := range []string{"a", "b"} {
			if err := full.Publish(t.Context(), client, "v", mq.DedupID(id)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := full.Publish(t.Context(), client, "v", mq.DedupID("c")); err != nil {
		t.Fatal(err)
	}
	all := collect(t, mqotel.NewProducer(client))
	for name, want := range map[string][]string{
		"messaging.client.sent.messages": {"name=full name=send: 7"},
		"runnel.client.sent.outcomes": {
			"name=full name=send outcome=dropped: 1", "name=full name=send outcome=duplicate: 4", "name=full name=send outcome=stored: 2",
		},
	} {
		if got := flat(t, all, name); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
