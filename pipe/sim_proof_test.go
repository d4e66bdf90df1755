package pipe_test

import (
	"fmt"
	"testing"

	"github.com/runnel-go/runnel/sim"
)

func TestSimEveryOrder(t *testing.T) {
	for _, k := range specimens {
		for how := range manners {
			for n := 1; n <= 2; n++ {
				if k.fault == never && (how == failure || how == panicking) {
					continue
				}
				r := sim.Check(func(t *sim.T) { k.run(tinyScene(t, how, n)) }, sim.Exhaustive(5000), sim.For(0), sim.Schedules(1))
				fmt.Println(k.name, how, n, r.Complete, r.Schedules, r.Longest, r.Elapsed, r.Failure)
				if !r.Complete {
					break
				}
			}
		}
	}
}
