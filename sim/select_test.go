package sim_test

import (
	"context"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

func TestSelectWithoutACaseThatCanFireWaitsForEver(t *testing.T) {
	r := sim.Check(func(t *sim.T) {
		var none *runnel.Chan[int]
		_, _ = runnel.Select(bg, runnel.SendTo(none, 1), nil)
	})
	if r.Failure == nil || r.Failure.Kind != sim.Deadlock {
		t.Fatalf("%+v, want a deadlock", r.Failure)
	}
}

func TestSelectWithoutACaseWaitsForItsContext(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		ctx, cancel := context.WithCancel(bg)
		t.Go("canceller", cancel)
		_, err := runnel.Select(ctx)
		t.Assert(err == context.Canceled, "%v", err)
	})
}
