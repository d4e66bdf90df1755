package mem_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
)

// Real goroutines on real time do to a topic whatever they may, and processes crash under them. A ledger
// of what they were told is compared with the account: what was accepted, acked, and buried; a record is
// settled for good once, and nobody gets one that another one has under a lease.
func TestStress(t *testing.T) {
	for i, topic := range []driver.Topic{
		{},
		{MaxMessages: 20},
		{MaxMessages: 20, Overflow: driver.DropOldest},
		{MaxMessages: 20, Overflow: driver.DropNewest, MaxAge: 20 * time.Millisecond},
		{MaxMessages: 50, Overflow: driver.LatestPerKey, MaxAge: 10 * time.Millisecond},
	} {
		for _, order := range []driver.Order{driver.Unordered, driver.PerKey, driver.Strict} {
			t.Run(fmt.Sprintf("%d/%v/%v", i, topic.Overflow, order), func(t *testing.T) {
				topic.Name, topic.Groups = "t", []string{"g"}
				stress(t, &ledger{T: t, topic: &topic, order: order, store: mem.NewStore(nil)})
			})
		}
	}
}

type ledger struct {
	*testing.T
	topic *driver.Topic
	order driver.Order
	store *mem.Store

	accepted, acked, dead atomic.Int64

	mu  sync.Mutex
	had []*had
}

// had is a delivery, and what became of it.
type had struct {
	driver.Delivery
	free  bool // may have been handed back before its lease ended
	final bool // acked or buried
}

const lease = 2 * time.Millisecond

// check looks at the deliveries of each record in the order in which they were made.
func (l *ledger) check() {
	slices.SortFunc(l.had, func(a, b *had) int { return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Token, b.Token)) })
	for i, d := range l.had[1:] {
		before := l.had[i]
		switch early := before.Until.Sub(d.Until.Add(-lease)); {
		case before.Seq != d.Seq:
		case before.final:
			l.Errorf("record %d is given out though it has been settled", d.Seq)
		case !before.free && early > 0:
			l.Errorf("record %d is given out %v before its lease ends", d.Seq, early)
		}
	}
}

// stress lets two processes at a time live, for short, each with publishers and consumers.
func stress(t *testing.T, l *ledger) {
	const lives, work = 4, 25 * time.Millisecond
	var wg sync.WaitGroup
	for p := range uint64(2) {
		wg.Go(func() {
			for life := range uint64(lives) {
				l.live(p*lives+life, work)
			}
		})
	}
	wg.Wait()
	l.drain()
	l.check()
	a, err := l.store.Open().Account(t.Context(), "t")
	g := a.Groups[0]
	if err != nil || a.Check() != nil || a.Stored+g.InFlight+g.Waiting != 0 {
		t.Errorf("%+v, %v, %v", a, err, a.Check())
	}
	if a.Published != l.accepted.Load() || g.Acked != l.acked.Load() || g.Dead != l.dead.Load() {
		t.Errorf("accepted %d, acked %d, dead %d; the account says %+v", l.accepted.Load(), l.acked.Load(), l.dead.Load(), a)
	}
}

// live is the life of a process.
func (l *ledger) live(seed uint64, work time.Duration) {
	e := l.store.Open()
	ctx, cancel := context.WithTimeout(l.Context(), work)
	defer cancel()
	var wg sync.WaitGroup
	for i := range uint64(2) {
		wg.Go(func() { l.publish(ctx, e, rand.New(rand.NewPCG(seed, i))) })
		wg.Go(func() { l.consume(ctx, e, rand.New(rand.NewPCG(seed, 10+i)), seed%2 > 0) })
	}
	<-ctx.Done()
	if seed%2 == 0 {
		e.Crash()
	} else {
		e.Close()
	}
	wg.Wait()
}

func (l *ledger) publish(ctx context.Context, e *mem.Engine, r *rand.Rand) {
	for {
		rs := make([]driver.Record, 1+r.IntN(4))
		for i := range rs {
			rs[i] = driver.Record{Key: string(rune('a' + r.IntN(5))), Published: time.Now()}
			if r.IntN(4) == 0 {
				rs[i].NotBefore = time.Now().Add(time.Duration(r.IntN(int(5 * time.Millisecond))))
			}
		}
		n, err := e.Publish(ctx, l.topic, rs)
		l.accepted.Add(int64(n))
		if n < len(rs) != (err != nil) {
			l.Errorf("Publish of %d: %d, %v", len(rs), n, err)
		}
		if ctx.Err() != nil || errors.Is(err, driver.ErrClosed) {
			return
		}
		if r.IntN(8) == 0 {
			runnel.Sleep(ctx, time.Millisecond) // and let them come to an end
		}
	}
}

func (l *ledger) consume(ctx context.Context, e *mem.Engine, r *rand.Rand, closes bool) {
	s, err := e.Subscribe(ctx, l.topic, driver.Subscription{Group: "g", Order: l.order, Lease: lease})
	into := make([]driver.Delivery, 5)
	var late []*had // settled when others may have had them
	for err == nil {
		if len(late) > 8 {
			runnel.Sleep(ctx, lease)
			for _, h := range late {
				l.settle(s, h, driver.Verb(r.IntN(5)))
			}
			late = nil
		}
		var n int
		if n, err = s.Fetch(ctx, into); (n == 0) != (err != nil) {
			l.Errorf("Fetch: %d, %v", n, err)
		}
		for _, d := range into[:n] {
			h := l.take(d, closes)
			switch r.IntN(8) {
			case 0: // it is forgotten
			case 1:
				late = append(late, h)
			default:
				l.settle(s, h, driver.Verb(r.IntN(5)))
			}
		}
	}
	if ctx.Err() == nil && !errors.Is(err, driver.ErrClosed) {
		l.Errorf("a consumer ends: %v", err)
	}
}

func (l *ledger) take(d driver.Delivery, closes bool) *had {
	if !d.NotBefore.IsZero() && time.Now().Before(d.NotBefore) {
		l.Errorf("record %d comes %v early", d.Seq, time.Until(d.NotBefore))
	}
	h := &had{Delivery: d, free: closes}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.had = append(l.had, h)
	return h
}

func (l *ledger) settle(s driver.Source, h *had, verb driver.Verb) {
	h.free = h.free || verb != driver.Extend
	v := []driver.Settlement{{Seq: h.Seq, Token: h.Token, Verb: verb, At: time.Now().Add(time.Millisecond)}}
	if err := s.Settle(context.Background(), v); err != nil || v[0].Err != nil {
		return // closed, or lost
	}
	switch verb {
	case driver.Ack:
		l.acked.Add(1)
		h.final = true
	case driver.Dead:
		l.dead.Add(1)
		h.final = true
	}
}

// drain acks what is left, until nothing is.
func (l *ledger) drain() {
	e := l.store.Open()
	defer e.Close()
	s := subscribe(l.T, e, l.topic, driver.Subscription{Group: "g", Order: l.order})
	into := make([]driver.Delivery, 50)
	for l.left(e) > 0 {
		ctx, cancel := context.WithTimeout(l.Context(), 5*time.Millisecond)
		n, _ := s.Fetch(ctx, into)
		cancel()
		for _, d := range into[:n] {
			l.settle(s, l.take(d, true), driver.Ack)
		}
	}
}

func (l *ledger) left(e *mem.Engine) int64 {
	a, err := e.Account(l.Context(), "t")
	if err != nil {
		l.Fatal(err)
	}
	return a.Stored + a.Groups[0].InFlight + a.Groups[0].Waiting
}
