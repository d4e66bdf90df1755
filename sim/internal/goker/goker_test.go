package goker_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/runnel-go/runnel/sim"
	"github.com/runnel-go/runnel/sim/internal/goker"
)

// check explores a body. None needs more than a few hundred steps, so 2,000 are enough to tell
// that one does not end.
func check(body func(*sim.T), seed, schedules int) sim.Report {
	return sim.Check(body, sim.Seed(uint64(seed)), sim.Schedules(schedules), sim.For(0), sim.MaxSteps(2000))
}

func either(short, long int) int {
	if testing.Short() {
		return short
	}
	return long
}

// hunt tells how many schedules it takes to find the bug of k, for each of n seeds; as what it
// showed, and what found it.
func hunt(t *testing.T, k goker.Kernel, n int) (needed []int, kinds map[sim.Kind]int, by map[string]int) {
	kinds, by = map[sim.Kind]int{}, map[string]int{}
	for seed := range n {
		r := check(k.Buggy, seed, 1000)
		if r.Failure == nil {
			t.Fatalf("%s: seed %d: not found in %d schedules: %s", k.ID, seed, r.Schedules, k.What)
		}
		if !slices.Contains(k.Fails, r.Failure.Kind) {
			t.Fatalf("%s: seed %d: a failure of another kind, want %v: %s", k.ID, seed, k.Fails, r)
		}
		needed = append(needed, r.Schedules+1)
		kinds[r.Failure.Kind]++
		by[r.Strategy]++
	}
	slices.Sort(needed)
	return needed, kinds, by
}

// withLocks are the kernels in which a lock, a WaitGroup or a Cond has a part. In the other 31
// there are only channels.
var withLocks = []string{
	"grpc_1460", "grpc_1353", "etcd_7902", "etcd_7492", "etcd_7443", "etcd_6873", "istio_16224", "serving_2137",
	"kubernetes_26980", "kubernetes_10182", "kubernetes_6632", "kubernetes_1321", "moby_28462",
	"kubernetes_11298", "moby_27782", "cockroach_1462", "cockroach_1055", "moby_25384", "moby_30408", "cockroach_4407",
	"kubernetes_13058",
}

// Whatever the seed, every bug is found within 1,000 schedules, 50 of 52 within 100, and those of
// channels alone within 200.
func TestEveryBugIsFoundWhateverTheSeed(t *testing.T) {
	n, soon, channels := either(seedsShort, seeds), 0, 0
	table := fmt.Sprintf("%-18s %6s %5s  %s\n", "kernel", "median", "max", "kinds of failure and what found them, how often")
	for _, k := range goker.Kernels {
		needed, kinds, by := hunt(t, k, n)
		most := needed[len(needed)-1]
		table += fmt.Sprintf("%-18s %6d %5d  %v %v\n", k.ID, needed[len(needed)/2], most, kinds, by)
		if most <= 100 {
			soon++
		}
		if !slices.Contains(withLocks, k.ID) {
			if channels++; most > 200 {
				t.Errorf("%s: %d schedules, want at most 200", k.ID, most)
			}
		}
	}
	t.Logf("schedules until the bug is found, %d seeds:\n%s", n, table)
	if len(goker.Kernels) != 52 || soon < 50 || channels != 31 {
		t.Errorf("%d kernels, %d found within 100 schedules, %d of channels alone; want 52, 50, 31", len(goker.Kernels), soon, channels)
	}
}

// BenchmarkSuite finds every bug once.
func BenchmarkSuite(b *testing.B) {
	for seed := 0; b.Loop(); seed++ {
		for _, k := range goker.Kernels {
			if r := check(k.Buggy, seed, 1000); r.Failure == nil {
				b.Fatal(k.ID)
			}
		}
	}
}

func TestNoTwinGivesAlarm(t *testing.T) {
	n := either(schedulesShort, schedules)
	for _, k := range goker.Kernels {
		r := check(k.Fixed, 1, n)
		if r.Failure != nil {
			t.Errorf("%s: %s", k.ID, r)
		}
	}
}

func TestKernelsAreDescribed(t *testing.T) {
	for i, k := range goker.Kernels {
		if k.What == "" || len(k.Fails) == 0 {
			t.Errorf("%s: What or Fails is missing", k.ID)
		}
		if i > 0 && k.ID <= goker.Kernels[i-1].ID {
			t.Errorf("%s follows %s, want them in order", k.ID, goker.Kernels[i-1].ID)
		}
	}
}
