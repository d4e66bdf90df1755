package sim

import (
	"fmt"
	"slices"
	"strings"
)

// maxUnshortened is of how many decisions a token is made that could not be shortened: some
// hundred characters.
const maxUnshortened = 100

// investigate goes through the failing schedule i once more, whose run was w, shortens it, and
// tells it.
func (e *explorer) investigate(r *Report, i int, w *world) {
	failure := w.failure
	first := found{full: slices.Clone(w.history.full), log: slices.Clone(w.log), steps: w.steps}
	r.Failure = failure
	if failure.Kind == Exit { // may be told to a testing.T each time
		r.text = tell(w)
		return
	}
	again := e.once(run{repeat: first.full, verbose: true})
	if failure.Kind == Race && again.failure == nil {
		again.failure = failure // it is not reported twice
	}
	if text := differs(again, failure, first); text != "" {
		r.text = text
		return
	}
	first.decisions = slices.Clone(again.history.made)
	r.Found, r.Left = len(first.decisions), len(first.decisions)
	switch failure.Kind {
	case Livelock, // a shorter one might be stuck in another loop, or none
		Race: // each run would be reported by the race detector once more
		r.told(again)
		if r.SeedToken == "" && len(first.decisions) <= maxUnshortened {
			r.Token = encode(first.decisions, fingerprint(again.log))
		}
		return
	}
	m := &minimizer{explorer: e, class: failure.class(), tries: e.tries}
	ds := m.minimize(i, first)
	r.Left, r.Runs = len(ds), e.tries-m.tries
	shortest := e.once(run{replay: true, forced: ds, verbose: true})
	if shortest.failure == nil {
		r.text = unsteady("it did not fail again when its decisions were made once more")
		return
	}
	r.told(shortest)
	if shortest.history.left == 0 {
		r.Token = encode(ds, fingerprint(shortest.log))
	}
}

// told takes over what the verbose run w shows.
func (r *Report) told(w *world) { r.Failure, r.text = w.failure, tell(w) }

// replay runs the one schedule that a token stands for, and tells it.
func (e *explorer) replay(s schedule) Report {
	p := e.drawn(s)
	var first *Failure
	if p.strategy != nil {
		w := e.once(p)
		full := slices.Clone(w.history.full)
		first, p = w.failure, run{repeat: append(full, 0)[:len(full)]} // not nil
	}
	p.verbose = true
	w := e.once(p)
	if w.failure == nil && first != nil && first.Kind == Race {
		w.failure = first // which is not reported twice
	}
	r := Report{Seed: e.seed, Left: len(w.history.made), Longest: w.steps, Distinct: 1}
	r.told(w)
	if w.failure == nil {
		r.Schedules = 1
	}
	if p.replay && (w.history.left > 0 || fingerprint(w.log) != s.fingerprint) {
		r.text = fmt.Sprintf("(not the schedule for which the token was made: the test or what it tests has changed; "+
			"of %s in it, %d came up)\n", count(len(s.decisions), "decision"), len(s.decisions)-w.history.left) + r.text
	}
	return r
}

// drawn is the run that a token stands for: of a strategy, or of given decisions.
func (e *explorer) drawn(s schedule) run {
	switch {
	case s.taped:
		return run{strategy: newTape(s.tape), loose: !e.punctual}
	case s.seed.strategy != "":
		way, _ := byName(s.seed.strategy) // it was parsed
		return e.seeded(way.make(&e.rng), s.seed)
	}
	return run{replay: true, forced: s.decisions}
}

// differs compares a run with the same schedule's first one. A body that depends on nothing
// else does the same in both.
func differs(again *world, failure *Failure, first found) string {
	if i := firstDifference(first.log, again.log); i >= 0 {
		return unsteady(fmt.Sprintf("in its step %d, %s, then %s", i+1, describe(first.log, i), describe(again.log, i)))
	}
	switch {
	case again.failure == nil:
		return unsteady("its tasks did the same, and it did not fail")
	case again.failure.class() != failure.class():
		return unsteady("its tasks did the same, and it failed by: " + again.failure.Message)
	}
	return ""
}

func unsteady(what string) string {
	var b strings.Builder
	b.WriteString("the body depends on something else than its schedule: a variable outside of it, the order of a map, real time, ...\n")
	b.WriteString("when the schedule was run again, it went another way: " + what + "\n")
	return b.String()
}

// firstDifference is where two runs part, −1 if they do not.
func firstDifference(a, b []step) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	if len(a) != len(b) {
		return min(len(a), len(b))
	}
	return -1
}

func describe(log []step, i int) string {
	if i >= len(log) {
		return "nothing"
	}
	s := log[i]
	if s.object == 0 {
		return fmt.Sprintf("%v of task number %d", s.kind, s.task)
	}
	return fmt.Sprintf("%v of task number %d on object %d", s.kind, s.task, s.object)
}
