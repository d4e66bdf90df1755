package mqtest

import (
	"context"
	"slices"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
)

// recorder keeps what was published, and wakes who waits for something to happen.
type recorder struct {
	driver.Engine

	mu       runnel.Mutex
	topics   map[string][]driver.Record // guarded by mu
	watchers []*runnel.Chan[struct{}]   // guarded by mu
}

func (r *recorder) Unwrap() driver.Engine { return r.Engine }

func (r *recorder) Publish(ctx context.Context, topic *driver.Topic, records []driver.Record) (int, error) {
	n, err := r.Engine.Publish(ctx, topic, records)
	r.mu.Lock()
	if r.topics == nil {
		r.topics = map[string][]driver.Record{}
	}
	for _, record := range records[:n] {
		if record.Outcome != driver.Duplicate {
			r.topics[topic.Name] = append(r.topics[topic.Name], record)
		}
	}
	r.mu.Unlock()
	r.happened()
	return n, err
}

func (r *recorder) Subscribe(ctx context.Context, topic *driver.Topic, s driver.Subscription) (driver.Source, error) {
	source, err := r.Engine.Subscribe(ctx, topic, s)
	if err != nil {
		return nil, err
	}
	return settling{source, r}, nil
}

// settling tells its recorder about settlements.
type settling struct {
	driver.Source
	rec *recorder
}

func (s settling) Settle(ctx context.Context, all []driver.Settlement) error {
	defer s.rec.happened()
	return s.Source.Settle(ctx, all)
}

func (s settling) Close() error {
	defer s.rec.happened()
	return s.Source.Close()
}

// watch returns a channel that holds a value if something has happened since it was last empty.
func (r *recorder) watch() *runnel.Chan[struct{}] {
	c := runnel.New[struct{}](runnel.Dropping(1))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watchers = append(r.watchers, c)
	return c
}

func (r *recorder) unwatch(c *runnel.Chan[struct{}]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watchers = slices.DeleteFunc(r.watchers, func(w *runnel.Chan[struct{}]) bool { return w == c })
}

func (r *recorder) happened() {
	r.mu.Lock()
	watchers := r.watchers
	for _, w := range watchers {
		_ = w.TrySend(struct{}{}) // a Dropping channel takes or drops
	}
	r.mu.Unlock()
}

func (r *recorder) published(topic string) []driver.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.topics[topic])
}

// Published returns the messages that were published to a topic with the kit's client so far, in
// their order, without duplicates, but with those that a policy has dropped. A message that cannot be
// decoded fails the test.
func Published[V any](k *Kit, topic mq.Topic[V]) []mq.Message[V] {
	k.t.Helper()
	var all []mq.Message[V]
	for _, r := range k.rec.published(topic.Name()) {
		v, err := topic.Decode(r.Payload)
		if err != nil {
			k.t.Errorf("mqtest: topic %q: message %d cannot be decoded: %v", topic.Name(), r.Seq, err)
			continue
		}
		all = append(all, mq.Message[V]{Value: v, Meta: metaOf(topic.Name(), r)})
	}
	return all
}

func metaOf(topic string, r driver.Record) mq.Meta {
	return mq.Meta{
		Topic: topic, Group: r.Group, ID: r.ID, Key: r.Key, Header: r.Header, Seq: r.Seq,
		Published: r.Published, Version: r.Header.Get(mq.HeaderVersion), Payload: r.Payload,
	}
}

// Await waits until n messages have been published to a topic, and returns them. It fails the test
// at once if that has not come about Within.
func Await[V any](k *Kit, topic mq.Topic[V], n int) []mq.Message[V] {
	k.t.Helper()
	if !k.wait(func() bool { return len(k.rec.published(topic.Name())) >= n }) {
		k.t.Fatalf("mqtest: topic %q: want %d messages published within %v, got %d", topic.Name(), n, k.Within, len(k.rec.published(topic.Name())))
	}
	return Published(k, topic)
}
