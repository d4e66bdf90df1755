package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"runtime"
	"slices"
	"time"

	"github.com/runnel-go/runnel/bench/report"
)

// runner measures rows.
type runner struct {
	samples  int           // per implementation
	duration time.Duration // of a sample
	progress io.Writer
}

// series is one implementation of a row while it is being measured.
type series struct {
	impl     impl
	duration time.Duration // of a sample
	n        int           // operations of the next sample
	samples  []*meter
}

// sample measures once, beginning with a heap that holds no garbage of
// others.
func (i impl) sample(n int) *meter {
	m := &meter{n: n}
	runtime.GC()
	i.run(m)
	m.end()
	return m
}

// calibrate finds the number of operations that takes about d.
func (i impl) calibrate(d time.Duration) int {
	for n := 64; ; {
		m := i.sample(n)
		took := max(m.wall, time.Microsecond)
		if took >= d/8 || n >= 1<<30 {
			return max(1, int(float64(n)*float64(d)/float64(took)))
		}
		n = int(float64(n) * min(64, max(2, float64(d)/4/float64(took))))
	}
}

// section measures all rows under one GOMAXPROCS.
func (r *runner) section(procs int, rows []row) report.Section {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	all := make([][]*series, len(rows))
	var interleaved []*series
	for i, row := range rows {
		for _, impl := range row.impls {
			s := &series{impl: impl}
			all[i] = append(all[i], s)
			if row.kind.gauged() {
				s.gauge(min(3, r.samples))
				continue
			}
			s.duration = r.duration
			if row.kind == latency { // a percentile needs many, and they take their time
				s.duration *= 5
			}
			s.n = impl.calibrate(s.duration)
			interleaved = append(interleaved, s)
		}
	}
	r.interleave(procs, interleaved)
	section := report.Section{Procs: procs}
	for i, row := range rows {
		section.Rows = append(section.Rows, row.report(procs, all[i])...)
	}
	return section
}

// interleave measures one sample of each series in each round, in an order
// drawn anew, so that what disturbs the machine for a while disturbs all.
func (r *runner) interleave(procs int, all []*series) {
	for round := range r.samples {
		fmt.Fprintf(r.progress, "\rGOMAXPROCS=%d: round %d of %d", procs, round+1, r.samples)
		for _, i := range rand.Perm(len(all)) {
			all[i].sample()
		}
	}
	fmt.Fprintln(r.progress)
}

// sample measures once more. A sample that took much more or less time than
// it should changes the number of operations of the next one.
func (s *series) sample() {
	m := s.impl.sample(s.n)
	s.samples = append(s.samples, m)
	change := float64(s.duration) / float64(max(m.wall, 1))
	s.n = max(1, int(float64(s.n)*min(2, max(0.5, change))))
}

func (s *series) gauge(times int) {
	for range times {
		s.samples = append(s.samples, s.impl.sample(1))
	}
}

// report turns the samples of a row into one row of the report, or two if it
// is about latencies.
func (r row) report(procs int, all []*series) []report.Row {
	switch r.kind {
	case latency:
		return []report.Row{
			r.fill(r.name+", p50", "ns", latencyGoals["p50"].at(procs), all, percentile(0.5)),
			r.fill(r.name+", p99", "ns", latencyGoals["p99"].at(procs), all, percentile(0.99)),
		}
	case heapEach:
		return []report.Row{r.fill(r.name, "B", r.goals.at(procs), all, func(m *meter) float64 { return m.gauge / float64(m.n) })}
	case heapTotal:
		return []report.Row{r.fill(r.name, "MB", r.goals.at(procs), all, func(m *meter) float64 { return m.gauge / 1e6 })}
	case number:
		return []report.Row{r.fill(r.name, "goroutines", r.goals.at(procs), all, func(m *meter) float64 { return m.gauge })}
	}
	return []report.Row{r.fill(r.name, "ns", r.goals.at(procs), all, (*meter).perOp)}
}

// percentile takes a percentile of the latencies within each sample.
func percentile(q float64) func(*meter) float64 {
	return func(m *meter) float64 {
		return quantile(slices.Collect(func(yield func(float64) bool) {
			for _, w := range m.waits {
				if !yield(float64(w)) {
					return
				}
			}
		}), q)
	}
}

func (r row) fill(name, unit string, target *report.Target, all []*series, figure func(*meter) float64) report.Row {
	out := report.Row{Family: r.family, Name: name, Unit: unit, Target: target}
	if r.kind == timed {
		out.AllocLimit = &r.allocs
	}
	for _, s := range all {
		out.Results = append(out.Results, s.result(figure))
	}
	out.Judge()
	return out
}

func (s *series) result(figure func(*meter) float64) report.Result {
	kept, clean := usable(s.samples)
	values := each(kept, figure)
	res := report.Result{
		Impl: s.impl.name, Role: s.impl.role, Note: s.impl.note,
		Median: median(values), Min: slices.Min(values), Spread: spread(values),
		Samples: len(s.samples),
	}
	if kept[0].wall > 0 {
		res.Clean = clean
		res.Allocs = median(each(kept, func(m *meter) float64 { return m.mallocs }))
		res.Bytes = median(each(kept, func(m *meter) float64 { return m.bytes }))
		res.CPU = median(each(kept, func(m *meter) float64 { return float64(m.cpu) / float64(m.wall) }))
		res.Delay = median(each(kept, (*meter).delayed))
	}
	return res
}

// matching keeps the rows whose family or name matches.
func matching(rows []row, only *regexp.Regexp) []row {
	return slices.DeleteFunc(rows, func(r row) bool {
		return !only.MatchString(r.family) && !only.MatchString(r.name)
	})
}
