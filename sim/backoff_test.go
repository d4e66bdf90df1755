package sim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

// patient tries three times, and tells the waits between.
func patient(t *sim.T) (waits string) {
	b := runnel.Backoff{Attempts: 3, First: 2 * time.Second}
	for n := 1; b.Again(n, errCause); n++ {
		began := t.Now()
		_ = runnel.Sleep(bg, b.Delay(n, errCause))
		waits += fmt.Sprint(t.Now().Sub(began), " ")
	}
	return waits
}

// Jitter is a decision of the schedule: the half or the whole of each wait, all of them tried before
// an exploration is complete.
func TestBackoffIsDrawnByTheSchedule(t *testing.T) {
	var waits string
	came := map[string]int{}
	body := func(t *sim.T) {
		waits = patient(t)
		came[waits]++
	}
	a := sim.All(body, 100, func() string { return waits }, sim.Punctual())
	if !a.Complete || a.Runs != 4 || len(a.Outcomes) != 4 {
		t.Errorf("complete: %v, %d schedules: %v", a.Complete, a.Runs, a.Outcomes)
	}
	for _, want := range []string{"1s 2s ", "1s 4s ", "2s 2s ", "2s 4s "} {
		if came[want] != 1 {
			t.Errorf("%q came about in %d of the schedules", want, came[want])
		}
	}
	if a := sim.All(body, 3, func() string { return waits }, sim.Punctual()); a.Complete {
		t.Error("complete after three of four")
	}
	certain := func(t *sim.T) { _ = runnel.Backoff{First: 1}.Delay(1, runnel.RetryAfter(time.Second, errCause)) }
	if a := sim.All(certain, 100, nil, sim.Punctual()); !a.Complete || a.Runs != 1 {
		t.Errorf("where there is nothing to draw: %d schedules", a.Runs)
	}
}

// A failure that comes with certain waits is found, and replayed with the very same ones.
func TestBackoffReplays(t *testing.T) {
	for _, bad := range []string{"1s 2s ", "1s 4s ", "2s 2s ", "2s 4s "} {
		var waits []string
		body := func(t *sim.T) {
			w := patient(t)
			waits = append(waits, w)
			t.Assert(w != bad, "waited %s", w)
		}
		opts := []sim.Option{sim.Seed(3), sim.For(0), sim.Punctual()}
		r := sim.Check(body, opts...)
		if r.Failure == nil {
			t.Fatalf("%q did not come about", bad)
		}
		for _, token := range []string{r.Token, r.SeedToken} {
			_, first := sim.ReplayOnce(token, body, opts...)
			for range 5 {
				again, steps := sim.ReplayOnce(token, body, opts...)
				if steps != first || again.Failure == nil || again.Failure.Message != r.Failure.Message || waits[len(waits)-1] != bad {
					t.Fatalf("%s replays %q, %+v", token, waits[len(waits)-1], again.Failure)
				}
			}
		}
	}
}
