//go:build steps

package runnel_test

import (
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/internal/step"
	"github.com/runnel-go/runnel/sim"
)

// One holds the lock at a time; what is written under it, the next one finds; who looks while it
// is held sees what the last one published.
func TestStepsLock(t *testing.T) {
	all(t,
		program{"2 lockers, 2 rounds", func(t *sim.T) { lockers(t, 2, 2, 0) }},
		program{"3 lockers", func(t *sim.T) { lockers(t, 3, 1, 0) }},
		program{"2 lockers and who looks", func(t *sim.T) { lockers(t, 2, 1, 2) }},
	)
	some(t, 2000, program{"4 lockers, 3 rounds, and who looks", func(t *sim.T) { lockers(t, 4, 3, 3) }})
}

func lockers(t *sim.T, n, rounds, looks int) {
	var lock runnel.Spin
	var inside step.Uint32
	done := uint32(0)
	for range n {
		t.Go("locker", func() {
			for range rounds {
				lock.Lock()
				t.Assert(inside.Swap(1) == 0, "two hold the lock")
				done++
				inside.Store(0)
				lock.Unlock(done)
			}
		})
	}
	last := uint32(0)
	for range looks {
		now := lock.Await()
		t.Assert(now >= last && now <= uint32(n*rounds), "saw %d after %d", now, last)
		last = now
	}
	t.Wait()
	t.Assert(lock.Await() == uint32(n*rounds), "%d rounds were published", lock.Await())
}

// Each round that was announced ends by the wake that follows, however early or late that comes,
// and what the waker wrote before is seen.
func TestStepsParker(t *testing.T) {
	all(t,
		program{"1 round", func(t *sim.T) { rounds(t, 1) }},
		program{"3 rounds", func(t *sim.T) { rounds(t, 3) }},
	)
}

func rounds(t *sim.T, n uint32) {
	var sleeper runnel.Sleeper
	var announced flag
	wrote := uint32(0)
	t.Go("waker", func() {
		for k := range n {
			announced.await(k + 1)
			wrote = k + 1
			sleeper.Wake()
		}
	})
	t.Go("sleeper", func() {
		for k := range n {
			announced.set(k + 1)
			sleeper.Park()
			t.Assert(wrote == k+1, "round %d ended by the wake of round %d", k+1, wrote)
		}
	})
	t.Wait()
}
