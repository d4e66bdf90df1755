package proof_test

import (
	"fmt"
	"sync"
	"time"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/sim"
)

// ledger is what is known outside of the broker. Its lock is held for constant work only.
type ledger struct {
	t *sim.T
	s *sketch

	mu         sync.Mutex
	posts      map[string]*posted
	known      map[string]time.Time // by dedup id: when one was stored last
	duplicates int
	groups     map[string]*book
	strikes    int // faults that have happened
	calls      int // of the engine
}

// posted is what is known of a value's publishing.
type posted struct {
	post
	at      time.Time // of the last call
	tries   int
	stored  int // by the engine's word
	dropped int
	unsure  int // calls that failed and may have stored it
}

// book is what a group has done.
type book struct {
	team      *team
	leases    map[uint64][]*lease    // by Seq, by rising token
	handlings map[uint64][]*handling // by Seq
	first     map[string]uint64      // by key: the highest Seq whose handling has begun
}

// lease is a delivery as the witness saw it.
type lease struct {
	process  *process
	group    string
	value    string
	d        driver.Delivery
	until    time.Time // at least
	phase    phase
	verb     driver.Verb
	at       time.Time // of Retry
	attempts int       // of Retry
	returned bool      // its source has been closed
	handling *handling
}

// phase is how far a lease is settled.
type phase uint8

const (
	open    phase = iota
	asked         // the call is under way
	done          // verb has had its effect
	lost          // somebody else had it
	unknown       // the call failed
)

// handling is a call of a handler, for one message.
type handling struct {
	*process
	lease        *lease
	value, key   string
	seq          uint64
	attempt      int
	began, ended time.Time
	result       result
	stuck        bool // settled as failed while it ran
}

func newLedger(t *sim.T, s *sketch) *ledger {
	l := &ledger{t: t, s: s, posts: map[string]*posted{}, known: map[string]time.Time{}, groups: map[string]*book{}}
	for _, g := range s.groups {
		l.groups[g.name] = &book{team: g, leases: map[uint64][]*lease{}, handlings: map[uint64][]*handling{}, first: map[string]uint64{}}
	}
	for _, all := range s.publishers {
		for _, p := range all {
			l.posts[p.value] = &posted{post: p}
		}
	}
	return l
}

// law fails the schedule unless ok.
func (l *ledger) law(ok bool, law, format string, args ...any) {
	if !ok {
		l.t.Errorf("%v, seed %d: law %q: %s", l.s.family, l.s.seed, law, fmt.Sprintf(format, args...))
	}
}

// exact tells whether time passes only when all wait, and settlements are not lied about.
func (l *ledger) exact() bool { return l.s.exact() }

func (s *sketch) exact() bool { return s.family == calm || s.family == crashy }

// publishing notes that a call begins, before it has an effect.
func (l *ledger) publishing(values []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range values {
		p := l.posts[v]
		p.at = time.Now()
		p.tries++
	}
}

// begin notes that a handler has been called.
func (l *ledger) begin(p *process, g *team, m *mq.Meta, value string) *handling {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.dead {
		return nil // the dead have no effects
	}
	b := l.groups[g.name]
	h := &handling{process: p, value: value, key: m.Key, seq: m.Seq, attempt: m.Attempt, began: now}
	h.lease = b.leaseOf(m)
	l.law(h.lease != nil, "leases", "group %q: %q begins, and was not fetched", g.name, value)
	if h.lease == nil {
		return nil
	}
	l.law(h.lease.handling == nil, "once", "group %q: %q is handled twice under one lease", g.name, value)
	h.lease.handling = h
	l.beginsFairly(b, h, m)
	l.beginsAsToldTo(b, h)
	l.beginsInTurn(b, h)
	b.handlings[h.seq] = append(b.handlings[h.seq], h)
	return h
}

// leaseOf is the lease under which a message is handled.
func (b *book) leaseOf(m *mq.Meta) *lease {
	for _, l := range b.leases[m.Seq] {
		if &l.d.Payload[0] == &m.Payload[0] {
			return l
		}
	}
	return nil
}

// beginsFairly checks what a handling says of itself.
func (l *ledger) beginsFairly(b *book, h *handling, m *mq.Meta) {
	p, known := l.posts[h.value]
	l.law(known && p.tries > 0, "nothing invented", "%q was never published", h.value)
	if !known {
		return
	}
	l.law(m.Key == p.key, "nothing invented", "%q has key %q, published with %q", h.value, m.Key, p.key)
	l.law(!h.began.Before(m.Published.Add(p.delay)), "never early", "%q begins %v early", h.value, m.Published.Add(p.delay).Sub(h.began))
	l.law(h.attempt == h.lease.d.Attempts+1, "attempts", "%q: attempt %d after %d", h.value, h.attempt, h.lease.d.Attempts)
	most := b.team.retry.Attempts
	l.law(h.attempt <= most && m.Last == (h.attempt == most), "attempts", "%q: attempt %d of %d, last: %v", h.value, h.attempt, most, m.Last)
	if l.exact() {
		l.law(h.began.Before(h.lease.until), "leases", "%q begins when its lease has ended, by %v", h.value, h.began.Sub(h.lease.until))
	}
	for _, q := range b.handlings[h.seq] {
		if q.attempt == h.attempt-1 && !q.stuck && q.lease.phase == done && q.lease.verb == driver.Retry {
			if !l.exact() && b.team.retry.Timeout+b.team.drain > 0 {
				continue // it may have been taken for stuck before it ended
			}
			wait := b.team.least(q.attempt, q.result)
			l.law(h.began.Sub(q.ended) >= wait, "never early", "%q: attempt %d begins %v after the one before, want %v",
				h.value, h.attempt, h.began.Sub(q.ended), wait)
		}
	}
}

// beginsAsToldTo checks a handling against what its consumer was told.
func (l *ledger) beginsAsToldTo(b *book, h *handling) {
	g, busy := b.team, 1
	for _, hs := range b.handlings {
		for _, q := range hs {
			if q.process == h.process && q.result == running {
				busy++
			}
		}
	}
	l.law(busy <= g.workers*max(1, g.batch), "once", "group %q: %d handlings at once of %d workers", g.name, busy, g.workers)
	l.law(h.lease.d.Lapses < 5, "attempts", "%q begins after %d lapses", h.value, h.lease.d.Lapses)
	paused := h.process.pausedAt
	underWay := !l.exact() || !h.began.After(paused) // when Pause was called
	l.law(paused.IsZero() || underWay, "drain", "%q begins %v after Pause", h.value, h.began.Sub(paused))
}

// lane is what must be in order: "" for nothing.
func (b *book) lane(key string) (string, bool) {
	switch {
	case b.team.order == driver.Strict:
		return "all", true
	case b.team.order == driver.PerKey && key != "":
		return "key " + key, true
	}
	return "", false
}

// beginsInTurn checks order.
func (l *ledger) beginsInTurn(b *book, h *handling) {
	lane, ordered := b.lane(h.key)
	if !ordered || !l.exact() && (h.lease.isOver(h.began) || len(b.leases[h.seq]) > 1) {
		return // whom a lease has run out does not know, and begins all the same
	}
	if len(b.handlings[h.seq]) == 0 {
		l.law(h.seq > b.first[lane], "order", "group %q: %q (%d) begins after %d of the same %s", b.team.name, h.value, h.seq, b.first[lane], lane)
		b.first[lane] = max(b.first[lane], h.seq)
	}
	for seq, hs := range b.handlings {
		q := hs[0]
		if other, _ := b.lane(q.key); other != lane || seq == h.seq {
			continue
		}
		if seq < h.seq {
			l.law(b.over(l, seq), "order", "group %q: %q (%d) begins before %q (%d) of the same %s is settled", b.team.name, h.value, h.seq, q.value, seq, lane)
		}
		l.alone(b, hs, h)
	}
}

// isOver tells whether a lease does not run any more, or never did, being a fault's.
func (s *lease) isOver(now time.Time) bool { return !now.Before(s.until) || s.d.Token>>63 != 0 }

// alone checks that nothing else of a lane runs; a process that died, or a handler that is stuck, may.
func (l *ledger) alone(b *book, hs []*handling, h *handling) {
	for _, q := range hs {
		if l.exact() && q.result == running && !q.stuck && !q.dead && q.lease.phase != done {
			l.law(false, "order", "group %q: %q begins while %q of the same lane runs", b.team.name, h.value, q.value)
		}
	}
}

// over tells whether a message that was handled may have been settled for good.
func (b *book) over(l *ledger, seq uint64) bool {
	p := l.posts[b.handlings[seq][0].value]
	if l.s.maxAge > 0 || p.ttl > 0 || l.s.max > 0 && l.s.overflow >= driver.DropOldest || l.s.overflow == driver.LatestPerKey {
		return true // it may have been expired, or dropped, while it waited for its next attempt
	}
	for _, h := range b.handlings[seq] {
		if h.result == well || h.result == doomed || h.result != running && h.attempt == b.team.retry.Attempts || h.stuck {
			return true
		}
	}
	for _, s := range b.leases[seq] {
		if s.verb == driver.Dead && s.phase != open { // of too many lapses
			return true
		}
	}
	return false
}

// end notes how a handling ends, before its handler returns.
func (l *ledger) end(h *handling, r result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h == nil {
		return
	}
	h.ended, h.result = time.Now(), r
	if h.dead {
		h.result = cut
		return
	}
	g := l.groups[h.lease.group].team
	limit := g.retry.Timeout + g.grace + g.lease/3
	l.law(!l.exact() || h.stuck || g.retry.Timeout == 0 || h.ended.Sub(h.began) <= limit, "acks are true",
		"%q has run for %v, and nobody takes it for stuck", h.value, h.ended.Sub(h.began))
}
