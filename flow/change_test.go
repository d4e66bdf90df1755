package flow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
	"github.com/runnel-go/runnel/sim"
)

// changer disturbs a flow in which values go round in a cycle and through two processes beside it,
// one of which fails now and then.
//
//	numbers ─▶ round ─▶ work ─▶ store
//	   outside ─┘ ▲└─▶ pass ┐
//	              └─────────┘
type changer struct {
	*sim.T
	f       *flow.Flow
	mu      runnel.Mutex
	cast    int // signals that somebody has heard
	sent    int // values that Inject says were sent
	largest int // that Scale was told
	crowd   crowd
	met     map[int]int // version by which work has handled a value that was injected
}

func (c *changer) locked(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

// work is a step of a version. It fails on some values.
func (c *changer) work(version int) flow.Proc {
	return flow.Step(c.crowd.in(func(_ context.Context, v int) (int, error) {
		c.locked(func() { c.met[v] = version })
		if v == 11 {
			panic(errBad)
		}
		if v == 12 {
			return 0, errBad
		}
		return v, nil
	}))
}

// round sends each value round the cycle once.
func (c *changer) round() flow.Proc {
	return flow.Stateful[int]{
		Handlers: []flow.Handler[int]{
			flow.On(fresh, func(x *flow.Turn, n *int, v int) error { *n++; return back.Send(x, v) }),
			flow.On(again, func(x *flow.Turn, _ *int, v int) error { return out.Send(x, v) }),
			flow.Listen(reports, func(x *flow.Turn, n *int, _ report) error { return out.Send(x, -*n) }),
		},
		Outs: []flow.Port{back, out},
	}.Proc()
}

func (c *changer) graph() *flow.Graph {
	buffer := []runnel.Option{runnel.Buffer(1 + c.Choose(2))}
	return flow.New("changed").Failures(runnel.Unbounded()).
		Add("numbers", numbers(2)).
		Add("round", c.round()).
		Add("pass", flow.Step(pass), flow.Skip(), flow.Parallel(1+c.Choose(2))).
		Add("work", c.work(0), flow.Skip(), flow.Parallel(2)).
		Add("store", flow.Sink(ignore)).
		Connect("numbers", "round.fresh").
		Connect("round.back", "pass", runnel.Unbounded()).
		Connect("pass", "round.again", buffer...).
		Connect("round.out", "work").
		Connect("work", "store", buffer...).
		Open("work", runnel.Buffer(1)).
		Open("round.fresh")
}

// one does one of the things that can be done to a flow.
func (c *changer) one() {
	process := []string{"work", "pass"}[c.Choose(2)]
	var err error
	switch c.Choose(6) {
	case 0:
		n := 1 + c.Choose(3)
		c.locked(func() { c.largest = max(c.largest, n) })
		err = c.f.Scale(process, n)
	case 1:
		_ = c.f.Pause("round", process)
		_ = c.f.Resume()
	case 2:
		n := flow.Cast(c.f, report(""))
		c.locked(func() { c.cast += n })
	case 3:
		err = c.f.Swap("round", c.round())
	case 4:
		if c.f.Inject(c.Context(), "round.fresh", 100) == nil {
			c.locked(func() { c.sent++ })
		}
	case 5:
		err = c.f.Swap("pass", flow.Step(func(context.Context, int) (int, error) { return 0, errBad }))
	}
	c.Assert(err == nil || errors.Is(err, flow.ErrEnded), "%v", err)
}

// versions swaps work, and injects values that only the new one may handle.
func (c *changer) versions() {
	for version := 1; version <= 2; version++ {
		err := c.f.Swap("work", c.work(version))
		c.Assert(err == nil || errors.Is(err, flow.ErrEnded), "Swap: %v", err)
		if err == nil && c.f.Inject(c.Context(), "work", 10+version) == nil {
			c.locked(func() { c.sent++ })
		}
	}
}

// Several change a flow that runs, fails here and there, and is stopped: law 1 is exact, nothing
// runs on, never are more calls in a process than it was given, and no value meets functions
// older than itself.
func TestSimChanges(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		c := &changer{T: t, largest: 2, met: map[int]int{}}
		c.f = start(t, c.graph())
		for i := range 2 {
			t.Go(fmt.Sprint("changes", i), func() {
				for range 2 {
					c.one()
				}
			})
		}
		t.Go("versions", c.versions)
		switch t.Choose(3) {
		case 0:
			stopNow(c.f)
		case 1:
			_ = c.f.Drain(t.Context())
		}
		t.Wait()
		if t.Choose(2) == 0 {
			c.f.Stop(t.Context())
		} else {
			_ = c.f.Drain(t.Context())
		}
		err := c.f.Wait()
		t.Assert(err == nil || err == flow.ErrStopped, "ended with %v", err)
		over(t, c.f)
		c.mustAgree(c.f.Status())
	}, sim.Schedules(scale(300, 1500)), sim.MaxSteps(100_000))
}

// mustAgree compares the account with what was done.
func (c *changer) mustAgree(s flow.Status) {
	heard, injected := s.Edge("", "round.reports"), s.Edge("", "work.in").Sent+s.Edge("", "round.fresh").Sent
	c.Assert(int(heard.Sent) == c.cast, "%d cast, %v", c.cast, s)
	c.Assert(int(injected) == c.sent, "%d injected, %v", c.sent, s)
	c.Assert(c.crowd.most <= c.largest, "%d calls at once, %d allowed", c.crowd.most, c.largest)
	for v := 11; v <= 12; v++ {
		version, there := c.met[v]
		c.Assert(!there || version >= v-10, "%d met version %d", v, version)
	}
	failed := uint64(0)
	for _, p := range s.Processes {
		failed += p.Failed
	}
	c.Assert(c.f.Failures().Stats().Sent == failed, "%d failures, %v", failed, c.f.Failures().Stats())
	c.Assert(s.Err != nil || s.Dropped()[runnel.Undelivered] == heard.Dropped[runnel.Undelivered], "%v", s)
}
