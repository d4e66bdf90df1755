package mq

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// groupMeter counts what this client consumes for a group of a topic.
type groupMeter struct {
	topic, group string
	ids          *atomic.Uint64 // of members, the client's

	mu      sync.Mutex
	members []*member     // consumers that run
	left    ConsumeCounts // of those that have ended
}

// member is the meter of one running consumer, or of one Inbox.
type member struct {
	group   *groupMeter
	id      uint64 // within the client
	name    string
	limit   int // Consumer.Workers
	started time.Time
	look    func() (prefetched int, paused bool)
	left    bool // under group.mu

	mu      sync.Mutex
	workers []*workerMeter
	idle    []*workerMeter // of workers, those that nobody has
	n       ConsumeCounts  // settlements
}

// join adds a consumer to the group until it leaves. look tells its state; it is called at any time,
// by any goroutine, and must not wait.
func (g *groupMeter) join(name string, workers int, look func() (prefetched int, paused bool)) *member {
	m := &member{group: g, id: g.ids.Add(1), name: name, limit: workers, started: time.Now(), look: look}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.members = append(g.members, m)
	return m
}

// leave ends the membership; what was counted stays in the group. A member whose handlers are stuck
// stays in sight until they return.
func (m *member) leave() {
	g := m.group
	g.mu.Lock()
	defer g.mu.Unlock()
	m.left = true
	g.sweep()
}

// sweep takes over from members that have left and do nothing any more. g.mu is held.
func (g *groupMeter) sweep() {
	g.members = slices.DeleteFunc(g.members, func(m *member) bool {
		if !m.left || m.isBusy() {
			return false
		}
		n := m.counts()
		g.left.merge(&n)
		return true
	})
}

func (m *member) isBusy() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.ContainsFunc(m.workers, func(w *workerMeter) bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.running != nil
	})
}

// worker returns a meter for one goroutine that runs handlers, or for one delivery that a user has
// pulled. It belongs to the caller until done.
func (m *member) worker() *workerMeter {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.idle); n > 0 {
		w := m.idle[n-1]
		m.idle = m.idle[:n-1]
		return w
	}
	w := &workerMeter{member: m}
	m.workers = append(m.workers, w)
	return w
}

// done gives the meter back.
func (w *workerMeter) done() {
	w.member.mu.Lock()
	defer w.member.mu.Unlock()
	w.member.idle = append(w.member.idle, w)
}

// settling counts settlements that the engine has confirmed, one batch under one lock: it is held
// from here to done.
func (m *member) settling() settling {
	m.mu.Lock()
	return settling{m}
}

type settling struct{ m *member }

func (s settling) done() { s.m.mu.Unlock() }

// settled counts one. published is the record's; reason is that of the dead letter, looked at for
// Dead only.
func (s settling) settled(now, published time.Time, v driver.Verb, reason string) {
	n := &s.m.n
	switch v {
	case driver.Ack:
		n.Acked++
		n.Critical.observe(int64(now.Sub(published)))
	case driver.Retry:
		n.Retried++
	case driver.Release:
		n.Released++
	case driver.Dead:
		n.buried(reason)
		n.Critical.observe(int64(now.Sub(published)))
	case driver.Extend:
		n.Extended++
	}
}

// lost counts a settlement that came too late.
func (s settling) lost() { s.m.n.LeaseLost++ }

// settled is settling for a single one.
func (m *member) settled(now, published time.Time, v driver.Verb, reason string) {
	s := m.settling()
	s.settled(now, published, v, reason)
	s.done()
}

// workerMeter is what one worker does.
type workerMeter struct {
	member *member

	mu      sync.Mutex
	one     [1]*Meta // room for running
	running []*Meta
	since   time.Time
	stuck   bool
	n       ConsumeCounts // attempts
	_       [64]byte      // so that two workers share no cache line
}

// attempt is how a handler ended.
type attempt uint8

const (
	succeeded attempt = iota
	failed
	panicked
	timedOut
)

// begun counts that the handler begins with m.
func (w *workerMeter) begun(now time.Time, m *Meta) {
	w.mu.Lock()
	w.one[0] = m
	w.begin(now, w.one[:])
	w.mu.Unlock()
}

// ended counts that the handler has returned.
func (w *workerMeter) ended(now time.Time, how attempt) {
	w.mu.Lock()
	w.n.attempts(how, uint64(len(w.running)))
	w.end(now)
	w.mu.Unlock()
}

// next is ended and begun(m) in one, for a worker that has more at hand: the end of one message is
// the start of the next, with one look at the clock.
func (w *workerMeter) next(now time.Time, how attempt, m *Meta) {
	w.mu.Lock()
	w.n.attempts(how, uint64(len(w.running)))
	w.end(now)
	w.one[0] = m
	w.begin(now, w.one[:])
	w.mu.Unlock()
}

// begunBatch is begun for a batch handler. It keeps ms until endedBatch.
func (w *workerMeter) begunBatch(now time.Time, ms []*Meta) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begin(now, ms)
}

// endedBatch is ended for a batch handler: so many of the batch failed.
func (w *workerMeter) endedBatch(now time.Time, failures int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n.attempts(failed, uint64(failures))
	w.n.attempts(succeeded, uint64(len(w.running)-failures))
	w.end(now)
}

func (w *workerMeter) begin(now time.Time, ms []*Meta) {
	w.running, w.since = ms, now
	for _, m := range ms {
		if m.Attempt <= 1 {
			w.n.Waiting.observe(int64(now.Sub(m.Published)))
		}
	}
}

func (w *workerMeter) end(now time.Time) {
	w.n.Handling.observe(int64(now.Sub(w.since)))
	w.running, w.one[0], w.stuck = nil, nil, false
}

// isStuck counts that the handler goes on beyond Grace.
func (w *workerMeter) isStuck() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stuck && w.running != nil {
		w.stuck = true
		w.n.Stuck += uint64(len(w.running))
	}
}
