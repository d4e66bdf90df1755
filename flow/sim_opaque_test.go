package flow_test

import (
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
	"github.com/runnel-go/runnel/sim"
)

// Workers share atomic variables that no simulation sees. So package sim must never say that it has
// tried all schedules of a flow, however few there seem to be. Without the flow it does.
func TestSimNeverComplete(t *testing.T) {
	bodies := map[string]func(*sim.T){
		"no process": func(t *sim.T) {
			t.Assert(flow.New("empty").Run(t.Context()) == nil, "Run")
		},
		"two processes": func(t *sim.T) {
			g := flow.New("tiny").
				Add("numbers", numbers(1)).
				Add("store", flow.Sink(ignore)).
				Connect("numbers", "store")
			t.Assert(g.Run(t.Context()) == nil, "Run")
		},
		"made in a task": func(t *sim.T) {
			runnel.Go(func() {
				f, err := flow.New("paused").Add("numbers", numbers(0)).Start(t.Context(), flow.StartPaused())
				t.Assert(f == nil && err != nil, "an output that is not connected")
			})
			f, _ := flow.New("empty").Start(t.Context())
			f.Stop(t.Context())
		},
	}
	for name, body := range bodies {
		if r := sim.Check(body, sim.Exhaustive(5000)); r.Complete || r.Failure != nil {
			t.Errorf("%s: complete %v after %d schedules, %v", name, r.Complete, r.Schedules, r.Failure)
		}
	}
	alike := func(t *sim.T) {
		c := runnel.New[int]()
		t.Go("numbers", func() { c.Send(t.Context(), 1); c.Close() })
		t.Go("store", func() { c.Recv(t.Context()) })
	}
	if r := sim.Check(alike, sim.Exhaustive(5000)); !r.Complete {
		t.Errorf("two tasks without a flow: not complete after %d schedules", r.Schedules)
	}
}
