package sim_test

import (
	"sync/atomic"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

// In every order: once a valve is shut, and the channel has been asked something, nothing moves.
func TestValve(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		c := runnel.New[int](runnel.Buffer(1 + t.Choose(2)))
		var shut atomic.Bool
		in, out := c.Valve(&shut), c.Valve(&shut)
		t.Go("sender", func() {
			for range 2 {
				t.Point()
				in.TrySend(1)
			}
		})
		t.Go("receiver", func() {
			for range 2 {
				t.Point()
				out.TryRecv()
			}
		})
		moved := func() uint64 { return in.Passed() + out.Passed() }
		t.Point()
		shut.Store(true)
		before := moved()
		for range 3 {
			t.Point()
			n := moved()
			t.Assert(n == before, "%d have moved", n-before)
		}
		shut.Store(false)
		t.Wait()
		s := c.Stats()
		t.Assert(s.Sent == in.Passed() && s.Received == out.Passed(), "%v", s)
	}, sim.Schedules(2000))
}
