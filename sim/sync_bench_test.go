package sim_test

//lint:file-ignore SA2001 that a lock can be had, or how long that takes, is what is asked here

import (
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

// Tasks take one lock many times each: five of them 20,000 operations, a hundred as many.
func BenchmarkLock(b *testing.B) {
	for _, p := range []struct {
		name          string
		tasks, rounds int
	}{{"5x2000", 5, 2000}, {"100x100", 100, 100}} {
		b.Run(p.name, func(b *testing.B) {
			exploring(b, sim.Check(func(*sim.T) {
				var mu runnel.Mutex
				var wg runnel.WaitGroup
				for range p.tasks {
					wg.Go(func() {
						for range p.rounds {
							mu.Lock()
							mu.Unlock()
						}
					})
				}
				wg.Wait()
			}, sim.Schedules(b.N), sim.For(0), sim.MaxSteps(1e6), sim.Strategies(sim.Random())))
		})
	}
}
