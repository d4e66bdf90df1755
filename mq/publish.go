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
	meter, err := t.ready(ctx, c)
	if err != nil {
		return err
	}
	r := onTheWay.Get().(*[1]driver.Record)
	defer arrived(r)
	if err := t.fill(&r[0], v, opts, time.Now()); err != nil {
		meter.refused(err)
		return err
	}
	if c.send != nil {
		return t.sendThrough(ctx, c, meter, &r[0])
	}
	return t.send(ctx, c, meter, r[:])
}

// ready tells whether anything can be sent.
func (t Topic[T]) ready(ctx context.Context, c *Client) (*topicMeter, error) {
	if t.def == nil {
		return nil, errors.New("mq: the Topic is not set; want one made by NewTopic")
	}
	if c == nil {
		return nil, fmt.Errorf("mq: topic %q: client is nil; want one made by Open", t.Name())
	}
	meter := t.def.meter.of(c, t.def.Name)
	if err := c.check(ctx, t.Name()); err != nil {
		meter.refused(err)
		return nil, err
	}
	return meter, nil
}

// onTheWay holds records that nobody uses: what is passed to an engine would be allocated anew for
// each message, and engines keep none of it.
var onTheWay = sync.Pool{New: func() any { return new([1]driver.Record) }}

func arrived(r *[1]driver.Record) {
	r[0] = driver.Record{}
	onTheWay.Put(r)
}

// send gives records to the engine.
func (t Topic[T]) send(ctx context.Context, c *Client, meter *topicMeter, rs []driver.Record) error {
	n, err := c.engine.Publish(ctx, &t.def.Topic, rs)
	meter.published(rs[:n], time.Since(rs[0].Published), err)
	if err != nil {
		return fmt.Errorf("mq: topic %q: %w", t.Name(), err)
	}
	return nil
}

// PublishAll sends values as Publish does, in their order, which is faster than one by one. opts gives
// the options of each, by its index; nil for none. All are checked and encoded before any is sent: an
// error of one is one of all, n is 0, and the error names its index. Otherwise n tells how many have
// been sent, from the first on, and err why the next one was not.
func (t Topic[T]) PublishAll(ctx context.Context, c *Client, vs []T, opts func(i int) []PublishOption) (n int, err error) {
	meter, err := t.ready(ctx, c)
	if err != nil {
		return 0, err
	}
	now := time.Now()
	rs := make([]driver.Record, len(vs))
	for i, v := range vs {
		var own []PublishOption
		if opts != nil {
			own = opts(i)
		}
		if err := t.fill(&rs[i], v, own, now); err != nil {
			meter.refused(err)
			return 0, fmt.Errorf("value %d of %d: %w", i, len(vs), err)
		}
	}
	return t.sendAll(ctx, c, meter, rs)
}

func (t Topic[T]) sendAll(ctx context.Context, c *Client, meter *topicMeter, rs []driver.Record) (n int, err error) {
	if len(rs) == 0 {
		return 0, nil
	}
	if c.send == nil {
		n, err = c.engine.Publish(ctx, &t.def.Topic, rs)
		meter.published(rs[:n], time.Since(rs[0].Published), err)
	}
	for ; c.send != nil && err == nil && n < len(rs); n++ {
		if err = t.sendThrough(ctx, c, meter, &rs[n]); err != nil {
			break
		}
	}
	if err != nil {
		return n, fmt.Errorf("mq: topic %q: value %d of %d: %w", t.Name(), n, len(rs), err)
	}
	return n, nil
}

// sendThrough sends a record through the middleware, whose end knows by ctx where to.
func (t Topic[T]) sendThrough(ctx context.Context, c *Client, meter *topicMeter, r *driver.Record) error {
	end := Send(func(ctx context.Context, topic string, r *driver.Record) error {
		if topic != t.Name() {
			return fmt.Errorf("mq: topic %q: a middleware passed on %q; want the same", t.Name(), topic)
		}
		rs := []driver.Record{*r}
		err := t.send(ctx, c, meter, rs)
		*r = rs[0]
		return err
	})
	return c.send(context.WithValue(ctx, sendKey{}, end), t.Name(), r)
}

// fill makes a record of a value and its options.
func (t Topic[T]) fill(r *driver.Record, v T, opts []PublishOption, now time.Time) (err error) {
	r.Published = now
	for _, o := range opts {
		o(r)
	}
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
