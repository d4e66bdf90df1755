package mq_test

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
	"github.com/runnel-go/runnel/mq/mem"
)

var letters = mq.NewTopic[string]("letters", mq.Groups("readers"))

func readers() *mq.Consumer[string] { return &mq.Consumer[string]{Topic: letters, Group: "readers"} }

// post is a client with messages in it.
func post(t interface {
	Fatalf(string, ...any)
	Context() context.Context
}, texts ...string) *mq.Client {
	client := mq.Open(mem.New(nil), quiet)
	for _, text := range texts {
		if err := letters.Publish(t.Context(), client, text); err != nil {
			t.Fatalf("Publish: %v", err)
		}
	}
	return client
}

func mustOpen(t *testing.T, c *mq.Consumer[string], client *mq.Client) *mq.Inbox[string] {
	t.Helper()
	in, err := c.Open(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// next receives a delivery within d.
func next(t *testing.T, in *mq.Inbox[string], d time.Duration) *mq.Delivery[string] {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	v, err := in.Recv(ctx)
	if err != nil {
		t.Fatalf("nothing came within %v: %v", d, err)
	}
	return v
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func wantError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("the error is %v, want %v", err, want)
	}
}

// wantAccount compares the ledger of the readers with a line.
func wantAccount(t *testing.T, client *mq.Client, want string) {
	t.Helper()
	a, err := client.Account(t.Context(), "letters")
	if err != nil {
		t.Fatal(err)
	}
	g := a.Groups[0]
	got := fmt.Sprintf("acked %d, dead %d, in flight %d, waiting %d", g.Acked, g.Dead, g.InFlight, g.Waiting)
	if got != want || !g.Balanced() {
		t.Errorf("the account is %s, balanced: %v; want %s", got, g.Balanced(), want)
	}
}

func TestInboxVerbs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t, "a")
		c := readers()
		c.Retry = mq.Retry{Attempts: 3, First: time.Minute, Max: time.Minute}
		in := mustOpen(t, c, client)
		d := next(t, in, 0+time.Second)
		if d.Value != "a" || d.Group != "readers" || d.Attempt != 1 || d.Last {
			t.Errorf("delivered %+v", d.Message)
		}
		noError(t, d.Release(t.Context()))
		if d = next(t, in, time.Second); d.Attempt != 1 {
			t.Errorf("Release counted as an attempt: %d", d.Attempt)
		}
		began := time.Now()
		noError(t, d.Retry(t.Context(), errors.New("no ink")))
		if d = next(t, in, 2*time.Minute); d.Attempt != 2 || time.Since(began) < 30*time.Second {
			t.Errorf("attempt %d after %v", d.Attempt, time.Since(began))
		}
		noError(t, d.Retry(t.Context(), errors.New("no ink")))
		if d = next(t, in, 2*time.Minute); !d.Last {
			t.Error("the third of three attempts is not the last")
		}
		noError(t, d.Retry(t.Context(), errors.New("no ink"))) // there is no fourth
		noError(t, in.Close())
		wantAccount(t, client, "acked 0, dead 1, in flight 0, waiting 0")
		s := client.Stats().Groups[0]
		if s.Released != 1 || s.Retried != 2 || s.Failed != 3 {
			t.Errorf("counted %+v", s.ConsumeCounts)
		}
	})
}

func TestInboxDeadAndAck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t, "a", "b")
		in := mustOpen(t, readers(), client)
		noError(t, next(t, in, time.Second).Dead(t.Context(), errors.New("unreadable")))
		noError(t, next(t, in, time.Second).Ack(t.Context()))
		if s := client.Stats().Groups[0].Consumers[0]; s.Busy != 0 {
			t.Errorf("all is settled, and there is %+v", s)
		}
		noError(t, in.Close())
		noError(t, in.Close())
		wantAccount(t, client, "acked 1, dead 1, in flight 0, waiting 0")
		if s := client.Stats().Groups[0]; s.Succeeded != 1 || s.Failed != 1 {
			t.Errorf("counted %+v", s.ConsumeCounts)
		}
	})
}

func TestDeliveryIsSettledOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t, "a")
		in := mustOpen(t, readers(), client)
		d := next(t, in, time.Second)
		if err := d.Retry(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "Retry(nil)") {
			t.Errorf("Retry(nil): %v", err)
		}
		if err := d.Dead(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "Dead(nil)") {
			t.Errorf("Dead(nil): %v", err)
		}
		noError(t, d.Ack(t.Context()))
		for _, err := range []error{d.Ack(t.Context()), d.Release(t.Context()), d.Extend(t.Context()),
			d.Retry(t.Context(), errors.New("x")), d.Dead(t.Context(), errors.New("x"))} {
			wantError(t, err, mq.ErrSettled)
		}
		noError(t, in.Close())
		wantAccount(t, client, "acked 1, dead 0, in flight 0, waiting 0")
	})
}

// A delivery that is forgotten comes again, and who has forgotten it is told.
func TestDeliveryLapses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t, "a")
		c := readers()
		c.Lease, c.Lapses = time.Minute, 2
		in := mustOpen(t, c, client)
		first := next(t, in, time.Second)
		time.Sleep(50 * time.Second)
		noError(t, first.Extend(t.Context()))
		if left := time.Until(first.Until()); left != time.Minute {
			t.Errorf("%v are left after Extend", left)
		}
		time.Sleep(50 * time.Second)
		wantAccount(t, client, "acked 0, dead 0, in flight 1, waiting 0")
		second := next(t, in, time.Minute)
		wantError(t, first.Ack(t.Context()), mq.ErrLeaseLost)
		_ = second // forgotten, too: that was the last lapse
		time.Sleep(3 * time.Minute)
		noError(t, in.Close())
		wantAccount(t, client, "acked 0, dead 1, in flight 0, waiting 0")
	})
}

// What nobody receives from one Inbox is another one's after half a lease.
func TestInboxHoldsNothingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t, "a", "b")
		idle := readers()
		idle.Lease = time.Minute
		lazy := mustOpen(t, idle, client)
		synctest.Wait()
		busy := mustOpen(t, readers(), client)
		got := map[string]bool{}
		for range 2 {
			d := next(t, busy, 40*time.Second)
			got[d.Value] = true
			noError(t, d.Ack(t.Context()))
		}
		if len(got) != 2 {
			t.Errorf("got %v", got)
		}
		noError(t, lazy.Close())
		noError(t, busy.Close())
		wantAccount(t, client, "acked 2, dead 0, in flight 0, waiting 0")
	})
}

func TestInboxCloseHandsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t, "a", "b", "c")
		in := mustOpen(t, readers(), client)
		held := next(t, in, time.Second)
		if s := client.Stats().Groups[0].Consumers[0]; s.Busy != 1 || len(s.Running) != 1 {
			t.Errorf("while one delivery is out: %+v", s)
		}
		noError(t, in.Close())
		wantAccount(t, client, "acked 0, dead 0, in flight 0, waiting 3")
		wantError(t, held.Ack(t.Context()), mq.ErrClosed)
		if _, err := in.Recv(t.Context()); !errors.Is(err, runnel.ErrClosed) {
			t.Errorf("Recv after Close: %v", err)
		}
	})
}

// The end of Open's context ends the channel; what was received can still be settled.
func TestInboxContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t, "a", "b")
		ctx, cancel := context.WithCancel(t.Context())
		in, err := readers().Open(ctx, client)
		noError(t, err)
		held := next(t, in, time.Second)
		cancel()
		synctest.Wait()
		if _, err := in.Recv(t.Context()); !errors.Is(err, runnel.ErrClosed) {
			t.Errorf("Recv: %v", err)
		}
		noError(t, held.Ack(t.Context()))
		noError(t, in.Close())
		wantAccount(t, client, "acked 1, dead 0, in flight 0, waiting 1")
	})
}

func TestInboxCancelledByItsReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t, "a")
		in := mustOpen(t, readers(), client)
		synctest.Wait()
		in.Cancel(errors.New("enough"))
		synctest.Wait()
		wantAccount(t, client, "acked 0, dead 0, in flight 0, waiting 1")
		noError(t, in.Close())
	})
}

func TestInboxPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t, "a")
		c := readers()
		in := mustOpen(t, c, client)
		synctest.Wait()
		c.Pause()
		synctest.Wait()
		wantAccount(t, client, "acked 0, dead 0, in flight 0, waiting 1")
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if d, err := in.Recv(ctx); err == nil {
			t.Errorf("received %q during a pause", d.Value)
		}
		c.Resume()
		noError(t, next(t, in, time.Second).Ack(t.Context()))
		noError(t, in.Close())
	})
}

// What cannot be decoded is nobody's to handle.
func TestInboxBuriesWhatCannotBeDecoded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t, "a")
		numbers := mq.NewTopic[int]("letters", mq.Groups("readers"))
		noError(t, numbers.Publish(t.Context(), client, 7))
		in, err := (&mq.Consumer[int]{Topic: numbers, Group: "readers"}).Open(t.Context(), client)
		noError(t, err)
		d, err := in.Recv(t.Context())
		noError(t, err)
		if d.Value != 7 {
			t.Errorf("got %d", d.Value)
		}
		noError(t, d.Ack(t.Context()))
		noError(t, in.Close())
		wantAccount(t, client, "acked 1, dead 1, in flight 0, waiting 0")
		if n := client.Stats().Groups[0].Dead["decode"]; n != 1 {
			t.Errorf("%d dead letters for decode", n)
		}
	})
}

func TestMessagesEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t, "a", "b", "c")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		for d, err := range readers().Messages(ctx, client) {
			noError(t, err)
			noError(t, d.Ack(ctx))
			if n++; n == 2 {
				cancel()
			}
		}
		wantAccount(t, client, fmt.Sprintf("acked %d, dead 0, in flight 0, waiting %d", n, 3-n))
	})
}

func TestMessagesHandsBackWhenLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t, "a", "b")
		for range readers().Messages(t.Context(), client) {
			break
		}
		wantAccount(t, client, "acked 0, dead 0, in flight 0, waiting 2")
	})
}

func TestMessagesTellsOfAClosedClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t, "a")
		var last error
		for d, err := range readers().Messages(t.Context(), client) {
			if last = err; err == nil {
				noError(t, d.Ack(t.Context()))
				client.Close()
			}
		}
		wantError(t, last, mq.ErrClosed)
		for _, err := range readers().Messages(t.Context(), client) {
			wantError(t, err, mq.ErrClosed)
		}
	})
}

func TestOpenRefusesWhatBelongsToAHandler(t *testing.T) {
	client := post(t)
	defer client.Close()
	c := readers()
	c.Handler = func(context.Context, *mq.Message[string]) error { return nil }
	c.Workers, c.Drain, c.Grace, c.Retry.Timeout, c.Retry.Attempts = 3, time.Second, time.Second, time.Second, 2
	c.Middleware = []mq.Middleware{func(next mq.Handle) mq.Handle { return next }}
	_, err := c.Open(t.Context(), client)
	for _, field := range []string{"Handler is set", "Workers is 3", "Drain is 1s", "Grace is 1s", "Retry.Timeout is 1s", "Middleware has 1", "or call Run"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("the error does not say %q: %v", field, err)
		}
	}
}

func TestOneConsumerIsOpenOnce(t *testing.T) {
	client := post(t)
	defer client.Close()
	c := readers()
	in := mustOpen(t, c, client)
	if _, err := c.Open(t.Context(), client); err == nil || !strings.Contains(err.Error(), "runs already") {
		t.Errorf("Open while open: %v", err)
	}
	noError(t, in.Close())
	again := mustOpen(t, c, client)
	noError(t, again.Close())
}
