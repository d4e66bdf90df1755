package mem_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
	"github.com/runnel-go/runnel/sim"
)

// A record that has expired while one group runs it is not given to a group that is new.
func TestNewGroupGetsNothingExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, topic := mem.New(nil), &driver.Topic{Name: "t", MaxAge: time.Second}
		s := subscribe(t, e, topic, driver.Subscription{Group: "g"})
		publish(t, e, topic, "old")
		d := fetch(t, s)
		time.Sleep(2 * time.Second)
		late := subscribe(t, e, topic, driver.Subscription{Group: "late"})
		publish(t, e, topic, "new")
		if d := fetch(t, late); string(d.Payload) != "new" {
			t.Errorf("a new group gets %q, which has expired", d.Payload)
		}
		settle(t, s, d, driver.Settlement{})
	})
}

// Once Crash or Close has returned, a Publish that was under way has no effect any more.
func TestSimNoEffectAfterEnd(t *testing.T) {
	explore(t, func(t *sim.T) {
		w := in(t, driver.Topic{Groups: []string{"g"}})
		e := w.store.Open()
		w.subscribe(w.store.Open(), driver.Subscription{Group: "g"})
		end := []func(){e.Crash, func() { e.Close() }}[t.Choose(2)]
		var wg runnel.WaitGroup
		var turn runnel.Mutex // lets the simulation decide whether Publish begins before the end
		wg.Go(func() {
			passThrough(&turn)
			n, err := e.Publish(t.Context(), w.topic, make([]driver.Record, 2))
			t.Assert((n == 2) == (err == nil) && (err == nil || errors.Is(err, driver.ErrClosed)), "Publish: %d, %v", n, err)
		})
		passThrough(&turn)
		end()
		published := w.account().Published
		wg.Wait()
		t.Assert(w.account().Published == published, "published %d, and %d after the end", published, w.account().Published)
	})
}

// A lease and a window for ever are longer than the clock of the engine can count.
func TestForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const forever = time.Duration(math.MaxInt64)
		time.Sleep(time.Second) // so that the engine's clock is not at its start
		e, topic := mem.New(nil), &driver.Topic{Name: "t", DedupWindow: forever, MaxAge: forever}
		time.Sleep(time.Second)
		s := subscribe(t, e, topic, driver.Subscription{Group: "g", Lease: forever})
		once := func() driver.Outcome {
			r := []driver.Record{{Dedup: "x", Published: time.Now()}}
			if _, err := e.Publish(t.Context(), topic, r); err != nil {
				t.Fatal(err)
			}
			return r[0].Outcome
		}
		once()
		d := fetch(t, s)
		time.Sleep(time.Hour)
		if got := once(); got != driver.Duplicate {
			t.Errorf("the second one is %v, want %v", got, driver.Duplicate)
		}
		settle(t, s, d, driver.Settlement{Verb: driver.Extend})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if n, err := s.Fetch(ctx, make([]driver.Delivery, 1)); n != 0 {
			t.Errorf("a lease for ever has ended: %d, %v", n, err)
		}
		settle(t, s, d, driver.Settlement{})
	})
}

// passThrough waits until nobody holds the lock.
func passThrough(m *runnel.Mutex) {
	m.Lock()
	defer m.Unlock()
}
