package sim_test

//lint:file-ignore SA2001 that a lock can be had, or how long that takes, is what is asked here

import (
	"flag"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
	"github.com/runnel-go/runnel/sim/internal/goker"
)

// producers is n tasks that send so many values each, and a body that receives them.
func producers(n, each int) func(*sim.T) {
	return func(t *sim.T) {
		c := runnel.New[int]()
		for p := range n {
			runnel.Go(func() {
				for range each {
					c.Send(bg, p)
				}
			})
		}
		for range n * each {
			c.Recv(bg)
		}
	}
}

// lockers is n tasks that take a lock so many times.
func lockers(n, each int) func(*sim.T) {
	return func(t *sim.T) {
		var mu runnel.Mutex
		for range n {
			runnel.Go(func() {
				for range each {
					mu.Lock()
					mu.Unlock()
				}
			})
		}
	}
}

// What can be worked out by hand: only the orders of the sends, or of who gets the lock, count.
func TestExhaustiveRunsNoMoreThanThereIs(t *testing.T) {
	for _, p := range []struct {
		name string
		body func(*sim.T)
		want int
	}{
		{"1 producer of 8", producers(1, 8), 1},
		{"3 producers of 1", producers(3, 1), 6},  // 3!
		{"2 producers of 3", producers(2, 3), 20}, // 6 over 3
		{"2 lockers of 4", lockers(2, 4), 70},     // 8 over 4
		{"3 lockers of 2", lockers(3, 2), 90},     // 6!/2!³
	} {
		r := sim.Check(p.body, sim.Exhaustive(10_000), sim.For(0))
		if r.Failure != nil || !r.Complete || r.Schedules != p.want {
			t.Errorf("%s: %v, complete: %v; want %d schedules", p.name, r, r.Complete, p.want)
		}
	}
}

// Nothing is said of all schedules where that would not be true.
func TestExhaustiveSaysNothing(t *testing.T) {
	outside := 0
	for _, p := range []struct {
		name string
		body func(*sim.T)
	}{
		{"too many schedules", producers(5, 3)},
		{"too many steps", func(t *sim.T) {
			c := runnel.New[int]()
			runnel.Go(func() { c.Send(bg, 1) })
			for {
				if _, err := c.TryRecv(); err == nil {
					return
				}
			}
		}},
		{"too many tasks", func(t *sim.T) {
			for range 70 {
				runnel.Go(func() {})
			}
		}},
		{"a clock that ticks on", func(t *sim.T) {
			ticks := runnel.Tick(time.Second)
			for range 3 {
				ticks.Recv(bg)
			}
		}},
		{"a body that depends on something else", func(t *sim.T) {
			c := runnel.New[int](runnel.Buffer(9))
			runnel.Go(func() { c.Send(bg, 1) })
			runnel.Go(func() { c.Send(bg, 2) })
			outside++
			for range outside % 3 {
				c.Send(bg, 3)
			}
		}},
	} {
		r := sim.Check(p.body, sim.Exhaustive(500), sim.Schedules(10), sim.For(0), sim.MaxSteps(2000))
		if r.Complete || r.Failure != nil {
			t.Errorf("%s: %v", p.name, r)
		}
	}
}

func TestExhaustiveNoticesNativeWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := sim.Check(func(t *sim.T) { time.Sleep(time.Nanosecond) }, sim.Exhaustive(10), sim.Schedules(1), sim.For(0), sim.Bubbled())
		if r.Complete {
			t.Error(r)
		}
	})
}

// The clock is tried at every moment at which it could move, unless it shall be punctual.
func TestExhaustiveTriesTheClock(t *testing.T) {
	late := 0
	body := func(t *sim.T) {
		c := runnel.New[int]()
		runnel.Go(func() { c.Send(bg, 1) })
		timeout := runnel.RecvFrom(runnel.After(time.Second))
		if chosen, _ := runnel.Select(bg, runnel.RecvFrom(c), timeout); chosen == timeout {
			late++
			c.Recv(bg)
		}
	}
	r := sim.Check(body, sim.Exhaustive(100), sim.Punctual())
	if !r.Complete || r.Schedules != 2 || late != 0 {
		t.Errorf("punctual: %v, late %d times", r, late)
	}
	if r = sim.Check(body, sim.Exhaustive(100)); !r.Complete || late == 0 {
		t.Errorf("%v, late %d times", r, late)
	}
}

// Tasks that share a variable without a lock are beyond this; it is found out soon.
func TestExhaustiveIsDoubted(t *testing.T) {
	r := sim.Check(func(t *sim.T) {
		shared := 1
		runnel.Go(func() { t.Assert(shared == 1, "changed") })
		runnel.Go(func() { shared = 2 })
	}, sim.Exhaustive(100), sim.Schedules(1))
	if r.Complete || r.Failure == nil {
		t.Error(r)
	}
}

// A failure is shortened and can be replayed, as any other.
func TestExhaustiveFailuresAreReplayed(t *testing.T) {
	body := func(t *sim.T) {
		c := runnel.New[int](runnel.Buffer(3))
		for i := range 3 {
			runnel.Go(func() { c.Send(bg, i) })
		}
		got := [3]int{}
		for i := range got {
			got[i], _ = c.Recv(bg)
		}
		t.Assert(got != [3]int{2, 1, 0}, "backwards")
	}
	r := sim.Check(body, sim.Exhaustive(100), sim.Schedules(1))
	if r.Failure == nil || r.Strategy != "dpor" || r.Left > 2 || r.Token == "" {
		t.Fatalf("%v, token %q", r, r.Token)
	}
	if again := sim.Replayed(body, r.Token); again.Failure == nil || again.Failure.Message != "backwards" {
		t.Fatal(again)
	}
}

// More can be asked for: go test -run LosesNothing -args -programs 10000
var (
	wanted  = flag.Int("programs", 0, "how many random programs DPOR is tried on, 0 for a few hundred")
	largest = flag.Int("largest", 0, "how many schedules the largest of them may have, 0 for some hundred")
)

func orIfSet(usual int, flag *int) int {
	if *flag > 0 {
		return *flag
	}
	return usual
}

// Of a random program, the schedules that DPOR runs have all the outcomes that all schedules
// have.
func TestExhaustiveLosesNothing(t *testing.T) {
	most := orIfSet(scale(300, 2000), largest)
	programs, all, some, blocked, large := 0, 0, 0, 0, 0
	for seed := uint64(1); programs < orIfSet(scale(100, 400), wanted) && !t.Failed(); seed++ {
		p := newTangle(seed, 3, 4)
		body, outcome := p.body()
		plain := sim.Plain(body, most, outcome)
		if !plain.Complete {
			large++
			continue
		}
		a := sim.All(body, most, outcome)
		if !a.Complete {
			t.Errorf("%v\nnot complete after %d runs", p, a.Runs)
		}
		if o, lost := lostOutcome(plain, a); lost {
			t.Errorf("%v\n%d of %d schedules have not shown:\n%s\nbut:\n%v", p, a.Runs, plain.Runs, o, a.Outcomes)
		}
		programs, all, some, blocked = programs+1, all+plain.Runs, some+a.Runs, blocked+a.Blocked
	}
	t.Logf("%d programs: %d schedules in all, %d run (%d given up), 1 of %d; %d programs too large", programs, all, some, blocked, all/max(some, 1), large)
}

// lostOutcome returns an outcome of all schedules that those run have not had. A panic ends a
// run early, and the exploration, so there only some panic must have been found.
func lostOutcome(all, run sim.Enumeration) (outcome string, lost bool) {
	panics := func(a sim.Enumeration) bool {
		for o := range a.Outcomes {
			if strings.Contains(o, string(sim.Panic)+": ") {
				return true
			}
		}
		return false
	}
	if panics(all) {
		return "a panic", !panics(run)
	}
	for o := range all.Outcomes {
		if run.Outcomes[o] == 0 {
			return o, true
		}
	}
	return "", false
}

// Where not all schedules can be run, those drawn at random show nothing new either.
func TestExhaustiveIsNotRefutedByChance(t *testing.T) {
	programs, some, drawn := 0, 0, 0
	for seed := uint64(1 << 20); programs < orIfSet(scale(60, 400), wanted) && !t.Failed(); seed++ {
		p := newTangle(seed, 4, 4)
		body, outcome := p.body()
		if a, sampled := mustNotBeRefuted(t, p.String(), body, outcome, 1000); a.Complete {
			programs, some, drawn = programs+1, some+a.Runs, drawn+sampled.Runs
		}
	}
	t.Logf("%d programs: %d schedules run, %d drawn at random", programs, some, drawn)
}

// mustNotBeRefuted draws schedules of a body of which all have been run.
func mustNotBeRefuted(t *testing.T, what any, body func(*sim.T), outcome func() string, most int, opts ...sim.Option) (a, sampled sim.Enumeration) {
	t.Helper()
	a = sim.All(body, most, outcome, append(opts, sim.MaxSteps(2000))...)
	if !a.Complete {
		return a, sampled
	}
	sampled = sim.Sampled(body, scale(200, 1000), outcome, append(opts, sim.MaxSteps(2000))...)
	if o, lost := lostOutcome(sampled, a); lost {
		t.Errorf("%v\n%d of %d schedules have not shown:\n%s\nbut:\n%v", what, a.Runs, sampled.Runs, o, a.Outcomes)
	}
	return a, sampled
}

// Nor for the bugs of the suite and their repairs, past failures, with the clock still or not.
func TestExhaustiveIsNotRefutedOnKernels(t *testing.T) {
	complete := 0
	for _, k := range goker.Kernels {
		for _, body := range []func(*sim.T){k.Buggy, k.Fixed} {
			a, _ := mustNotBeRefuted(t, k.ID, body, nil, scale(300, 2000))
			b, _ := mustNotBeRefuted(t, k.ID+", punctual", body, nil, scale(300, 2000), sim.Punctual())
			for _, e := range []sim.Enumeration{a, b} {
				if e.Complete {
					complete++
				}
			}
		}
	}
	if t.Logf("%d of %d complete", complete, 4*len(goker.Kernels)); complete < scale(160, 178) {
		t.Error("fewer than there have been")
	}
}

// Of the programs whose outcomes are worked out by a plain model, all of them and no others are
// shown.
func TestExhaustiveShowsWhatIsWorkedOut(t *testing.T) {
	programs, some, outcomes := 0, 0, 0
	for seed := uint64(1); programs < scale(100, 1000) && !t.Failed(); seed++ {
		p := newProgram(seed, 3, 3, kindsOfChannel)
		worked, ok := p.outcomes(maxSituations)
		if !ok || len(worked) > maxOutcomes {
			continue
		}
		got := map[string]bool{}
		r := sim.Check(func(t *sim.T) { got[p.run(simulated{t}, pointBeforeTheEnd(t))] = true }, sim.Exhaustive(20_000), sim.Schedules(1), sim.For(0))
		if r.Failure != nil {
			t.Fatalf("%v\n%s", p, r)
		}
		mustBeAllowed(t, p, "simulated", got, worked)
		if o, found := strange(worked, got); found && r.Complete {
			t.Errorf("%v\nworked out, but not in all %d schedules:\n\t%s\nnearest of %d simulated:\n\t%s", p, r.Schedules, o, len(got), nearest(o, got))
		}
		if r.Complete {
			programs, some, outcomes = programs+1, some+r.Schedules, outcomes+len(worked)
		}
	}
	t.Logf("%d programs: %d schedules run, %d outcomes", programs, some, outcomes)
}

func BenchmarkExhaustive(b *testing.B) {
	for _, p := range []struct {
		name string
		body func(*sim.T)
	}{{"prodcons", prodcons}, {"producers", producers(3, 2)}, {"lockers", lockers(3, 2)}} {
		b.Run(p.name, func(b *testing.B) {
			for left := b.N; left > 0; {
				r := sim.Enumerate(p.body, left)
				left -= r.Runs + r.Blocked
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "schedules/s")
		})
	}
}
