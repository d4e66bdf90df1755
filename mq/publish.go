package mq

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// Publish sends v, and returns when it is as durable as the topic asks for; nil also if it was
// dropped by the topic's policy or is a duplicate, which are counted. Otherwise it was not sent:
// context.Cause(ctx), or an error that is one of those in errors.go. It blocks while the topic is
// full and its policy is Block.
func (t Topic[T]) Publish(ctx context.Context, c *Client, v T, opts ...PublishOption) error {
	meter := t.def.meter.of(c, t.def.Name)
	if err := c.check(ctx, t.Name()); err != nil {
		meter.refused(err)
		return err
	}
	r := onTheWay.Get().(*[1]driver.Record)
	defer arrived(r)
	r[0].Published = time.Now()
	for _, o := range opts {
		o(&r[0])
	}
	if err := t.fill(&r[0], v); err != nil {
		meter.refused(err)
		return err
	}
	n, err := c.engine.Publish(ctx, &t.def.Topic, r[:])
	meter.published(r[:n], time.Since(r[0].Published), err)
	if err != nil {
		return fmt.Errorf("mq: topic %q: %w", t.Name(), err)
	}
	return nil
}

// onTheWay holds records that nobody uses: what is passed to an engine would be allocated anew for
// each message, and engines keep none of it.
var onTheWay = sync.Pool{New: func() any { return new([1]driver.Record) }}

func arrived(r *[1]driver.Record) {
	r[0] = driver.Record{}
	onTheWay.Put(r)
}

// fill checks what the options have put into r, and adds the value.
func (t Topic[T]) fill(r *driver.Record, v T) (err error) {
	if r.Key != "" && !t.def.keyed {
		return fmt.Errorf("mq: topic %q: %w: Key(%q); define the topic with Keyed()", t.Name(), ErrUnkeyed, r.Key)
	}
	if r.Key == "" && t.def.keyed {
		return fmt.Errorf("mq: topic %q: %w: publish with Key(...)", t.Name(), ErrNoKey)
	}
	r.Payload, err = t.def.codec.Encode(v)
	if err != nil {
		return t.notEncoded(err)
	}
	if t.def.version != "" {
		r.Header = r.Header.With(HeaderVersion, t.def.version)
	}
	return nil
}

func (t Topic[T]) notEncoded(err error) error {
	if breach, ok := errors.AsType[*ContractError](err); ok {
		breach.Topic = t.Name()
		return breach
	}
	return fmt.Errorf("mq: topic %q: %w: %w", t.Name(), ErrEncode, err)
}

// PublishOption says more about one message.
type PublishOption func(*driver.Record)

// Key says what the message is about. Groups that consume PerKey keep the order of each key.
func Key(k string) PublishOption { return func(r *driver.Record) { r.Key = k } }

// DedupID makes a message that was published before with the same id, within the topic's window, a
// duplicate: it is counted, and not sent again.
func DedupID(id string) PublishOption { return func(r *driver.Record) { r.Dedup = id } }

// ID names the message. Without it the engine does.
func ID(id string) PublishOption { return func(r *driver.Record) { r.ID = id } }

// SetHeader adds a header field, in the place of one with the same name.
func SetHeader(name, value string) PublishOption {
	return func(r *driver.Record) { r.Header = r.Header.With(name, value) }
}

// Delay keeps the message back for d from now. It is never delivered earlier.
func Delay(d time.Duration) PublishOption {
	return func(r *driver.Record) { r.NotBefore = r.Published.Add(d) }
}

// At keeps the message back until t.
func At(t time.Time) PublishOption { return func(r *driver.Record) { r.NotBefore = t } }

// TTL lets the message expire if it has not been delivered d from now. It is counted as expired.
func TTL(d time.Duration) PublishOption {
	return func(r *driver.Record) { r.Expires = r.Published.Add(d) }
}
