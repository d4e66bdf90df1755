package jobs

import (
	"context"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

// Every job that was accepted has a result.
func TestStop(t *testing.T) {
	r := NewRunner()
	accepted := make(chan bool, 1)
	go func() {
		err := r.Start(func() string { return "done" })
		accepted <- err == nil
	}()
	go r.Stop()
	results := 0
	for range r.Results().All(context.Background()) {
		results++
	}
	if <-accepted && results == 0 {
		t.Fatal("a job was accepted, and no result came out")
	}
}

// Every job that was accepted has a result, in whatever order things happen.
func TestStopInAnyOrder(t *testing.T) {
	sim.Test(t, startAndStop)
}

// The order in which that failed once.
func TestStopWhileStarting(t *testing.T) {
	sim.Replay(t, "d1.ERISz4RGIg", startAndStop)
}

func FuzzStop(f *testing.F) { sim.Fuzz(f, startAndStop) }

func startAndStop(t *sim.T) {
	r := NewRunner()
	accepted := runnel.New[bool](runnel.Buffer(1), runnel.Name("accepted"))
	t.Go("client", func() {
		err := r.Start(func() string { return "done" })
		_ = accepted.Send(t.Context(), err == nil)
	})
	t.Go("stopper", r.Stop)
	results := 0
	for range r.Results().All(t.Context()) {
		results++
	}
	ok, _ := accepted.Recv(t.Context())
	t.Assert(!ok || results == 1, "a job was accepted, and no result came out")
}
