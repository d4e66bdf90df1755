package flow

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"

	"github.com/runnel-go/runnel"
)

// process is a node of a running flow.
//
//	the process has ended ⇔ all its workers have; then its outputs are closed and its inputs
//	                        cancelled
type process struct {
	node
	f    *Flow
	gate *gate
	ins  map[string][]edge
	outs map[string][]edge
	to   []edge // all of ins, in the order of the graph
	from []edge // all of outs
	ring *ring  // that it is in, or nil

	lineup *lineup // of its messages, nil if they have no order

	life     context.Context // of the user's function
	endLife  context.CancelCauseFunc
	unneeded atomic.Bool   // all its outputs have been closed by their receivers
	unheard  atomic.Uint64 // values for outputs without an edge
	failed   atomic.Uint64
	retried  atomic.Uint64

	failing, reporting atomic.Int32 // those who wait for room for a failure, or a report
	rested             atomic.Int64 // nanoseconds of workers at a closed gate, finished rests
	queued             atomic.Int64 // and of workers for their turn or the right to compute
	idled              atomic.Int64 // and of workers for the right to receive, where messages have an order

	changes runnel.Mutex    // one Scale or Swap at a time
	equip   func(w *worker) // that of proc, or of what Swap has put in its place

	mu    runnel.Mutex
	alive int // workers
}

var errUnneeded = errors.New("flow: all that took the values of the process have ended")

func newProcess(f *Flow, n node) *process {
	p := &process{node: n, f: f, equip: n.proc.equip, gate: newGate(f), ins: map[string][]edge{}, outs: map[string][]edge{}}
	p.life, p.endLife = context.WithCancelCause(context.WithValue(f.hard, processKey{}, p))
	p.lineup = newLineup(p)
	return p
}

func (p *process) takeFrom(input string, e edge) {
	p.ins[input] = append(p.ins[input], e)
	p.to = append(p.to, e)
}

func (p *process) giveTo(output string, e edge) {
	p.outs[output] = append(p.outs[output], e)
	p.from = append(p.from, e)
}

// man makes the workers. No goroutine runs yet.
func (p *process) man() {
	p.gate.edges = slices.Concat(p.to, p.from)
	p.alive = p.set.parallel
	for range p.set.parallel {
		p.gate.workers = append(p.gate.workers, newWorker(p))
	}
}

// crew is the first workers of all processes.
func (f *Flow) crew() (all []*worker) {
	for _, p := range f.processes {
		all = append(all, p.gate.workers...)
	}
	return all
}

// settle tells the cycle if the worker will get nothing from outside of it any more.
func (p *process) settle(w *worker, leaves bool) {
	if p.lineup != nil {
		if !leaves && !w.expects() {
			p.lineup.seal()
		}
		return
	}
	if p.ring == nil || w.settled || !leaves && w.expects() {
		return
	}
	w.settled = true
	p.ring.unsettled.Add(-1)
	p.ring.settle()
}

// expects is whether something may come from outside of the cycle, or of an end that the state is
// to be told.
func (w *worker) expects() bool {
	if w.untold() != nil {
		return true
	}
	for i, in := range w.inlets {
		if w.cases[i] != nil && in.from().cycle() == nil && !in.from().isSignal() {
			return true
		}
	}
	return false
}

// quit ends the inputs: the process wants no more. What they held is dropped, which may have been the
// last in a cycle.
func (p *process) quit(cause error) {
	for _, e := range p.to {
		e.cancel(cause)
	}
	p.ring.settle()
}

// left counts a worker that has ended. The last one ends the process.
func (p *process) left(w *worker) {
	p.gate.tell()
	p.mu.Lock()
	p.alive--
	last := p.alive == 0
	p.mu.Unlock()
	if !last {
		return
	}
	if p.lineup != nil {
		p.lineup.seal()
	}
	p.quit(nil)
	for _, e := range p.from {
		e.close(nil)
	}
	p.endLife(nil)
	p.f.event(slog.LevelDebug, "process ended", slog.String("process", p.name))
	p.f.left()
}

// draining ends a source, gracefully.
func (p *process) draining() {
	if p.proc.kind == "source" {
		p.endLife(ErrDraining) // first: who returns what emit says has been told
		p.gate.drain()
	}
}
