package proof_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
	"github.com/runnel-go/runnel/sim"
)

// TestReplayOnce: two processes replay the same dead letters at once, one of them may die on its way; who
// replays again completes what was begun. Each letter becomes one message, once.
func TestReplayOnce(t *testing.T) {
	crashed, shared := 0, 0
	sim.Test(t, func(t *sim.T) {
		store := mem.NewStore(nil)
		client := func() (*mem.Engine, *mq.Client) {
			e := store.Open()
			return e, mq.Open(e, &mq.Options{Logger: slog.New(slog.DiscardHandler)})
		}
		_, worker := client()
		effects := map[string]int{}
		end := start(t, worker, &mq.Consumer[string]{Topic: words, Group: "g", Handler: func(_ context.Context, m *mq.Message[string]) error {
			if m.Header.Get(mq.HeaderReplayOf) == "" {
				return mq.Dead(errFailed)
			}
			mutex.Lock()
			effects[m.Header.Get(mq.HeaderReplayOf)]++
			mutex.Unlock()
			return nil
		}})
		say(t, worker, mq.ID("one"))
		say(t, worker, mq.ID("two"), mq.DedupID("d"))
		settled(t, worker, 2)
		var sent [3]int
		var all runnel.WaitGroup
		for i := range 2 {
			e, c := client()
			all.Go(func() {
				done, err := c.DeadLetters("words", "g").Replay(context.Background(), mq.Filter{}, mq.ReplayOptions{})
				t.Assert(err == nil || i == 1 && errors.Is(err, mq.ErrClosed), "Replay: %v", err)
				sent[i] = done.Sent
				if err != nil {
					crashed++
				}
			})
			if i == 1 && t.Choose(2) == 1 {
				t.Go("crash", e.Crash)
			}
		}
		all.Wait()
		_, last := client()
		done, err := last.DeadLetters("words", "g").Replay(context.Background(), mq.Filter{}, mq.ReplayOptions{})
		t.Assert(err == nil, "Replay: %v", err)
		if sent[0] > 0 && sent[1] > 0 {
			shared++
		}
		g := settled(t, worker, 4)
		end()
		t.Assert(g.Acked == 2 && g.Dead == 2 && len(effects) == 2 && effects["one"] == 1 && effects["two"] == 1,
			"sent %v and %d: effects %v, %+v", sent, done.Sent, effects, g)
	}, sim.Punctual(), sim.Seed(1), sim.For(0), sim.Exhaustive(0), sim.Schedules(max(60, scale(200))))
	if crashed == 0 || shared == 0 {
		t.Fatalf("%d replays died on their way, %d were shared; want some of each", crashed, shared)
	}
}

// settled waits until so many messages were published, and all are settled.
func settled(t *sim.T, c *mq.Client, published int64) (g driver.GroupAccount) {
	for {
		if g = group(t, c, "words"); g.Published >= published && g.InFlight+g.Waiting == 0 {
			t.Assert(g.Published == published, "%d messages, want %d", g.Published, published)
			return g
		}
		runnel.Sleep(context.Background(), time.Second)
	}
}
