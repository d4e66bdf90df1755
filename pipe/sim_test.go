package pipe_test

import (
	"context"
	"errors"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

// The stages in every order: package sim decides who goes on at each operation of a stage, of
// its source and of its consumer, and the laws must hold whatever it decides:
//
//	nothing vanishes    Σ of every account is 0; what a source got rid of is what its channel
//	                    counts; values taken = results sent or counted + values counted as lost
//	nothing leaks       every task ends (sim itself reports one that does not)
//	nothing surprises   what arrives is what a model gives, in its order, up to where it ended;
//	                    the end tells why, and the first reason wins

// manner is how a stage comes to its end.
type manner int

const (
	plainEnd  manner = iota
	lostEnd          // the input ends with errLost
	failure          // the function fails on a value
	panicking        // the function panics on it
	stopping         // the consumer cancels the output, at any moment
	ctxEnd           // ctx ends, at any moment
	shutting         // somebody closes the input, at any moment
	mixture          // several of these at once
	manners
)

func (m manner) String() string {
	return [...]string{"plain", "lost", "fails", "panics", "stops", "ends", "shuts", "mixed"}[m]
}

// scene is one run of a stage, with a source and a consumer.
type scene struct {
	*sim.T
	how    manner
	n      int           // values of the source: 0 … n-1
	draw   func(int) int // Choose, or something that is always the same
	ctx    context.Context
	cancel context.CancelCauseFunc
	bad    int // the value on which the function fails, -1 for none
	sent   int // values that the source got rid of
	source *runnel.Chan[int]
	ledger

	indirect bool // a function of the body is between the output and the source
	after    []func()
}

// ledger is what all calls of the function write down. They need no lock, since one task runs at
// a time; and they must have none, nor an atomic, since these would tell the race detector that
// one call comes after the other, and so hide from it the races of the stage around them. So the
// methods are none of its business, and the fields are for them alone.
type ledger struct {
	begun  int // calls
	now    int // that run
	atOnce int // that ran at once, at most
}

//go:norace
func (l *ledger) enter() {
	l.begun++
	l.now++
	l.atOnce = max(l.atOnce, l.now)
}

//go:norace
func (l *ledger) exit() { l.now-- }

//go:norace
func (l *ledger) calls() int { return l.begun }

//go:norace
func (l *ledger) busy() int { return l.now }

//go:norace
func (l *ledger) most() int { return l.atOnce }

// newScene makes a scene with n values and buffers of any size.
func newScene(t *sim.T, how manner, n int) *scene {
	return makeScene(t, how, n, t.Choose)
}

// tinyScene makes a scene with n values, of which the first one is bad, and without buffers, for
// trying all orders.
func tinyScene(t *sim.T, how manner, n int) *scene {
	return makeScene(t, how, n, func(int) int { return 0 })
}

func makeScene(t *sim.T, how manner, n int, draw func(int) int) *scene {
	s := &scene{T: t, how: how, n: n, bad: -1, draw: draw}
	s.ctx, s.cancel = context.WithCancelCause(bg)
	t.Cleanup(func() { s.cancel(nil) })
	if how == failure || how == panicking || how == mixture {
		s.bad = draw(n)
	}
	s.source = runnel.New[int](room(draw(3))...)
	s.watch("source", s.source.Stats)
	return s
}

// opts is what the output of a stage is made with.
func (s *scene) opts() []runnel.Option { return room(s.draw(2)) }

// room is a buffer of n values, none if n is 0.
func room(n int) []runnel.Option {
	if n == 0 {
		return nil
	}
	return []runnel.Option{runnel.Buffer(n)}
}

// feed sends the values and ends the source.
func (s *scene) feed() {
	s.Go("source", func() {
		for v := range s.n {
			if err := s.source.Send(bg, v); err != nil {
				s.Assert(errors.Is(err, runnel.ErrClosed), "the source got %v", err)
				break
			}
			s.sent++
		}
		if s.how == lostEnd {
			s.source.CloseWith(errLost)
		} else {
			s.source.Close()
		}
	})
}

// disturb does to the chain what the manner says.
func (s *scene) disturb(out runnel.Receiver[int]) {
	if s.how == stopping || s.how == mixture {
		s.Go("stopper", func() { s.stop(out) })
	}
	if s.how == ctxEnd || s.how == mixture {
		s.Go("ender", func() {
			s.Point() // to end a context is none of its own
			s.cancel(errStop)
		})
	}
	if s.how == shutting || s.how == mixture {
		s.Go("closer", s.source.Close)
	}
}

// errEnough is what the error of a consumer reads.
const errEnough = "enough"

// stop cancels the output. If this is its end, and nothing else ends anything at the same time,
// the source has been told when the call returns.
func (s *scene) stop(out runnel.Receiver[int]) {
	mine := errors.New(errEnough)
	out.Cancel(mine)
	if s.how == stopping && !s.indirect && out.Err() == mine {
		s.Assert(s.source.Stats().Closed, "the output is cancelled and the source is not")
	}
}

// f is the function of a stage: the identity, that gives way twice, and fails as the manner says.
// When ctx has ended it gives up with an error, as functions should.
func (s *scene) f(ctx context.Context, v int) (int, error) {
	s.enter()
	defer s.exit()
	s.Point()
	if v == s.bad && s.how == panicking {
		panic(errBad)
	}
	if v == s.bad {
		return 0, errBad
	}
	s.Point()
	if ctx.Err() != nil {
		return 0, errGaveUp
	}
	return v, nil
}

var errGaveUp = errors.New("gave up")

// g is f where a function has no error to return: it panics.
func (s *scene) g(v int) int {
	s.Point()
	if v == s.bad {
		panic(errBad)
	}
	return v
}

// collect receives until out ends.
func (s *scene) collect(out runnel.Receiver[int]) (got []int) {
	for {
		v, err := out.Recv(bg)
		if err != nil {
			return got
		}
		got = append(got, v)
	}
}

// panicked tells whether err is the panic of a function.
func panicked(err error) bool {
	var p *runnel.PanicError
	return errors.As(err, &p) && p.Value == errBad && len(p.Stack) > 0
}

// watch checks the account of a channel in the end.
func (s *scene) watch(what string, stats func() runnel.Stats) {
	s.after = append(s.after, func() {
		a := stats()
		s.Assert(a.Closed && a.Len == 0 && a.SendersWaiting+a.ReceiversWaiting == 0, "%s has not ended: %+v", what, a)
		s.Assert(a.Sent == a.Received+a.Dropped.Total(), "%s is out of balance: %v", what, a)
	})
}

// settle waits until everything has ended, and looks at the accounts.
func (s *scene) settle() {
	s.Wait()
	for _, f := range s.after {
		f()
	}
	a := s.source.Stats()
	s.Assert(int(a.Sent) == s.sent, "the source got rid of %d values; %v", s.sent, a)
	s.Assert(s.busy() == 0, "%d calls have not returned", s.busy())
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
