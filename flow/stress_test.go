package flow_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// Pauses of a flow that runs at full speed on real processors, whose order of memory no simulation
// explores: what has moved when Pause returns is all that moves.
func TestStressPause(t *testing.T) {
	g := flow.New("busy").
		Add("numbers", endless()).
		Add("pass", flow.Step(pass), flow.Parallel(2)).
		Add("twice", flow.FlatStep(func(_ context.Context, v int, emit func(int) error) error {
			if err := emit(v); err != nil {
				return err
			}
			return emit(v)
		})).
		Add("store", flow.Sink(ignore)).
		Add("show", flow.Sink(ignore)).
		Connect("numbers", "pass", runnel.Buffer(8)).
		Connect("pass", "twice").
		Connect("twice", "store", runnel.Buffer(2)).
		Connect("twice", "show", runnel.Sliding(1))
	f := must(g.Start(bg))(t)
	for i := range scale(300, 2000) {
		name := []string{"numbers", "pass", "twice", "store"}[i%4]
		if err := f.Pause(name); err != nil {
			t.Fatal(err)
		}
		before := moved(f.Status(), name)
		for range 20 {
			runtime.Gosched()
		}
		if after := moved(f.Status(), name); after != before {
			t.Fatalf("pause %d of %s: %d values moved, then %d", i, name, before, after)
		}
		if err := f.Resume(name); err != nil {
			t.Fatal(err)
		}
	}
	f.Stop(bg)
	mustBalance(t, f.Status())
	if err := f.Wait(); err != nil {
		t.Error(err)
	}
}

// moved is how many values a process has taken and given.
func moved(s flow.Status, name string) (n uint64) {
	for _, e := range s.Edges {
		if process(e.From) == name {
			n += e.Sent
		}
		if process(e.To) == name {
			n += e.Received
		}
	}
	return n
}

// A source that returns what emit says as soon as the flow drains has not failed.
func TestStressDrain(t *testing.T) {
	for range scale(300, 1000) {
		g := flow.New("drained").
			Add("numbers", endless(), flow.Parallel(4)).
			Add("store", flow.Sink(ignore)).
			Connect("numbers", "store", runnel.Buffer(8))
		f := must(g.Start(bg))(t)
		runtime.Gosched()
		if err := f.Drain(bg); err != nil || f.Wait() != nil {
			t.Fatalf("Drain: %v, Wait: %v", err, f.Wait())
		}
	}
}
