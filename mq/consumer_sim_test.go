package mq_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/sim"
)

// explore runs a simulation of consumers: sim decides who goes on at each operation.
func explore(t *testing.T, body func(*sim.T)) {
	t.Helper()
	sim.Test(t, body, sim.Schedules(200), sim.Punctual())
}

// Pause is exact: what runs when it returns is told by Busy, and nothing begins after it.
func TestSimPauseIsExact(t *testing.T) {
	explore(t, func(t *sim.T) {
		client := post(t, "a", "b", "c")
		var entered, left atomic.Int64
		c := reader(func(context.Context, *mq.Message[string]) error {
			entered.Add(1)
			runnel.Sleep(context.Background(), time.Millisecond)
			left.Add(1)
			return nil
		})
		c.Workers, c.Lease = 2, 10000*time.Hour
		r := start(t, c, client)
		c.Pause()
		busy := int64(c.Stats().Busy)
		most := left.Load() + busy
		runnel.Sleep(t.Context(), time.Hour)
		t.Assert(entered.Load() <= most, "%d handlers began, %d when Pause returned", entered.Load(), most)
		c.Resume()
		for left.Load() < 3 {
			runnel.Sleep(t.Context(), time.Second)
		}
		t.Assert(r.stop() == nil, "Run")
		simAccount(t, client, 3, 0, 0)
		client.Close()
	})
}

// Pauses and resumes at once leave the consumer in one of both, not in between.
func TestSimPauseAgainstResume(t *testing.T) {
	explore(t, func(t *sim.T) {
		client := post(t, "a", "b")
		var handled atomic.Int64
		c := reader(func(context.Context, *mq.Message[string]) error { handled.Add(1); return nil })
		c.Lease = 10000 * time.Hour
		r := start(t, c, client)
		var both runnel.WaitGroup
		both.Go(c.Pause)
		both.Go(c.Resume)
		both.Wait()
		runnel.Sleep(t.Context(), time.Hour)
		t.Assert(c.Stats().Paused || handled.Load() == 2, "neither paused nor at work")
		c.Resume()
		runnel.Sleep(t.Context(), time.Hour)
		t.Assert(r.stop() == nil && handled.Load() == 2, "handled %d", handled.Load())
		simAccount(t, client, 2, 0, 0)
		client.Close()
	})
}

// A member ends while another one works: nothing is lost, nothing is done twice, nothing lapses.
func TestSimDrainHandsOver(t *testing.T) {
	explore(t, func(t *sim.T) {
		client := post(t, "a", "b", "c", "d")
		var mu runnel.Mutex
		handled := map[string]int{}
		member := func() *mq.Consumer[string] {
			c := reader(func(_ context.Context, m *mq.Message[string]) error {
				runnel.Sleep(context.Background(), time.Millisecond)
				mu.Lock()
				handled[m.Value]++
				mu.Unlock()
				if m.Value == "b" {
					return mq.Dead(errors.New("no"))
				}
				return nil
			})
			c.Lease, c.Prefetch = 10000*time.Hour, 2
			return c
		}
		first, second := start(t, member(), client), start(t, member(), client)
		t.Assert(first.stop() == nil, "Run")
		runnel.Sleep(t.Context(), time.Hour)
		t.Assert(second.stop() == nil, "Run")
		t.Assert(len(handled) == 4 && handled["a"]+handled["b"]+handled["c"]+handled["d"] == 4, "handled %v", handled)
		simAccount(t, client, 3, 1, 0)
		client.Close()
	})
}
