package flow

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/runnel-go/runnel"
)

// Flow is a graph that runs. Make one with [Graph.Start]. All methods may be called by any
// number of goroutines at once.
type Flow struct {
	graph     *Graph
	began     time.Time
	processes []*process
	edges     []edge
	entries   []edge // those from outside
	signals   []edge // those of Listen
	user      context.Context
	hard      context.Context // ends when the flow ends, at the latest
	endHard   context.CancelCauseFunc
	slots     *runnel.Chan[struct{}] // the limit of calls that compute, or nil
	failures  *runnel.Chan[*Failure]
	reports   *runnel.Chan[Reported]
	idle      *runnel.Chan[struct{}] // closed when all processes have ended
	over      *runnel.Chan[struct{}] // a promise: when nothing of the flow runs any more
	log       *slog.Logger           // nil: see Log

	mu      runnel.Mutex
	alive   int // processes
	halting bool
	drains  bool
	ended   bool
	lasted  time.Duration // from the start to the end
	err     error         // why the flow did not come to a plain end
}

// StartOption is a property of one run of a graph.
type StartOption func(*Flow)

// StartPaused lets all processes be paused from the start, until [Flow.Resume].
func StartPaused() StartOption {
	return func(f *Flow) {
		for _, p := range f.processes {
			p.gate.pause()
		}
	}
}

// Run is [Graph.Start] and [Flow.Wait]. When it returns, nothing of the flow runs any more.
func (g *Graph) Run(ctx context.Context, opts ...StartOption) error {
	f, err := g.Start(ctx, opts...)
	if err != nil {
		return err
	}
	return f.Wait()
}

// Start runs the graph, if [Graph.Check] finds nothing wrong. It does not block. When ctx ends
// the flow stops at once, as by a Stop with a context that has ended.
func (g *Graph) Start(ctx context.Context, opts ...StartOption) (*Flow, error) {
	if err := g.Check(); err != nil {
		return nil, err
	}
	f := newFlow(ctx, g)
	f.build()
	for _, o := range opts {
		o(f)
	}
	f.eventStarted()
	crew := f.crew()
	for _, w := range crew {
		w.p.settle(w, false) // if nothing comes from outside of its cycle at all
	}
	for _, w := range crew {
		runnel.Go(w.run)
	}
	if len(f.processes) == 0 {
		f.idle.Close()
	}
	runnel.Go(f.keep)
	return f, nil
}

func newFlow(ctx context.Context, g *Graph) *Flow {
	f := &Flow{
		graph: g, user: ctx, began: time.Now(), alive: len(g.nodes),
		idle: runnel.New[struct{}](), over: runnel.NewPromise[struct{}](),
	}
	f.hard, f.endHard = context.WithCancelCause(ctx)
	f.slots = g.newSlots()
	f.failures = news[*Failure](strings.TrimSpace(g.name+" failures"), g.fails)
	f.reports = news[Reported](strings.TrimSpace(g.name+" reports"), g.reports)
	return f
}

// build makes processes, edges and workers.
func (f *Flow) build() {
	for _, n := range f.graph.nodes {
		f.processes = append(f.processes, newProcess(f, n))
	}
	for _, w := range f.graph.wires {
		f.lay(w)
	}
	f.layListening()
	f.findRings()
	for _, p := range f.processes {
		p.man()
	}
	for _, p := range f.processes {
		if p.ring != nil {
			p.ring.unsettled.Add(p.settlers())
		}
	}
}

// lay makes an edge.
func (f *Flow) lay(w wire) {
	to, in, _ := f.graph.resolve(w.to, false)
	e := in.edge(f.graph.full(w), w.opts)
	f.edges = append(f.edges, e)
	f.process(to).takeFrom(in.name, e)
	if w.from == "" {
		f.entries = append(f.entries, e)
		return
	}
	from, out, _ := f.graph.resolve(w.from, true)
	f.process(from).giveTo(out.name, e)
}

// findRings ties the edges of each cycle to a ring.
func (f *Flow) findRings() {
	place := map[string]int{}
	for i, p := range f.processes {
		place[p.name] = i
	}
	next := make([][]int, len(f.processes))
	for _, e := range f.edges {
		if from, to := e.name().processes(); from != "" {
			next[place[from]] = append(next[place[from]], place[to])
		}
	}
	for _, set := range rings(len(next), func(i int) []int { return next[i] }) {
		r := &ring{}
		for _, i := range set {
			f.processes[i].ring = r
		}
	}
	for _, e := range f.edges {
		from, to := e.name().processes()
		if from == "" {
			continue
		}
		if r := f.processes[place[from]].ring; r != nil && r == f.processes[place[to]].ring {
			e.tie(r)
			r.edges = append(r.edges, e)
		}
	}
}

// processes are those at the ends of an edge.
func (l link) processes() (from, to string) {
	from, _, _ = strings.Cut(l.from, ".")
	to, _, _ = strings.Cut(l.to, ".")
	return from, to
}

// process finds a process by name, nil if there is none.
func (f *Flow) process(name string) *process {
	for _, p := range f.processes {
		if p.name == name {
			return p
		}
	}
	return nil
}

// keep is the one goroutine that a flow has besides its workers: it hears of the end of the
// context, and of the end of the last process.
func (f *Flow) keep() {
	if f.idle.Recv(f.user); !f.idle.Stats().Closed {
		f.halt(context.Cause(f.user))
		f.idle.Recv(context.Background())
	}
	f.mu.Lock()
	f.ended, f.lasted = true, f.now()
	f.mu.Unlock()
	f.endHard(errOver)
	f.failures.Close()
	f.reports.Close()
	f.eventEnded()
	f.over.TrySend(struct{}{})
}

// left counts a process that has ended.
func (f *Flow) left() {
	f.mu.Lock()
	f.alive--
	last := f.alive == 0
	f.mu.Unlock()
	if last {
		f.idle.Close()
	}
}

// Wait blocks until nothing of the flow runs any more, and returns why it ended: nil if its
// sources ended, or were drained, and all that they gave was carried through; the [*Failure]
// that ended it; the cause of the context; or [ErrStopped].
func (f *Flow) Wait() error {
	f.over.Recv(context.Background())
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// Failures returns the channel of all failures: those that ended the flow and those after which
// it went on. It closes when the flow has ended, and what it holds can be received still. See
// [Graph.Failures] for when nobody does.
func (f *Flow) Failures() runnel.Receiver[*Failure] { return f.failures }

func (f *Flow) now() time.Duration { return time.Since(f.began) }

func (f *Flow) halted() bool { return f.hard.Err() != nil }

func (f *Flow) cause() error { return context.Cause(f.hard) }

// named returns the processes of these names, all if there are none.
func (f *Flow) named(names []string) ([]*process, error) {
	if len(names) == 0 {
		return f.processes, nil
	}
	var ps []*process
	for _, name := range names {
		p := f.process(name)
		if p == nil {
			return nil, fmt.Errorf("%w: process %s%s", ErrName, quote(name), meant(name, f.graph.names()))
		}
		ps = append(ps, p)
	}
	return ps, nil
}
