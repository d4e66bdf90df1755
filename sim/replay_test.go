package sim_test

import (
	"slices"
	"testing"

	"github.com/runnel-go/runnel/sim"
	"github.com/runnel-go/runnel/sim/internal/goker"
)

// Every bug of the suite is shown by at most two forced decisions, in half of them by none,
// within a second, and its tokens run the very same schedule again and again.
func TestKernelsAreShortenedAndReplayed(t *testing.T) {
	replays := scale(5, 50)
	var left []int
	for _, k := range goker.Kernels {
		t.Run(k.ID, func(t *testing.T) {
			opts := []sim.Option{sim.Seed(11), sim.For(0), sim.MaxSteps(2000)}
			r := sim.Check(k.Buggy, opts...)
			if r.Failure == nil {
				t.Fatal("not found")
			}
			left = append(left, r.Left)
			if r.Left > 2 || len(r.Token) > 64 || len(r.SeedToken) > 64 {
				t.Errorf("%d decisions are left; %s %s", r.Left, r.Token, r.SeedToken)
			}
			for _, token := range []string{r.Token, r.SeedToken} {
				if token == "" && r.Failure.Kind == sim.Livelock {
					continue
				}
				mustRepeat(t, k, token, r, replays, opts)
			}
		})
	}
	if slices.Sort(left); left[len(left)/2] != 0 {
		t.Errorf("decisions that are left: %v, want none in the median", left)
	}
	t.Logf("forced decisions: %v", left)
}

func mustRepeat(t *testing.T, k goker.Kernel, token string, r sim.Report, replays int, opts []sim.Option) {
	t.Helper()
	first, steps := sim.ReplayOnce(token, k.Buggy, opts...)
	if first.Failure == nil || first.Failure.Kind != r.Failure.Kind {
		t.Fatalf("%s replays %+v, want %+v", token, first.Failure, r.Failure)
	}
	for range replays {
		again, other := sim.ReplayOnce(token, k.Buggy, opts...)
		if other != steps || again.Failure == nil || again.Failure.Message != first.Failure.Message {
			t.Fatalf("%s replays %+v once, and then %+v", token, first.Failure, again.Failure)
		}
	}
}

// The same seed finds the same failure in the same schedule, and shortens it to the same token.
func TestSeedsAreRepeatable(t *testing.T) {
	for _, k := range goker.Kernels {
		opts := []sim.Option{sim.Seed(5), sim.For(0), sim.MaxSteps(2000), sim.Minimize(300)}
		a, b := sim.Check(k.Buggy, opts...), sim.Check(k.Buggy, opts...)
		if a.Schedules != b.Schedules || a.SeedToken != b.SeedToken || a.Distinct != b.Distinct {
			t.Errorf("%s: %+v, then %+v", k.ID, a, b)
		}
	}
}

// A token of a test that has changed is not taken for one that still fits.
func TestTokenOfAnotherTest(t *testing.T) {
	r := sim.Check(goker.Kernels[0].Buggy, sim.Seed(1))
	again, _ := sim.ReplayOnce(r.Token, prodcons)
	if again.Failure != nil || !again.Strayed() {
		t.Fatalf("%+v", again)
	}
}
