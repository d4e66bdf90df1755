package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/runnel-go/runnel/bench/load"
	"github.com/runnel-go/runnel/sim"
)

// program is a body that is explored, with what was measured.
type program struct {
	name       string
	body       func(*sim.T)
	strategies []sim.Strategy
	bubble     bool
	goal       goal
	samples    []sample
}

// sample is one exploration.
type sample struct {
	schedules, steps int
	wall, cpu        time.Duration
}

// goal is a figure of the design for one core.
type goal struct {
	of    figure
	limit float64
}

// figure is what a sample comes to.
type figure struct {
	name  string
	of    func(sample) float64
	small bool // the smaller the better
}

var (
	schedules = figure{"schedules/s", func(s sample) float64 { return float64(s.schedules) / s.taken().Seconds() }, false}
	steps     = figure{"steps/s", func(s sample) float64 { return float64(s.steps) / s.taken().Seconds() }, false}
	perStep   = figure{"ns/step", func(s sample) float64 { return float64(s.taken()) / float64(s.steps) }, true}
	share     = figure{"cpu", func(s sample) float64 { return float64(s.cpu) / float64(s.wall) }, false}
)

// taken is CPU time where that is known.
func (s sample) taken() time.Duration {
	if s.cpu > 0 {
		return s.cpu
	}
	return max(s.wall, 1)
}

// measure takes the samples of all programs, interleaved.
func measure(t *testing.T, ps []*program, rounds int, d time.Duration) {
	for range rounds {
		for _, i := range rand.Perm(len(ps)) {
			ps[i].measure(t, d)
		}
	}
}

func (p *program) measure(t *testing.T, d time.Duration) {
	opts := []sim.Option{sim.Strategies(p.strategies...), sim.MaxSteps(1e6), sim.Seed(rand.Uint64())}
	var r sim.Report
	s := clocked(func() { r = sim.Check(p.body, append(opts, sim.Schedules(1e9), sim.For(d))...) })
	if r.Failure != nil {
		t.Fatal(r)
	}
	if p.bubble {
		s = clocked(func() { sim.Test(t, p.body, append(opts, sim.Schedules(r.Schedules), sim.For(0))...) })
	}
	s.schedules, s.steps = r.Schedules, r.Steps
	p.samples = append(p.samples, s)
}

// clocked measures f, beginning without the garbage of others.
func clocked(f func()) (s sample) {
	runtime.GC()
	cpu, began := load.CPU(), time.Now()
	f()
	s.wall, s.cpu = time.Since(began), load.CPU()-cpu
	return s
}

// median is over the samples.
func (p *program) median(f figure) float64 {
	var all []float64
	for _, s := range p.samples {
		all = append(all, f.of(s))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// verdict compares with the target.
func (p *program) verdict() string {
	got := p.median(p.goal.of)
	if got == p.goal.limit || got < p.goal.limit == p.goal.of.small {
		return "ok"
	}
	return "MISS"
}

// write prints the table.
func write(w io.Writer, ps []*program) {
	detector := ""
	if raced {
		detector = ", race detector: the only target that counts is 30,000 schedules/s of prodcons"
	}
	fmt.Fprintf(w, "%s %s/%s, one core, medians by CPU time%s\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, detector)
	fmt.Fprintf(w, "%-28s %12s %12s %9s %5s   %s\n", "program", schedules.name, steps.name, perStep.name, share.name, "target")
	for _, p := range ps {
		sign := "≥"
		if p.goal.of.small {
			sign = "≤"
		}
		fmt.Fprintf(w, "%-28s %12.0f %12.0f %9.0f %4.0f%%   %s %s %.0f  %s\n", p.name, p.median(schedules), p.median(steps),
			p.median(perStep), 100*p.median(share), p.goal.of.name, sign, p.goal.limit, p.verdict())
	}
}

// matching keeps the programs whose names match.
func matching(ps []*program, only *regexp.Regexp) []*program {
	return slices.DeleteFunc(ps, func(p *program) bool { return !only.MatchString(p.name) })
}
