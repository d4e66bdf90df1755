package sim_test

//lint:file-ignore SA2001 that a lock can be had, or how long that takes, is what is asked here

import (
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

// Five tasks take one lock 2,000 times each: 20,000 operations.
func BenchmarkLock(b *testing.B) {
	sim.Check(func(*sim.T) {
		var mu runnel.Mutex
		var wg runnel.WaitGroup
		for range 5 {
			wg.Go(func() {
				for range 2000 {
					mu.Lock()
					mu.Unlock()
				}
			})
		}
		wg.Wait()
	}, sim.Schedules(b.N), sim.For(0), sim.MaxSteps(1e6), sim.Strategies(sim.Random()))
}
