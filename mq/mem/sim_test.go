package mem_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
	"github.com/runnel-go/runnel/sim"
)

// The engine in every order: package sim decides who goes on at each operation. Whatever it
// decides, the accounts are balanced, nothing is lost, and nobody waits for what is there.

func explore(t *testing.T, body func(*sim.T), opts ...sim.Option) {
	t.Helper()
	sim.Test(t, body, append(opts, sim.Schedules(300))...)
}

type world struct {
	*sim.T
	store *mem.Store
	topic *driver.Topic
}

func in(t *sim.T, topic driver.Topic) *world {
	topic.Name = "t"
	return &world{t, mem.NewStore(nil), &topic}
}

func (w *world) publish(e *mem.Engine, records ...driver.Record) {
	for i := range records {
		records[i].Published = time.Now()
	}
	n, err := e.Publish(w.Context(), w.topic, records)
	w.Assert(n == len(records) && err == nil, "Publish: %d, %v", n, err)
}

func (w *world) subscribe(e *mem.Engine, s driver.Subscription) driver.Source {
	if s.Lease == 0 {
		s.Lease = time.Minute
	}
	source, err := e.Subscribe(w.Context(), w.topic, s)
	w.Assert(err == nil, "Subscribe: %v", err)
	return source
}

// fetch returns what there is within a second.
func (w *world) fetch(s driver.Source, most int) []driver.Delivery {
	ctx, cancel := context.WithTimeout(w.Context(), time.Second)
	defer cancel()
	into := make([]driver.Delivery, most)
	n, err := s.Fetch(ctx, into)
	w.Assert((n == 0) == (err != nil), "Fetch: %d, %v", n, err)
	return into[:n]
}

func (w *world) settle(s driver.Source, verb driver.Verb, ds ...driver.Delivery) error {
	var vs []driver.Settlement
	for _, d := range ds {
		vs = append(vs, driver.Settlement{Seq: d.Seq, Token: d.Token, Verb: verb, At: time.Now().Add(time.Second)})
	}
	if err := s.Settle(w.Context(), vs); err != nil {
		return err
	}
	for _, v := range vs {
		err := v.Err
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *world) ack(s driver.Source, ds ...driver.Delivery) {
	err := w.settle(s, driver.Ack, ds...)
	w.Assert(err == nil, "Ack: %v", err)
}

// account is balanced, and within the limit.
func (w *world) account() driver.Account {
	a, err := w.store.Open().Account(w.Context(), "t")
	w.Assert(err == nil, "Account: %v", err)
	for _, g := range a.Groups {
		w.Assert(g.Balanced(), "unbalanced: %+v", g)
	}
	w.Assert(w.topic.MaxMessages == 0 || a.Stored <= w.topic.MaxMessages, "too many: %+v", a)
	return a
}

func (w *world) over(acked int64) {
	a := w.account()
	g := a.Groups[0]
	w.Assert(a.Stored == 0 && g.Acked == acked && g.InFlight+g.Waiting == 0, "not over: %+v", a)
}

func TestSimTwoSources(t *testing.T) {
	explore(t, func(t *sim.T) {
		w := in(t, driver.Topic{Groups: []string{"g"}})
		e := w.store.Open()
		var got [4]atomic.Int32
		var wg runnel.WaitGroup
		for range 2 {
			s := w.subscribe(e, driver.Subscription{Group: "g"})
			wg.Go(func() {
				for {
					ds := w.fetch(s, 2)
					if len(ds) == 0 {
						return
					}
					for _, d := range ds {
						got[d.Seq].Add(1)
					}
					w.ack(s, ds...)
				}
			})
		}
		for range 3 {
			w.publish(e, driver.Record{})
		}
		wg.Wait()
		for i := 1; i < 4; i++ {
			t.Assert(got[i].Load() == 1, "got record %d %d times", i, got[i].Load())
		}
		w.over(3)
	}, sim.Punctual())
}

// A process dies with a record in its hands. The other one gets it when the lease lapses, and what
// the first one had published is there.
func TestSimCrash(t *testing.T) {
	explore(t, func(t *sim.T) {
		w := in(t, driver.Topic{Groups: []string{"g"}})
		e := w.store.Open()
		s := w.subscribe(e, driver.Subscription{Group: "g", Order: driver.PerKey, Lease: 5 * time.Second})
		w.publish(e, driver.Record{Key: "k"}, driver.Record{Key: "k"})
		t.Go("first", func() {
			for {
				if ds := w.fetch(s, 1); len(ds) == 0 || w.settle(s, driver.Ack, ds...) != nil {
					return
				}
			}
		})
		t.Go("crash", func() { e.Crash() })
		e2 := w.store.Open()
		s2 := w.subscribe(e2, driver.Subscription{Group: "g", Order: driver.PerKey, Lease: 5 * time.Second})
		last := uint64(0)
		for range 12 {
			for _, d := range w.fetch(s2, 2) {
				t.Assert(d.Seq > last && d.Lapses <= 1, "got %d with %d lapses after %d", d.Seq, d.Lapses, last)
				last = d.Seq
				w.ack(s2, d)
			}
		}
		w.over(2)
	}, sim.Punctual())
}

func TestSimBlockedPublishers(t *testing.T) {
	explore(t, func(t *sim.T) {
		w := in(t, driver.Topic{Groups: []string{"g"}, MaxMessages: 1})
		e := w.store.Open()
		var wg runnel.WaitGroup
		for range 3 {
			wg.Go(func() { w.publish(e, driver.Record{}, driver.Record{}) })
		}
		s := w.subscribe(e, driver.Subscription{Group: "g"})
		for range 6 {
			ds := w.fetch(s, 2)
			t.Assert(len(ds) == 1, "got %d of a topic that holds one", len(ds))
			w.account()
			w.ack(s, ds...)
		}
		wg.Wait()
		w.over(6)
	}, sim.Punctual())
}

// Publishers wait for room that comes by time alone: nobody fetches, records expire.
func TestSimRoomByExpiry(t *testing.T) {
	explore(t, func(t *sim.T) {
		w := in(t, driver.Topic{MaxMessages: 1, MaxAge: time.Second})
		e := w.store.Open()
		var wg runnel.WaitGroup
		for range 3 {
			wg.Go(func() { w.publish(e, driver.Record{}) })
		}
		wg.Wait()
		a := w.account()
		t.Assert(a.Published == 3 && a.Expired+a.Stored == 3, "%+v", a)
	})
}

// One of the blocked gives up; the others do not suffer.
func TestSimBlockedGivesUp(t *testing.T) {
	explore(t, func(t *sim.T) {
		w := in(t, driver.Topic{Groups: []string{"g"}, MaxMessages: 1})
		e := w.store.Open()
		w.publish(e, driver.Record{})
		ctx, cancel := context.WithCancel(t.Context())
		published := int64(2)
		var wg runnel.WaitGroup
		wg.Go(func() {
			n, err := e.Publish(ctx, w.topic, []driver.Record{{}})
			t.Assert(n == 1 && err == nil || n == 0 && errors.Is(err, context.Canceled), "%d, %v", n, err)
			published += int64(n)
		})
		wg.Go(func() { w.publish(e, driver.Record{}) })
		wg.Go(cancel)
		s := w.subscribe(e, driver.Subscription{Group: "g"})
		for {
			ds := w.fetch(s, 1)
			if len(ds) == 0 {
				break
			}
			w.ack(s, ds...)
		}
		wg.Wait()
		w.over(published)
	}, sim.Punctual())
}

// Records are dropped while somebody has them: Ack and Dead still count, all else is a drop.
func TestSimEvictedWhileLeased(t *testing.T) {
	for _, overflow := range []driver.Overflow{driver.DropOldest, driver.LatestPerKey} {
		explore(t, func(t *sim.T) {
			w := in(t, driver.Topic{Groups: []string{"g"}, MaxMessages: 1, Overflow: overflow})
			e := w.store.Open()
			s := w.subscribe(e, driver.Subscription{Group: "g", Lease: 3 * time.Second, Order: driver.Order(t.Choose(3))})
			var wg runnel.WaitGroup
			wg.Go(func() {
				for range 3 {
					w.publish(e, driver.Record{Key: "k"})
				}
			})
			wg.Go(func() {
				for range 2 {
					if ds := w.fetch(s, 1); len(ds) > 0 {
						verb := driver.Verb(t.Choose(5))
						err := w.settle(s, verb, ds...)
						t.Assert(err == nil, "%v: %v", verb, err)
					}
				}
			})
			wg.Wait()
			w.account()
			for range 10 {
				w.ack(s, w.fetch(s, 1)...)
			}
			g := w.account().Groups[0]
			t.Assert(g.Published == 3 && g.InFlight+g.Waiting == 0, "%+v", g)
		}, sim.Punctual())
	}
}

// Delays, retries and lapses: all that comes by time reaches whoever waits, in time.
func TestSimDue(t *testing.T) {
	explore(t, func(t *sim.T) {
		w := in(t, driver.Topic{Groups: []string{"g"}})
		e := w.store.Open()
		var wg runnel.WaitGroup
		for range 2 {
			s := w.subscribe(e, driver.Subscription{Group: "g", Lease: time.Second})
			wg.Go(func() {
				into := make([]driver.Delivery, 1)
				n, err := s.Fetch(t.Context(), into)
				t.Assert(n == 1 && err == nil, "Fetch: %d, %v", n, err)
				d := into[0]
				t.Assert(!time.Now().Before(d.NotBefore), "%v early", time.Until(d.NotBefore))
				if verb := []driver.Verb{driver.Ack, driver.Retry}[t.Choose(2)]; w.settle(s, verb, d) == nil && verb == driver.Ack {
					return
				}
				n, err = s.Fetch(t.Context(), into)
				t.Assert(n == 1 && err == nil, "Fetch: %d, %v", n, err)
				w.ack(s, into...)
			})
		}
		w.publish(e, driver.Record{NotBefore: time.Now().Add(time.Second)}, driver.Record{})
		wg.Wait()
		w.over(2)
	}, sim.Punctual()) // or a lease could end before its ack
}

// Closing ends everybody who waits, and hands back what they have.
func TestSimClose(t *testing.T) {
	explore(t, func(t *sim.T) {
		w := in(t, driver.Topic{Groups: []string{"g"}, MaxMessages: 2})
		e := w.store.Open()
		s := w.subscribe(e, driver.Subscription{Group: "g"})
		var wg runnel.WaitGroup
		wg.Go(func() {
			for {
				n, err := e.Publish(t.Context(), w.topic, []driver.Record{{}})
				t.Assert((n == 1) == (err == nil), "%d, %v", n, err)
				if err != nil {
					t.Assert(errors.Is(err, driver.ErrClosed), "Publish: %v", err)
					return
				}
			}
		})
		for range 2 {
			wg.Go(func() {
				into := make([]driver.Delivery, 3)
				for {
					_, err := s.Fetch(t.Context(), into)
					if err != nil {
						t.Assert(errors.Is(err, driver.ErrClosed), "Fetch: %v", err)
						return
					}
				}
			})
		}
		crash := t.Choose(2) == 1
		if crash {
			e.Crash()
		} else {
			e.Close()
		}
		wg.Wait()
		g := w.account().Groups[0]
		t.Assert(crash || g.InFlight == 0, "%+v", g)
	})
}

// The group of a source that ends is gone, the records of the others stay.
func TestSimEphemeral(t *testing.T) {
	explore(t, func(t *sim.T) {
		w := in(t, driver.Topic{Groups: []string{"g"}})
		e := w.store.Open()
		s := w.subscribe(e, driver.Subscription{Group: "g"})
		s2 := w.subscribe(e, driver.Subscription{Group: "e", Ephemeral: true, Latest: true})
		var wg runnel.WaitGroup
		wg.Go(func() { w.publish(e, driver.Record{}, driver.Record{}) })
		wg.Go(func() { w.fetch(s2, 1); s2.Close() })
		for acked := 0; acked < 2; {
			ds := w.fetch(s, 2)
			w.ack(s, ds...)
			acked += len(ds)
		}
		wg.Wait()
		t.Assert(len(w.account().Groups) == 1, "the ephemeral group stayed")
		w.over(2)
	}, sim.Punctual())
}

// Whatever goes wrong, a worker that settles again what it is not sure of comes to an end, and
// each record is acked once.
func TestSimFaults(t *testing.T) {
	explore(t, func(t *sim.T) {
		w := in(t, driver.Topic{Groups: []string{"g"}, MaxMessages: 2})
		w.store = mem.NewStore(&mem.Options{Faults: &mem.Faults{
			Choose: t.Choose, Rarity: 3, Most: 4,
			Trouble: true, Full: true, LostAck: true, LateAck: true, Again: true, Shuffled: true, Slow: time.Second,
		}})
		e := w.store.Open()
		s, err := e.Subscribe(t.Context(), w.topic, driver.Subscription{Group: "g", Lease: 2 * time.Second})
		t.Assert(err == nil, "Subscribe: %v", err)
		var wg runnel.WaitGroup
		wg.Go(func() {
			for left := 3; left > 0; {
				n, err := e.Publish(t.Context(), w.topic, make([]driver.Record, left))
				t.Assert((n == left) == (err == nil) && (err == nil || errors.Is(err, mem.ErrFault)), "Publish: %d, %v", n, err)
				left -= n
			}
		})
		done := map[uint64]bool{}
		for len(done) < 3 {
			into := make([]driver.Delivery, 3)
			n, _ := s.Fetch(t.Context(), into)
			for _, d := range into[:n] {
				for {
					err := w.settle(s, driver.Ack, d)
					if err == nil || errors.Is(err, driver.ErrLeaseLost) {
						break
					}
				}
				done[d.Seq] = true
			}
		}
		wg.Wait()
		for range 5 {
			w.account()
			runnel.Sleep(t.Context(), time.Second)
		}
		g := w.account().Groups[0]
		t.Assert(g.Acked+g.Waiting == 3 && g.InFlight == 0, "%+v", g)
	})
}
