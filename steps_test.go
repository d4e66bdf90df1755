//go:build steps

package runnel_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/internal/step"
	"github.com/runnel-go/runnel/sim"
)

// The channels' own algorithms, explored access by access (docs/design/0009-steps.md). A program
// is a body of package sim: its tasks go through the code that is shipped, and before every
// access to a word that they share another one may go on.
//
// A program fails if an invariant of a channel does not hold when its lock is released (Guard), if
// a task waits for ever, which is a wake-up that was lost, or if it says so itself.
type program struct {
	name string
	body func(*sim.T)
}

// all runs every schedule of each program, or rather one of those that differ only in the order
// of accesses that have nothing to do with each other.
//
// Taking the lock of a channel is one step in them, since TestStepsLock has all of it.
func all(t *testing.T, programs ...program) {
	coarse, step.Thorough = true, false
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			r := check(t, p.body, sim.Exhaustive(100_000))
			if r.Failure == nil && !r.Complete {
				t.Error("there are more schedules than the test has time for")
			}
		})
	}
}

// some draws schedules of each program: it has too many. Others may go on also right after a
// write. It draws the same ones each time, unless RUNNEL_SIM_SCHEDULES asks for more.
func some(t *testing.T, schedules int, programs ...program) {
	coarse, step.Thorough = false, true
	if testing.Short() {
		schedules /= 5
	}
	seed := uint64(1)
	if n, err := strconv.Atoi(os.Getenv("RUNNEL_SIM_SCHEDULES")); err == nil {
		schedules, seed = n, rand.Uint64()
	}
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			check(t, p.body, sim.Seed(seed), sim.Schedules(schedules), sim.Strategies(sim.POS(), sim.PCT(3), sim.POS(), sim.Random(), sim.PCT(2)))
		})
	}
}

func check(t *testing.T, body func(*sim.T), opts ...sim.Option) sim.Report {
	opts = append(opts, sim.For(0), sim.Punctual(), sim.MaxSteps(4000))
	if os.Getenv("RUNNEL_SIM_REPLAY") != "" {
		sim.Test(t, body, opts...)
		return sim.Report{Complete: true}
	}
	r := sim.Check(body, opts...)
	if r.Failure != nil {
		t.Fatal(r)
	}
	t.Log(r)
	return r
}

// coarse tells newChan that all schedules are run.
var coarse bool

// newChan makes a channel whose invariants are checked.
func newChan(t *sim.T, name string, opts ...runnel.Option) *runnel.Chan[int] {
	return runnel.Guard(runnel.New[int](opts...), name, coarse, t.Fatalf)
}

// flag is a word by which tasks of a test tell each other how far they are.
type flag struct{ word step.Uint32 }

func (f *flag) set(n uint32) { f.word.Store(n) }

func (f *flag) get() uint32 { return f.word.Load() }

// await waits until the flag is at least n.
func (f *flag) await(n uint32) {
	for f.word.Load() < n {
		step.AwaitChange(&f.word)
	}
}

// outcome is how an operation ended.
type outcome struct {
	v   int
	err error
}

// sends and receives are tasks that keep how they ended.
func sends(t *sim.T, c runnel.Sender[int], vs ...int) (errs []error) {
	errs = make([]error, len(vs))
	t.Go("sender", func() {
		for i, v := range vs {
			errs[i] = c.Send(bg, v)
		}
	})
	return errs
}

func receives(t *sim.T, c runnel.Receiver[int], n int) (got []outcome) {
	got = make([]outcome, n)
	t.Go("receiver", func() {
		for i := range got {
			got[i].v, got[i].err = c.Recv(bg)
		}
	})
	return got
}

// balance fails unless what was sent is what was received, once each, and what has been refused,
// buffered or dropped.
func balance(t *sim.T, c *runnel.Chan[int]) {
	s := c.Stats()
	t.Assert(s.Sent == s.Received+uint64(s.Len)+s.Dropped.Total(), "the account does not balance: %v", s)
	t.Assert(s.SendersWaiting == 0 && s.ReceiversWaiting == 0, "%d senders and %d receivers wait", s.SendersWaiting, s.ReceiversWaiting)
}
