package sim_test

import (
	"os"
	"testing"

	"github.com/runnel-go/runnel/internal/oracle"
	"github.com/runnel-go/runnel/sim"
)

// simulated is a simulation as the place where programs and laws run that bubbles run as well.
type simulated struct{ *sim.T }

func (s simulated) Go(f func()) { s.T.Go("", f) }

// TestOracleInSimulations replays the 3,000 programs of core.async in simulations, each in
// schedules of each strategy, the clock still or not. Whatever the order in which the goroutines
// of the operations go on, the outcome must be the recorded one.
func TestOracleInSimulations(t *testing.T) {
	f, err := os.Open("../testdata/oracle.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	programs, err := oracle.Read(f)
	if err != nil || len(programs) != 3000 {
		t.Fatalf("the oracle has %d programs (%v), want 3000", len(programs), err)
	}
	schedules := 0
	for i, p := range programs {
		r := sim.Check(func(t *sim.T) {
			if diff := p.Compare(p.Run(simulated{t})); diff != "" {
				t.Fatalf("%s", diff)
			}
		}, sim.Schedules(scale(10, 20)), sim.For(0), sim.Seed(uint64(i)))
		if r.Failure != nil {
			t.Errorf("program %d: %s", p.Seed, r)
		}
		schedules += r.Schedules
	}
	t.Logf("%d programs agree with core.async in %d schedules", len(programs), schedules)
}
