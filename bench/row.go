package main

import "github.com/runnel-go/runnel/bench/report"

// row is one pattern in all its implementations. Each implementation is
// written out in full, so that the timed loops call what they measure
// directly: no interface, no closure and no generic dictionary per operation.
type row struct {
	family string
	name   string
	kind   kind
	goals  goals
	impls  []impl
	allocs float64 // per operation that ours may make: those of its context
}

// kind says what a row measures and how.
type kind int

const (
	timed     kind = iota // nanoseconds per operation, in interleaved samples
	latency               // percentiles of single wake-ups, in interleaved samples
	heapEach              // heap bytes per value, measured a few times
	heapTotal             // millions of heap bytes, measured a few times
	number                // of goroutines, measured a few times
)

// gauged tells that k is no matter of time: it is measured a few times, under one GOMAXPROCS.
func (k kind) gauged() bool { return k >= heapEach }

// impl is one implementation of a pattern.
type impl struct {
	name string
	role report.Role
	run  func(*meter)
	note string
}

// goals are the limits at GOMAXPROCS=1 and above.
type goals struct{ one, many *report.Target }

func (g goals) at(procs int) *report.Target {
	if procs == 1 {
		return g.one
	}
	return g.many
}

// firm is a target of the design, guide a value to compare with.
func firm(limit float64) *report.Target  { return &report.Target{Limit: limit, Firm: true} }
func guide(limit float64) *report.Target { return &report.Target{Limit: limit} }

// firmOne is a target at one processor and, as more scatter, a guide above.
func firmOne(limit, above float64) goals { return goals{firm(limit), guide(above)} }

func guides(one, many float64) goals { return goals{guide(one), guide(many)} }

func ours(name string, run func(*meter)) impl { return impl{name: name, role: report.Ours, run: run} }
func peer(name string, run func(*meter)) impl { return impl{name: name, role: report.Peer, run: run} }

func floor(name, note string, run func(*meter)) impl {
	return impl{name: name, role: report.Floor, run: run, note: note}
}

// allRows is everything that can be measured.
func allRows() []row {
	var rows []row
	for _, family := range []func() []row{
		hopRows, rendezvousRows, batchRows, tryRows, policyRows, selectRows, cancelRows, stageRows, mapRows, mergeRows, fanRows, graphRows, messageRows,
		latencyRows, memoryRows,
	} {
		rows = append(rows, family()...)
	}
	return rows
}
