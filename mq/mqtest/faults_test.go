package mqtest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mqtest"
	"github.com/runnel-go/runnel/sim"
)

// tally is what an engine with faults has done to one publisher and one source.
type tally struct {
	handled                map[string]int
	publish, fetch, settle int // calls that failed
	full, leaseLost        int
	lapsed, disorder, last int
	account                driver.GroupAccount
	took                   time.Duration
}

const messages = 60

// play publishes messages, each until that succeeds, and acks them, each until that succeeds.
func play(t *testing.T, f mqtest.Faults) (c tally) {
	c.handled = map[string]int{}
	e := f.Open()
	defer e.Close()
	from := time.Now()
	topic := &driver.Topic{Name: "t", Overflow: driver.Reject, MaxMessages: 1000, Groups: []string{"g"}}
	s, err := e.Subscribe(t.Context(), topic, driver.Subscription{Group: "g", Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for i := range messages {
		c.put(t.Context(), e, topic, fmt.Sprint(i))
	}
	for c.get(t, s) {
	}
	c.took = time.Since(from)
	e.Heal()
	admin, _ := driver.As[driver.Admin](e)
	a, err := admin.Account(t.Context(), "t")
	if err != nil || len(a.Groups) != 1 {
		t.Fatalf("%+v, %v", a, err)
	}
	c.account = a.Groups[0]
	return c
}

func (c *tally) put(ctx context.Context, e driver.Engine, topic *driver.Topic, v string) {
	for {
		_, err := e.Publish(ctx, topic, []driver.Record{{Payload: []byte(v), Published: time.Now()}})
		switch {
		case err == nil:
			return
		case errors.Is(err, driver.ErrFull):
			c.full++
		default:
			c.publish++
		}
	}
}

// get fetches and acks once; false if nothing has come for longer than any lease.
func (c *tally) get(t *testing.T, s driver.Source) bool {
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	into := make([]driver.Delivery, 4)
	n, err := s.Fetch(ctx, into)
	if errors.Is(err, mqtest.ErrFault) {
		c.fetch++
		return true
	}
	for _, d := range into[:n] {
		c.deliver(t, s, d)
	}
	return err == nil
}

func (c *tally) deliver(t *testing.T, s driver.Source, d driver.Delivery) {
	c.handled[string(d.Payload)]++
	c.lapsed += d.Lapses
	if int(d.Seq) < c.last {
		c.disorder++
	}
	c.last = int(d.Seq)
	for {
		ss := []driver.Settlement{{Seq: d.Seq, Token: d.Token}}
		if err := s.Settle(t.Context(), ss); err == nil {
			c.leaseLost += len(ss) * b2i(ss[0].Err != nil)
			return
		}
		c.settle++
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// repeated is how many messages were handled more than once.
func (c *tally) repeated() (n int) {
	for _, times := range c.handled {
		n += b2i(times > 1)
	}
	return n
}

// Each fault happens, and has the effect that its name says; nothing is lost, and the account balances.
func TestFaults(t *testing.T) {
	effects := map[mqtest.Fault]func(c tally) bool{
		mqtest.PublishFails:  func(c tally) bool { return c.publish > 0 && c.account.Published == messages },
		mqtest.PublishStored: func(c tally) bool { return c.publish > 0 && c.account.Published > messages },
		mqtest.TopicFull:     func(c tally) bool { return c.full > 0 && c.account.Published == messages },
		mqtest.FetchFails:    func(c tally) bool { return c.fetch > 0 && c.repeated() == 0 },
		mqtest.AckLost:       func(c tally) bool { return c.settle > 0 && c.leaseLost == 0 && c.repeated() == 0 },
		mqtest.AckDone:       func(c tally) bool { return c.settle > 0 && c.leaseLost > 0 && c.repeated() == 0 },
		mqtest.Crash:         func(c tally) bool { return c.repeated() > 0 && c.lapsed > 0 && c.settle == 0 },
		mqtest.LateAck:       func(c tally) bool { return c.took > time.Hour+time.Minute },
		mqtest.Duplicate:     func(c tally) bool { return c.repeated() > 0 && c.lapsed == 0 },
		mqtest.Reorder:       func(c tally) bool { return c.disorder > 0 && c.repeated() == 0 },
		mqtest.Slow:          func(c tally) bool { return c.took > time.Hour+time.Second && c.fetch+c.publish+c.settle == 0 },
		mqtest.Restart:       func(c tally) bool { return c.account.Acked == messages },
	}
	for kind, happened := range effects {
		t.Run(kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := play(t, mqtest.Faults{Kinds: []mqtest.Fault{kind}, Seed: 3})
				if !happened(c) {
					t.Errorf("it does not show: %+v", c)
				}
				c.complete(t)
			})
		})
	}
}

func (c *tally) complete(t *testing.T) {
	if len(c.handled) != messages {
		t.Errorf("%d of %d messages were handled", len(c.handled), messages)
	}
	if a := c.account; !a.Balanced() || a.Acked != a.Published {
		t.Errorf("account %+v", a)
	}
}

// All faults at once, by many seeds; no faults, by a drawer that draws none.
func TestFaultsAll(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			c := play(t, mqtest.Faults{Seed: seed, Rarity: 5})
			c.complete(t)
			if c.publish+c.fetch+c.settle == 0 {
				t.Errorf("seed %d: no call failed", seed)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		c := play(t, mqtest.Faults{Choose: func(int) int { return 0 }})
		c.complete(t)
		if c.repeated()+c.publish+c.fetch+c.settle+c.full+c.leaseLost+c.disorder > 0 {
			t.Errorf("faults without any: %+v", c)
		}
	})
}

// The same seed does the same.
func TestFaultsSeed(t *testing.T) {
	var told [3]string
	for i, seed := range []uint64{7, 7, 8} {
		synctest.Test(t, func(t *testing.T) {
			c := play(t, mqtest.Faults{Seed: seed})
			c.account.Oldest = time.Time{}
			told[i] = fmt.Sprintf("%+v", c)
		})
	}
	if told[0] != told[1] || told[0] == told[2] {
		t.Errorf("seed 7: %s\nagain:  %s\nseed 8: %s", told[0], told[1], told[2])
	}
}

// A restart wakes who waits, with an error, and does not close what the user has not closed.
func TestFaultsRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := mqtest.Faults{Kinds: []mqtest.Fault{}}.Open()
		topic := &driver.Topic{Name: "t"}
		s, err := e.Subscribe(t.Context(), topic, driver.Subscription{Group: "g", Lease: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		fetch := func() error { _, err := s.Fetch(t.Context(), make([]driver.Delivery, 1)); return err }
		end := make(chan error)
		runnel.Go(func() { end <- fetch() })
		synctest.Wait()
		e.Restart()
		if err := <-end; !errors.Is(err, mqtest.ErrFault) || errors.Is(err, driver.ErrClosed) {
			t.Errorf("Fetch, when the connection was lost: %v, want ErrFault", err)
		}
		if _, err := e.Publish(t.Context(), topic, []driver.Record{{}}); err != nil {
			t.Errorf("Publish after a restart: %v", err)
		}
		if err := fetch(); err != nil {
			t.Errorf("Fetch after a restart: %v", err)
		}
		if s.Close(); !errors.Is(fetch(), driver.ErrClosed) {
			t.Errorf("Fetch of a closed source: %v, want ErrClosed", fetch())
		}
		if e.Close(); !errors.Is(fetch(), driver.ErrClosed) {
			t.Errorf("Fetch of a closed engine: %v, want ErrClosed", fetch())
		}
	})
}

func TestFaultsNonsense(t *testing.T) {
	for want, f := range map[string]mqtest.Faults{
		"Rarity is 1, want 0 or at least 2":         {Rarity: 1},
		"Rarity is -1, want 0 or at least 2":        {Rarity: -1},
		"Kinds has Fault(99), want at most Restart": {Kinds: []mqtest.Fault{mqtest.Slow, 99}},
		"SlowBy is -1ns, want 0 or more":            {SlowBy: -1},
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
					t.Errorf("%+v panics with %q, want %q", f, got, want)
				}
			}()
			f.Open()
		}()
	}
}

// A consumer under all faults, drawn by the simulation: each message is handled, in every order.
func TestSimFaults(t *testing.T) {
	topic := mq.NewTopic[int]("numbers", mq.Groups("g"))
	sim.Test(t, func(t *sim.T) {
		e := mqtest.Faults{Choose: t.Choose, Kinds: []mqtest.Fault{mqtest.Crash, mqtest.AckDone, mqtest.Duplicate, mqtest.Restart}}.Open()
		kit := mqtest.On(t, e, nil)
		kit.Within = 0
		var mu runnel.Mutex
		seen := map[int]bool{}
		kit.Run(&mq.Consumer[int]{Topic: topic, Group: "g", Lapses: 1000, Handler: func(_ context.Context, m *mq.Message[int]) error {
			mu.Lock()
			defer mu.Unlock()
			seen[m.Value] = true
			return nil
		}})
		for i := range 2 {
			for topic.Publish(t.Context(), kit.Client, i) != nil {
			}
		}
		e.Heal()
		kit.Settle()
		mu.Lock()
		defer mu.Unlock()
		t.Assert(len(seen) == 2, "handled %v", seen)
	}, sim.Schedules(150), sim.Punctual())
}
