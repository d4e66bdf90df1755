package sim

import (
	"slices"
	"time"
)

// A failing schedule has dozens of decisions, and few of them matter. Since a run costs
// microseconds, the schedule is shortened by trying:
//
//	the default schedule       often fails as well
//	other failing schedules    are looked for: the smallest of several is often smaller than
//	                           what one can be reduced to
//	each of them, the smallest first, is reduced: decisions are left out as long as the run
//	                           fails in the same way (delta debugging)
//	one decision, then two     all of them are tried if more are left
//
// What is left is 1-minimal: without any one of its decisions the failure does not happen.
//
// Source: Zeller, Hildebrandt: Simplifying and Isolating Failure-Inducing Input, TSE 2002.

// minimizer reduces failing schedules of one class.
type minimizer struct {
	*explorer
	class  string
	tries  int           // runs that are left
	steps  int           // at which it ends, in all runs
	before time.Duration // when it ends
}

const (
	maxFailures  = 12                     // schedules that are reduced, at most
	maxSearch    = 300                    // schedules explored to find them
	maxMinimize  = 500 * time.Millisecond // real time for all of it
	maxMoreSteps = 2_000_000              // steps for all of it
)

// found is a failing schedule.
type found struct {
	full      []int32
	decisions []decision
	log       []step
	steps     int
}

// minimize returns the smallest schedule it can find that fails as the run i of the plan did.
func (m *minimizer) minimize(i int, first found) []decision {
	m.steps, m.before = m.spent+maxMoreSteps, m.clock.elapsed()+maxMinimize
	if m.spentAll() || m.fails(nil) {
		return m.orNil(first.decisions)
	}
	all := m.collect(i, first)
	best := first.decisions
	for _, f := range all {
		if m.spentAll() || len(best) <= 1 {
			break
		}
		if ds := m.reduce(f.decisions); cost(ds) < cost(best) {
			best = ds
		}
	}
	if len(best) > 1 {
		best = m.search(best)
	}
	return best
}

// orNil is the empty schedule, if that has failed, or what there is.
func (m *minimizer) orNil(ds []decision) []decision {
	if m.tries < m.explorer.tries {
		return nil
	}
	return ds
}

// spentAll tells whether the budget is used up.
func (m *minimizer) spentAll() bool {
	return m.tries <= 0 || m.spent >= m.steps || m.clock.elapsed() >= m.before
}

// collect explores on, for other schedules that fail in the same way, and returns the smallest
// ones first. It uses at most a third of the budget.
func (m *minimizer) collect(i int, first found) []found {
	all, tries, steps := []found{first}, m.tries*2/3, m.spent+maxMoreSteps/3
	for k := i + 1; k < i+maxSearch && len(all) < maxFailures; k++ {
		if m.tries <= tries || m.spent >= steps || m.spentAll() {
			break
		}
		m.tries--
		w := m.once(m.plan(k))
		if w.failure == nil || w.failure.class() != m.class {
			continue
		}
		f := found{full: slices.Clone(w.history.full)}
		m.tries--
		w = m.once(run{repeat: f.full})
		f.decisions = slices.Clone(w.history.made)
		all = append(all, f)
	}
	slices.SortStableFunc(all, func(a, b found) int { return cost(a.decisions) - cost(b.decisions) })
	return all
}

// cost orders schedules: few decisions, and few of the clock among them.
func cost(ds []decision) int {
	n := 2 * len(ds)
	for _, d := range ds {
		if d.to == theClock {
			n++
		}
	}
	return n
}

// fails runs a schedule.
func (m *minimizer) fails(ds []decision) bool {
	m.tries--
	w := m.once(run{replay: true, forced: ds})
	return w.failure != nil && w.failure.class() == m.class
}

// reduce leaves out decisions: first those of the clock, then halves, quarters, and so on.
func (m *minimizer) reduce(ds []decision) []decision {
	still := slices.DeleteFunc(slices.Clone(ds), func(d decision) bool { return d.to == theClock })
	if len(still) < len(ds) && m.fails(still) {
		ds = still
	}
	for size := (len(ds) + 1) / 2; size >= 1; size /= 2 {
		for ds = m.sweep(ds, size); size == 1 && m.again(&ds); {
		}
	}
	return ds
}

// again sweeps by single decisions once more, and reports whether that helped.
func (m *minimizer) again(ds *[]decision) bool {
	before := len(*ds)
	*ds = m.sweep(*ds, 1)
	return len(*ds) < before
}

// sweep tries to leave out each run of size decisions.
func (m *minimizer) sweep(ds []decision, size int) []decision {
	for i := 0; i < len(ds) && !m.spentAll(); {
		rest := slices.Delete(slices.Clone(ds), i, min(i+size, len(ds)))
		if m.fails(rest) {
			ds = rest
		} else {
			i += size
		}
	}
	return ds
}

// search tries all schedules with a single decision, and then, if that is an improvement, with
// two. It returns the first that fails, or ds if none does within the budget.
func (m *minimizer) search(ds []decision) []decision {
	singles := m.extensions(nil)
	for _, one := range singles {
		if m.spentAll() {
			return ds
		}
		if m.fails([]decision{one}) {
			return []decision{one}
		}
	}
	if len(ds) <= 2 {
		return ds
	}
	for _, one := range singles {
		for _, two := range m.extensions([]decision{one}) {
			if m.spentAll() {
				return ds
			}
			if m.fails([]decision{one, two}) {
				return []decision{one, two}
			}
		}
	}
	return ds
}

// extensions lists what else could be decided in the schedule ds, after its last decision;
// decisions of the clock come last.
func (m *minimizer) extensions(ds []decision) []decision {
	if m.spentAll() {
		return nil
	}
	m.tries--
	w := m.once(run{replay: true, forced: ds, survey: true})
	others := slices.Clone(w.history.others)
	if len(ds) > 0 {
		last := ds[len(ds)-1].turn
		if i := slices.IndexFunc(others, func(d decision) bool { return d.turn == last }); i >= 0 {
			others = slices.DeleteFunc(others[i:], func(d decision) bool { return d.turn == last })
		}
	}
	slices.SortStableFunc(others, func(a, b decision) int { return clockLast(a) - clockLast(b) })
	return others
}

func clockLast(d decision) int {
	if d.to == theClock {
		return 1
	}
	return 0
}
