package flow

import (
	"slices"
	"time"

	"github.com/runnel-go/runnel"
)

// Status is the account of a flow at one moment, or nearly so: each process and each edge is
// read by itself. When the flow has ended it is final.
type Status struct {
	Graph     string          `json:"graph"`
	State     State           `json:"state"`
	Age       time.Duration   `json:"age_ns"` // since the start, up to the end
	Err       error           `json:"-"`      // why it did not come to a plain end, nil if it did or runs
	Processes []ProcessStatus `json:"processes"`
	Edges     []EdgeStatus    `json:"-"` // MarshalJSON has it, and these two
	Failures  runnel.Stats    `json:"-"` // the account of the channel of [Flow.Failures]
	Reports   runnel.Stats    `json:"-"` // that of [Flow.Reports]
}

// State is what a flow does.
type State uint8

const (
	Running  State = iota
	Draining       // nothing new is taken in
	Stopping       // what is in flight is given up
	Over           // nothing of it runs any more
)

func (s State) String() string {
	return [...]string{"running", "draining", "stopping", "over"}[s]
}

// ProcessStatus is the account of a process:
//
//	Σ Received of its inputs = Done + messages in hand, one for each worker at most
type ProcessStatus struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"` // "step", "source", "sink", "stateful"
	Paused  bool   `json:"paused,omitempty"`
	Done    uint64 `json:"done"`              // messages that were carried through
	Failed  uint64 `json:"failed"`            // failures, of messages or others
	Retried uint64 `json:"retried,omitempty"` // attempts that failed and were followed by another one: see [Retry]
	Unheard uint64 `json:"unheard,omitempty"` // values for an output that is not connected
	Swaps   uint64 `json:"swaps,omitempty"`   // how often Swap has put in other functions

	Failing   int `json:"failing,omitempty"`   // workers that wait for room on the channel of failures: in step, as all the others know
	Reporting int `json:"reporting,omitempty"` // calls of [Report] that wait for room on the channel of reports

	Rested time.Duration `json:"rested_ns"` // the sum of all finished rests of workers, at a gate that a pause had closed

	Queued time.Duration `json:"queued_ns"` // the sum of all finished waits for a turn, or for the right to compute
	Idled  time.Duration `json:"idled_ns"`  // the same for the right to receive, of [Ordered] and [Keyed] processes

	Workers []WorkerStatus `json:"workers"` // that it has now; what those have done that Scale took away is in Done

	computes bool // under the limit of Workload(Compute)
	survives bool // failures do not end the flow: Skip, Restart, or dead letters that are connected
}

// WorkerStatus is what a worker of a process does.
type WorkerStatus struct {
	Activity Activity `json:"activity"`
	Steps    uint64   `json:"steps"`             // messages that it has begun with
	On       string   `json:"on,omitempty"`      // the edge that it waits for, if it is one
	Attempt  int      `json:"attempt,omitempty"` // which call on what is in hand this is, or is waited for, from 1; 0 if nothing is

	// For is for how long it has done so, if Exact; else it has done so for that long at most. Waits
	// are always exact. That of a step is not if its beginning was not timed, which is so for
	// up to 63 steps after a quick one (2 µs), and after an output in the middle of a step. The
	// step after the one of which Status had to say so is timed.
	For   time.Duration `json:"for_ns"`
	Exact bool          `json:"exact"`
}

// Activity is what a worker does.
type Activity uint8

const (
	InStep   Activity = iota // in the function of the user
	Moving                   // on its way from one to the other
	Starving                 // waits for a message
	Blocked                  // waits for room on an edge
	Resting                  // the process is paused
	Gone                     // has ended
	Retrying                 // waits before the next attempt: see [Retry]
	Queued                   // waits for its turn, with a message: see [Ordered] and [Keyed]
	Limited                  // waits for the right to compute, with a message: see [Workload]
)

var activities = [...]string{"in step", "moving", "starving", "blocked", "resting", "gone", "retrying", "queued", "limited"}

func (a Activity) String() string { return activities[a] }

// EdgeStatus is the account of an edge, which is that of its channel.
type EdgeStatus struct {
	From, To string // ports; From is empty for an edge from outside
	runnel.Stats
}

// Status returns the account of the flow. It asks no process for anything, so it returns at
// once, also while functions of the user hang.
func (f *Flow) Status() Status {
	s := Status{Graph: f.graph.name, Age: f.now(), Failures: f.failures.Stats(), Reports: f.reports.Stats()}
	f.mu.Lock()
	s.State, s.Err = f.state(), f.err
	if s.State == Over {
		s.Age = f.lasted
	}
	f.mu.Unlock()
	for _, p := range f.processes {
		s.Processes = append(s.Processes, p.status(s.Age))
	}
	for _, e := range f.edges {
		s.Edges = append(s.Edges, EdgeStatus{e.name().from, e.name().to, e.stats()})
	}
	return s
}

// state needs the lock.
func (f *Flow) state() State {
	switch {
	case f.ended:
		return Over
	case f.halting:
		return Stopping
	case f.drains:
		return Draining
	}
	return Running
}

func (p *process) status(now time.Duration) ProcessStatus {
	s := ProcessStatus{
		Name: p.name, Kind: p.proc.kind, Paused: p.gate.isPaused(),
		Failed: p.failed.Load(), Retried: p.retried.Load(), Unheard: p.unheard.Load(),
	}
	s.computes = p.set.load == Compute
	s.survives = p.set.skip || p.set.restart || len(p.outs[deadLetters.name]) > 0
	s.Rested = time.Duration(p.rested.Load())
	s.Queued, s.Idled = time.Duration(p.queued.Load()), time.Duration(p.idled.Load())
	s.Failing, s.Reporting = int(p.failing.Load()), int(p.reporting.Load())
	p.gate.mu.Lock()
	defer p.gate.mu.Unlock()
	s.Done, s.Swaps = p.gate.departed, p.gate.swaps
	for _, w := range p.gate.workers {
		one, done := w.status(now)
		s.Workers = append(s.Workers, one)
		s.Done += done
	}
	return s
}

// progress is how many messages the worker has begun with, how many of them it has carried through
// and how many it has lost, and what it does. It reads again if one was lost meanwhile, so neither number ever falls.
func (w *worker) progress() (begun, done, lost uint64, does activity) {
	for {
		lost = w.lost.Load()
		at := w.at.Load()
		begun = w.direct.Load()
		for _, in := range w.inlets {
			begun += in.passed()
		}
		if w.lost.Load() == lost {
			return begun, max(at/oneStep, begun-min(begun, lost+1)), lost, at & doing
		}
	}
}

func (w *worker) status(now time.Duration) (s WorkerStatus, done uint64) {
	begun, done, lost, does := w.progress()
	s = WorkerStatus{Activity: Activity(does), Steps: begun, Attempt: w.attempt(does, begun > done+lost)}
	s.For, s.Exact = w.age(does, begun, now)
	if l := w.on.Load(); l != nil && s.Activity == Blocked {
		s.On = l.String()
	}
	return s, done
}

// paused are the processes that are, and have not ended.
func (s Status) paused() (names []string) {
	for _, p := range s.Processes {
		gone := !slices.ContainsFunc(p.Workers, func(w WorkerStatus) bool { return w.Activity != Gone })
		if p.Paused && !gone {
			names = append(names, p.Name)
		}
	}
	return names
}

// Process returns the account of the process of that name, a zero one if there is none.
func (s Status) Process(name string) ProcessStatus {
	for _, p := range s.Processes {
		if p.Name == name {
			return p
		}
	}
	return ProcessStatus{}
}

// Edge returns the account of the edge between two ports, a zero one if there is none.
func (s Status) Edge(from, to string) EdgeStatus {
	for _, e := range s.Edges {
		if e.From == from && e.To == to {
			return e
		}
	}
	return EdgeStatus{}
}

// Dropped is how many values all edges have dropped, by reason.
func (s Status) Dropped() (all runnel.Drops) {
	for _, e := range s.Edges {
		for why, n := range e.Dropped {
			all[why] += n
		}
	}
	return all
}
