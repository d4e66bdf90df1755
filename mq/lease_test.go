package mq_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/mem"
)

// A handler keeps its message for as long as it runs, whatever the lease.
func TestLeaseIsExtendedWhileTheHandlerRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t, "a")
		calls := 0
		c := reader(func(context.Context, *mq.Message[string]) error {
			calls++
			time.Sleep(10 * time.Minute)
			return nil
		})
		c.Lease = 30 * time.Second
		noError(t, start(t, c, client).afterAll(t))
		if calls != 1 {
			t.Errorf("it was called %d times", calls)
		}
		wantAccount(t, client, "acked 1, dead 0, in flight 0, waiting 0")
		if s := client.Stats().Groups[0]; s.Extended == 0 || s.LeaseLost != 0 {
			t.Errorf("extended %d times, lost %d", s.Extended, s.LeaseLost)
		}
	})
}

// What waits for a worker is not extended: it goes to who has one, before its lease ends.
func TestWhatWaitsIsHandedBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t, "a", "b", "c")
		slow := reader(func(context.Context, *mq.Message[string]) error { time.Sleep(10 * time.Minute); return nil })
		slow.Lease, slow.Prefetch = time.Minute, 2
		first := start(t, slow, client)
		synctest.Wait()
		began := time.Now()
		var got atomic.Int64
		second := start(t, reader(func(context.Context, *mq.Message[string]) error {
			if time.Since(began) > time.Minute {
				t.Errorf("it came after %v", time.Since(began))
			}
			got.Add(1)
			return nil
		}), client)
		time.Sleep(5 * time.Minute)
		if got.Load() != 2 {
			t.Errorf("the other one got %d of 2", got.Load())
		}
		noError(t, second.stop())
		noError(t, first.stop())
		wantAccount(t, client, "acked 3, dead 0, in flight 0, waiting 0")
		if s := client.Stats().Groups[0]; s.LeaseLost != 0 {
			t.Errorf("%d leases were lost", s.LeaseLost)
		}
	})
}

// died is a process that takes a message and ends without a word.
func died(t *testing.T, store *mem.Store, lease time.Duration) {
	t.Helper()
	engine := store.Open()
	c := reader(func(context.Context, *mq.Message[string]) error { time.Sleep(lease / 4); return nil })
	c.Lease = lease
	run := start(t, c, mq.Open(engine, quiet))
	synctest.Wait()
	engine.Crash()
	run.stop()
	time.Sleep(2 * lease)
}

// A message whose handler takes the process down is given up after some of them.
func TestLapses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := mem.NewStore(nil)
		client := mq.Open(store.Open(), quiet)
		noError(t, letters.Publish(t.Context(), client, "poison"))
		for range 3 {
			died(t, store, time.Minute)
		}
		c := reader(func(context.Context, *mq.Message[string]) error { t.Error("called again"); return nil })
		c.Lapses = 3
		noError(t, start(t, c, client).afterAll(t))
		wantAccount(t, client, "acked 0, dead 1, in flight 0, waiting 0")
		for l, err := range client.DeadLetters("letters", "readers").List(t.Context(), mq.Filter{}) {
			if err != nil || l.Reason != mq.ReasonLapsed || l.Lapses != 3 {
				t.Errorf("letter %+v, %v", l, err)
			}
		}
	})
}

// Attempts and the time of the next one are the engine's: a process that ends takes nothing with it.
func TestAttemptsOutliveTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := mem.NewStore(nil)
		var attempts []int
		var times []time.Time
		failing := func() *mq.Consumer[string] {
			c := reader(func(_ context.Context, m *mq.Message[string]) error {
				attempts, times = append(attempts, m.Attempt), append(times, time.Now())
				return errors.New("no")
			})
			c.Retry = mq.Retry{Attempts: 4, First: time.Hour, Max: time.Hour}
			return c
		}
		engine := store.Open()
		client := mq.Open(engine, quiet)
		noError(t, letters.Publish(t.Context(), client, "a"))
		for range 4 {
			run := start(t, failing(), client)
			synctest.Wait()
			engine.Crash()
			run.stop()
			time.Sleep(time.Hour)
			engine = store.Open()
			client = mq.Open(engine, quiet)
		}
		if len(attempts) != 4 || attempts[3] != 4 {
			t.Errorf("attempts %v", attempts)
		}
		for i := 1; i < len(times); i++ {
			if wait := times[i].Sub(times[i-1]); wait < time.Hour/2 || wait > time.Hour {
				t.Errorf("attempt %d came after %v", i+1, wait)
			}
		}
		wantAccount(t, client, "acked 0, dead 1, in flight 0, waiting 0")
	})
}

// How much is fetched ahead follows from the time that the handler takes.
func TestPrefetchFollowsTheHandler(t *testing.T) {
	for _, c := range []struct {
		takes       time.Duration
		least, most int
	}{
		{10 * time.Second, 0, 1},
		{10 * time.Millisecond, 8, 20},
		{time.Microsecond, 200, 256},
	} {
		t.Run(c.takes.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := post(t)
				for range 2000 {
					noError(t, letters.Publish(t.Context(), client, "a"))
				}
				most, consumer := 0, (*mq.Consumer[string])(nil)
				consumer = reader(func(context.Context, *mq.Message[string]) error {
					time.Sleep(c.takes)
					most = max(most, consumer.Stats().Prefetched)
					return nil
				})
				run := start(t, consumer, client)
				time.Sleep(100 * c.takes)
				noError(t, run.stop())
				if most < c.least || most > c.most {
					t.Errorf("up to %d messages were fetched ahead, want %d to %d", most, c.least, c.most)
				}
			})
		})
	}
}

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t)
		for range 200 {
			noError(t, letters.Publish(t.Context(), client, "a"))
		}
		var handled atomic.Int64
		c := reader(func(context.Context, *mq.Message[string]) error { handled.Add(1); return nil })
		c.Rate, c.Burst, c.Workers = 10, 5, 8
		run := start(t, c, client)
		for second, want := range []int64{5, 15, 25, 35} {
			synctest.Wait()
			if n := handled.Load(); n < want-1 || n > want+1 {
				t.Errorf("%d handled after %d s, want %d", n, second, want)
			}
			time.Sleep(time.Second)
		}
		noError(t, run.stop())
	})
}

func TestBatchWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t, "a", "b", "c", "d", "e")
		type call struct {
			n  int
			at time.Duration
		}
		var calls []call
		began := time.Now()
		c := readers()
		c.BatchSize, c.BatchWait = 3, time.Second
		c.Batch = func(_ context.Context, ms []*mq.Message[string]) []error {
			calls = append(calls, call{len(ms), time.Since(began)})
			return nil
		}
		run := start(t, c, client)
		time.Sleep(500 * time.Millisecond)
		noError(t, letters.Publish(t.Context(), client, "f"))
		time.Sleep(time.Minute)
		noError(t, letters.Publish(t.Context(), client, "g"))
		noError(t, run.afterAll(t))
		want := []call{{3, 0}, {3, 500 * time.Millisecond}, {1, 61500 * time.Millisecond}}
		if len(calls) != 3 || calls[0] != want[0] || calls[1] != want[1] || calls[2] != want[2] {
			t.Errorf("calls %v, want %v", calls, want)
		}
	})
}

// When Run ends, what has begun goes on for Drain, and what has not is others' at once.
func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t, "a", "b", "c")
		var cause error
		c := reader(func(ctx context.Context, _ *mq.Message[string]) error {
			err := runnel.Sleep(ctx, time.Hour)
			cause = context.Cause(ctx)
			return err
		})
		c.Drain, c.Prefetch = time.Minute, 2
		run := start(t, c, client)
		synctest.Wait()
		began := time.Now()
		run.end()
		synctest.Wait()
		wantAccount(t, client, "acked 0, dead 0, in flight 1, waiting 2")
		noError(t, run.stop())
		if took := time.Since(began); took != time.Minute || cause == nil {
			t.Errorf("Run ended after %v, the handler's context with %v", took, cause)
		}
		wantAccount(t, client, "acked 0, dead 0, in flight 0, waiting 3") // an end is no failure
	})
}

// A handler that never returns is told of, does not hold its message for ever, and does not hold Run.
func TestHandlerThatNeverReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := post(t, "a")
		forever := make(chan struct{})
		c := reader(func(context.Context, *mq.Message[string]) error { <-forever; return nil })
		c.Retry = mq.Retry{Attempts: 1, Timeout: time.Second}
		c.Grace = 2 * time.Second
		run := start(t, c, client)
		time.Sleep(2 * time.Second)
		wantAccount(t, client, "acked 0, dead 0, in flight 1, waiting 0")
		time.Sleep(2 * time.Second)
		wantAccount(t, client, "acked 0, dead 1, in flight 0, waiting 0")
		if s := c.Stats(); s.Stuck != 1 {
			t.Errorf("%d are stuck", s.Stuck)
		}
		err := run.stop()
		wantError(t, err, mq.ErrStuck)
		for l, err := range client.DeadLetters("letters", "readers").List(t.Context(), mq.Filter{}) {
			if err != nil || l.Reason != mq.ReasonStuck {
				t.Errorf("letter %+v, %v", l, err)
			}
		}
		close(forever)
	})
}
