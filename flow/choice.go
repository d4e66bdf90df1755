package flow

import (
	"errors"
	"runtime/debug"
	"slices"
	"sync/atomic"

	"github.com/runnel-go/runnel"
)

// Prefer lets the process take from these inputs first, in this order: from one of them only while
// none before it has something, and from the others, fairly, only while none of these has. An
// input that always has something lets those behind it starve.
func Prefer(inputs ...string) ProcOption {
	return func(s *settings) {
		if len(inputs) == 0 {
			s.wrong = append(s.wrong, "Prefer(): want inputs")
		}
		s.prefer = append(s.prefer, inputs...)
	}
}

// preferMistakes are those of Prefer.
func (n node) preferMistakes() (all []string) {
	for i, name := range n.set.prefer {
		if slices.Contains(n.set.prefer[:i], name) {
			all = append(all, "Prefer: "+quote(name)+" twice")
		}
		if !slices.Contains(portNames(n.proc.ends(false)), name) {
			all = append(all, "Prefer: "+n.unknown(name, false))
		}
	}
	return all
}

// choice is how a worker chooses among its inputs, where that is not a fair draw.
//
//	tiers           the ends of the groups of inlets that have the same place in the order
//	wanted[i] = nil the inlet has ended or is not wanted
//	desperate       inlets are open and none is wanted: so all are read, and what comes is refused,
//	                or the end of all comes
//	stale           wanted may not be what the state wants
//
// Within a tier the inlets have their turns one after the other.
type choice struct {
	tiers     []int
	latest    int // the inlet that was served last
	wanted    []runnel.Case
	stale     bool
	desperate bool
	closings  *runnel.RecvCase[struct{}] // the last of wanted, or nil: an edge has been closed
	closed    atomic.Bool                // one has, at some time
}

// chooses prepares the choice of a worker that has its functions, if these need one: it puts the
// inlets that are preferred first. It does so again when there are other functions.
func (w *worker) chooses(order []string) {
	if len(order) == 0 && w.wants == nil && w.choice == nil {
		return
	}
	if w.choice == nil {
		w.choice = &choice{}
		w.ranks(order)
		w.choice.wanted = make([]runnel.Case, len(w.inlets), len(w.inlets)+1)
	}
	if w.wants != nil && w.choice.closings == nil {
		w.watchClosings()
	}
	w.doubts()
}

// ranks sorts the inlets.
func (w *worker) ranks(order []string) {
	place := func(in inlet) int {
		if i := slices.Index(order, in.input()); i >= 0 {
			return i
		}
		return len(order)
	}
	if len(order) > 0 {
		slices.SortStableFunc(w.inlets, func(a, b inlet) int { return place(a) - place(b) })
	}
	for i, in := range w.inlets {
		in.seat(i)
		if i+1 == len(w.inlets) || place(w.inlets[i+1]) != place(in) {
			w.choice.tiers = append(w.choice.tiers, i+1)
		}
	}
}

// doubts lets the worker ask again which inputs are wanted, before it takes a message.
func (w *worker) doubts() {
	if w.choice != nil {
		w.choice.stale = true
	}
}

// watchClosings lets the worker hear of the end of edges that it does not read.
func (w *worker) watchClosings() {
	c := w.choice
	closings := runnel.New[struct{}](runnel.Buffer(1))
	c.closings = runnel.RecvFrom(closings)
	c.wanted = append(c.wanted, c.closings)
	for _, in := range w.inlets {
		in.onClose(func(error) {
			c.closed.Store(true)
			closings.TrySend(struct{}{})
		})
	}
}

// nextSpecial is next for a worker with a rank, a state or a choice.
func (w *worker) nextSpecial() bool {
	if w.rank != nil {
		w.rank.leave()
	}
	if w.untold() != nil {
		return w.catchesUp()
	}
	switch {
	case w.rank != nil:
		if !w.rank.receives() {
			return w.interrupted()
		}
		if len(w.inlets) == 1 {
			return w.inlets[0].one(w)
		}
	case w.choice != nil:
		return w.pick()
	}
	return w.receive()
}

// asks finds out which inputs the state wants. It is the user's code that tells.
func (w *worker) asks() {
	c := w.choice
	c.stale, c.desperate = false, false
	copy(c.wanted, w.cases)
	if w.wants == nil {
		return
	}
	w.rid()
	w.begins() // so that a pause does not wait for the user's code
	returned := false
	defer func() {
		if !returned {
			w.cannotAsk(escape(recover()), debug.Stack())
		}
	}()
	c.desperate = true
	for i, in := range w.inlets {
		if w.cases[i] == nil || in.from().isSignal() {
			continue
		}
		if w.wants(in.input()) {
			c.desperate = false
		} else {
			c.wanted[i] = nil
		}
	}
	if c.desperate {
		copy(c.wanted, w.cases)
	}
	returned = true
}

// cannotAsk ends the flow: to pass over it would mean to ask for ever.
func (w *worker) cannotAsk(err error, stack []byte) {
	failure := w.failure(nil, err, stack)
	w.p.failed.Add(1)
	w.p.f.eventFailed(failure, true)
	_ = publish(w.p.f.hard, w.p.f.failures, &w.p.failing, failure) // if not taken it is counted
	w.p.f.fail(failure)
}

// pick takes a message from the first inlet in order that has one, and waits for one if none has.
func (w *worker) pick() bool {
	if w.p.f.halted() {
		return w.interrupted()
	}
	w.asks()
	if w.enter(true) != nil {
		return false
	}
	c := w.choice
	if c.stale {
		return true // a pause or a swap has come between
	}
	if c.closed.Load() {
		if i := w.unreadEnd(); i >= 0 {
			return w.inlets[i].chosen(w)
		}
	}
	from := 0
	for _, to := range c.tiers {
		if i := c.ready(from, to); i >= 0 {
			return w.inlets[i].chosen(w)
		}
		from = to
	}
	w.idles()
	one, err := runnel.SelectPriority(w.ctx, c.wanted...)
	if err != nil {
		return w.interrupted()
	}
	if i := slices.Index(c.wanted, one); i < len(w.inlets) {
		c.latest = i
		return w.inlets[i].chosen(w)
	}
	return true
}

// ready takes a value from one of the inlets of a tier, -1 if none has one: from that behind the
// latest, if it has.
func (c *choice) ready(from, to int) int {
	n := to - from
	first := 0
	if c.latest >= from && c.latest < to {
		first = c.latest - from + 1
	}
	for k := range n {
		i := from + (first+k)%n
		if c.wanted[i] == nil {
			continue
		}
		if _, err := runnel.TrySelect(c.wanted[i]); err == nil {
			c.latest = i
			return i
		}
	}
	return -1
}

// unreadEnd takes the end of an edge that the state does not want, -1 if there is none. So it is
// told, and a cycle can end.
func (w *worker) unreadEnd() int {
	for i, in := range w.inlets {
		if w.cases[i] == nil || w.choice.wanted[i] != nil || !in.drained() {
			continue
		}
		if _, err := runnel.TrySelect(w.cases[i]); err == nil {
			return i
		}
	}
	return -1
}

// refusing lets a message fail that came where nothing is wanted.
func refusing[A any](w *worker, f func(A) error) func(A) error {
	if w.wants == nil {
		return f
	}
	return func(v A) error {
		if w.choice.desperate {
			return ErrUnwanted
		}
		return f(v)
	}
}

// ending is what is to be done when an input has ended.
type ending struct {
	input string
	open  int // edges that have not ended
	told  bool
	fails bool // the call has not come to a good end
	f     func() error
}

// endings are what a worker tells its state of the ends of inputs.
type endings []*ending

// of finds the ending of an input, nil if nobody wants to know.
func (es endings) of(input string) *ending {
	for _, e := range es {
		if e.input == input {
			return e
		}
	}
	return nil
}

// hears lets f be called when the input has ended; but not if the same state has been told before.
func (w *worker) hears(input string, before endings, f func() error) {
	e := &ending{input: input, f: f}
	for i, in := range w.inlets {
		if in.input() == input && (i >= len(w.cases) || w.cases[i] != nil) {
			e.open++
		}
	}
	if same := before.of(input); same != nil {
		e.told = same.told
	}
	w.endings = append(w.endings, e)
}

// endsEdge is what follows the end of an edge where the state may want to know: the last one of an
// input ends that. The cycle hears of it when the state has been told, which may send.
func (w *worker) endsEdge(input string) (more bool) {
	if e := w.endings.of(input); e != nil && e.loses() {
		return w.tell(e)
	}
	w.p.settle(w, false)
	return true
}

// loses counts an edge that has ended, and tells whether it was the last one.
func (e *ending) loses() bool {
	e.open--
	return e.open == 0
}

// untold is an end that the state has not been told: of an input without an edge, or from before
// a swap.
func (w *worker) untold() *ending {
	for _, e := range w.endings {
		if e.open == 0 && !e.told {
			return e
		}
	}
	return nil
}

// catchesUp tells the state of an end that it has not been told, if there is one still.
func (w *worker) catchesUp() (more bool) {
	if w.enter(true) != nil {
		return false
	}
	e := w.untold()
	return e == nil || w.tell(e)
}

// anew lets a new state be told of the ends before it; but not where that has failed.
func (es endings) anew() {
	for _, e := range es {
		e.told = e.fails
	}
}

// tell tells the state that an input has ended.
func (w *worker) tell(e *ending) (more bool) {
	e.told, e.fails = true, true
	defer w.p.settle(w, false)
	w.begins()
	err := e.f()
	switch {
	case err == nil:
		e.fails = false
		return true
	case errors.Is(err, ErrDone):
		w.p.quit(ErrDone)
		return false
	}
	return w.fail(err, nil) && !w.pending()
}
