package mq_test

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/sim"
)

var quiet = &mq.Options{Logger: slog.New(slog.DiscardHandler)}

// simOpen opens an Inbox whose leases do not lapse by themselves.
func simOpen(t *sim.T, client *mq.Client) *mq.Inbox[string] {
	c := readers()
	c.Lease = 10000 * time.Hour
	in, err := c.Open(t.Context(), client)
	t.Assert(err == nil, "Open: %v", err)
	return in
}

func simAccount(t *sim.T, client *mq.Client, acked, dead, waiting int64) {
	a, err := client.Account(t.Context(), "letters")
	t.Assert(err == nil, "Account: %v", err)
	g := a.Groups[0]
	t.Assert(g.Balanced() && int64(g.Acked) == acked && int64(g.Dead) == dead && int64(g.Waiting) == waiting && g.InFlight == 0,
		"acked %d, dead %d, waiting %d, in flight %d; want %d, %d, %d, 0", g.Acked, g.Dead, g.Waiting, g.InFlight, acked, dead, waiting)
}

// Two settle one delivery in several ways: one succeeds, the other one is told.
func TestSimSettledOnce(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		client := post(t, "a")
		in := simOpen(t, client)
		d, err := in.Recv(t.Context())
		t.Assert(err == nil, "Recv: %v", err)
		var ack, dead error
		var both runnel.WaitGroup
		both.Go(func() { ack = d.Ack(t.Context()) })
		both.Go(func() { dead = d.Dead(t.Context(), errors.New("x")) })
		both.Wait()
		t.Assert((ack == nil) != (dead == nil), "Ack: %v, Dead: %v", ack, dead)
		t.Assert(errors.Is(errors.Join(ack, dead), mq.ErrSettled), "Ack: %v, Dead: %v", ack, dead)
		t.Assert(in.Close() == nil, "Close")
		if ack == nil {
			simAccount(t, client, 1, 0, 0)
		} else {
			simAccount(t, client, 0, 1, 0)
		}
		client.Close()
	}, sim.Schedules(300), sim.Punctual())
}

// Close against a receiver: what is received before is settled or handed back, nothing in between.
func TestSimCloseAgainstReceive(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		client := post(t, "a", "b")
		in := simOpen(t, client)
		acked := int64(0)
		var receiver runnel.WaitGroup
		receiver.Go(func() {
			for d := range in.All(t.Context()) {
				if d.Ack(t.Context()) == nil {
					acked++
				}
			}
		})
		t.Assert(in.Close() == nil, "Close")
		receiver.Wait()
		simAccount(t, client, acked, 0, 2-acked)
		client.Close()
	}, sim.Schedules(300), sim.Punctual())
}

// An Inbox beside another channel in Select, with a pause in between.
func TestSimInboxInSelect(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		client := post(t, "a", "b")
		c := readers()
		c.Lease = 10000 * time.Hour
		in, err := c.Open(t.Context(), client)
		t.Assert(err == nil, "Open: %v", err)
		stop := runnel.New[struct{}]()
		var others runnel.WaitGroup
		others.Go(func() { c.Pause(); c.Resume() })
		acked := int64(0)
		from, quit := runnel.RecvFrom(in), runnel.RecvFrom(stop)
		for acked < 2 {
			got, err := runnel.Select(t.Context(), from, quit)
			t.Assert(err == nil && got == from, "Select: %v", err)
			d, err := from.Value()
			t.Assert(err == nil && d.Ack(t.Context()) == nil, "Value: %v", err)
			if acked++; acked == 2 {
				stop.Close()
			}
		}
		got, err := runnel.Select(t.Context(), from, quit)
		t.Assert(err == nil && got == quit, "more than there is")
		others.Wait()
		t.Assert(in.Close() == nil, "Close")
		simAccount(t, client, 2, 0, 0)
		client.Close()
	}, sim.Schedules(300), sim.Punctual())
}
