package mq_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
)

var lifeSeed = flag.Uint64("life", 1, "seed of the random lives")

// Whatever happens, what a client has counted is what its handlers did, and what the engine's ledger
// says, to the message and to the nanosecond: checked again and again in the middle of random lives,
// whenever nothing can happen without time passing.
func TestStatsAgreeWithTheLedger(t *testing.T) {
	for i := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			l := newLife(t, rand.New(rand.NewPCG(*lifeSeed, i)))
			for range 40 {
				l.step()
				l.check()
			}
			l.end()
			if t.Failed() {
				t.Fatalf("life %d of -life=%d", i, *lifeSeed)
			}
		})
	}
}

// life is a client whose only topic has two groups, with a consumer each.
type life struct {
	t      *testing.T
	r      *rand.Rand
	client *mq.Client
	topic  mq.Topic[string]
	groups []*lifeGroup
	failed uint64 // publishes that returned an error
}

const (
	lifeTimeout = 5 * time.Second
	lifeGrace   = 2 * time.Second
)

func newLife(t *testing.T, r *rand.Rand) *life {
	overflow := []driver.Overflow{driver.Block, driver.Reject, driver.DropNewest, driver.DropOldest}[r.IntN(4)]
	l := &life{t: t, r: r}
	l.client = mq.Open(mem.New(nil), &mq.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	l.topic = mq.NewTopic[string]("orders", mq.Keyed(), mq.Groups("billing", "audit"),
		mq.MaxMessages(30), mq.Overflow(overflow), mq.DedupWindow(time.Minute))
	l.groups = []*lifeGroup{newLifeGroup(l, "billing"), newLifeGroup(l, "audit")}
	return l
}

// lifeGroup is a consumer, and what its handlers did by their own account.
type lifeGroup struct {
	l        *life
	consumer *mq.Consumer[string]
	cancel   context.CancelFunc // nil: it does not run
	run      runnel.WaitGroup

	calls, stuck, handling, waiting atomic.Int64 // stuck of those that have returned; times in ns
	succeeded, failed, panicked     atomic.Int64
	timedOut                        atomic.Int64
}

func newLifeGroup(l *life, group string) *lifeGroup {
	g := &lifeGroup{l: l}
	g.consumer = &mq.Consumer[string]{
		Topic: l.topic, Group: group, Workers: 1 + l.r.IntN(4),
		Order: []driver.Order{mq.Unordered, mq.PerKey, mq.Strict}[l.r.IntN(3)],
		Retry: mq.Retry{Attempts: 3, First: time.Second, Timeout: lifeTimeout}, Grace: lifeGrace,
	}
	if l.r.IntN(3) == 0 {
		g.consumer.Batch, g.consumer.BatchSize = g.batch, 4
	} else {
		g.consumer.Handler = func(ctx context.Context, m *mq.Message[string]) error {
			return g.batch(ctx, []*mq.Message[string]{m})[0]
		}
	}
	return g
}

// batch handles messages: their outcomes are a function of the first one, and its attempt.
func (g *lifeGroup) batch(ctx context.Context, ms []*mq.Message[string]) []error {
	began, n := time.Now(), int64(len(ms))
	for _, m := range ms {
		if m.Attempt == 1 {
			g.waiting.Add(int64(began.Sub(m.Published)))
		}
	}
	defer func() {
		took := time.Since(began)
		g.calls.Add(1)
		g.handling.Add(int64(took))
		if took > lifeTimeout+lifeGrace {
			g.stuck.Add(n)
		}
	}()
	r := rand.New(rand.NewPCG(ms[0].Seq, uint64(ms[0].Attempt)))
	time.Sleep(time.Duration(r.IntN(3)) * 123456789)
	switch r.IntN(12) {
	case 0:
		g.panicked.Add(n)
		panic("boom")
	case 1:
		runnel.Sleep(ctx, time.Minute)
		g.timedOut.Add(n)
		return same(len(ms), ctx.Err())
	case 2:
		time.Sleep(20 * time.Second) // stuck
	case 3:
		g.failed.Add(n)
		return same(len(ms), mq.Dead(errors.New("never")))
	case 4, 5:
		g.failed.Add(n)
		return same(len(ms), errors.New("not yet"))
	}
	g.succeeded.Add(n)
	return make([]error, len(ms))
}

func same(n int, err error) []error {
	errs := make([]error, n)
	for i := range errs {
		errs[i] = err
	}
	return errs
}

func (l *life) step() {
	g := l.groups[l.r.IntN(2)]
	switch l.r.IntN(8) {
	case 0, 1, 2:
		for range l.r.IntN(12) {
			l.publish()
		}
	case 3, 4:
		time.Sleep(time.Duration(l.r.Int64N(int64(20 * time.Second))))
	case 5:
		g.consumer.Pause()
	case 6:
		g.consumer.Resume()
	case 7:
		if g.cancel == nil {
			g.start()
		} else {
			g.end()
		}
	}
}

func (l *life) publish() {
	ctx, cancel := context.WithTimeout(l.t.Context(), time.Second)
	defer cancel()
	opts := []mq.PublishOption{mq.Key(fmt.Sprint(l.r.IntN(3)))}
	switch l.r.IntN(6) {
	case 0:
		opts = append(opts, mq.TTL(time.Duration(1+l.r.IntN(9))*time.Second))
	case 1:
		opts = append(opts, mq.Delay(time.Duration(1+l.r.IntN(9))*time.Second))
	case 2:
		opts = append(opts, mq.DedupID(fmt.Sprint(l.r.IntN(4))))
	case 3:
		opts = opts[1:] // no key: an error
	}
	if l.topic.Publish(ctx, l.client, "a kettle", opts...) != nil {
		l.failed++
	}
}

func (g *lifeGroup) start() {
	var ctx context.Context
	ctx, g.cancel = context.WithCancel(g.l.t.Context())
	g.run.Go(func() {
		if err := g.consumer.Run(ctx, g.l.client); err != nil && !errors.Is(err, mq.ErrStuck) {
			g.l.t.Error(err)
		}
	})
}

func (g *lifeGroup) end() {
	g.cancel()
	g.cancel = nil
	g.run.Wait()
}

func (l *life) end() {
	for _, g := range l.groups {
		if g.cancel != nil {
			g.end()
		}
	}
	time.Sleep(time.Minute) // what was stuck has returned
	l.check()
}

// check compares all accounts at one moment.
func (l *life) check() {
	l.t.Helper()
	synctest.Wait()
	s := l.client.Stats()
	if len(s.Topics) == 0 {
		return // nothing has been published: there is no topic
	}
	a, err := l.client.Account(l.t.Context(), "orders")
	if errors.Is(err, mq.ErrUnknownTopic) && s.Topics[0].Stored == 0 {
		return // no message was good, so there is no topic
	}
	if err != nil {
		l.t.Fatal(err)
	}
	if err := a.Check(); err != nil {
		l.t.Error(err)
	}
	l.published(&s.Topics[0], &a)
	for _, g := range l.groups {
		for i := range s.Groups {
			if s.Groups[i].Group == g.consumer.Group {
				g.compare(&s.Groups[i], groupOf(l.t, &a, g.consumer.Group), s.Over)
			}
		}
	}
}

func groupOf(t *testing.T, a *mq.Account, name string) *driver.GroupAccount {
	for i := range a.Groups {
		if a.Groups[i].Group == name {
			return &a.Groups[i]
		}
	}
	t.Fatalf("the ledger has no group %q: %+v", name, a)
	return nil
}

func (l *life) published(s *mq.TopicStats, a *mq.Account) {
	l.t.Helper()
	failed := uint64(0)
	for _, n := range s.Failed {
		failed += n
	}
	equal(l.t, "published", s.Stored+s.Dropped, a.Published)
	equal(l.t, "duplicates", s.Duplicates, a.Duplicates)
	equal(l.t, "failed", failed, l.failed)
	equal(l.t, "sizes", s.Sizes.Count(), s.Stored+s.Dropped+s.Duplicates)
	near(l.t, "rate of publishing", s.Rate, s.Stored, l.client.Stats().Over)
	for i := range a.Groups {
		equal(l.t, "published for "+a.Groups[i].Group, uint64(a.Groups[i].Published), a.Published)
		equal(l.t, "dropped for "+a.Groups[i].Group, uint64(a.Groups[i].Dropped.Newest), s.Dropped)
	}
}

// compare compares what the client says with the engine's ledger and with what the handlers say.
func (g *lifeGroup) compare(s *mq.GroupStats, a *driver.GroupAccount, over time.Duration) {
	t := g.l.t
	t.Helper()
	equal(t, "acked", s.Acked, a.Acked)
	equal(t, "dead", s.DeadTotal(), a.Dead)
	var held int
	for _, c := range s.Consumers {
		held += c.Prefetched + len(c.Running)
		for _, r := range c.Running {
			if r.Stuck {
				held-- // its attempt has been settled
			}
		}
	}
	equal(t, "in flight", uint64(held), a.InFlight)
	equal(t, "lost", s.LeaseLost, 0)

	equal(t, "succeeded", s.Succeeded, g.succeeded.Load())
	equal(t, "failed", s.Failed, g.failed.Load())
	equal(t, "panicked", s.Panicked, g.panicked.Load())
	equal(t, "timed out", s.TimedOut, g.timedOut.Load())
	equal(t, "settled", s.Acked+s.Retried+s.DeadTotal(), int64(s.Attempts()+s.Stuck)-g.stuck.Load())
	equal(t, "calls", s.Handling.Count(), g.calls.Load())
	equal(t, "ns handled", uint64(s.Handling.Sum()), g.handling.Load())
	equal(t, "critical", s.Critical.Count(), s.Succeeded+s.DeadTotal())
	near(t, "rate", s.Rate, s.Acked+s.DeadTotal(), over)
	if tried := s.Attempts(); tried > 0 {
		near(t, "error rate", s.ErrorRate, tried-s.Succeeded, time.Duration(tried)*time.Second)
	}
}

func equal[N int64 | uint64 | int](t *testing.T, what string, got uint64, want N) {
	t.Helper()
	if got != uint64(want) {
		t.Errorf("%s: counted %d, want %d", what, got, want)
	}
}

// near checks a number per second.
func near(t *testing.T, what string, got float64, n uint64, over time.Duration) {
	t.Helper()
	want := 0.0
	if over > 0 {
		want = float64(n) / over.Seconds()
	}
	if got < want*0.999999 || got > want*1.000001 {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}
