package mq_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
)

// A replay that does not help ends itself.
func TestReplayStopsWhenItDiesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, dead := buried(t, 10)
		c := reader(func(context.Context, *mq.Message[string]) error { return mq.Dead(errors.New("still declined")) })
		run := start(t, c, client)
		var steps []int
		done, err := dead.Replay(t.Context(), mq.Filter{}, mq.ReplayOptions{
			Rate: 1, StopAfter: 2,
			Progress: func(done mq.Replayed, of int) {
				if of != 10 {
					t.Errorf("%d letters are chosen", of)
				}
				steps = append(steps, done.Sent)
			},
		})
		wantError(t, err, mq.ErrReplaysDie)
		if done.Sent != 2 || done.Dead != 2 || len(steps) != 2 || steps[1] != 2 {
			t.Errorf("sent %d, dead %d, progress %v", done.Sent, done.Dead, steps)
		}
		noError(t, run.stop())
		if n := len(seqs(t, dead, mq.Filter{})); n != 10 {
			t.Errorf("%d letters are held, want the 8 not sent and the 2 that died again", n)
		}
	})
}

// What the topic has no room for stays what it was, and can be replayed later.
func TestReplayIntoAFullTopic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := mq.Open(mem.New(nil), quiet)
		small := mq.NewTopic[string]("letters", mq.Groups("readers"), mq.MaxMessages(1), mq.Overflow(mq.Reject))
		c := &mq.Consumer[string]{Topic: small, Group: "readers", Retry: mq.Retry{Attempts: 1},
			Handler: func(context.Context, *mq.Message[string]) error { return errors.New("no") }}
		run := start(t, c, client)
		for range 2 {
			noError(t, small.Publish(t.Context(), client, "a"))
			synctest.Wait()
		}
		noError(t, run.stop())
		dead := client.DeadLetters("letters", "readers")
		done, err := dead.Replay(t.Context(), mq.Filter{}, mq.ReplayOptions{})
		wantError(t, err, mq.ErrFull)
		if done.Sent != 1 {
			t.Errorf("sent %d", done.Sent)
		}
		wantSeqs(t, dead, mq.Filter{}, 2)
		c.Handler = func(context.Context, *mq.Message[string]) error { return nil }
		run = start(t, c, client)
		synctest.Wait()
		done, err = dead.Replay(t.Context(), mq.Filter{}, mq.ReplayOptions{})
		if done.Sent != 1 || err != nil {
			t.Errorf("sent %d, %v", done.Sent, err)
		}
		synctest.Wait()
		noError(t, run.stop())
		wantAccount(t, client, "acked 2, dead 2, in flight 0, waiting 0")
		noError(t, client.Close())
	})
}

// A context that ends in the middle ends the replay between two letters.
func TestReplayIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, dead := buried(t, 10)
		ctx, cancel := context.WithTimeout(t.Context(), 3500*time.Millisecond)
		defer cancel()
		done, err := dead.Replay(ctx, mq.Filter{}, mq.ReplayOptions{Rate: 1})
		wantError(t, err, context.DeadlineExceeded)
		if n := len(seqs(t, dead, mq.Filter{})); done.Sent != 4 || n != 6 {
			t.Errorf("sent %d, and %d are held", done.Sent, n)
		}
	})
}

// keepsNothing is an engine whose dead letters cannot be browsed.
type keepsNothing struct{ driver.Engine }

func TestDeadLettersOfAnEngineWithoutThem(t *testing.T) {
	client := mq.Open(keepsNothing{mem.New(nil)}, quiet)
	defer client.Close()
	noError(t, letters.Publish(t.Context(), client, "a"))
	_, err := client.DeadLetters("letters", "readers").Groups(t.Context(), mq.Filter{})
	if !errors.Is(err, mq.ErrUnsupported) || !strings.Contains(err.Error(), "letters") {
		t.Errorf("Groups: %v", err)
	}
}

// The typed access reads what can be read, and says what cannot.
func TestValuesOfLetters(t *testing.T) {
	client := mq.Open(mem.New(nil), quiet)
	defer client.Close()
	noError(t, mq.NewTopic[int]("letters", mq.Groups("readers")).Publish(t.Context(), client, 7))
	in := mustOpen(t, readers(), client) // no text: it is a dead letter when it is offered
	noError(t, letters.Publish(t.Context(), client, "a"))
	d := next(t, in, time.Minute)
	noError(t, d.Dead(t.Context(), errors.New("no")))
	noError(t, in.Close())

	dead := letters.DeadLetters(client, "readers")
	for seq, want := range map[uint64]error{1: mq.ErrDecode, 2: nil} {
		l, err := dead.Get(t.Context(), seq)
		noError(t, err)
		if v, err := dead.Value(l); !errors.Is(err, want) || err == nil && v != "a" {
			t.Errorf("letter %d is %q, %v", seq, v, err)
		}
		_, err = dead.EditValue(t.Context(), seq, func(v *string) error { *v += "!"; return nil })
		if !errors.Is(err, want) {
			t.Errorf("EditValue of letter %d: %v", seq, err)
		}
	}
}
