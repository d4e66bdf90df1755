package proof_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
	"github.com/runnel-go/runnel/sim"
)

// What the lives have found, each as the least world that has it.

var words = mq.NewTopic[string]("words", mq.WithCodec[string](text{}), mq.Groups("g"))

func open1(t *sim.T) *mq.Client {
	c := mq.Open(mem.New(nil), &mq.Options{Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() { c.Close() })
	return c
}

func say(t *sim.T, c *mq.Client, opts ...mq.PublishOption) {
	err := words.Publish(context.Background(), c, "word", opts...)
	t.Assert(err == nil, "Publish: %v", err)
}

// start runs a consumer until the body ends it.
func start(t *sim.T, client *mq.Client, c *mq.Consumer[string]) (end func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := runnel.NewPromise[error]()
	runnel.Go(func() { done.TrySend(c.Run(ctx, client)) })
	return func() error {
		cancel()
		err, _ := done.Recv(context.Background())
		return err
	}
}

func group(t *sim.T, c *mq.Client, topic string) driver.GroupAccount {
	a, err := c.Account(context.Background(), topic)
	t.Assert(err == nil && a.Check() == nil && len(a.Groups) == 1, "Account: %v, %v", err, a.Check())
	return a.Groups[0]
}

// Pause and Resume while Run begins: the consumer must not stay paused, and nothing is used that is not
// there yet (which the race detector sees).
func TestResumeAtTheStart(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		client, got := open1(t), runnel.New[string](runnel.Buffer(1))
		c := &mq.Consumer[string]{Topic: words, Group: "g", Handler: func(ctx context.Context, m *mq.Message[string]) error {
			return got.Send(ctx, m.Value)
		}}
		end := start(t, client, c)
		t.Point()
		c.Pause()
		t.Point()
		c.Resume()
		say(t, client)
		got.Recv(context.Background())
		t.Assert(end() == nil, "Run")
	}, sim.Punctual())
}

// All workers of a consumer are stuck. What it fetches meanwhile must not wait until its lease has lapsed,
// which would be counted as if it took its process down: another consumer gets it before.
func TestBehindTheStuck(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		client, got := open1(t), runnel.New[string](runnel.Buffer(1))
		sick := &mq.Consumer[string]{Topic: words, Group: "g", Lease: 10 * time.Minute, Grace: time.Second,
			Retry: mq.Retry{Attempts: 1, Timeout: time.Second},
			Handler: func(context.Context, *mq.Message[string]) error {
				runnel.Sleep(context.Background(), time.Hour)
				return nil
			}}
		end := start(t, client, sick)
		say(t, client)
		runnel.Sleep(context.Background(), 10*time.Second)
		say(t, client)
		from := time.Now()
		runnel.Sleep(context.Background(), time.Second)
		end2 := start(t, client, &mq.Consumer[string]{Topic: words, Group: "g", Handler: func(ctx context.Context, m *mq.Message[string]) error {
			return got.Send(ctx, m.Value)
		}})
		got.Recv(context.Background())
		t.Assert(time.Since(from) < sick.Lease, "it has waited for %v", time.Since(from))
		end()
		end2()
	}, sim.Punctual(), sim.Schedules(50))
}

// A consumer whose context ends before it has begun has consumed until then: that is no error.
func TestEndsBeforeItBegins(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		end := start(t, open1(t), &mq.Consumer[string]{Topic: words, Group: "g", Handler: func(context.Context, *mq.Message[string]) error { return nil }})
		err := end()
		t.Assert(err == nil, "Run: %v", err)
	})
}
