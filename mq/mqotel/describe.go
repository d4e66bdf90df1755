package mqotel

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
)

// What spans say of messages. Never a payload, nor a header: these may be anybody's secrets.

func ofRecord(topic string, r *driver.Record) []attribute.KeyValue {
	all := []attribute.KeyValue{
		system, semconv.MessagingDestinationName(topic),
		semconv.MessagingOperationName(opSend), semconv.MessagingOperationTypeSend,
		semconv.MessagingMessageBodySize(len(r.Payload)),
	}
	if r.Outcome != driver.Stored {
		all = append(all, keyOutcome.String(strings.ToLower(r.Outcome.String())))
	}
	return named(all, r.ID, r.Key)
}

// ofGroup is what is known of all messages of a group.
func ofGroup(m *mq.Meta) []attribute.KeyValue {
	return []attribute.KeyValue{
		system, semconv.MessagingDestinationName(m.Topic), semconv.MessagingConsumerGroupName(m.Group),
		semconv.MessagingOperationName(opProcess), semconv.MessagingOperationTypeProcess,
	}
}

func ofMeta(m *mq.Meta) []attribute.KeyValue { return append(ofGroup(m), aboutMessage(m)...) }

// aboutMessage is what is known of one message and its delivery.
func aboutMessage(m *mq.Meta) []attribute.KeyValue {
	all := []attribute.KeyValue{
		semconv.MessagingMessageBodySize(len(m.Payload)), keyAttempt.Int(m.Attempt), keyLast.Bool(m.Last),
	}
	return named(all, m.ID, m.Key)
}

func named(all []attribute.KeyValue, id, key string) []attribute.KeyValue {
	if id != "" {
		all = append(all, semconv.MessagingMessageID(id))
	}
	if key != "" {
		all = append(all, keyKey.String(key))
	}
	return all
}

// carrier lets a propagator read and write a header.
type carrier struct{ h *mq.Header }

func (c carrier) Get(name string) string { return c.h.Get(name) }
func (c carrier) Set(name, value string) { *c.h = c.h.With(name, value) }

func (c carrier) Keys() (names []string) {
	for _, f := range *c.h {
		names = append(names, f.Name)
	}
	return names
}
