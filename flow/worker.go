package flow

import (
	"context"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel"
)

// activity is what a worker does at a moment. While it moves a value, takes or gives, it is
// one whom Pause waits for.
//
//	at = done·16 + activity;  done = the messages carried through when at was published, which is
//	                         before every wait for a message, every rest between two and every loss
//	steps = direct + Σ passed through the valves of the inlets = the messages begun with
//	messages carried through = max(done, steps - lost - 1), since one is in hand at most
//	activity ∈ {moving, receiving, sending} ⇒ the worker will come by the gate, or by leave,
//	                                           as soon as its context ends
type activity = uint64

const (
	stepping  activity = iota // in the user's function
	moving                    // at an edge, and not waiting as far as anybody knows
	receiving                 // waits for a value
	sending                   // waits for room on the edge on
	resting                   // waits at the gate: the process is paused
	gone                      // has ended
	retrying                  // waits before the next attempt
	queued                    // waits for its turn in a line, see lineup
	limits                    // waits for the right to compute

	doing   = 15 // the bits of the activity
	oneStep = 16
)

// worker is a goroutine of a process. What is atomic is read by Status.
type worker struct {
	p     *process
	gate  *gate // of p
	at    atomic.Uint64
	since atomic.Int64 // when it began with what it does, as far as known: see moment
	on    atomic.Pointer[link]
	asked atomic.Bool // somebody has read the age of a step that was not timed: time the next

	ctx     context.Context // of waits; ends when the process is paused or the flow stops
	turn    *Turn
	timeout time.Duration      // of p
	endTurn context.CancelFunc // nil without a timeout
	inlets  []inlet
	open    int           // inlets that have not ended, without signals
	cases   []runnel.Case // of inlets, if there are several; nil for those that have ended
	outlets []outlet
	busy    inlet         // that of the message in hand
	given   bool          // an edge of several has taken the value in hand
	paused  bool          // the state has been told Paused, and not yet Resumed
	settled bool          // the cycle has been told that nothing comes from outside any more
	holdsUp bool          // the cycle is not to end, because of a signal in hand
	lost    atomic.Uint64 // messages that were rejected
	direct  atomic.Uint64 // messages that came by other ways than a valve
	count   uint64        // all messages that were begun with

	special bool                    // it has one of those that follow, or a state: see nextSpecial
	rank    *rank                   // its place where messages have an order
	choice  *choice                 // how it chooses among inputs
	wants   func(input string) bool // of the state, nil for all
	endings endings                 // of inputs, that the state is told
	slots   *runnel.Chan[struct{}]  // the limit of calls that compute
	slot    bool                    // it has the right to compute
	insists bool                    // the value in hand is given also by a source that drains

	stamped  time.Duration // the last reading of the clock
	sampled  uint64        // steps at that time
	stampDue uint64        // steps at which it is read next

	trial
	source  func() error
	mem     any          // a pointer to the state
	phase   phase        // of the state
	init    func() error // makes the state, next
	make    func() error
	change  func(Transition) error
	state   func() any
	grave   *spout[*Failure] // for failures, nil if they are not connected
	burying bool             // a failure is given to it
}

func newWorker(p *process) *worker {
	w := &worker{p: p, gate: p.gate, ctx: p.gate.context(), timeout: p.set.limit()}
	w.turn = &Turn{p.life, w}
	w.rank = p.lineup.rank(w)
	if p.set.load == Compute {
		w.slots = p.f.slots
	}
	for _, q := range p.proc.ends(true) {
		w.outlets = append(w.outlets, q.outlet(w, q.name, p.outs[q.name]))
	}
	w.digs()
	p.equip(w)
	w.limitSource()
	w.chooses(p.set.prefer)
	w.cases = make([]runnel.Case, len(w.inlets))
	for i, in := range w.inlets {
		if w.cases[i] = in.wish(); !in.from().isSignal() {
			w.open++
		}
	}
	w.special = w.rank != nil || w.choice != nil || w.state != nil
	return w
}

// run is the goroutine. If a function of the user ends it, another one takes over.
func (w *worker) run() {
	returned := false
	defer func() {
		if !returned {
			runnel.Go(w.run)
		}
	}()
	for w.spell() {
	}
	returned = true
	w.leave()
}

// spell does the work of the worker until it ends, or the user's function fails; it reports
// whether there is more to do.
func (w *worker) spell() (more bool) {
	returned := false
	defer func() {
		if !returned {
			w.broken, w.stack, more = escape(recover()), debug.Stack(), true
		}
	}()
	more = w.work()
	returned = true
	return more
}

// work is spell without what catches panics.
func (w *worker) work() bool {
	switch {
	case w.broken != nil:
		return w.collapses()
	case w.again != nil:
		return w.reattempt()
	case w.source != nil:
		return w.feed()
	case w.init != nil:
		return w.begin()
	}
	if w.untold() != nil {
		return w.catchesUp() || w.pending() || w.conclude()
	}
	if !w.paused || w.interrupted() { // it may be that a transition has panicked, and the pause is over
		for w.open > 0 && w.next() {
		}
	}
	return w.pending() || w.conclude()
}

// conclude tells the state of the end.
func (w *worker) conclude() bool {
	if w.phase != alive && w.phase != failed {
		return false
	}
	w.phase = dead
	t := Ended
	if w.p.f.halted() {
		t = Stopped
	}
	if w.change == nil {
		return false
	}
	w.begins()
	if err := w.change(t); err != nil {
		return w.fail(err, nil)
	}
	return false
}

// feed runs a source, once if nobody asks for more.
func (w *worker) feed() bool {
	if w.fed {
		return false
	}
	w.stamp()
	if !w.atWork() {
		return false
	}
	w.fed, w.gave = true, false
	if err := w.source(); err != nil {
		return w.fail(err, nil)
	}
	return false
}

// begin makes the state.
func (w *worker) begin() bool {
	if w.phase == failed {
		return w.release()
	}
	w.stamp()
	if !w.atWork() {
		return false
	}
	_ = w.refit() // of a Swap before the first message; there is no state yet that could be told
	f := w.init
	if w.init = nil; f == nil {
		return true
	}
	w.phase = making
	if err := f(); err != nil {
		return w.fail(err, nil)
	}
	w.phase, w.paused = alive, false
	w.past.Store(0)
	w.endings.anew()
	return true
}

// release tells a state that has failed of its end, before there is a new one.
func (w *worker) release() bool {
	if !w.atWork() {
		return w.conclude()
	}
	w.phase = unborn
	if w.change == nil {
		return true
	}
	if err := w.change(Stopped); err != nil {
		return w.fail(err, nil)
	}
	return true
}

// atWork passes the gate and begins with the user's function, after the wait that is due.
func (w *worker) atWork() bool {
	if w.wait > 0 && !w.sitOut() {
		return false
	}
	if w.enter(false) != nil {
		return false
	}
	w.begins()
	return true
}

// next takes messages and carries them through. It reports whether to go on.
func (w *worker) next() bool {
	if w.special {
		return w.nextSpecial()
	}
	return w.receive()
}

// receive is next where nothing but the inlets is to be looked at.
func (w *worker) receive() bool {
	if len(w.inlets) == 1 {
		return w.inlets[0].next(w)
	}
	return w.choose()
}

// choose is next for several inlets.
func (w *worker) choose() bool {
	if w.enter(true) != nil {
		return false
	}
	c, err := runnel.TrySelect(w.cases...)
	if err == runnel.ErrNotReady {
		w.idles()
		c, err = runnel.Select(w.ctx, w.cases...)
	}
	if err != nil {
		return w.interrupted()
	}
	for i, one := range w.cases {
		if one == c {
			return w.inlets[i].chosen(w)
		}
	}
	return true
}

// interrupted is what follows a wait that ended with its context: that of the flow or, if it
// was a pause, the worker comes by the gate.
func (w *worker) interrupted() bool { return w.gate.pass(w, true) == nil }

// enter is what comes before every movement of a value. between is true between two messages.
func (w *worker) enter(between bool) error {
	if at := w.at.Load(); at&doing != moving {
		w.at.Store(at&^doing | moving)
	}
	if w.gate.closed.Load() {
		return w.gate.pass(w, between)
	}
	return nil
}

// idles publishes that the worker, which has no message, waits for one. It need not look at the
// gate then: who closes that ends the context of the wait before it looks at who waits.
func (w *worker) idles() {
	w.stamp()
	w.stampDue = 0
	w.at.Store(w.done(0)*oneStep | receiving)
}

// begins is what follows a movement: the user's function goes on. A worker that has moved
// something through a valve has published nothing.
func (w *worker) begins() {
	at := w.at.Load()
	if at&doing == stepping {
		return
	}
	w.at.Store(at &^ doing)
	if w.gate.closed.Load() {
		w.gate.tell()
	}
}

// mustBeInCall panics if no function of the user runs, or it waits in another emit: then this emit does not
// belong to the call in hand. While the worker is in another call that cannot be told.
func (w *worker) mustBeInCall() {
	if w.at.Load()&doing != stepping {
		panic("flow: process " + w.p.name + ": emit or Send after its call has returned, or by two goroutines at once")
	}
}

// takes is begins with a new message.
func (w *worker) takes(in inlet) {
	w.count++
	if w.count >= w.stampDue || w.asked.Load() {
		w.sample()
	}
	w.busy = in
	if w.timeout > 0 {
		w.arms()
	}
	w.begins()
}

// arms gives a call its timeout.
func (w *worker) arms() {
	w.turn.Context, w.endTurn = context.WithTimeoutCause(w.p.life, w.timeout, ErrTimeout)
}

// disarms ends the timeout of a call.
func (w *worker) disarms() {
	w.endTurn()
	w.turn.Context, w.endTurn = w.p.life, nil
}

// waits publishes that the worker is about to wait.
func (w *worker) waits(a activity, on *link) {
	if w.slot {
		w.freeSlot()
	}
	w.stamp()
	w.stampDue = 0
	if w.on.Load() != on {
		w.on.Store(on)
	}
	w.at.Store(w.at.Load()&^doing | a)
}

// rid is what follows the end of a message where none may be taken at once.
func (w *worker) rid() { w.at.Store(w.done(0)*oneStep | w.at.Load()&doing) }

// done is how many messages have been carried through, with so many in hand.
func (w *worker) done(inHand uint64) uint64 { return w.count - w.lost.Load() - inHand }

// To read the clock for each message would cost as much as the message. So it is read after
// every wait, and then for every message while they take long, for one of 64 while they
// are quick. What Status says of a step is therefore exact, or a limit: see age.
const (
	quick  = 2 * time.Microsecond
	sparse = 64
)

func (w *worker) stamp() {
	w.stamped = w.p.f.now()
	w.since.Store(int64(w.stamped)<<momentBits | notOfStep)
}

// sample is stamp at the beginning of a step, which finds out when to do that again. What lies
// between a wait and the step after it is no step, and tells nothing of how long those take.
func (w *worker) sample() {
	before, passed, rested := w.stamped, w.count-w.sampled, w.stampDue == 0
	w.stamped = w.p.f.now()
	w.since.Store(int64(w.stamped)<<momentBits | int64(w.count%sparse))
	w.asked.Store(false)
	w.sampled, w.stampDue = w.count, w.count+1
	if passed > 0 && !rested && w.stamped-before < time.Duration(passed)*quick {
		w.stampDue = w.count + sparse
	}
}

// carried ends the step in hand: f has returned err. It reports whether to go on.
func (w *worker) carried(err error) bool {
	if w.endTurn != nil {
		w.disarms()
	}
	if err != nil {
		return w.fail(err, nil) && !w.pending()
	}
	w.busy.done()
	w.busy = nil
	return true
}

// leave ends the worker: the last one of a process ends that.
func (w *worker) leave() {
	if w.rank != nil {
		w.rank.leave()
	}
	w.p.settle(w, true)
	w.stamp()
	w.at.Store(w.done(0)*oneStep | gone)
	w.p.left(w)
}

// verdict tells what the error of an operation under w.ctx means: nil, errRefused, errAgain
// after a pause, or why the flow stops.
func (w *worker) verdict(err error) error {
	switch {
	case err == nil:
		return nil
	case w.ctx.Err() == nil:
		return errRefused
	}
	if err = w.gate.pass(w, false); err != nil {
		return err
	}
	return errAgain
}

// refused is what becomes of a process that an output of its has been closed by its receivers:
// when it has no other it is not needed any more.
func (w *worker) refused() error {
	if w.p.f.halted() {
		return w.p.f.cause()
	}
	for _, o := range w.outlets {
		if o.fan() > 0 && !o.closed() {
			return nil
		}
	}
	w.p.unneeded.Store(true)
	w.p.quit(errUnneeded)
	return errUnneeded
}
