package drivertest

import (
	"context"
	"errors"
	"flag"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

var all = flag.Bool("drivertest.all", false, "tell all cases that notice a broken engine, not only the named one")

// brokenEngineOf makes engines that break one obligation, which a case must notice.
type brokenEngineOf struct {
	name, by string
	make     func() *fault
}

// broken lists them.
var broken = append(brokenToo, []brokenEngineOf{
	{"a release loses the record", "Order/Unordered", func() *fault { return onVerb(driver.Release, as(driver.Ack)) }},
	{"a release goes to the end", "Order/Unordered", func() *fault {
		return onVerb(driver.Release, func(s *driver.Settlement) { s.Verb, s.At = driver.Retry, time.Now().Add(time.Microsecond) })
	}},
	{"delayed records come early", "Delay/NotBefore", func() *fault {
		return onRecord(func(r *driver.Record) {
			if !r.NotBefore.IsZero() {
				r.NotBefore = r.NotBefore.Add(-time.Millisecond)
			}
		})
	}},
	{"delay is forgotten", "Delay/Keys", func() *fault { return onRecord(func(r *driver.Record) { r.NotBefore = time.Time{} }) }},
	{"tokens are ignored", "Lease/Stale", ignoresTokens},
	{"tokens are those of before", "Lease/Token", func() *fault { return onDelivery(func(_ *brokenSource, d *driver.Delivery) { d.Token = 1 }) }},
	{"attempts are forgotten in a restart", "Restart/Retry", forgetsAttempts},
	{"state is forgotten", "Retry/Kept", func() *fault { return onVerb(driver.Retry, func(s *driver.Settlement) { s.State = nil }) }},
	{"a retry comes at once", "Retry/At", func() *fault { return onVerb(driver.Retry, func(s *driver.Settlement) { s.At = time.Time{} }) }},
	{"attempts are counted by the engine", "Retry/Kept", func() *fault { return onVerb(driver.Retry, func(s *driver.Settlement) { s.Attempts = 1 }) }},
	{"keys overtake each other", "Order/PerKey/Retry", func() *fault {
		return onSubscribe(func(s *driver.Subscription) { s.Order = unless(driver.Strict, s.Order, driver.Unordered) })
	}},
	{"strict is per key", "Order/Strict", func() *fault {
		return onSubscribe(func(s *driver.Subscription) { s.Order = unless(driver.Unordered, s.Order, driver.PerKey) })
	}},
	{"everything is strict", "Order/Unordered", func() *fault { return onSubscribe(func(s *driver.Subscription) { s.Order = driver.Strict }) }},
	{"batches are shuffled", "Publish/Order", shuffles},
	{"acks are counted twice", "Account/Steps", func() *fault { return onGroups(func(g *driver.GroupAccount) { g.Acked *= 2 }) }},
	{"all is counted twice", "Account/Steps", func() *fault {
		return onGroups(func(g *driver.GroupAccount) { g.Acked, g.Published = 2*g.Acked, g.Published+g.Acked })
	}},
	{"drops are not counted", "Overflow/DropOldest", func() *fault {
		return onGroups(func(g *driver.GroupAccount) { g.Published -= g.Dropped.Total(); g.Dropped = driver.Drops{} })
	}},
	{"in flight is said to wait", "Account/Steps", func() *fault {
		return onGroups(func(g *driver.GroupAccount) { g.Waiting, g.InFlight = g.Waiting+g.InFlight, 0 })
	}},
	{"ids are remembered too long", "Dedup/After", func() *fault { return onTopic(func(t *driver.Topic) { t.DedupWindow *= 2 }) }},
	{"ids are remembered too short", "Dedup/Within", func() *fault { return onTopic(func(t *driver.Topic) { t.DedupWindow /= 2 }) }},
	{"ids are those of all records", "Dedup/Within", func() *fault { return onRecord(func(r *driver.Record) { r.Dedup = strings.Repeat("x", len(r.Dedup)) }) }},
	{"duplicates are not told", "Dedup/Within", func() *fault { return afterPublish(func(r *driver.Record) { r.Outcome = driver.Stored }) }},
	{"Reject drops in silence", "Overflow/Reject", rejectsInSilence},
	{"a batch is all or nothing, by its return", "Overflow/Reject/Batch", func() *fault {
		return published(func(n int, err error, rs []driver.Record) (int, error) { return n * b2i(err == nil), err })
	}},
	{"what follows a refused record is stored", "Limit/Batch", storesTheRest},
	{"the limit counts the payload only", "Limit/Bytes", countsPayload},
	{"DropOldest drops the newest", "Overflow/DropOldest", func() *fault { return onTopic(dropNewer) }},
	{"LatestPerKey keeps all", "Overflow/LatestPerKey", func() *fault {
		return onTopic(func(t *driver.Topic) {
			if t.Overflow == driver.LatestPerKey {
				t.Overflow = driver.DropOldest
			}
		})
	}},
	{"a blocked Publish cannot be cancelled", "Overflow/Block/Cancelled", func() *fault {
		return &fault{publish: func(ctx context.Context, e driver.Engine, t *driver.Topic, rs []driver.Record) (int, error) {
			return e.Publish(context.WithoutCancel(ctx), t, rs)
		}}
	}},
	{"no records make no topic", "Publish/Declaration", func() *fault {
		return &fault{publish: func(ctx context.Context, e driver.Engine, t *driver.Topic, rs []driver.Record) (int, error) {
			if len(rs) == 0 {
				return 0, nil
			}
			return e.Publish(ctx, t, rs)
		}}
	}},
	{"MustExist is ignored", "Publish/MustExist", func() *fault { return onTopic(func(t *driver.Topic) { t.MustExist = false }) }},
	{"conflicts are ignored", "Publish/Conflict", func() *fault {
		return onTopic(func(t *driver.Topic) { *t = driver.Topic{Name: t.Name, MustExist: t.MustExist} })
	}},
	{"topics are one", "Publish/Topics", func() *fault { return onTopic(func(t *driver.Topic) { t.Name = "topic" }) }},
	{"payloads are text", "Publish/Intact", func() *fault {
		return onDelivery(func(_ *brokenSource, d *driver.Delivery) {
			d.Payload = []byte(strings.ToValidUTF8(string(d.Payload), "?"))
		})
	}},
	{"header names are unique", "Publish/Intact", func() *fault {
		return onDelivery(func(_ *brokenSource, d *driver.Delivery) {
			d.Header = slices.CompactFunc(slices.Clone(d.Header), sameFold)
		})
	}},
	{"times are in seconds", "Publish/Intact", func() *fault {
		return onDelivery(func(_ *brokenSource, d *driver.Delivery) { d.Published = d.Published.Truncate(time.Second) })
	}},
	{"leases are half as long", "Lease/Exclusive", func() *fault { return onSubscribe(func(s *driver.Subscription) { s.Lease /= 2 }) }},
	{"leases never end", "Lease/Lapse", func() *fault { return onSubscribe(func(s *driver.Subscription) { s.Lease *= 1000 }) }},
	{"Extend does nothing", "Lease/Extend", extendsNothing},
	{"a late ack is refused", "Lease/Late", refusesLate},
	{"lapses are not counted", "Lease/Lapse", func() *fault { return onDelivery(func(_ *brokenSource, d *driver.Delivery) { d.Lapses = 0 }) }},
	{"one wrong token fails all", "Settle/Each", failsAll},
	{"Err is not set to nil", "Settle/Each", keepsErr},
	{"a closed source keeps what it has", "Close/Source/HandsBack", keepsAll},
	{"a closed source goes on", "Close/Source/Ends", func() *fault { return &fault{end: func(*brokenSource) error { return nil }} }},
	{"a second Close is an error", "Close/Engine/Twice", closesOnce},
	{"Close is like a crash", "Close/Engine/HandsBack", func() *fault { return &fault{close: func(e *brokenEngine) error { e.Crash(); return nil }} }},
	{"a crash loses what it holds", "Lease/Crash", losesInCrash},
	{"Fetch waits for more", "Fetch/NoMore", fillsUp},
	{"Fetch cannot be cancelled", "Fetch/Cancelled", func() *fault {
		return &fault{fetch: func(ctx context.Context, s *brokenSource, into []driver.Delivery) (int, error) {
			return s.Source.Fetch(context.WithoutCancel(ctx), into)
		}}
	}},
	{"a source takes one more than asked", "Fetch/Bound", prefetches},
	{"a record comes twice now and then", "Load/Competing", comesTwice},
	{"a source starves", "Load/Sources", starves},
	{"groups compete with each other", "Group/Each", func() *fault { return onSubscribe(func(s *driver.Subscription) { s.Group = "group" }) }},
	{"Latest is ignored", "Group/Latest", func() *fault { return onSubscribe(func(s *driver.Subscription) { s.Latest = false }) }},
	{"Ephemeral is ignored", "Group/Ephemeral", func() *fault { return onSubscribe(func(s *driver.Subscription) { s.Ephemeral = false }) }},
	{"records for one group go to all", "Group/Only", func() *fault { return onRecord(func(r *driver.Record) { r.Group = "" }) }},
	{"declared groups are ignored", "Group/Declared", func() *fault { return onTopic(func(t *driver.Topic) { t.Groups = nil }) }},
	{"records do not expire", "Expiry/Expires", func() *fault { return onRecord(func(r *driver.Record) { r.Expires = time.Time{} }) }},
	{"no letter is stored", "Dead/Letter", func() *fault { return onVerb(driver.Dead, as(driver.Ack)) }},
	{"letters come twice", "Dead/Letter", func() *fault {
		return &fault{letters: func(ls []driver.Letter) []driver.Letter { return append(ls, ls...) }}
	}},
	{"a letter forgets its cause", "Dead/Letter", func() *fault {
		return onVerb(driver.Dead, func(s *driver.Settlement) { l := *s.Letter; l.Cause = nil; s.Letter = &l })
	}},
	{"the revision of a letter is ignored", "Dead/Mark", ignoresRev},
	{"letters end with the process", "Restart/Dead", losesLetters},
	{"what is not supported is imitated", "Order/Strict", func() *fault {
		return &fault{features: func(f *driver.Features) { f.Order = []driver.Order{driver.Unordered} }}
	}},
}...)

// Every broken engine must fail the case that names what it breaks.
func TestBroken(t *testing.T) {
	for _, b := range broken {
		t.Run(strings.ReplaceAll(b.name, " ", "_"), func(t *testing.T) {
			for _, c := range Cases() {
				if c.Name != b.by && !*all {
					continue
				}
				failures := verdict(t, c, b.make())
				if c.Name == b.by && len(failures) == 0 {
					t.Errorf("%s: %s has not noticed", b.name, c.Name)
				}
				for _, f := range failures[:min(1, len(failures))] {
					t.Logf("%s: %s", c.Name, f)
				}
			}
		})
	}
}

// The cases that notice broken engines find nothing wrong with one that only passes everything on.
func TestUnbroken(t *testing.T) {
	for _, b := range broken {
		i := slices.IndexFunc(Cases(), func(c Case) bool { return c.Name == b.by })
		if i < 0 {
			t.Errorf("there is no case %q", b.by)
		} else if failures := verdict(t, Cases()[i], &fault{}); len(failures) > 0 {
			t.Errorf("%s: %q", b.by, failures)
		}
	}
}

func as(v driver.Verb) func(*driver.Settlement) {
	return func(s *driver.Settlement) { s.Verb = v }
}

func unless[T comparable](good, is, wrong T) T {
	if is == good {
		return is
	}
	return wrong
}

func sameFold(a, b driver.Field) bool { return strings.EqualFold(a.Name, b.Name) }

func dropNewer(t *driver.Topic) {
	if t.Overflow == driver.DropOldest {
		t.Overflow = driver.DropNewest
	}
}

// changed returns a copy of settlements in which f has changed some.
func changed(ss []driver.Settlement, f func(*driver.Settlement)) []driver.Settlement {
	out := slices.Clone(ss)
	for i := range out {
		f(&out[i])
	}
	return out
}

func onVerb(v driver.Verb, f func(*driver.Settlement)) *fault {
	return &fault{settle: func(ctx context.Context, s *brokenSource, ss []driver.Settlement) error {
		other := changed(ss, func(s *driver.Settlement) {
			if s.Verb == v {
				f(s)
			}
		})
		return tell(s.Source.Settle(ctx, other), ss, other)
	}}
}

// tell copies what has become of settlements.
func tell(err error, ss, other []driver.Settlement) error {
	for i := range ss {
		ss[i].Err = other[i].Err
	}
	return err
}

func onSubscribe(f func(*driver.Subscription)) *fault {
	return &fault{subscribe: func(_ *driver.Topic, s *driver.Subscription) { f(s) }}
}

func onGroups(f func(*driver.GroupAccount)) *fault {
	return &fault{account: func(a *driver.Account) {
		for i := range a.Groups {
			f(&a.Groups[i])
		}
	}}
}

func onTopic(f func(*driver.Topic)) *fault {
	return &fault{
		subscribe: func(t *driver.Topic, _ *driver.Subscription) { f(t) },
		publish: func(ctx context.Context, e driver.Engine, t *driver.Topic, rs []driver.Record) (int, error) {
			f(t)
			return e.Publish(ctx, t, rs)
		},
	}
}

func onRecord(f func(*driver.Record)) *fault {
	return &fault{publish: func(ctx context.Context, e driver.Engine, t *driver.Topic, rs []driver.Record) (int, error) {
		other := slices.Clone(rs)
		for i := range other {
			f(&other[i])
		}
		n, err := e.Publish(ctx, t, other)
		for i := range rs {
			rs[i].Seq, rs[i].Outcome = other[i].Seq, other[i].Outcome
		}
		return n, err
	}}
}

func afterPublish(f func(*driver.Record)) *fault {
	return published(func(n int, err error, rs []driver.Record) (int, error) {
		for i := range rs {
			f(&rs[i])
		}
		return n, err
	})
}

func published(f func(n int, err error, rs []driver.Record) (int, error)) *fault {
	return &fault{publish: func(ctx context.Context, e driver.Engine, t *driver.Topic, rs []driver.Record) (int, error) {
		n, err := e.Publish(ctx, t, rs)
		return f(n, err, rs)
	}}
}

func onDelivery(f func(s *brokenSource, d *driver.Delivery)) *fault {
	return &fault{fetch: func(ctx context.Context, s *brokenSource, into []driver.Delivery) (int, error) {
		n, err := s.Source.Fetch(ctx, into)
		for i := range into[:n] {
			f(s, &into[i])
		}
		return n, err
	}}
}

// ignoresTokens settles by whoever comes.
func ignoresTokens() *fault {
	var last runnel.Mutex
	tokens := map[uint64]uint64{}
	sources := map[uint64]driver.Source{}
	return &fault{
		fetch: func(ctx context.Context, s *brokenSource, into []driver.Delivery) (int, error) {
			n, err := s.Source.Fetch(ctx, into)
			last.Lock()
			defer last.Unlock()
			for _, d := range into[:n] {
				tokens[d.Seq], sources[d.Seq] = d.Token, s.Source
			}
			return n, err
		},
		settle: func(ctx context.Context, s *brokenSource, ss []driver.Settlement) (err error) {
			last.Lock()
			defer last.Unlock()
			for i := range ss {
				ss[i].Token = tokens[ss[i].Seq]
				if src := sources[ss[i].Seq]; src != nil {
					err = errors.Join(err, src.Settle(ctx, ss[i:i+1]))
				}
			}
			return err
		},
	}
}

func forgetsAttempts() *fault {
	restarted := false
	f := onDelivery(func(_ *brokenSource, d *driver.Delivery) {
		if restarted {
			d.Attempts, d.State = 0, nil
		}
	})
	f.restart = func() { restarted = true }
	return f
}

func shuffles() *fault {
	return &fault{fetch: func(ctx context.Context, s *brokenSource, into []driver.Delivery) (int, error) {
		n, err := s.Source.Fetch(ctx, into)
		slices.Reverse(into[:n])
		return n, err
	}}
}

func rejectsInSilence() *fault {
	return published(func(n int, err error, rs []driver.Record) (int, error) {
		if errors.Is(err, driver.ErrFull) {
			return len(rs), nil
		}
		return n, err
	})
}

func storesTheRest() *fault {
	return &fault{publish: func(ctx context.Context, e driver.Engine, t *driver.Topic, rs []driver.Record) (int, error) {
		n, err := e.Publish(ctx, t, rs)
		if n < len(rs) {
			e.Publish(ctx, t, rs[n+1:])
		}
		return n, err
	}}
}

func countsPayload() *fault {
	return &fault{publish: func(ctx context.Context, e driver.Engine, t *driver.Topic, rs []driver.Record) (int, error) {
		for i, r := range rs {
			if t.MaxBytes > 0 && int64(len(r.Payload)) > t.MaxBytes {
				return i, driver.ErrTooLarge
			}
		}
		t.MaxBytes = 0
		return e.Publish(ctx, t, rs)
	}, subscribe: func(t *driver.Topic, _ *driver.Subscription) { t.MaxBytes = 0 }}
}

func extendsNothing() *fault {
	return &fault{settle: func(ctx context.Context, s *brokenSource, ss []driver.Settlement) error {
		if len(ss) == 1 && ss[0].Verb == driver.Extend {
			return nil
		}
		return s.Source.Settle(ctx, ss)
	}}
}

func refusesLate() *fault {
	return &fault{settle: func(ctx context.Context, s *brokenSource, ss []driver.Settlement) error {
		for i := range ss {
			if d := s.held[ss[i].Seq]; time.Now().After(d.Until) {
				ss[i].Token++
			}
		}
		return s.Source.Settle(ctx, ss)
	}}
}

func failsAll() *fault {
	return &fault{settle: func(ctx context.Context, s *brokenSource, ss []driver.Settlement) error {
		err := s.Source.Settle(ctx, ss)
		if i := slices.IndexFunc(ss, func(s driver.Settlement) bool { return s.Err != nil }); i >= 0 {
			for j := range ss {
				ss[j].Err = ss[i].Err
			}
		}
		return err
	}}
}

func keepsErr() *fault {
	return &fault{settle: func(ctx context.Context, s *brokenSource, ss []driver.Settlement) error {
		other := slices.Clone(ss)
		err := s.Source.Settle(ctx, other)
		for i := range ss {
			if other[i].Err != nil {
				ss[i].Err = other[i].Err
			}
		}
		return err
	}}
}

// keepsAll closes a source, and extends its leases instead of handing them back.
func keepsAll() *fault {
	return &fault{end: func(s *brokenSource) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, d := range s.held {
			s.Source.Settle(context.Background(), []driver.Settlement{{Seq: d.Seq, Token: d.Token, Verb: driver.Retry, At: d.Until}})
		}
		return s.Source.Close()
	}}
}

func closesOnce() *fault {
	return &fault{close: func(e *brokenEngine) error {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.closed++; e.closed > 1 {
			return driver.ErrClosed
		}
		return e.Engine.Close()
	}}
}

func losesInCrash() *fault {
	return &fault{crash: func(e *brokenEngine) {
		for _, s := range e.sources {
			for _, d := range s.held {
				s.Source.Settle(context.Background(), settlements(driver.Ack, []driver.Delivery{d}))
			}
		}
	}}
}

func fillsUp() *fault {
	return &fault{fetch: func(ctx context.Context, s *brokenSource, into []driver.Delivery) (n int, err error) {
		for n < len(into) && err == nil {
			var more int
			more, err = s.Source.Fetch(ctx, into[n:])
			n += more
		}
		if n > 0 {
			return n, nil
		}
		return n, err
	}}
}

func prefetches() *fault {
	return &fault{fetch: func(ctx context.Context, s *brokenSource, into []driver.Delivery) (int, error) {
		more := make([]driver.Delivery, len(into)+1)
		n, err := s.Source.Fetch(ctx, more)
		return min(n, copy(into, more)), err
	}}
}

func comesTwice() *fault {
	return &fault{fetch: func(ctx context.Context, s *brokenSource, into []driver.Delivery) (int, error) {
		if s.n%7 == 6 {
			for _, d := range s.held {
				into[0] = d
				return 1, nil
			}
		}
		return s.Source.Fetch(ctx, into)
	}}
}

// starves lets the source that was opened first wait behind all others.
func starves() *fault {
	var first *brokenSource
	var mu runnel.Mutex
	return &fault{fetch: func(ctx context.Context, s *brokenSource, into []driver.Delivery) (int, error) {
		mu.Lock()
		if first == nil {
			first = s
		}
		mine := first == s
		mu.Unlock()
		if mine {
			if err := runnel.Sleep(ctx, 4*time.Second); err != nil {
				return 0, err
			}
		}
		return s.Source.Fetch(ctx, into)
	}}
}

func ignoresRev() *fault {
	return &fault{mark: func(ctx context.Context, m driver.Morgue, topic string, seq, rev uint64, to driver.LetterState, note []byte) error {
		for {
			ls, err := m.Letters(ctx, topic, "", seq-1, 1)
			if err != nil || len(ls) == 0 {
				return driver.ErrLetter
			}
			if err = m.MarkLetter(ctx, topic, seq, ls[0].Rev, to, note); !errors.Is(err, driver.ErrLetter) {
				return err
			}
		}
	}}
}

func losesLetters() *fault {
	restarted := false
	return &fault{restart: func() { restarted = true }, letters: func(ls []driver.Letter) []driver.Letter {
		if restarted {
			return nil
		}
		return ls
	}}
}
