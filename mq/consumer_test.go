package mq_test

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/mem"
)

// running is a consumer at work.
type running struct {
	end  context.CancelFunc
	done *runnel.Chan[error]
}

func start(t interface{ Context() context.Context }, c mq.Runner, client *mq.Client) *running {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	r := &running{cancel, runnel.NewPromise[error]()}
	runnel.Go(func() { r.done.TrySend(c.Run(ctx, client)) })
	return r
}

func (r *running) stop() error {
	r.end()
	err, _ := r.done.Recv(context.Background())
	return err
}

// afterAll ends it when it has had time for everything.
func (r *running) afterAll(t *testing.T) error {
	t.Helper()
	time.Sleep(time.Hour)
	return r.stop()
}

// bubble runs a test in virtual time.
func bubble(t *testing.T, body func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, body)
}

func reader(f mq.Handler[string]) *mq.Consumer[string] {
	c := readers()
	c.Handler = f
	return c
}

// In a pause nothing is held back, so the other member of the group has it all at once.
func TestPauseHandsOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		client := post(t, "a", "b", "c", "d")
		defer client.Close()
		var first, second []string
		one := reader(func(_ context.Context, m *mq.Message[string]) error {
			first = append(first, m.Value)
			time.Sleep(time.Second)
			return nil
		})
		one.Prefetch = 3
		r1 := start(t, one, client)
		synctest.Wait()
		one.Pause()
		if s := one.Stats(); s.Busy != 1 || s.Prefetched != 0 || !s.Paused {
			t.Errorf("stats of a pause: %+v", s)
		}
		began := time.Now()
		r2 := start(t, reader(func(_ context.Context, m *mq.Message[string]) error {
			second = append(second, m.Value)
			return nil
		}), client)
		synctest.Wait()
		if took := time.Since(began); took > 0 || !slices.Equal(second, []string{"b", "c", "d"}) {
			t.Errorf("the other member had %q after %v, want b, c, d at once", second, took)
		}
		time.Sleep(time.Hour)
		noError(t, r2.stop())
		noError(t, letters.Publish(t.Context(), client, "e"))
		time.Sleep(time.Hour)
		if !slices.Equal(first, []string{"a"}) {
			t.Errorf("handled in a pause: %q", first)
		}
		one.Resume()
		time.Sleep(time.Minute)
		noError(t, r1.stop())
		if !slices.Equal(first, []string{"a", "e"}) {
			t.Errorf("after the pause: %q", first)
		}
		wantAccount(t, client, "acked 5, dead 0, in flight 0, waiting 0")
	})
}

func TestOnDead(t *testing.T) {
	bubble(t, func(t *testing.T) {
		client := post(t, "bad", "good", "worse", "ends")
		defer client.Close()
		var told []mq.DeadLetter
		c := reader(func(_ context.Context, m *mq.Message[string]) error {
			if m.Value == "good" {
				return nil
			}
			return mq.Dead(errors.New(m.Value))
		})
		c.OnDead = func(ctx context.Context, d mq.DeadLetter) {
			if ctx.Err() != nil {
				t.Error("its context has ended")
			}
			told = append(told, d)
			switch d.Error {
			case "bad":
				panic("oh")
			case "worse":
				runtime.Goexit()
			}
		}
		noError(t, start(t, c, client).afterAll(t))
		var texts []string
		for _, d := range told {
			texts = append(texts, string(d.Reason)+" "+d.Error+" "+string(d.Message.Payload))
		}
		if want := []string{`failed bad "bad"`, `failed worse "worse"`, `failed ends "ends"`}; !slices.Equal(texts, want) {
			t.Errorf("told %q, want %q", texts, want)
		}
		wantAccount(t, client, "acked 1, dead 3, in flight 0, waiting 0")
	})
}

// One that hangs holds up no message, its memory is bounded, and Run names it.
func TestOnDeadHangs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log strings.Builder
		client := mq.Open(mem.New(nil), &mq.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		defer client.Close()
		for range 1500 {
			noError(t, letters.Publish(t.Context(), client, "x"))
		}
		c := reader(func(context.Context, *mq.Message[string]) error { return mq.Dead(errors.New("no")) })
		c.Grace = time.Minute
		hang, called := runnel.New[int](), 0
		var ended atomic.Int64
		var stopped time.Time
		c.OnDead = func(ctx context.Context, _ mq.DeadLetter) {
			if called++; called == 1 {
				hang.Recv(ctx)
				ended.Store(int64(time.Since(stopped)))
				hang.Recv(context.Background())
			}
		}
		r := start(t, c, client)
		time.Sleep(time.Minute)
		wantAccount(t, client, "acked 0, dead 1500, in flight 0, waiting 0")
		stopped = time.Now()
		err := r.stop()
		wantError(t, err, mq.ErrStuck)
		if took := time.Since(stopped); took != 2*time.Minute || ended.Load() != int64(time.Minute) {
			t.Errorf("Run returned after %v, the context ended after %v; want 2m, 1m", took, time.Duration(ended.Load()))
		}
		hang.Close()
		synctest.Wait()
		if called != 1001 || !strings.Contains(log.String(), `"mq: OnDead failed" topic=letters group=readers consumer=readers count=499`) {
			t.Errorf("%d calls, and the log tells: %s", called, log.String()[max(0, log.Len()-300):])
		}
	})
}
