package mq_test

import (
	"context"
	"errors"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
	"github.com/runnel-go/runnel/sim"
)

// simOnce asserts that n letters have been replayed by n messages.
func simOnce(t *sim.T, client *mq.Client, n int64) {
	simAccount(t, client, 0, n, n)
	for l, err := range client.DeadLetters("letters", "").List(t.Context(), mq.Filter{State: mq.StateAny}) {
		t.Assert(err == nil && l.State == mq.StateReplayed && len(l.Events) == 1, "letter %d is %s, %v: %v", l.Seq, l.State, l.Events, err)
	}
}

// Two operators replay all at once: each letter is sent by one of them.
func TestSimDeadTwoOperators(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		store := mem.NewStore(nil)
		a, b := mq.Open(store.Open(), quiet), mq.Open(store.Open(), quiet)
		bury(t, a, 2, cardDeclined)
		var sent [2]mq.Replayed
		var both runnel.WaitGroup
		for i, c := range []*mq.Client{a, b} {
			both.Go(func() {
				var err error
				sent[i], err = c.DeadLetters("letters", "readers").Replay(t.Context(), mq.Filter{}, mq.ReplayOptions{})
				t.Assert(err == nil, "Replay: %v", err)
			})
		}
		both.Wait()
		t.Assert(sent[0].Sent+sent[1].Sent == 2, "sent %+v", sent)
		simOnce(t, a, 2)
		a.Close()
		b.Close()
	}, sim.Schedules(200), sim.Punctual())
}

// One replays what the other one deletes: one of them has it.
func TestSimDeadReplayAgainstDelete(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		client := mq.Open(mem.New(nil), quiet)
		bury(t, client, 1, cardDeclined)
		d := client.DeadLetters("letters", "readers")
		var done mq.Replayed
		var deleted int
		var replayed, removed error
		var both runnel.WaitGroup
		both.Go(func() { done, replayed = d.Replay(t.Context(), mq.Filter{}, mq.ReplayOptions{}) })
		both.Go(func() { deleted, removed = d.Delete(t.Context(), mq.Filter{}) })
		both.Wait()
		t.Assert(replayed == nil && removed == nil && done.Sent+deleted == 1, "sent %d, deleted %d: %v, %v", done.Sent, deleted, replayed, removed)
		simAccount(t, client, 0, 1, int64(done.Sent))
		client.Close()
	}, sim.Schedules(200), sim.Punctual())
}

// mortal is an engine whose process dies at one of its calls, before or after its effect.
type mortal struct {
	*mem.Engine
	calls int // so many are left
	after bool
}

func (m *mortal) call(do func() error) error {
	m.calls--
	if m.calls != 0 {
		return do()
	}
	if m.after {
		do()
	}
	m.Crash()
	return errors.New("crashed")
}

func (m *mortal) Publish(ctx context.Context, def *driver.Topic, rs []driver.Record) (n int, err error) {
	err = m.call(func() error { n, err = m.Engine.Publish(ctx, def, rs); return err })
	return n, err
}

func (m *mortal) MarkLetter(ctx context.Context, topic string, seq, rev uint64, to driver.LetterState, note []byte) error {
	return m.call(func() error { return m.Engine.MarkLetter(ctx, topic, seq, rev, to, note) })
}

// A crash at any step of any of three replays or of an edit loses no letter, and who replays what is left
// sends none twice, even two operators at once.
func TestSimDeadCrash(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		store := mem.NewStore(nil)
		a, b := mq.Open(store.Open(), quiet), mq.Open(store.Open(), quiet)
		bury(t, a, 2, cardDeclined)
		dying := mq.Open(&mortal{store.Open(), 1 + t.Choose(6), t.Choose(2) == 1}, quiet)
		victim := dying.DeadLetters("letters", "readers")
		if t.Choose(2) == 1 {
			victim.Edit(t.Context(), 1, func(m *mq.Draft) error { m.Payload = []byte(`"x"`); return nil })
		}
		victim.Replay(t.Context(), mq.Filter{}, mq.ReplayOptions{})
		var both runnel.WaitGroup
		for _, c := range []*mq.Client{a, b} {
			both.Go(func() {
				_, err := c.DeadLetters("letters", "readers").Replay(t.Context(), mq.Filter{}, mq.ReplayOptions{})
				t.Assert(err == nil, "Replay: %v", err)
			})
		}
		both.Wait()
		simOnce(t, a, 2)
		a.Close()
		b.Close()
	}, sim.Schedules(500), sim.Punctual())
}
