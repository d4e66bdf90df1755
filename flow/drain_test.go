package flow_test

import (
	"context"
	"errors"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// A drain in which the flow fails has not carried everything through, and says so.
func TestDrainTellsFailure(t *testing.T) {
	f := must(flow.New("bad").
		Add("store", flow.Sink(func(context.Context, int) error { return errBad })).
		Open("store", runnel.Buffer(3)).
		Start(bg, flow.StartPaused()))(t)
	if err := f.Inject(bg, "store", 1, 2, 3); err != nil {
		t.Fatal(err)
	}
	if err := f.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := f.Drain(bg); !errors.Is(err, errBad) {
		t.Errorf("got %v, and Wait %v", err, f.Wait())
	}
	if s := f.Stop(bg); !errors.Is(s.Err, errBad) {
		t.Errorf("got %v", s.Err)
	}
}
