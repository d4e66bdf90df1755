package mq

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// The meters count what one client does. Whoever counts has a part of its own: a worker its
// workerMeter, a call of Publish one of a few stripes. Each part has a lock that almost nobody
// else wants, and under it plain numbers, because one lock costs as much as two atomic numbers and
// a message changes about ten. Stats takes the locks one by one and sums. Nothing blocks under them.

// meters of a client, by topic and by group. The zero value is ready.
type meters struct {
	mu     sync.RWMutex
	topics map[string]*topicMeter
	groups map[[2]string]*groupMeter
	ids    atomic.Uint64
}

// topic returns the meter of a topic's publishers, for good.
func (ms *meters) topic(name string) *topicMeter {
	ms.mu.RLock()
	m := ms.topics[name]
	ms.mu.RUnlock()
	if m != nil {
		return m
	}
	ms.mu.Lock()
	defer ms.mu.Unlock()
	return entry(&ms.topics, name, func() *topicMeter { return &topicMeter{topic: name} })
}

// group returns the meter of a group, for good.
func (ms *meters) group(topic, group string) *groupMeter {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	return entry(&ms.groups, [2]string{topic, group}, func() *groupMeter { return &groupMeter{topic: topic, group: group, ids: &ms.ids} })
}

func entry[K comparable, V any](m *map[K]*V, k K, made func() *V) *V {
	if *m == nil {
		*m = map[K]*V{}
	}
	if (*m)[k] == nil {
		(*m)[k] = made()
	}
	return (*m)[k]
}

// lastMeter remembers the meter of the last client that a topic was used with: nearly always it is
// the only one, and this takes 2 ns instead of 16.
type lastMeter struct{ p atomic.Pointer[clientMeter] }

type clientMeter struct {
	client *Client
	*topicMeter
}

func (l *lastMeter) of(c *Client, topic string) *topicMeter {
	if m := l.p.Load(); m != nil && m.client == c {
		return m.topicMeter
	}
	m := c.meters.topic(topic)
	l.p.Store(&clientMeter{c, m})
	return m
}

// topicMeter counts what is published to a topic.
type topicMeter struct {
	topic   string
	stripes [stripes]publishStripe
}

const stripes = 8 // a power of two

type publishStripe struct {
	mu sync.Mutex
	n  PublishCounts
	_  [64]byte // so that two stripes share no cache line
}

// published counts a call of driver.Engine.Publish: done are the records dealt with, err why the one
// after them was not accepted, or nil.
func (t *topicMeter) published(done []driver.Record, took time.Duration, err error) {
	s := t.free()
	defer s.mu.Unlock()
	for i := range done {
		s.n.count(&done[i])
	}
	s.n.Publishing.observe(int64(took))
	if err != nil {
		s.n.failed(err)
	}
}

// refused counts a message that was not given to the engine: it broke its contract, had no key, …
func (t *topicMeter) refused(err error) {
	s := t.free()
	defer s.mu.Unlock()
	s.n.failed(err)
}

// free returns a stripe that nobody else has, locked.
func (t *topicMeter) free() *publishStripe {
	first := uint32(0)
	for i := range uint32(stripes) {
		if s := &t.stripes[(first+i)%stripes]; s.mu.TryLock() {
			return s
		}
	}
	s := &t.stripes[first%stripes]
	s.mu.Lock()
	return s
}

func (n *PublishCounts) count(r *driver.Record) {
	switch r.Outcome {
	case driver.Stored:
		n.Stored++
	case driver.Duplicate:
		n.Duplicates++
	case driver.Dropped:
		n.Dropped++
	}
	n.Sizes.observe(size(r))
}

// size of a record is what MaxBytes limits.
func size(r *driver.Record) int64 {
	n := len(r.Key) + len(r.Payload)
	for i := range r.Header {
		n += len(r.Header[i].Name) + len(r.Header[i].Value)
	}
	return int64(n)
}

func (n *PublishCounts) failed(err error) {
	if n.Failed == nil {
		n.Failed = map[string]uint64{}
	}
	n.Failed[Kind(err)]++
}

// kinds are the names of errors in meters and logs.
var kinds = []struct {
	err  error
	name string
}{
	{ErrClosed, "closed"}, {ErrFull, "full"}, {ErrTooLarge, "too_large"}, {ErrUnknownTopic, "unknown_topic"},
	{ErrConflict, "conflict"}, {ErrUnsupported, "unsupported"}, {ErrLeaseLost, "lease_lost"},
	{ErrContract, "contract"}, {ErrUnkeyed, "unkeyed"}, {ErrNoKey, "no_key"}, {ErrEncode, "encode"},
	{ErrDecode, "decode"}, {ErrStuck, "stuck"}, {ErrTimeout, "timeout"},
	{context.DeadlineExceeded, "timeout"}, {context.Canceled, "canceled"},
}

// Kind names what sort of error err is, in a word that is stable: "full", "contract", "timeout", … as in
// PublishCounts.Failed and in the attribute "kind" of logs. "other" if it is none that mq knows; "" of nil.
func Kind(err error) string {
	if err == nil {
		return ""
	}
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			return k.name
		}
	}
	return "other"
}
