package mqotel

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
)

// Options of traces. The zero value is ready to use; so is nil.
type Options struct {
	// TracerProvider makes the spans; nil for otel.GetTracerProvider().
	TracerProvider trace.TracerProvider

	// Propagator carries the context of traces in the headers of messages; nil for
	// otel.GetTextMapPropagator() if one has been set by now, else that of W3C: traceparent,
	// tracestate and baggage.
	Propagator propagation.TextMapPropagator

	// Linked begins a trace of its own for each attempt, linked to the span that sent the message,
	// instead of going on with the message's trace: for messages that wait longer than a trace is
	// kept open, and for topics that have many groups.
	Linked bool
}

// tracing is what Options say, with all choices made.
type tracing struct {
	tracer trace.Tracer
	carry  propagation.TextMapPropagator
	linked bool
}

func (o *Options) tracing() *tracing {
	if o == nil {
		o = &Options{}
	}
	p := cmp.Or(o.TracerProvider, otel.GetTracerProvider())
	return &tracing{
		tracer: p.Tracer(scope.Name, trace.WithSchemaURL(scope.SchemaURL)),
		carry:  cmp.Or(o.Propagator, propagator()),
		linked: o.Linked,
	}
}

// propagator is the global one, or that of W3C if it would carry nothing: to forget to set it is the
// usual reason why traces end where messages begin.
func propagator() propagation.TextMapPropagator {
	if p := otel.GetTextMapPropagator(); len(p.Fields()) > 0 {
		return p
	}
	return propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
}

// Traced is the options of a client that traces what it publishes and handles: those of m, with
// [Publish] and [Handle] as the outermost middleware. m is not changed; it may be nil, and so may o.
func Traced(m *mq.Options, o *Options) *mq.Options {
	var out mq.Options
	if m != nil {
		out = *m
	}
	out.Publish = slices.Concat([]mq.PublishMiddleware{Publish(o)}, out.Publish)
	out.Middleware = slices.Concat([]mq.Middleware{Handle(o)}, out.Middleware)
	return &out
}

// Publish makes a span "send TOPIC" of each message that is published, for mq.Options.Publish, and
// puts its context into the header. It ends when the engine has answered.
func Publish(o *Options) mq.PublishMiddleware {
	t := o.tracing()
	return func(next mq.Send) mq.Send {
		return func(ctx context.Context, topic string, r *driver.Record) error {
			ctx, span := t.tracer.Start(ctx, opSend+" "+topic, trace.WithSpanKind(trace.SpanKindProducer))
			defer span.End()
			t.carry.Inject(ctx, carrier{&r.Header})
			return watch(span, func() error {
				err := next(ctx, topic, r)
				if span.IsRecording() {
					span.SetAttributes(ofRecord(topic, r)...) // now the engine has named it
				}
				return err
			})
		}
	}
}

// Handle makes a span "process TOPIC" of each attempt of a handler, for mq.Options.Middleware or
// Consumer.Middleware. Its parent is the span that sent the message, to which it is linked as well: so
// all attempts are in the trace of their message, whoever makes them and when. See Options.Linked for
// the other way.
func Handle(o *Options) mq.Middleware {
	t := o.tracing()
	return func(next mq.Handle) mq.Handle {
		return func(ctx context.Context, m *mq.Meta) error {
			ctx, options := t.arrive(ctx, m)
			ctx, span := t.tracer.Start(ctx, opProcess+" "+m.Topic, options...)
			defer span.End()
			if span.IsRecording() {
				span.SetAttributes(ofMeta(m)...)
			}
			return watch(span, func() error { return next(ctx, m) })
		}
	}
}

// arrive goes on with the trace of a message, or begins one that is linked to it.
func (t *tracing) arrive(ctx context.Context, m *mq.Meta) (context.Context, []trace.SpanStartOption) {
	ctx = t.carry.Extract(ctx, carrier{&m.Header})
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindConsumer)}
	sent := trace.SpanContextFromContext(ctx)
	if !sent.IsRemote() {
		return ctx, options
	}
	options = append(options, trace.WithLinks(trace.Link{SpanContext: sent}))
	if t.linked {
		options = append(options, trace.WithNewRoot())
	}
	return ctx, options
}

// HandleBatch makes one span "process TOPIC" of each call of a batch handler, linked to the spans that
// sent its messages. Its context reaches the handler, as that of Handle does not with batches.
func HandleBatch[T any](o *Options, h mq.BatchHandler[T]) mq.BatchHandler[T] {
	t := o.tracing()
	return func(ctx context.Context, ms []*mq.Message[T]) (errs []error) {
		var links []trace.Link
		for _, m := range ms {
			sent := trace.SpanContextFromContext(t.carry.Extract(context.Background(), carrier{&m.Header}))
			if sent.IsValid() {
				links = append(links, trace.Link{SpanContext: sent, Attributes: aboutMessage(&m.Meta)})
			}
		}
		ctx, span := t.tracer.Start(ctx, opProcess+" "+ms[0].Topic, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithLinks(links...))
		defer span.End()
		span.SetAttributes(ofGroup(&ms[0].Meta)...)
		span.SetAttributes(semconv.MessagingBatchMessageCount(len(ms)))
		watch(span, func() error {
			errs = h(ctx, ms)
			return summary(errs)
		})
		return errs
	}
}

// summary of the errors of a batch is nil if there is none.
func summary(errs []error) error {
	var first error
	failed := 0
	for _, err := range errs {
		if err != nil {
			failed++
			first = cmp.Or(first, err)
		}
	}
	if failed == 0 {
		return nil
	}
	return fmt.Errorf("%d of the batch failed, the first: %w", failed, first)
}

// watch notes in the span how f ends. The value of a panic is noted by span.End, which has to be
// deferred itself for that.
func watch(span trace.Span, f func() error) (err error) {
	returned := false
	defer func() {
		switch {
		case !returned:
			fail(span, "panic", "the handler panicked")
		case err != nil:
			fail(span, errorType(err), err.Error())
			span.RecordError(err)
		}
	}()
	err = f()
	returned = true
	return err
}

func fail(span trace.Span, kind, text string) {
	span.SetStatus(codes.Error, text)
	span.SetAttributes(semconv.ErrorTypeKey.String(kind))
}

// errorType is the name that mq gives to its own errors, else the Go type.
func errorType(err error) string {
	if kind := mq.Kind(err); kind != kindOther {
		return kind
	}
	return semconv.ErrorType(err).Value.AsString()
}
