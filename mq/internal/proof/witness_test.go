package proof_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// witness stands between mq and an engine, and writes down all that passes.
type witness struct {
	driver.Engine
	process *process
}

func (w *witness) Unwrap() driver.Engine { return w.Engine }

func (w *witness) Publish(ctx context.Context, topic *driver.Topic, rs []driver.Record) (int, error) {
	values := make([]string, len(rs))
	for i, r := range rs {
		values[i] = string(r.Payload)
	}
	l := w.process.ledger
	l.publishing(values)
	n, err := w.Engine.Publish(ctx, topic, rs)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.called(w.process)
	for i, v := range values {
		p := l.posts[v]
		switch {
		case i < n && rs[i].Outcome == driver.Duplicate:
			l.duplicates++
			l.dedup(p, false)
			l.law(p.dedup != "", "nothing lost", "%q has no dedup id, and was taken for a duplicate", v)
		case i < n && rs[i].Outcome == driver.Dropped:
			p.dropped++
		case i < n:
			p.stored++
			l.dedup(p, true)
		case l.s.family == haunted && errors.Is(err, errFault):
			p.unsure++
		}
	}
	return n, err
}

// dedup checks that of the messages with one id one is stored in each window.
func (l *ledger) dedup(p *posted, stored bool) {
	if p.dedup == "" || !l.exact() {
		return
	}
	now, window := time.Now(), cmp.Or(l.s.window, 2*time.Minute)
	last, known := l.known[p.dedup]
	if stored {
		l.law(!known || now.Sub(last) >= window, "once", "%q is stored %v after another one with its id", p.value, now.Sub(last))
		l.known[p.dedup] = now
		return
	}
	l.law(l.tries(p.dedup) > 1 && (!known || now.Sub(last) <= window), "nothing lost", "%q is taken for a duplicate after %v", p.value, now.Sub(last))
}

// tries is how often messages with an id were published.
func (l *ledger) tries(dedup string) (n int) {
	for _, p := range l.posts {
		if p.dedup == dedup {
			n += p.tries
		}
	}
	return n
}

func (w *witness) Subscribe(ctx context.Context, topic *driver.Topic, s driver.Subscription) (driver.Source, error) {
	src, err := w.Engine.Subscribe(ctx, topic, s)
	if err != nil {
		return nil, err
	}
	return &witnessed{src, w.process, s}, nil
}

type witnessed struct {
	driver.Source
	process *process
	sub     driver.Subscription
}

func (s *witnessed) Fetch(ctx context.Context, into []driver.Delivery) (int, error) {
	n, err := s.Source.Fetch(ctx, into)
	l := s.process.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	l.called(s.process)
	for i := range into[:n] {
		l.fetched(s.process, l.groups[s.sub.Group], &into[i])
	}
	return n, err
}

// called counts calls of the engine, and gives up hope where they come to no end.
func (l *ledger) called(p *process) {
	if l.calls++; l.calls > 400 && !l.exact() {
		p.despair()
	}
}

// fetched notes a delivery, and checks it against those of the same record. It gets a payload of its
// own, by which its handler shows it.
func (l *ledger) fetched(p *process, b *book, d *driver.Delivery) {
	d.Payload = bytes.Clone(d.Payload)
	one := &lease{process: p, group: b.team.name, d: *d, until: d.Until, value: string(d.Payload)}
	l.law(!time.Now().Before(d.NotBefore), "never early", "%q is given out %v early", one.value, time.Until(d.NotBefore))
	if l.exact() {
		expires := d.Expires
		if expires.IsZero() && l.s.maxAge > 0 {
			expires = d.Published.Add(l.s.maxAge)
		}
		l.law(expires.IsZero() || !time.Now().After(expires), "never early", "%q is given out after it has expired", one.value)
	}
	all := b.leases[d.Seq]
	i, _ := slices.BinarySearchFunc(all, d.Token, func(one *lease, token uint64) int { return cmp.Compare(one.d.Token, token) })
	b.leases[d.Seq] = slices.Insert(all, i, one)
	if i == 0 || l.s.family == haunted || l.s.family == shaky {
		return
	}
	last := b.leases[d.Seq][i-1] // tokens rise
	l.law(d.Lapses >= last.d.Lapses, "attempts", "%q: %d lapses after %d", one.value, d.Lapses, last.d.Lapses)
	l.law(d.Attempts == last.d.Attempts || last.verb == driver.Retry && last.phase != open && d.Attempts == last.attempts,
		"attempts", "%q: %d attempts after %d, and Retry with %d", one.value, d.Attempts, last.d.Attempts, last.attempts)
	if last.phase == done {
		l.law(last.verb == driver.Retry || last.verb == driver.Release, "once", "%q is given out again after %v", one.value, last.verb)
		l.law(last.verb != driver.Retry || !time.Now().Before(last.at), "never early", "%q: retry %v early", one.value, time.Until(last.at))
		l.law(last.verb != driver.Retry || d.Attempts == last.attempts, "attempts", "%q: %d attempts, Retry said %d", one.value, d.Attempts, last.attempts)
	}
	if last.phase == open && l.exact() {
		lapsed := 1 // what is handed back has not
		if last.returned {
			lapsed = 0
		}
		l.law(d.Lapses == last.d.Lapses+lapsed, "attempts", "%q: %d lapses after %d, want %d more", one.value, d.Lapses, last.d.Lapses, lapsed)
	}
	if last.phase == open && !last.returned {
		l.law(!l.exact() || last.process.dying, "leases", "%q has been held until its lease ended, by who lives", one.value)
		l.law(!time.Now().Before(last.until), "leases", "%q is given out while it is leased for another %v", one.value, time.Until(last.until))
	}
}

// find is the lease that a settlement is about.
func (b *book) find(s *driver.Settlement) *lease {
	for _, l := range b.leases[s.Seq] {
		if l.d.Token == s.Token {
			return l
		}
	}
	return nil
}

func (s *witnessed) Settle(ctx context.Context, all []driver.Settlement) error {
	l := s.process.ledger
	b := l.groups[s.sub.Group]
	now := time.Now()
	l.asked(s.process, b, all, now)
	err := s.Source.Settle(ctx, all)
	defer s.process.bell.TrySend(struct{}{})
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range all {
		one := b.find(&all[i])
		if one == nil {
			continue
		}
		if all[i].Verb == driver.Extend {
			if err == nil && all[i].Err == nil {
				one.until = now.Add(s.sub.Lease)
			}
			continue
		}
		switch {
		case err != nil:
			one.phase = unknown
		case all[i].Err != nil:
			one.phase = lost
			l.law(l.mayLose(one), "leases", "%q: %v: %v", one.value, one.verb, all[i].Err)
		default:
			one.phase = done
		}
	}
	return err
}

// mayLose tells whether a lease can be lost: never, if nothing goes wrong, unless the message is gone.
func (l *ledger) mayLose(one *lease) bool {
	return !l.exact() || one.process.dead || l.s.maxAge > 0 || l.posts[one.value].ttl > 0 || l.s.max > 0 || l.s.overflow == driver.LatestPerKey
}

// asked notes settlements before they have an effect, and checks that they are true.
func (l *ledger) asked(p *process, b *book, all []driver.Settlement, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.called(p)
	for i := range all {
		v := &all[i]
		one := b.find(v)
		l.law(one != nil, "acks are true", "%v of %d, which was not given out", v.Verb, v.Seq)
		if one == nil {
			continue
		}
		h := one.handling
		if v.Verb == driver.Extend {
			inBatch := one.value[0] == 'b' && b.team.batch > 0
			l.law(!l.exact() || p.dead || inBatch || h != nil && (h.result == running || !h.ended.Before(now)), "leases", "%q is extended, and no handler has it", one.value)
			continue
		}
		if one.phase != unknown {
			l.law(one.phase == open, "acks are true", "%q: %v after %v", one.value, v.Verb, one.verb)
		}
		one.phase, one.verb, one.at, one.attempts = asked, v.Verb, v.At, v.Attempts
		if !p.dead {
			l.isTrue(b, one, v, now)
		}
	}
}

// isTrue checks that a settlement says what has happened.
func (l *ledger) isTrue(b *book, one *lease, v *driver.Settlement, now time.Time) {
	h := one.handling
	say := func(ok bool, what string) {
		state := "not begun"
		if h != nil {
			state = h.result.String()
		}
		l.law(ok, "acks are true", "group %q: %v of %q, which is %s: %s", b.team.name, v.Verb, one.value, state, what)
	}
	if h != nil && (v.Verb == driver.Retry || v.Verb == driver.Dead) && (h.result == running || h.result == well || b.team.retry.Timeout > 0 && h.ended.Sub(h.began) >= b.team.grace+b.team.retry.Timeout) {
		h.stuck = true
		ran := now.Sub(h.began)
		if h.result != running {
			ran = h.ended.Sub(h.began)
		}
		say(ran >= b.team.grace || !l.exact(), fmt.Sprintf("it runs for %v only, want %v before it is stuck", ran, b.team.grace))
		say(b.team.retry.Timeout > 0 || b.team.drain > 0 || !l.exact(), "nothing ends its context")
	}
	if v.Verb != driver.Release && h != nil && h.result == stopped && !h.stuck && l.exact() {
		say(b.team.retry.Timeout > 0, "it was stopped by the drain, want Release")
	}
	switch v.Verb {
	case driver.Ack:
		say(h != nil && h.result == well && !h.stuck, "want one that ended well")
	case driver.Release:
		say(h == nil || h.result == stopped, "want one that has not begun, or was stopped")
	case driver.Retry:
		// Whose batch is stuck need not have begun; nor need who is late.
		aboutTo := h == nil && (!l.exact() || one.value[0] == 'b' && b.team.batch > 0)
		say(aboutTo || h != nil && (h.stuck || h.result == failed || h.result == panics || h.result == later || h.result == stopped || h.result == doomed && !l.exact()), "want one that failed")
		say(v.Attempts == one.d.Attempts+1, "want one attempt more")
		say(v.Attempts < b.team.retry.Attempts, "want it to be dead")
	case driver.Dead:
		say(v.Letter != nil && string(v.Letter.Record.Payload) == one.value, "want a letter with it")
		say(h == nil || h.stuck || h.result != well, "want one that failed")
		say(h == nil || h.attempt == b.team.retry.Attempts || h.result == doomed, "want the last attempt")
		say(h != nil || one.value[0] == 'b' || one.d.Lapses > 0 || !l.exact(), "want one that was handled")
	}
}

func (s *witnessed) Close() error {
	s.process.ledger.returned(s.process, s.sub.Group)
	return s.Source.Close()
}

// returned notes that a process hands back what it has of a group.
func (l *ledger) returned(p *process, group string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, all := range l.groups[group].leases {
		for _, one := range all {
			if one.process == p {
				one.returned = true
			}
		}
	}
}
