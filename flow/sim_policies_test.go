package flow_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
	"github.com/runnel-go/runnel/sim"
)

// Functions that fail at random, under random policies, with pauses and ends at any moment.
//
//	balance          every edge and every process, exactly
//	failures sent  = Σ Failed(P)
//	Sent(e)        = Failed(P), for each edge e of dead letters of P
//	a plain end    ⇒ each message has been stored, or has failed, once

// sickly is a graph of such processes: source -> work -> store, work.failures -> doctor.
type sickly struct {
	*sim.T
	n       int
	got     []int  // stored
	dead    int    // failures that were buried
	letters string // where the failures of work go
	most    int    // attempts
	told    int    // transitions
}

// ill fails in one way or another, or not. (A simulation does not let a task call Goexit.)
func (x *sickly) ill(odds int) error {
	switch x.Choose(odds) {
	case 0:
		return errBad
	case 1:
		panic(errBad)
	case 2:
		return runnel.Permanent(errBad)
	}
	return nil
}

func (x *sickly) work(_ context.Context, v int) (int, error) { return v, x.ill(8) }

// retry draws a number of attempts and a wait.
func (x *sickly) retry() flow.ProcOption {
	x.most = 1 + x.Choose(3)
	b := runnel.Backoff{Attempts: x.most}
	if x.Choose(2) == 0 {
		b.First = time.Second
	}
	if x.Choose(4) == 0 {
		b.If = func(error) bool {
			if x.Choose(8) == 0 {
				panic(errBad)
			}
			return x.Choose(4) > 0
		}
	}
	return flow.Retry(b)
}

// worker adds the process that fails most.
func (x *sickly) worker(g *flow.Graph) {
	opts := []flow.ProcOption{x.retry()}
	stateful := x.Choose(2) == 0
	switch x.Choose(3) {
	case 0:
		opts = append(opts, flow.Skip())
	case 1:
		if stateful {
			opts = append(opts, flow.Restart())
		}
	}
	if stateful {
		g.Add("work", x.state(), opts...)
	} else {
		g.Add("work", flow.Step(x.work), append(opts, flow.Parallel(1+x.Choose(2)))...)
	}
}

// state is the stateful worker: what it is told makes sense at every moment.
func (x *sickly) state() flow.Proc {
	type state struct{ alive, paused bool }
	return flow.Stateful[state]{
		Init: func(context.Context) (state, error) { return state{alive: true}, x.ill(20) },
		Handlers: []flow.Handler[state]{flow.On(flow.In[int]("in"), func(t *flow.Turn, s *state, v int) error {
			x.Assert(s.alive && !s.paused, "a message for %+v", *s)
			if _, err := x.work(t, v); err != nil {
				return err
			}
			return out.Send(t, v)
		})},
		Outs: []flow.Port{out},
		Transition: func(_ *flow.Turn, s *state, what flow.Transition) error {
			x.Assert(s.alive, "%v for a state that is none", what)
			x.Assert(s.paused == (what == flow.Resumed) || what >= flow.Ended, "%v for %+v", what, *s)
			x.told++
			s.paused = what == flow.Paused
			s.alive = what < flow.Ended
			return x.ill(20)
		},
	}.Proc()
}

// doctor adds what takes the failures of work: nobody, a sink, or one that sends messages back.
func (x *sickly) doctor(g *flow.Graph) {
	x.letters = []string{"none", "bury", "repair"}[x.Choose(3)]
	switch x.letters {
	case "bury":
		g.Add("bury", flow.Sink(func(context.Context, *flow.Failure) error { x.dead++; return nil }))
		g.Connect("work.failures", "bury", runnel.Buffer(1))
	case "repair":
		g.Add("repair", flow.FlatStep(func(_ context.Context, e *flow.Failure, emit func(int) error) error {
			if v, ok := e.Message.(int); ok && v < 100 {
				return emit(v + 100)
			}
			x.dead++
			return nil
		}))
		g.Connect("work.failures", "repair", runnel.Unbounded())
		g.Connect("repair", "work", runnel.Unbounded())
	}
}

// source adds a source that may fail, before its values or behind them.
func (x *sickly) source(g *flow.Graph) {
	opts := []flow.ProcOption{flow.Retry(runnel.Backoff{Attempts: 1 + x.Choose(2), First: time.Second})}
	if x.Choose(2) == 0 {
		opts = append(opts, flow.Restart())
	} else if x.Choose(2) == 0 {
		opts = append(opts, flow.Skip())
	}
	next := 0
	g.Add("source", flow.Source(func(_ context.Context, emit func(int) error) error {
		if err := x.ill(12); err != nil {
			return err
		}
		for next < x.n {
			if err := emit(next); err != nil {
				return err
			}
			next++
			if err := x.ill(24); err != nil {
				return err
			}
		}
		return nil
	}), opts...)
	if x.Choose(3) == 0 {
		g.Add("hospital", flow.Sink(func(context.Context, *flow.Failure) error { return nil }))
		g.Connect("source.failures", "hospital")
	}
}

func (x *sickly) graph() *flow.Graph {
	g := flow.New("sickly").Failures(runnel.Unbounded())
	x.source(g)
	x.worker(g)
	x.doctor(g)
	g.Add("store", flow.Sink(collect(&x.got)))
	g.Connect("source", "work", runnel.Buffer(1)).Connect("work", "store")
	return g
}

func TestSimPolicies(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		x := &sickly{T: t, n: 1 + t.Choose(4)}
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		f, err := x.graph().Start(ctx)
		t.Assert(err == nil, "%v", err)
		for range t.Choose(3) {
			x.disturb(f)
		}
		switch t.Choose(4) {
		case 0:
			_ = f.Drain(t.Context())
		case 1:
			stopNow(f)
		case 2:
			cancel(errBad)
		}
		f.Wait()
		over(t, f)
		x.mustAccount(f)
	}, sim.Schedules(scale(1000, 4000)), sim.MaxSteps(100_000))
}

// disturb does something to the flow, and looks whether its account makes sense meanwhile.
func (x *sickly) disturb(f *flow.Flow) {
	name := []string{"source", "work", "store"}[x.Choose(3)]
	if x.Choose(2) == 0 {
		x.Assert(f.Pause(name) == nil, "Pause")
		x.Point()
		x.mustHold(f.Status())
		x.Assert(f.Resume(name) == nil, "Resume")
		return
	}
	for range 3 {
		x.Point()
		x.mustHold(f.Status())
	}
}

// mustHold checks what is true at every moment of every worker.
func (x *sickly) mustHold(s flow.Status) {
	for _, w := range s.Process("work").Workers {
		x.Assert(w.Attempt <= x.most, "%+v", w)
	}
}

func (x *sickly) mustAccount(f *flow.Flow) {
	s := f.Status()
	failed := uint64(0)
	for _, p := range s.Processes {
		failed += p.Failed
	}
	x.Assert(f.Failures().Stats().Sent == failed, "%d failures, %v", failed, f.Failures().Stats())
	for _, e := range s.Edges {
		if name, port, _ := strings.Cut(e.From, "."); port == "failures" {
			x.Assert(e.Sent == s.Process(name).Failed, "%d failures of %s, %v", s.Process(name).Failed, name, e.Stats)
		}
	}
	lost := s.Dropped()[runnel.Undelivered]
	if x.letters == "repair" { // a state may fail on being told something when the cycle has ended
		last := s.Edge("work.failures", "repair.in").Dropped[runnel.Undelivered]
		x.Assert(s.Err != nil || last <= uint64(x.told), "more than what it was told: %v", s)
		lost -= last
	}
	x.Assert(s.Err != nil || lost == 0, "a plain end, but %v", s)
	if s.Err == nil && x.letters != "repair" {
		x.Assert(uint64(len(x.got))+s.Edge("source.out", "work.in").Dropped[runnel.Failed] == s.Edge("source.out", "work.in").Sent, "got %v, %v", x.got, s)
	}
	slices.Sort(x.got)
	x.Assert(len(slices.Compact(x.got)) == len(x.got), "twice: %v", x.got)
	if s.Err == nil && x.letters != "none" {
		x.Assert(x.dead > 0 || len(x.got) == int(s.Edge("source.out", "work.in").Sent), "nobody dead, got %v, %v", x.got, s)
	}
}
