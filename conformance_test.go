package runnel_test

import (
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel/internal/conformance"
)

// place is a bubble as the place where a law runs.
type place struct {
	*testing.T
	bubble
}

// TestConformance runs the laws really. Package sim runs them in simulations.
func TestConformance(t *testing.T) {
	for _, law := range conformance.Laws() {
		t.Run(law.Name, func(t *testing.T) {
			for range 20 {
				synctest.Test(t, func(t *testing.T) { law.Body(place{T: t}) })
			}
		})
	}
}
