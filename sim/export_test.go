package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// Enumeration is what running all schedules of a body has shown.
type Enumeration struct {
	Outcomes map[string]int // how often each came
	Runs     int            // schedules
	Blocked  int            // runs that were given up, being equivalent to others
	Complete bool
	Failed   int // the first run that failed, from 1, or 0
}

// All runs the schedules of body that DPOR does not find equivalent, at most so many, also past
// failures: first with the clock still, then with a clock that moves at any time if there is
// one. outcome tells what a run has come to; it may be nil.
func All(body func(*T), max int, outcome func() string, opts ...Option) Enumeration {
	e := newExplorer(body, opts)
	defer e.close()
	a, left := Enumeration{Outcomes: map[string]int{}}, max
	for _, loose := range []bool{false, true} {
		d := newDPOR()
		n, _ := e.enumerate(d, loose, &left, func(w *world) { a.add(w, outcome) })
		a.Runs += n
		a.Complete = d.ended
		if !d.ended || !d.timed || e.punctual {
			break
		}
	}
	a.Blocked = max - left - a.Runs
	return a
}

// Plain runs all schedules: whoever can go on does so, in some run.
func Plain(body func(*T), max int, outcome func() string, opts ...Option) Enumeration {
	e := newExplorer(body, opts)
	defer e.close()
	a := Enumeration{Outcomes: map[string]int{}}
	s := &plain{}
	for a.Runs < max && !a.Complete {
		a.add(e.once(run{strategy: s, loose: !e.punctual}), outcome)
		a.Runs++
		a.Complete = !s.advance()
	}
	return a
}

// Sampled runs so many schedules as the portfolio draws them.
func Sampled(body func(*T), runs int, outcome func() string, opts ...Option) Enumeration {
	e := newExplorer(body, opts)
	defer e.close()
	a := Enumeration{Outcomes: map[string]int{}}
	for ; a.Runs < runs; a.Runs++ {
		a.add(e.once(e.plan(a.Runs)), outcome)
	}
	return a
}

func (a *Enumeration) add(w *world, outcome func() string) {
	o := ""
	if outcome != nil {
		o = outcome()
	}
	if w.failure == nil || w.failure.Kind == Deadlock || w.failure.Kind == Leak { // everybody came to an end
		o += lives(w)
	}
	for _, x := range w.objects {
		if x.Channel != nil {
			o += " " + count(x.Channel.Len(), "value")
		}
	}
	if w.failure != nil {
		o += " " + w.failure.class()
		if a.Failed == 0 {
			a.Failed = a.Runs + 1
		}
	}
	a.Outcomes[o]++
}

// lives is what each task has done, whatever the others did between.
func lives(w *world) string {
	of := map[string][]string{}
	for _, s := range w.log {
		path := w.tasks[s.task].path()
		of[path] = append(of[path], s.kind.String())
	}
	return fmt.Sprint(of)
}

// plain enumerates all decisions, depth first.
type plain struct {
	decisions []fork
	depth     int
}

func (*plain) name() string  { return "plain" }
func (*plain) prepare(int)   {}
func (*plain) born(*task)    {}
func (*plain) arrived(*task) {}
func (*plain) goes(*task)    {}

func (s *plain) choose(n int) int {
	if s.depth == len(s.decisions) {
		s.decisions = append(s.decisions, fork{n: n})
	}
	s.depth++
	return s.decisions[s.depth-1].taken
}

func (s *plain) pick(w *world, clock bool) *task {
	n := len(w.ready)
	if clock {
		n++
	}
	if i := s.choose(n); i < len(w.ready) {
		return w.ready[i]
	}
	return &w.ticker
}

func (s *plain) advance() bool {
	s.depth = 0
	for n := len(s.decisions); n > 0; n-- {
		if f := &s.decisions[n-1]; f.taken+1 < f.n {
			f.taken++
			s.decisions = s.decisions[:n]
			return true
		}
	}
	return false
}

// CheckInBubble is Check in a bubble, as Test has one.
func CheckInBubble(t *testing.T, body func(*T), opts ...Option) Report {
	return check(t, body, opts, (*explorer).explore)
}

// Enumerate is All without outcomes.
func Enumerate(body func(*T), max int) (a Enumeration) {
	e := newExplorer(body, nil)
	defer e.close()
	d, left := newDPOR(), max
	a.Runs, _ = e.enumerate(d, false, &left, nil)
	a.Complete, a.Blocked = d.ended, max-left-a.Runs
	return a
}

// Bubbled says that Check is called in a bubble.
func Bubbled() Option { return optionFunc(func(c *config) { c.bubble = true }) }

// Replayed runs the schedule that token stands for.
func Replayed(body func(*T), token string) Report {
	r, _ := ReplayOnce(token, body)
	return r
}

// ReplayOnce is Replayed, and tells the fingerprint of the run.
func ReplayOnce(token string, body func(*T), opts ...Option) (Report, uint32) {
	s, err := parseToken(token)
	if err != nil {
		panic(err)
	}
	e := newExplorer(body, opts)
	defer e.close()
	r := e.replay(s)
	return r, fingerprint(e.world.log)
}

// Strayed tells whether a replay has found its token to be of another test.
func (r Report) Strayed() bool { return strings.HasPrefix(r.text, "(not the schedule") }

// Played is what a run has come to.
type Played struct {
	Failure  *Failure
	Steps    int
	Print    uint32 // of what the tasks did
	Read     int    // bytes of the tape
	Diverged bool   // from what was to be repeated
}

func (e *explorer) played(r run) Played {
	w := e.once(r)
	p := Played{Failure: w.failure, Steps: w.steps, Print: fingerprint(w.log), Diverged: w.history.diverged}
	if s, ok := r.strategy.(*tape); ok {
		p.Read = s.at
	}
	return p
}

// PlayTape runs the schedule of a tape, and then repeats it decision by decision.
func PlayTape(input []byte, body func(*T), opts ...Option) (first, again Played) {
	e := newExplorer(body, opts)
	defer e.close()
	first = e.played(run{strategy: newTape(input), loose: !e.punctual})
	full := append(slices.Clone(e.world.history.full), 0)
	return first, e.played(run{repeat: full[:len(full)-1]})
}

// PlayDefault runs the schedule of the default policy.
func PlayDefault(body func(*T), opts ...Option) Played {
	e := newExplorer(body, opts)
	defer e.close()
	return e.played(run{replay: true})
}

// Opaque adds the functions whose names contain name to those that hide what they share, until
// the result is called.
func Opaque(name string) (end func()) {
	before := opaque
	opaque = append(slices.Clip(opaque), name)
	return func() { opaque = before }
}

// Most of these tests are about schedules, and share variables between tasks as they like. So
// they run on coroutines, under the race detector, too.
func init() { threadsByDefault = false }

// OnThreads makes tasks run on threads, as they do under the race detector.
func OnThreads() Option { return optionFunc(func(c *config) { c.threaded = true }) }

// Hybrid lets tasks be blocked outside of runnel, from the first schedule on.
func Hybrid() Option { return withNatives("") }

// ReplayInBubble is Replay, and returns the report.
func ReplayInBubble(t *testing.T, token string, body func(*T), opts ...Option) Report {
	s, err := parseToken(token)
	if err != nil {
		t.Fatal(err)
	}
	return check(t, body, opts, func(e *explorer) Report { return e.replay(s) })
}

// RaceErrors counts the races that have been reported in this process.
func RaceErrors() int { return raceErrors() }

// SetPatience sets after how long tasks that stand still are told of.
func SetPatience(d time.Duration) { patience = d }
