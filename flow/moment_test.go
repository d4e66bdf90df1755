package flow_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// The age of a step that Status tells is never too short, and right where it says so: also of a
// slow step in the middle of a series of quick ones.
func TestAgeOfAStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := map[int]time.Duration{3: 10 * time.Second, 7: time.Second, 8: time.Minute, 40: 5 * time.Second}
		var began atomic.Int64
		step := func(ctx context.Context, v int) error {
			began.Store(time.Now().UnixNano())
			return runnel.Sleep(ctx, slow[v])
		}
		g := flow.New("ages").
			Add("step", flow.Sink(step)).
			Open("step", runnel.Buffer(64))
		f := must(g.Start(t.Context(), flow.StartPaused()))(t)
		for v := range 50 {
			if err := f.Inject(bg, "step", v); err != nil {
				t.Fatal(err)
			}
		}
		f.Resume()
		exact, seen := 0, 0
		for {
			time.Sleep(300 * time.Millisecond)
			synctest.Wait()
			w := f.Status().Process("step").Workers[0]
			if w.Activity != flow.InStep {
				break
			}
			if truth := time.Since(time.Unix(0, began.Load())); w.For < truth || w.Exact && w.For != truth {
				t.Fatalf("step %d: %+v, but it is %v old", w.Steps, w, truth)
			}
			if seen++; w.Exact {
				exact++
			}
		}
		if seen < 200 || exact == 0 {
			t.Errorf("%d of %d were exact", exact, seen)
		}
	})
}

// Whoever looks at a process that takes long is told a wrong age once, and of a wait never.
func TestAgeIsExactForWhoeverLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flow.New("ages").
			Add("numbers", numbers(9)).
			Add("step", flow.Sink(func(ctx context.Context, v int) error { return runnel.Sleep(ctx, time.Minute) })).
			Connect("numbers", "step")
		f := must(g.Start(t.Context()))(t)
		for i := range 8 {
			time.Sleep(20 * time.Second)
			s := f.Status()
			step, source := s.Process("step").Workers[0], s.Process("numbers").Workers[0]
			if i > 1 && (!step.Exact || step.For != 20*time.Second) || !source.Exact || source.For != 20*time.Second {
				t.Errorf("message %d: %+v, %+v", i, step, source)
			}
			time.Sleep(40 * time.Second)
			synctest.Wait()
		}
	})
}
