package pipe

import (
	"context"

	"github.com/runnel-go/runnel"
)

// order lets n workers run at once and their results leave in the order of the values. Every
// value gets a ticket, 0, 1, 2, …, when it is received; the end of the input gets the last one.
//
//	next ≤ taken ≤ next + n    at most n values are in the stage: taken ones, not yet sent on
//	slots[t mod n]             what is known of ticket t, next ≤ t < taken, before its turn
//	taking                     one worker is receiving, so tickets are in order of receipt
//	the worker with ticket next is the only one who may send
//
// A worker that is done before its turn leaves the outcome in the slot and takes another value,
// as long as the window of n is open. The one whose turn it is sends its results, and then
// those that lie in the slots behind it. So a worker is idle only while another is receiving,
// or while the window is closed.
//
// The lock is never held during an operation on a channel.
type order[A, B any] struct {
	*stage[A, B]
	n uint64
	f func(context.Context, A, *turn[A, B]) error

	mu     runnel.Mutex
	next   uint64 // changed by the worker whose turn it is
	taken  uint64
	slots  []outcome[A, B]
	taking bool
	ended  bool // no more values are taken
	closed bool // out is closed, nothing is left in the slots

	idle, woken int // workers that wait for wake; wake-ups that nobody has come for yet
	wake        *runnel.Chan[struct{}]
}

// outcome is what is known of a ticket.
type outcome[A, B any] struct {
	state  progress
	out    B           // of result
	err    error       // of failed and over
	waiter *turn[A, B] // of waiting
}

type progress uint8

const (
	running progress = iota // nothing is known yet
	waiting                 // its worker waits for its turn, to send
	passed                  // done, nothing is left to send
	result                  // done, out is to be sent
	failed                  // the output closes with err
	over                    // the input has ended with err, and so does the output
)

// turn is a worker with the value that it has.
type turn[A, B any] struct {
	*order[A, B]
	ticket  uint64
	first   bool // ticket = next, as far as this worker knows; it stays true until it passes
	val     A
	outcome outcome[A, B]
	busy    bool                   // in f
	entered bool                   // it has the right to receive, as after enter
	emitter func(B) error          // emit, for FlatMap
	refused error                  // what emit returned
	ready   *runnel.Chan[struct{}] // tells the waiting worker that its turn has come
}

func newOrder[A, B any](s *stage[A, B], n int) *order[A, B] {
	return &order[A, B]{
		stage: s, n: uint64(n), slots: make([]outcome[A, B], n),
		wake: runnel.New[struct{}](runnel.Buffer(n)),
	}
}

func (o *order[A, B]) start(f func(context.Context, A, *turn[A, B]) error) runnel.Receiver[B] {
	o.f = f
	return o.stage.start(int(o.n), func() { (&turn[A, B]{order: o}).work() })
}

// work is a worker.
func (t *turn[A, B]) work() {
	over := false
	defer func() {
		switch {
		case t.busy:
			t.finish(escape(recover()))
		case !over:
			t.out.CloseWith(errHook)
			t.abandon()
		}
	}()
	for t.entered || t.enter() {
		t.entered = false
		v, err := t.in.Recv(t.ctx)
		t.took(err != nil)
		if err != nil {
			t.end(err)
			break
		}
		t.val, t.busy, t.outcome = v, true, outcome[A, B]{state: passed}
		if err = t.f(t.ctx, v, t); err == nil {
			err = t.refused
		}
		if err != nil {
			err = t.failure(err)
		}
		t.finish(err)
	}
	over = true
}

// result says that b is the result for the value.
func (t *turn[A, B]) result(b B) { t.outcome = outcome[A, B]{state: result, out: b} }

// emit sends b, in its turn. An error gives it back: the stage has stopped, or f has returned.
func (t *turn[A, B]) emit(b B) error {
	if !t.busy {
		return runnel.ErrClosed
	}
	err := t.await()
	if err == nil {
		err = t.out.Send(t.ctx, b)
	}
	if err != nil {
		t.refused = err
	}
	return err
}

// finish settles what became of the value: err if f has failed.
func (t *turn[A, B]) finish(err error) {
	t.busy = false
	oc := t.outcome
	if err != nil {
		t.reject(t.val)
		t.stop()
		if !t.out.Stats().Closed { // else whoever closed it cancels in, and knows why
			t.in.Cancel(err)
		}
		oc = outcome[A, B]{state: failed, err: err}
	}
	var none A
	t.val, t.outcome = none, outcome[A, B]{} // not kept alive while waiting
	t.settle(oc)
}

// end settles the end of the input. If it is ctx that has ended, nobody waits for a slow f.
func (t *turn[A, B]) end(err error) {
	if t.ctx.Err() != nil {
		t.out.CloseWith(causeOf(t.ctx))
		t.abandon()
		return
	}
	t.settle(outcome[A, B]{state: over, err: err})
}

// enter waits until this worker may receive: true, or until nothing more is received.
func (o *order[A, B]) enter() bool {
	may, waits := o.mayEnter(false)
	for waits {
		o.wake.Recv(context.Background()) // ends with a wake-up, or once no more values are taken
		may, waits = o.mayEnter(true)
	}
	return may
}

// mayEnter tells whether this worker may receive, or has to wait for a wake-up to ask again. It
// does not wait itself, as a lock that is given up around a wait would not survive a panic in
// it, by which package sim ends a schedule.
func (o *order[A, B]) mayEnter(woken bool) (may, waits bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if woken {
		o.woken--
	}
	switch {
	case o.ended:
		return false, false
	case o.open():
		o.taking = true
		return true, false
	}
	o.idle++
	return false, true
}

// open tells whether a worker may begin to receive. The lock is held.
func (o *order[A, B]) open() bool { return !o.taking && o.taken-o.next < o.n }

// took gives a ticket to what was received, which may be the end.
func (t *turn[A, B]) took(end bool) {
	t.mu.Lock()
	t.ticket = t.taken
	t.first = t.ticket == t.next
	t.taken++
	t.taking = false
	t.unlockAndWake()
	if end {
		t.stop()
	}
}

// unlockAndWake wakes an idle worker if it may receive. One wake-up at a time is enough: who
// comes to receive wakes the next, who finds the way barred again waits for whoever bars it.
func (o *order[A, B]) unlockAndWake() {
	wake := o.idle > 0 && o.woken == 0 && !o.ended && o.open()
	if wake {
		o.idle--
		o.woken++
	}
	o.mu.Unlock()
	if wake {
		o.wake.TrySend(struct{}{})
	}
}

// stop takes no more values, and lets idle workers go.
func (o *order[A, B]) stop() {
	o.mu.Lock()
	o.ended = true
	o.mu.Unlock()
	o.wake.Close()
}

// settle carries the outcome of the worker's ticket out, and then those behind it, or leaves it
// to the worker whose turn it is.
func (t *turn[A, B]) settle(oc outcome[A, B]) {
	if !t.first && t.leaveInSlot(oc) {
		return
	}
	for t.carryOut(oc) {
		oc = t.pass()
		if oc.state == running || oc.state == waiting {
			return
		}
	}
	t.abandon()
}

// leaveInSlot reports false if the turn has come after all.
func (t *turn[A, B]) leaveInSlot(oc outcome[A, B]) bool {
	t.mu.Lock()
	closed := t.closed
	t.first = t.ticket == t.next
	if !t.first && !closed {
		t.slots[t.ticket%t.n] = oc
	}
	t.mu.Unlock()
	if !t.first && closed {
		t.dispose(oc)
	}
	return !t.first
}

// carryOut reports whether the stage goes on.
func (o *order[A, B]) carryOut(oc outcome[A, B]) bool {
	switch oc.state {
	case result:
		return o.send(oc.out)
	case failed:
		o.out.CloseWith(oc.err)
		return false
	case over:
		o.out.CloseWith(ending(o.ctx, oc.err))
		return false
	}
	return true
}

// pass gives the turn to the next ticket and returns its outcome, if that is known.
//
// If there is nothing more to carry out, this worker will come to receive, so it takes its
// right to do so while it has the lock.
func (t *turn[A, B]) pass() outcome[A, B] {
	t.mu.Lock()
	t.next++
	slot := &t.slots[t.next%t.n]
	oc := *slot
	if oc.state != running {
		*slot = outcome[A, B]{}
	} else if t.open() && !t.ended { // a worker that will not come has set ended
		t.taking, t.entered = true, true
	}
	t.unlockAndWake()
	if oc.state == waiting {
		oc.waiter.ready.TrySend(struct{}{})
	}
	return oc
}

// await waits until it is the worker's turn.
func (t *turn[A, B]) await() error {
	if t.first {
		return nil
	}
	if t.ready == nil {
		t.ready = runnel.New[struct{}](runnel.Buffer(1))
	}
	if t.leaveInSlot(outcome[A, B]{state: waiting, waiter: t}) {
		t.ready.Recv(t.ctx)
		t.look()
	}
	if t.first {
		return nil
	}
	return t.stopped()
}

// look finds out whether it is the worker's turn.
func (t *turn[A, B]) look() {
	t.mu.Lock()
	t.first = t.ticket == t.next
	t.mu.Unlock()
}

// abandon accounts for all that lies in the slots: out is closed.
func (o *order[A, B]) abandon() {
	o.mu.Lock()
	left := o.slots
	if !o.closed {
		o.slots = make([]outcome[A, B], o.n)
	} else {
		left = nil
	}
	o.closed = true
	o.mu.Unlock()
	o.stop()
	for _, oc := range left {
		o.dispose(oc)
	}
}

// dispose accounts for an outcome that is not carried out any more.
func (o *order[A, B]) dispose(oc outcome[A, B]) {
	switch oc.state {
	case result:
		o.out.Discard(oc.out, runnel.Undelivered)
	case waiting:
		oc.waiter.ready.TrySend(struct{}{})
	}
}
