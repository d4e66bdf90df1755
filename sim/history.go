package sim

// history is what was decided in a run. It is kept twice.
//
// In full, as one number for each decision: that costs next to nothing and suffices to run the
// very same schedule again, whatever the strategy was.
//
// And, when such a run is gone through again, as deviations from a policy that switches only
// where it must. So most of a schedule goes without saying, and what is left can be removed
// piece by piece (minimize.go) and written into a short token (token.go).
//
// The default policy: the task that runs goes on. Where it is blocked, has ended, or its last
// operation found nothing to do, the next one in the order of creation goes on, round robin.
// Select takes the first case that is ready. The clock moves only when no task can run.
type history struct {
	mode     mode
	full     []int32    // each decision: the id of the task that goes on, or the choice
	script   []int32    // what is repeated: the full history of an earlier run
	at       int        // in script
	diverged bool       // what is repeated or forced did not fit
	made     []decision // deviations, unless exploring
	forced   map[string][]decision
	left     int        // forced decisions that have not been used
	others   []decision // what else could have been decided, while surveying
	survey   bool
	verbose  bool // events are kept, for a report
	events   []event
	skipped  int  // events that were too many to be kept
	changed  bool // the decision before the next event was against the default
}

// mode is where decisions come from.
type mode uint8

const (
	exploring mode = iota // from the strategy
	repeating             // from the full history of an earlier run
	replaying             // from the default policy and forced deviations
)

// A turn is a decision by names, which mean something in other runs, too: the n-th of a task.
type turn struct {
	path string
	n    int
}

// decision is a deviation from the default policy: at its turn a task lets another one go on,
// or makes a choice.
type decision struct {
	turn
	to     string // path of the task that goes on; empty for a choice
	choice int    // among the cases of a Select, or of T.Choose
}

// theClock is the path of the clock.
const theClock = "*"

const clockID = -1

// pick decides who goes on; clock says whether the clock may.
//
//go:norace
func (h *history) pick(w *world, clock bool) *task {
	t := w.current
	if t == nil { // the body begins
		if w.dpor != nil {
			w.dpor.pick(w, false)
		}
		return w.ready[0]
	}
	if w.steps > w.limit/2 {
		if w.dpor != nil {
			w.dpor.tooLong = true
		}
		return w.fair(t)
	}
	chosen := w.ready[0]
	switch h.mode {
	case exploring:
		if len(w.ready) > 1 || clock || w.dpor != nil {
			chosen = w.strategy.pick(w, clock)
		}
		h.full = append(h.full, int32(chosen.id))
		t.turns++
		return chosen
	case repeating:
		chosen = h.repeated(w)
	case replaying:
		chosen = h.pickForced(w, t)
	}
	h.note(w, t, chosen)
	t.turns++
	return chosen
}

// repeated is who went on in the run that is repeated.
func (h *history) repeated(w *world) *task {
	id, ok := h.again()
	switch {
	case ok && id == clockID && w.mayTick():
		return &w.ticker
	case ok && id >= 0 && id < len(w.tasks) && w.tasks[id].state == ready:
		return w.tasks[id]
	}
	h.diverged = true
	return w.usual(w.current)
}

// again is the next decision of the run that is repeated.
func (h *history) again() (n int, ok bool) {
	if h.diverged || h.at == len(h.script) {
		return 0, false
	}
	h.at++
	return int(h.script[h.at-1]), true
}

// pickForced is who goes on by the default policy, unless something else is forced.
func (h *history) pickForced(w *world, t *task) *task {
	if d := t.forcedNow(); d != nil && d.to != "" {
		if c := w.candidate(d.to); c != nil {
			h.left--
			return c
		}
	}
	return w.usual(t)
}

// forcedNow is what is forced at the turn of t, or nil.
func (t *task) forcedNow() *decision {
	for i := range t.forced {
		if t.forced[i].n == t.turns {
			return &t.forced[i]
		}
	}
	return nil
}

// note keeps that t lets chosen go on, if that is not the default.
func (h *history) note(w *world, t, chosen *task) {
	usual := w.usual(t)
	if chosen != usual {
		h.changed = true
		h.made = append(h.made, decision{turn: turn{t.path(), t.turns}, to: chosen.path()})
	}
	if !h.survey {
		return
	}
	for _, r := range w.ready {
		if r != usual {
			h.others = append(h.others, decision{turn: turn{t.path(), t.turns}, to: r.path()})
		}
	}
	if w.mayTick() {
		h.others = append(h.others, decision{turn: turn{t.path(), t.turns}, to: theClock})
	}
}

// choose decides among n possibilities.
func (h *history) choose(w *world, t *task, n int) (i int) {
	switch h.mode {
	case exploring:
		i = w.strategy.choose(n)
		h.full = append(h.full, int32(i))
		t.turns++
		return i
	case repeating:
		i, _ = h.again()
		if i < 0 || i >= n {
			h.diverged, i = true, 0
		}
	case replaying:
		if d := t.forcedNow(); d != nil && d.to == "" && d.choice < n {
			i = d.choice
			h.left--
		}
	}
	if i != 0 {
		w.forces(t)
		h.made = append(h.made, decision{turn: turn{t.path(), t.turns}, choice: i})
	}
	for k := 1; h.survey && k < n; k++ {
		h.others = append(h.others, decision{turn: turn{t.path(), t.turns}, choice: k})
	}
	t.turns++
	return i
}

// usual is whom the default policy would let go on after t.
func (w *world) usual(t *task) *task {
	if t.state == ready && !t.idling {
		return t
	}
	var first, next *task
	for _, r := range w.ready {
		if first == nil || r.id < first.id {
			first = r
		}
		if r.id > t.id && (next == nil || r.id < next.id) {
			next = r
		}
	}
	if next != nil {
		return next
	}
	return first
}

// fair is how the second half of a run that does not end is decided: round robin, and the
// clock once in every round. A program that needs more than its share of luck to end, or time
// to pass while it polls, does so now; one that still does not is stuck in a loop.
func (w *world) fair(t *task) *task {
	idling := t.idling
	t.idling = true
	next := w.usual(t)
	t.idling = idling
	if next.id <= t.id && !w.ticked && w.mayTick() {
		w.ticked = true
		return &w.ticker
	}
	w.ticked = false
	return next
}

// candidate finds who is ready, by path.
func (w *world) candidate(path string) *task {
	if path == theClock {
		if w.mayTick() {
			return &w.ticker
		}
		return nil
	}
	for _, t := range w.ready {
		if t.path() == path {
			return t
		}
	}
	return nil
}

// force makes h follow these deviations.
func (h *history) force(ds []decision) {
	h.mode, h.left = replaying, len(ds)
	h.forced = make(map[string][]decision, len(ds))
	for _, d := range ds {
		h.forced[d.path] = append(h.forced[d.path], d)
	}
}

// repeat makes h follow an earlier run.
func (h *history) repeat(full []int32) {
	h.mode, h.script = repeating, full
}
