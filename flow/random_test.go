package flow_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
	"github.com/runnel-go/runnel/sim"
)

// maker makes random graphs: layers of processes, each fed by one or two of those before it, and
// sometimes an edge back.
type maker struct {
	*sim.T
	g     *flow.Graph
	names []string // of processes with an output
	calls atomic.Int64
	bad   int // the call that fails, if any comes so far
}

// work is the function of every process: it fails once, in one way or another.
func (m *maker) work(_ context.Context, v int) (int, error) {
	if m.calls.Add(1) != int64(m.bad) {
		return v, nil
	}
	switch m.Choose(3) {
	case 0:
		panic(errBad)
	case 1:
		return 0, flow.ErrDone
	}
	return 0, errBad
}

// buffer draws the policy of an edge.
func (m *maker) buffer() []runnel.Option {
	switch m.Choose(4) {
	case 0:
		return nil
	case 1:
		return []runnel.Option{runnel.Sliding(1)}
	case 2:
		return []runnel.Option{runnel.Dropping(1)}
	}
	return []runnel.Option{runnel.Buffer(2)}
}

func (m *maker) opts() (opts []flow.ProcOption) {
	opts = append(opts, flow.Parallel(1+m.Choose(2)))
	if m.Choose(2) == 0 {
		opts = append(opts, flow.Skip())
	}
	return opts
}

func (m *maker) add(i int) {
	name := fmt.Sprint("p", i)
	from := m.names[m.Choose(len(m.names))]
	switch m.Choose(3) {
	case 0:
		m.g.Add(name, flow.Sink(func(ctx context.Context, v int) error { _, err := m.work(ctx, v); return err }), m.opts()...)
	case 1:
		m.g.Add(name, flow.Step(m.work), m.opts()...)
		m.names = append(m.names, name)
	case 2:
		m.g.Add(name, m.turning())
		m.g.Connect(name+".back", name+".again", runnel.Unbounded())
		m.names = append(m.names, name+".out")
		name += ".fresh"
	}
	m.g.Connect(from, name, m.buffer()...)
	if other := m.names[m.Choose(len(m.names)-1)]; m.Choose(3) == 0 && other != from && m.names[len(m.names)-1] == name {
		m.g.Connect(other, name, m.buffer()...)
	}
}

// turning is a process with an edge to itself: each value goes round once.
func (m *maker) turning() flow.Proc {
	return flow.Stateful[int]{
		Handlers: []flow.Handler[int]{
			flow.On(fresh, func(x *flow.Turn, _ *int, v int) error { return back.Send(x, v) }),
			flow.On(again, func(x *flow.Turn, _ *int, v int) error {
				v, err := m.work(x, v)
				if err != nil {
					return err
				}
				return out.Send(x, v)
			}),
		},
		Outs: []flow.Port{back, flow.Optional(out)},
	}.Proc()
}

// Random graphs, random failures, pauses and ends: law 1 is exact whatever happens.
func TestSimRandomGraphs(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		m := &maker{T: t, g: flow.New("random").Failures(runnel.Unbounded()), bad: t.Choose(12)}
		m.g.Add("source", numbers(1+t.Choose(4)))
		m.names = []string{"source"}
		m.g.Add("first", flow.Step(m.work), m.opts()...)
		m.g.Connect("source", "first", m.buffer()...)
		m.names = append(m.names, "first")
		n := 1 + t.Choose(3)
		for i := range n {
			m.add(i)
		}
		for i, name := range m.names {
			m.g.Add(fmt.Sprint("end", i), flow.Sink(ignore))
			m.g.Connect(name, fmt.Sprint("end", i), m.buffer()...)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		f, err := m.g.Start(ctx)
		t.Assert(err == nil, "%v", err)
		for range t.Choose(3) {
			m.disturb(f)
		}
		m.end(f, cancel)
		over(t, f)
		m.mustReport(f)
	}, sim.Schedules(scale(300, 1000)), sim.MaxSteps(100_000))
}

// disturb does something to a flow that runs.
func (m *maker) disturb(f *flow.Flow) {
	name := "first"
	if m.Choose(2) == 0 {
		name = "source"
	}
	switch m.Choose(3) {
	case 0:
		_ = f.Pause(name)
		_ = f.Resume(name)
	case 1:
		_ = f.Pause()
		f.Status()
		_ = f.Resume()
	case 2:
		_ = f.Inject(m.Context(), name+".in", 7)
	}
}

func (m *maker) end(f *flow.Flow, cancel context.CancelCauseFunc) {
	switch m.Choose(4) {
	case 0:
		_ = f.Drain(m.Context())
	case 1:
		now, end := context.WithCancel(m.Context())
		end()
		f.Stop(now)
	case 2:
		cancel(errBad)
	}
	err := f.Wait()
	failure := (*flow.Failure)(nil)
	m.Assert(err == nil || err == flow.ErrStopped || err == errBad || errors.As(err, &failure), "ended with %v", err)
}

// mustReport expects every failure to be reported.
func (m *maker) mustReport(f *flow.Flow) {
	failed := uint64(0)
	for _, p := range f.Status().Processes {
		failed += p.Failed
	}
	stats := f.Failures().Stats()
	m.Assert(stats.Sent == failed, "%d failures, %v", failed, stats)
}
