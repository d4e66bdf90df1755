package sim_test

import (
	"testing"

	"github.com/runnel-go/runnel/internal/conformance"
	"github.com/runnel-go/runnel/sim"
)

// TestConformanceInSimulations runs the laws of channels, which hold in every order, in many.
func TestConformanceInSimulations(t *testing.T) {
	for _, law := range conformance.Laws() {
		t.Run(law.Name, func(t *testing.T) {
			sim.Test(t, func(t *sim.T) { law.Body(simulated{t}) }, sim.Schedules(scale(30, 300)), sim.For(0), sim.Exhaustive(scale(30, 1000)))
		})
	}
}
