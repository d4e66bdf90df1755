package watermill

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/runnel-go/runnel/mq/driver"
)

const lease = 30 * time.Second

// Publisher is Watermill's Publisher on an engine, which it owns.
type Publisher struct {
	Engine driver.Engine
	Key    func(*message.Message) string // nil: records have no key
	Groups []string                      // for which topics keep records from the start
}

// Publish stores messages in their order.
func (p *Publisher) Publish(topic string, messages ...*message.Message) error {
	records := make([]driver.Record, len(messages))
	for i, m := range messages {
		records[i] = p.record(m)
	}
	_, err := p.Engine.Publish(context.Background(), &driver.Topic{Name: topic, Groups: p.Groups}, records)
	return err
}

func (p *Publisher) record(m *message.Message) driver.Record {
	r := driver.Record{ID: m.UUID, Payload: slices.Clone(m.Payload), Header: header(m.Metadata), Published: time.Now()}
	if p.Key != nil {
		r.Key = p.Key(m)
	}
	return r
}

func header(meta message.Metadata) (h driver.Header) {
	for _, name := range slices.Sorted(maps.Keys(meta)) {
		h = append(h, driver.Field{Name: name, Value: meta[name]})
	}
	return h
}

// Close closes the engine.
func (p *Publisher) Close() error { return p.Engine.Close() }

// Subscriber is Watermill's Subscriber on an engine, which it owns: a member of one group.
type Subscriber struct {
	engine driver.Engine
	sub    driver.Subscription
	closed context.Context
	close  context.CancelFunc
	subs   sync.WaitGroup
}

// NewSubscriber makes a member of a group that keeps an order.
func NewSubscriber(e driver.Engine, group string, order driver.Order) *Subscriber {
	s := &Subscriber{engine: e, sub: driver.Subscription{Group: group, Order: order, Lease: lease}}
	s.closed, s.close = context.WithCancel(context.Background())
	return s
}

// Subscribe returns the messages of a topic one by one: the next one comes when the last one is
// acked. A nack returns it to the group at once. The channel is closed when ctx ends, and by Close.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	source, err := s.engine.Subscribe(ctx, &driver.Topic{Name: topic}, s.sub)
	if err != nil {
		return nil, err
	}
	out := make(chan *message.Message)
	s.subs.Go(func() {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(s.closed, cancel)()
		passAll(ctx, source, out)
	})
	return out, nil
}

// passAll passes records on until ctx ends. What is not settled then is handed back.
func passAll(ctx context.Context, source driver.Source, out chan<- *message.Message) {
	defer close(out)
	defer source.Close()
	for pass(ctx, source, out) == nil {
	}
}

// pass passes one record on, and settles it.
func pass(ctx context.Context, source driver.Source, out chan<- *message.Message) error {
	var got [1]driver.Delivery
	if _, err := source.Fetch(ctx, got[:]); err != nil {
		return err
	}
	its, cancel := context.WithCancel(ctx)
	defer cancel()
	m := restore(its, &got[0])
	select {
	case out <- m:
		return settle(ctx, source, m, &got[0])
	case <-ctx.Done():
		return ctx.Err()
	}
}

// settle waits for what becomes of m, and keeps it as long as that takes.
func settle(ctx context.Context, source driver.Source, m *message.Message, d *driver.Delivery) error {
	for {
		verb, err := await(ctx, m)
		if err == nil {
			err = source.Settle(context.WithoutCancel(ctx), []driver.Settlement{{Seq: d.Seq, Token: d.Token, Verb: verb}})
		}
		if err != nil || verb != driver.Extend {
			return err
		}
	}
}

// await waits until m has been acked or nacked, but not so long that its lease could lapse.
func await(ctx context.Context, m *message.Message) (driver.Verb, error) {
	select {
	case <-m.Acked():
		return driver.Ack, nil
	case <-m.Nacked():
		return driver.Release, nil
	case <-time.After(lease / 3):
		return driver.Extend, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// restore makes a message of a record.
func restore(ctx context.Context, d *driver.Delivery) *message.Message {
	m := message.NewMessage(d.ID, d.Payload)
	for _, f := range d.Header {
		m.Metadata.Set(f.Name, f.Value)
	}
	m.SetContext(ctx)
	return m
}

// Close ends all subscriptions, hands back what they have, and closes the engine.
func (s *Subscriber) Close() error {
	s.close()
	s.subs.Wait()
	return s.engine.Close()
}
