package mq_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/mem"
)

func nothing(context.Context, *mq.Message[string]) error             { return nil }
func nothings(context.Context, []*mq.Message[string]) (errs []error) { return nil }

// Each mistake in a Consumer is told with its field, its value and what would be right.
func TestRunRefuses(t *testing.T) {
	client := post(t)
	defer client.Close()
	for _, c := range []struct {
		change func(*mq.Consumer[string])
		want   string
	}{
		{func(c *mq.Consumer[string]) { c.Topic = mq.Topic[string]{} }, "Topic is not set; want one made by NewTopic"},
		{func(c *mq.Consumer[string]) { c.Group = "" }, `Group ""`},
		{func(c *mq.Consumer[string]) { c.Handler = nil }, "Handler and Batch are both nil; want one of them"},
		{func(c *mq.Consumer[string]) { c.Batch = nothings }, "Handler and Batch are both set; want one of them"},
		{func(c *mq.Consumer[string]) { c.BatchSize = 3 }, "BatchSize is 3 without Batch; want 0, or a Batch"},
		{func(c *mq.Consumer[string]) { c.BatchWait = time.Second }, "BatchWait is 1s without Batch; want 0, or a Batch"},
		{func(c *mq.Consumer[string]) { c.Workers = -1 }, "Workers is -1; want 0 or more"},
		{func(c *mq.Consumer[string]) { c.Lapses = -2 }, "Lapses is -2; want 0 or more"},
		{func(c *mq.Consumer[string]) { c.Prefetch = -3 }, "Prefetch is -3; want 0 or more"},
		{func(c *mq.Consumer[string]) { c.Drain = -time.Second }, "Drain is -1s; want 0 or more"},
		{func(c *mq.Consumer[string]) { c.Grace = -time.Second }, "Grace is -1s; want 0 or more"},
		{func(c *mq.Consumer[string]) { c.Lease = time.Microsecond }, "Lease is 1µs; want 0, or at least 1ms"},
		{func(c *mq.Consumer[string]) { c.Rate = math.NaN() }, "Rate is NaN; want messages per second"},
		{func(c *mq.Consumer[string]) { c.Burst = 2 }, "Burst is 2 without Rate; want 0, or a Rate"},
		{func(c *mq.Consumer[string]) { c.Order = 9 }, "want Unordered, PerKey or Strict"},
		{func(c *mq.Consumer[string]) { c.Order = mq.PerKey }, "Order is PerKey and the topic has no keys"},
		{func(c *mq.Consumer[string]) { c.Retry.Attempts = -1 }, "Retry: "},
		{func(c *mq.Consumer[string]) { c.Middleware = []mq.Middleware{nil} }, "Middleware[0] is nil"},
	} {
		consumer := reader(nothing)
		c.change(consumer)
		if err := consumer.Run(t.Context(), client); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Run: %v; want %q", err, c.want)
		}
	}
	if err := reader(nothing).Run(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "client is nil") {
		t.Errorf("Run without a client: %v", err)
	}
	client.Close()
	wantError(t, reader(nothing).Run(t.Context(), client), mq.ErrClosed)
}

func TestPublishRefuses(t *testing.T) {
	keyed := mq.NewTopic[string]("keyed", mq.Keyed())
	small := mq.NewTopic[string]("small", mq.MaxBytes(10))
	client := mq.Open(mem.New(nil), &mq.Options{Declared: true, Logger: quiet.Logger})
	defer client.Close()
	noError(t, client.Declare(t.Context(), keyed, small, letters))
	say := func(err, want error, text string) {
		t.Helper()
		wantError(t, err, want)
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v; want %q in it", err, text)
		}
	}
	say(mq.NewTopic[string]("leters").Publish(t.Context(), client, "x"), mq.ErrUnknownTopic, `topic "leters": unknown topic`)
	say(mq.NewTopic[string]("leters").Publish(t.Context(), client, "x"), mq.ErrUnknownTopic, `did you mean "letters"?`)
	say(letters.Publish(t.Context(), client, "x", mq.Key("k")), mq.ErrUnkeyed, `Key("k"); define the topic with Keyed()`)
	say(keyed.Publish(t.Context(), client, "x"), mq.ErrNoKey, "publish with Key(...)")
	say(small.Publish(t.Context(), client, strings.Repeat("x", 99)), mq.ErrTooLarge, `topic "small"`)
	n, err := keyed.PublishAll(t.Context(), client, []string{"a", "b"}, func(i int) []mq.PublishOption {
		return [][]mq.PublishOption{{mq.Key("k")}, nil}[i]
	})
	if say(err, mq.ErrNoKey, "value 1 of 2"); n != 0 {
		t.Errorf("PublishAll sent %d before it refused", n)
	}
	client.Close()
	say(keyed.Publish(t.Context(), client, "x", mq.Key("k")), mq.ErrClosed, "client")
}

// A batch with a wrong number of results, and handlers that panic, fail with their reasons.
func TestHandlersThatBreakTheRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t, "a", "b")
		defer client.Close()
		c := readers()
		c.Batch = func(_ context.Context, ms []*mq.Message[string]) []error { return make([]error, len(ms)+1) }
		c.Retry = mq.Retry{Attempts: 1}
		var told []mq.DeadLetter
		c.OnDead = func(_ context.Context, d mq.DeadLetter) { told = append(told, d) }
		noError(t, start(t, c, client).afterAll(t))
		if len(told) != 2 || !strings.Contains(told[0].Error, "returned 3 errors for 2 messages; want nil, or one, or nil, for each") {
			t.Errorf("told %+v", told)
		}
		told = nil
		noError(t, letters.Publish(t.Context(), client, "c"))
		c = reader(func(context.Context, *mq.Message[string]) error { panic("boom") })
		c.Retry = mq.Retry{Attempts: 1}
		c.OnDead = func(_ context.Context, d mq.DeadLetter) { told = append(told, d) }
		noError(t, start(t, c, client).afterAll(t))
		if len(told) != 1 || told[0].Reason != mq.ReasonPanic || !strings.Contains(told[0].Stack, "TestHandlersThatBreakTheRules") {
			t.Errorf("told %+v", told)
		}
	})
}

// A thousand messages that wait for their next attempt hold no slot of the only worker.
func TestWaitingHoldsNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t)
		defer client.Close()
		for range 1000 {
			noError(t, letters.Publish(t.Context(), client, "later"))
		}
		noError(t, letters.Publish(t.Context(), client, "now"))
		began, second := time.Now(), 0
		c := reader(func(_ context.Context, m *mq.Message[string]) error {
			switch {
			case m.Value == "now" && time.Since(began) > 0:
				t.Errorf("it came after %v", time.Since(began))
			case m.Value == "later" && m.Attempt == 1:
				return mq.RetryAfter(time.Hour, context.DeadlineExceeded)
			case m.Value == "later":
				if second++; time.Since(began) < time.Hour {
					t.Errorf("tried again after %v", time.Since(began))
				}
			}
			return nil
		})
		r := start(t, c, client)
		time.Sleep(time.Minute)
		wantAccount(t, client, "acked 1, dead 0, in flight 0, waiting 1000")
		time.Sleep(2 * time.Hour)
		noError(t, r.stop())
		if second != 1000 {
			t.Errorf("%d were tried again", second)
		}
	})
}
