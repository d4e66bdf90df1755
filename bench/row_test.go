package main

import (
	"io"
	"regexp"
	"runtime"
	"testing"
	"time"

	"github.com/runnel-go/runnel/bench/report"
)

// TestEveryPattern runs each implementation of each row once. They check
// themselves that no value was lost.
func TestEveryPattern(t *testing.T) {
	defer func(n int) { waiting = n }(waiting)
	waiting = 500
	before := runtime.NumGoroutine()
	for _, r := range allRows() {
		if r.kind == heapTotal && testing.Short() {
			continue // takes much memory; runs in the long test
		}
		for _, impl := range r.impls {
			t.Run(r.name+"/"+impl.name, func(t *testing.T) {
				impl.sample(operations(r))
			})
		}
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
	}
}

func operations(r row) int {
	if r.kind == latency {
		return 10
	}
	return 1000
}

func TestRowsAreDistinctAndJudgeable(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range allRows() {
		if seen[r.name] {
			t.Errorf("two rows are called %q", r.name)
		}
		seen[r.name] = true
		roles := map[report.Role]int{}
		for _, i := range r.impls {
			roles[i.role]++
		}
		if roles[report.Ours] != 1 || roles[report.Peer] == 0 {
			t.Errorf("%s: %d implementations are ours and %d are peers", r.name, roles[report.Ours], roles[report.Peer])
		}
		if (r.goals.one == nil) != (r.goals.many == nil) {
			t.Errorf("%s has a goal at one processor or above, not at both", r.name)
		}
	}
	for _, c := range coreAsyncRows {
		if !seen[c.ours] {
			t.Errorf("%s is compared with %q, which does not exist", c.title, c.ours)
		}
	}
}

func TestSection(t *testing.T) {
	r := runner{samples: 3, duration: time.Millisecond, progress: io.Discard}
	procs := runtime.GOMAXPROCS(0)
	rows := matching(allRows(), regexp.MustCompile("^try$|wake-up"))
	section := r.section(1, rows)
	if got := runtime.GOMAXPROCS(0); got != procs {
		t.Errorf("GOMAXPROCS is %d afterwards, was %d", got, procs)
	}
	if len(section.Rows) != 6 {
		t.Fatalf("%d rows, want 2 about trying and 4 percentiles", len(section.Rows))
	}
	for _, row := range section.Rows {
		if row.Ours <= 0 || row.PeerIs <= 0 || row.Verdict == "" {
			t.Errorf("%s: ours %v, peer %v, verdict %q", row.Name, row.Ours, row.PeerIs, row.Verdict)
		}
		for _, res := range row.Results {
			if res.Min <= 0 || res.Median < res.Min || res.Samples != 3 {
				t.Errorf("%s, %s: implausible %+v", row.Name, res.Impl, res)
			}
		}
	}
}

func TestGuardPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a lost value went unnoticed")
		}
	}()
	m := &meter{n: 10}
	m.pass(shape{1, 1, 0}, func(lo, hi int) {}, func(n int) int { return 44 })
}

func TestCalibrate(t *testing.T) {
	i := impl{run: func(m *meter) {
		m.start()
		for began := time.Now(); time.Since(began) < time.Duration(m.n)*time.Microsecond; {
		}
		m.stop()
	}}
	if n := i.calibrate(2 * time.Millisecond); n < 500 || n > 4000 {
		t.Errorf("%d operations of 1 µs are to take 2 ms", n)
	}
}
