package mem_test

import (
	"errors"
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
			turn.Lock()
			turn.Unlock()
			n, err := e.Publish(t.Context(), w.topic, make([]driver.Record, 2))
			t.Assert((n == 2) == (err == nil) && (err == nil || errors.Is(err, driver.ErrClosed)), "Publish: %d, %v", n, err)
		})
		turn.Lock()
		turn.Unlock()
		end()
		published := w.account().Published
		wg.Wait()
		t.Assert(w.account().Published == published, "published %d, and %d after the end", published, w.account().Published)
	})
}
