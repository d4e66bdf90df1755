package fan_test

import (
	"context"
	"slices"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

// Mult, Pub and Mix in every order: package sim decides who goes on at each operation, and the
// formulas of the package comment must hold whatever it decides.

// manner is how a scene comes to its end.
type manner int

const (
	plainEnd manner = iota
	lostEnd         // the input ends with errFull
	ctxEnd          // ctx ends, at any moment
	shutting        // somebody closes the input, at any moment
	manners
)

func (m manner) String() string { return [...]string{"plain", "lost", "ctx", "shut"}[m] }

// scene is one run with a source.
type scene struct {
	*sim.T
	how    manner
	n      int // values of the source: 0 … n-1
	sent   int // that it got rid of
	ctx    context.Context
	source *runnel.Chan[int]
	ran    error             // what Run returned
	ended  *runnel.Chan[int] // closed when Run has returned
	after  []func()
}

func newScene(t *sim.T, how manner, n int) *scene {
	s := &scene{T: t, how: how, n: n, source: runnel.New[int](room(t.Choose(2))...)}
	ctx, cancel := context.WithCancelCause(bg)
	t.Cleanup(func() { cancel(nil) })
	s.ctx = ctx
	s.feed(s.source, 0)
	switch how {
	case ctxEnd:
		t.Go("ender", func() {
			t.Point() // to end a context is none of its own
			cancel(errStop)
		})
	case shutting:
		t.Go("closer", s.source.Close)
	}
	return s
}

// room is a buffer of n values, none if n is 0.
func room(n int) []runnel.Option {
	if n == 0 {
		return nil
	}
	return []runnel.Option{runnel.Buffer(n)}
}

// feed sends the values from first on, and ends the channel.
func (s *scene) feed(c *runnel.Chan[int], first int) {
	s.Go("source", func() {
		for v := range s.n {
			if c.Send(bg, first+v) != nil {
				break
			}
			if first == 0 {
				s.sent++
			}
		}
		if first == 0 && s.how == lostEnd {
			c.CloseWith(errFull)
		}
		c.Close()
	})
}

// run calls Run in a task.
func (s *scene) run(run func(context.Context) error) {
	s.ended = runnel.New[int]()
	s.Go("run", func() {
		s.ran = run(s.ctx)
		s.ended.Close()
	})
}

// consume receives from r in a task, at most so many values, and then calls leave.
func (s *scene) consume(r runnel.Receiver[int], most int, leave func()) (got *[]int) {
	got = new([]int)
	s.Go("consumer", func() {
		for len(*got) < most {
			v, err := r.Recv(bg)
			if err != nil {
				return
			}
			*got = append(*got, v)
		}
		leave()
	})
	return got
}

// balanced expects the account of a channel that has ended to add up.
func (s *scene) balanced(what string, a runnel.Stats) {
	s.Assert(a.Closed && a.Sent == a.Received+uint64(a.Len)+a.Dropped.Total(), "%s is out of balance: %+v", what, a)
}

// settle waits until everything has ended.
func (s *scene) settle() {
	s.ended.Recv(bg)
	s.Wait()
	a := s.source.Stats()
	s.balanced("source", a)
	s.Assert(int(a.Sent) == s.sent, "the source got rid of %d values: %v", s.sent, a)
	for _, f := range s.after {
		f()
	}
}

// mustEndWell expects that err says why it ended.
func (s *scene) mustEndWell(what string, err error) {
	ok := err == nil
	switch s.how {
	case lostEnd:
		ok = err == errFull
	case ctxEnd:
		ok = err == nil || err == errStop
	}
	s.Assert(ok, "%s ended with %v", what, err)
}

// explore runs body in many schedules.
func explore(t *testing.T, schedules int, body func(*sim.T), opts ...sim.Option) {
	t.Helper()
	opts = append([]sim.Option{sim.Exhaustive(0), sim.Schedules(schedules), sim.For(0)}, opts...)
	sim.Test(t, body, opts...)
}

// prove runs body in all schedules that there are.
func prove(t *testing.T, body func(*sim.T)) {
	t.Helper()
	r := sim.Check(body, sim.Exhaustive(100_000), sim.For(0))
	if r.Failure != nil || !r.Complete {
		t.Errorf("complete: %v; %v", r.Complete, r)
	}
}

// isRun tells whether the values follow each other without gaps.
func isRun(vs []int) bool {
	for i := 1; i < len(vs); i++ {
		if vs[i] != vs[i-1]+1 {
			return false
		}
	}
	return true
}

func isPrefix(some, all []int) bool { return slices.Equal(some, all[:min(len(some), len(all))]) }
