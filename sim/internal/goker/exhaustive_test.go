package goker_test

import (
	"fmt"
	"testing"

	"github.com/runnel-go/runnel/sim"
	"github.com/runnel-go/runnel/sim/internal/goker"
)

// What trying all schedules comes to within 2,000: most bugs are found, most twins are finished.
// The others poll, tick or are too large.
func TestExhaustiveExploration(t *testing.T) {
	table := fmt.Sprintf("%-18s %7s %7s %9s\n", "kernel", "buggy", "fixed", "punctual")
	found, finished, punctual := 0, 0, 0
	for _, k := range goker.Kernels {
		buggy, fixed := exhaust(k.Buggy), exhaust(k.Fixed)
		onTime := exhaust(k.Fixed, sim.Punctual())
		for _, r := range []sim.Report{fixed, onTime} {
			if r.Failure != nil {
				t.Errorf("%s: %s", k.ID, r)
			}
		}
		if buggy.Complete {
			t.Errorf("%s: complete without its bug: %s", k.ID, buggy)
		}
		found += ifTrue(buggy.Failure != nil && buggy.Schedules < tried)
		finished += ifTrue(fixed.Complete)
		punctual += ifTrue(onTime.Complete)
		table += fmt.Sprintf("%-18s %7d %7s %9s\n", k.ID, buggy.Schedules+1, schedulesOf(fixed), schedulesOf(onTime))
	}
	t.Logf("schedules: until the bug is found; until all are explored, and without clocks that run while tasks could:\n%s", table)
	t.Logf("of %d bugs %d found, of their twins %d finished, %d with a punctual clock", len(goker.Kernels), found, finished, punctual)
	if found < 49 || finished < 42 || punctual < 48 {
		t.Errorf("less than there has been")
	}
}

const tried = 2000

func exhaust(body func(*sim.T), opts ...sim.Option) sim.Report {
	return sim.Check(body, append(opts, sim.Exhaustive(tried), sim.Schedules(1), sim.For(0), sim.MaxSteps(2000), sim.Minimize(0))...)
}

func ifTrue(b bool) int {
	if b {
		return 1
	}
	return 0
}

func schedulesOf(r sim.Report) string {
	if !r.Complete {
		return "-"
	}
	return fmt.Sprint(r.Schedules)
}
