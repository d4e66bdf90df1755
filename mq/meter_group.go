package mq

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// groupMeter counts what this client consumes for a group of a topic.
type groupMeter struct {
	topic, group string
	ids          *atomic.Uint64 // of members, the client's

	mu      sync.Mutex
	members []*member     // consumers that run
	gone    ConsumeCounts // of those that have ended
}

// member is the meter of one running consumer, or of one Inbox.
type member struct {
	group   *groupMeter
	id      uint64 // within the client
	name    string
	limit   int // Consumer.Workers
	started time.Time
	look    func(s *ConsumerStats, now time.Time)
	left    atomic.Bool

	acked atomic.Uint64

	mu      sync.Mutex
	workers []*workerMeter
	n       ConsumeCounts // settlements but acks
}

// workerMeter counts what one worker does, or several that take turns.
type workerMeter struct {
	mu sync.Mutex
	n  ConsumeCounts // attempts
	_  [64]byte      // so that two workers share no cache line
}

// join adds a consumer to the group until it leaves. look sets what the consumer does at the moment:
// Prefetched, Paused, and by ConsumerStats.add what runs. It is called at any time, by any goroutine,
// also after leave.
func (g *groupMeter) join(name string, workers int, look func(s *ConsumerStats, now time.Time)) *member {
	m := &member{group: g, id: g.ids.Add(1), name: name, limit: workers, started: time.Now(), look: look}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.members = append(g.members, m)
	return m
}

// leave ends the membership; what was counted stays in the group. A member whose handlers are stuck
// stays in sight until they return.
func (m *member) leave() {
	m.left.Store(true)
	if m.stats(time.Now()).Busy == 0 {
		m.group.retire(m)
	}
}

// retire takes over the counts of a member that does nothing any more.
func (g *groupMeter) retire(m *member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.members, m); i >= 0 {
		g.members = slices.Delete(g.members, i, i+1)
		n := m.counts()
		g.gone.merge(&n)
	}
}

// worker returns a meter for one goroutine that runs handlers, for as long as the consumer runs.
func (m *member) worker() *workerMeter {
	w := &workerMeter{}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.workers = append(m.workers, w)
	return w
}

// handled counts a call of the handler that has returned, with an error or nil for each message of
// its turn.
func (w *workerMeter) handled(turn []driver.Delivery, errs []error, began, now time.Time) {
	w.mu.Lock()
	w.n.Handling.observe(int64(now.Sub(began)))
	for i := range turn {
		d := &turn[i]
		if d.Attempts == 0 {
			w.n.Waiting.observe(int64(began.Sub(d.Published)))
		}
		if errs[i] != nil {
			w.n.attemptFailed(errs[i])
			continue
		}
		w.n.Succeeded++
		w.n.Critical.observe(int64(now.Sub(d.Published)))
	}
	w.mu.Unlock()
}

func (n *ConsumeCounts) attemptFailed(err error) {
	if _, ok := errors.AsType[*undecodable](err); ok {
		return // the handler was not called
	}
	if _, ok := errors.AsType[*runnel.PanicError](err); ok {
		n.Panicked++
		return
	}
	if errors.Is(err, context.DeadlineExceeded) {
		n.TimedOut++
		return
	}
	n.Failed++
}

// stuck counts n messages whose handler goes on beyond Grace.
func (m *member) stuck(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.n.Stuck += uint64(n)
}

// settled counts settlements that the engine has answered. It returns how many came too late: others
// have the messages.
func (m *member) settled(batch []driver.Settlement) (lost int) {
	acked := 0
	for i := range batch {
		if batch[i].Verb == driver.Ack && batch[i].Err == nil {
			acked++
		}
	}
	if acked > 0 {
		m.acked.Add(uint64(acked))
	}
	if acked == len(batch) {
		return 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.n.LeaseLost
	for i := range batch {
		m.n.settled(&batch[i])
	}
	return int(m.n.LeaseLost - before)
}

// settled counts all but acks.
func (n *ConsumeCounts) settled(s *driver.Settlement) {
	if errors.Is(s.Err, ErrLeaseLost) {
		n.LeaseLost++
	}
	if s.Err != nil {
		return
	}
	switch s.Verb {
	case driver.Retry:
		n.Retried++
	case driver.Release:
		n.Released++
	case driver.Extend:
		n.Extended++
	case driver.Dead:
		n.buried(s.Letter)
	}
}

func (n *ConsumeCounts) buried(l *driver.Letter) {
	cause := struct{ Reason string }{"other"}
	if l != nil {
		json.Unmarshal(l.Cause, &cause) // one that says nothing stays what it was
		n.Critical.observe(int64(l.Time.Sub(l.Record.Published)))
	}
	if n.Dead == nil {
		n.Dead = map[string]uint64{}
	}
	n.Dead[cause.Reason]++
}

// add adds to the stats a handler that has been running since began with these messages. stuck is
// beyond Grace.
func (s *ConsumerStats) add(turn []driver.Delivery, began, now time.Time, stuck bool) {
	s.Busy++
	if stuck {
		s.Stuck++
	}
	for i := range turn {
		d := &turn[i]
		s.Running = append(s.Running, Running{
			ID: d.ID, Seq: d.Seq, Key: d.Key, Attempt: d.Attempts + 1, For: max(now.Sub(began), 0), Stuck: stuck,
		})
	}
}
