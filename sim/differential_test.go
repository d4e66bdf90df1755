package sim_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

// The simulated channel and the real one must do the same. Random programs are run really, in
// many ways, and in many schedules, and their outcomes are worked out:
//
//	every real outcome and every simulated one is among those worked out
//	of a small program, all those worked out come about in simulations
//
// so every real outcome is among the simulated ones.

// bubble is a testing/synctest bubble as the place where a program runs.
type bubble struct{}

func (bubble) Go(f func()) { go f() }
func (bubble) Wait()       { synctest.Wait() }

// reality runs p so often on so many processors and returns the outcomes.
func reality(t *testing.T, p program, runs, processors int) map[string]bool {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
	all := map[string]bool{}
	synctest.Test(t, func(*testing.T) {
		for range runs {
			all[p.run(bubble{}, perturb)] = true
		}
	})
	return all
}

// perturb lets other goroutines go first, now and then.
func perturb(step) {
	for range rand.IntN(4) {
		runtime.Gosched()
	}
}

// simulate runs p in so many schedules and adds the outcomes.
func simulate(t *testing.T, p program, seed uint64, schedules int, all map[string]bool) {
	r := sim.Check(func(t *sim.T) {
		all[p.run(simulated{t}, pointBeforeTheEnd(t))] = true
	}, sim.Schedules(schedules), sim.Seed(seed), sim.For(0))
	if r.Failure != nil {
		t.Fatalf("%v\n%s", p, r)
	}
}

// pointBeforeTheEnd lets others go on before a context is ended: the one operation that is not
// runnel's.
func pointBeforeTheEnd(t *sim.T) func(step) {
	return func(s step) {
		if s.do == endsContext {
			t.Point()
		}
	}
}

// strange returns an outcome that is not among those allowed.
func strange(got, allowed map[string]bool) (outcome string, found bool) {
	for _, o := range slices.Sorted(maps.Keys(got)) {
		if !allowed[o] {
			return o, true
		}
	}
	return "", false
}

func mustBeAllowed(t *testing.T, p program, where string, got, allowed map[string]bool) {
	t.Helper()
	if o, found := strange(got, allowed); found {
		t.Errorf("%v\n%s, but not allowed:\n\t%s\nnearest of %d allowed:\n\t%s", p, where, o, len(allowed), nearest(o, allowed))
	}
}

// nearest is the outcome that has most fields in common with o.
func nearest(o string, all map[string]bool) (best string) {
	most := -1
	fields := strings.Fields(o)
	for other := range all {
		n := 0
		for i, f := range strings.Fields(other) {
			if i < len(fields) && fields[i] == f {
				n++
			}
		}
		if n > most {
			most, best = n, other
		}
	}
	return best
}

// explored simulates p until everything worked out has come about, or for most schedules.
func explored(t *testing.T, p program, worked map[string]bool, most int) (got map[string]bool, schedules int) {
	got = map[string]bool{}
	for round := uint64(1); len(got) < len(worked) && schedules < most; round++ {
		n := min(max(schedules, 100), most-schedules)
		simulate(t, p, p.seed+round<<32, n, got)
		schedules += n
		if _, found := strange(got, worked); found {
			break
		}
	}
	return got, schedules
}

const (
	maxSituations = 20_000
	maxSchedules  = 200_000 // for one small program
	maxOutcomes   = 200     // of a small program
)

// written are programs by hand, each for an order that random ones meet too rarely.
var written = []program{
	{ // the producer ends between the Send and its own
		chans: []kindOfChannel{unboundedKind},
		tasks: [][]step{
			{{do: send, vs: []int{1}}, {do: producerSends, vs: []int{2}}},
			{{do: tryRecv, vs: []int{0}}, {do: producerEnds, vs: []int{0}}},
		},
	},
	{ // the context ends between the Send and the batch
		chans: []kindOfChannel{unboundedKind}, ctx: true,
		tasks: [][]step{
			{{do: send, vs: []int{1}}, {do: sendAll, vs: []int{2, 3}}, {do: recvUpTo, vs: []int{0, 0}}},
			{{do: tryRecv, vs: []int{0}}, {do: endsContext, vs: []int{0}}},
		},
	},
	{ // the book is changed between two looks
		chans: []kindOfChannel{unboundedKind},
		tasks: [][]step{
			{{do: send, vs: []int{1}}, {do: looks, vs: []int{0}}, {do: discards, vs: []int{2}}},
			{{do: cancels, vs: []int{0}}, {do: trySend, vs: []int{3}}},
		},
	},
}

var unboundedKind = kindsOfChannel[6]

func TestSimulationsShowExactlyWhatWrittenProgramsMayDo(t *testing.T) {
	for i, p := range written {
		p.seed = uint64(i)
		worked, _ := p.outcomes(maxSituations)
		mustShowExactly(t, p, worked)
	}
}

// mustShowExactly expects that all that was worked out comes about in simulations, and nothing
// else, and returns how many schedules that took.
func mustShowExactly(t *testing.T, p program, worked map[string]bool) (schedules int) {
	got, n := explored(t, p, worked, maxSchedules)
	mustBeAllowed(t, p, "simulated", got, worked)
	if o, found := strange(worked, got); found {
		t.Errorf("%v\nworked out, but not in %d schedules:\n\t%s\nnearest of %d simulated:\n\t%s", p, n, o, len(got), nearest(o, got))
	}
	return n
}

func TestSimulationsShowExactlyWhatSmallProgramsMayDo(t *testing.T) {
	compared, schedules, outcomes, real := 0, 0, 0, 0
	for seed := uint64(1); compared < scale(100, 1000) && !t.Failed(); seed++ {
		p := newProgram(seed, 3, 3, kindsOfChannel)
		worked, ok := p.outcomes(maxSituations)
		if !ok || len(worked) > maxOutcomes {
			continue
		}
		n := mustShowExactly(t, p, worked)
		real += len(mustBehave(t, p, worked))
		compared, schedules, outcomes = compared+1, schedules+n, outcomes+len(worked)
	}
	t.Logf("%d programs with %d outcomes; all of them came about in %d schedules; %d of them really", compared, outcomes, schedules, real)
}

// mustBehave runs p really and returns the outcomes.
func mustBehave(t *testing.T, p program, worked map[string]bool) map[string]bool {
	all := map[string]bool{}
	for processors := 1; processors <= 2; processors++ {
		got := reality(t, p, scale(20, 100), processors)
		mustBeAllowed(t, p, fmt.Sprint("real, on ", processors), got, worked)
		maps.Copy(all, got)
	}
	return all
}

// Programs with transducers are not worked out: what they do really must come about in
// simulations. But for batches: in a simulation a batch goes through a transducer in one step, and
// really value by value, so that a receiver may come between.
func TestTransducersDoReallyWhatTheyDoInSimulations(t *testing.T) {
	compared, schedules, real := 0, 0, 0
	for seed := uint64(1); compared < scale(50, 300) && !t.Failed(); seed++ {
		p := newProgram(seed, 3, 3, transduced)
		if p.has(sendAll) || p.has(recvUpTo) {
			continue
		}
		really := map[string]bool{}
		for processors := 1; processors <= 2; processors++ {
			maps.Copy(really, reality(t, p, scale(20, 100), processors))
		}
		got, n := map[string]bool{}, 0
		for ; n == 0 || !covers(got, really) && n < 20*maxSchedules; n *= 2 { // one in a million does happen
			n = max(n, 100)
			simulate(t, p, p.seed+uint64(n)<<32, n, got)
		}
		mustBeAllowed(t, p, "real", really, got)
		compared, schedules, real = compared+1, schedules+n, real+len(really)
	}
	t.Logf("%d programs did %d things, all of them in %d schedules, too", compared, real, schedules)
}

func covers(got, wanted map[string]bool) bool {
	_, found := strange(wanted, got)
	return !found
}

// Larger programs may do so much that no number of schedules shows it all.
func TestLargerProgramsDoNothingElse(t *testing.T) {
	compared, schedules, outcomes, simulated, real := 0, 0, 0, 0, 0
	for seed := uint64(1); compared < scale(5, 40) && !t.Failed(); seed++ {
		p := newProgram(seed, 4, 6, kindsOfChannel)
		if p.size() < 10 {
			continue
		}
		worked, ok := p.outcomes(scale(2, 10) * maxSituations)
		if !ok {
			continue
		}
		got, n := explored(t, p, worked, scale(1000, 3000))
		mustBeAllowed(t, p, "simulated", got, worked)
		real += len(mustBehave(t, p, worked))
		compared, schedules = compared+1, schedules+n
		outcomes, simulated = outcomes+len(worked), simulated+len(got)
	}
	t.Logf("%d programs with %d outcomes; %d of them came about in %d schedules, %d really", compared, outcomes, simulated, schedules, real)
}

func (p program) size() (n int) {
	for _, task := range p.tasks {
		n += len(task)
	}
	return n
}

func (p program) has(a action) bool {
	for _, task := range p.tasks {
		if slices.ContainsFunc(task, func(s step) bool { return s.do == a }) {
			return true
		}
	}
	return false
}

// Whoever receives from behind a transducer makes room before it afterwards. In between there is
// neither a value nor room, really and so in simulations.
func TestBehindATransducerIsNeitherValueNorRoomForAMoment(t *testing.T) {
	results := map[error]int{}
	sim.Check(func(t *sim.T) {
		in, out := runnel.NewVia(even, runnel.Buffer(1))
		in.TrySend(2)
		t.Go("receiver", func() { out.TryRecv() })
		t.Go("looker", func() {
			_, err := runnel.TrySelect(runnel.RecvFrom(out), runnel.SendTo(in, 4))
			results[err]++
		})
	}, sim.Schedules(1000), sim.For(0))
	if results[runnel.ErrNotReady] == 0 || results[nil] == 0 || len(results) != 2 {
		t.Errorf("the TrySelect gave %v, want nil and ErrNotReady", results)
	}
}
