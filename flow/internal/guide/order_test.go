package guide_test

import (
	"context"
	"testing"

	"github.com/runnel-go/runnel/flow"
	"github.com/runnel-go/runnel/sim"
)

// Whatever the order, every line is parsed or fails, and the account says which.
func TestEveryOrder(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		shown := 0
		f, err := flow.New("readings").
			Add("lines", lines("kitchen 21.5", "cellar twelve")).
			Add("parse", flow.Step(parse), flow.Parallel(2), flow.Skip()).
			Add("count", flow.Sink(func(context.Context, reading) error { shown++; return nil })).
			Connect("lines", "parse").
			Connect("parse", "count").
			Start(t.Context())
		t.Assert(err == nil, "Start: %v", err)
		err = f.Wait()
		t.Assert(err == nil && shown == 1 && f.Status().Process("parse").Failed == 1, "%v, %d shown\n%v", err, shown, f.Status())
	}, sim.Schedules(500))
}
