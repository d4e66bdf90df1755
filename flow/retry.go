package flow

import (
	"cmp"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel"
)

// Retry repeats a call that fails, by an error, a panic, Goexit or its timeout, as b says. Only when
// there is no further attempt is it a failure of the process. b.Timeout is the [Timeout] of each
// attempt. The error of a panic is the [runnel.PanicError]: b.If and the waits see through it to an
// error that was passed to panic. A panic of b.If itself is a failure that is not repeated. (Retry of
// package pipe lets panics pass: it is a function, this is a policy for what fails.)
//
// The worker waits with its message in hand, and Status tells it as [Retrying]. While the process
// is paused nothing is tried again; the wait itself goes on. A flow that stops, or whose context
// ends, ends the wait at once, and the message counts as Undelivered; one that drains goes on
// trying.
//
// What an attempt has sent stays sent: a [FlatStep], or a handler, that fails after an output
// sends it again in the next attempt. So it gives at least once. A state is as the attempt left
// it. A [Source] is called again only as long as it has given nothing; see [Restart]. Init is
// repeated too, a Transition is not. After a [Flow.Swap] the next attempt is one of the new function;
// with a state, the message comes to its end by the old one.
func Retry(b runnel.Backoff) ProcOption {
	return func(s *settings) {
		if wrong := b.Check(); wrong != nil {
			s.wrong = append(s.wrong, "Retry: "+wrong.Error())
			return
		}
		s.retry = b
	}
}

// limit is how long a call may take, 0 for ever.
func (s *settings) limit() time.Duration { return cmp.Or(s.timeout, s.retry.Timeout) }

// Restart lets a process begin anew after a failure, and the flow go on.
//
// The state of a [Stateful] process is told Stopped, and made anew by Init, or as the zero value.
// Then the next message comes: the one that failed counts as Failed. If Init fails, in all its
// attempts, the flow ends.
//
// The function of a [Source] is called again, after the first wait of [Retry], if it has given a
// value since it was called last, and its error is not [runnel.Permanent]. If it has given
// nothing, in all its attempts, its failure counts as without Restart: so a source that cannot
// begin does not spin. A source that is to go on where it failed must know itself where that was.
//
// Other processes have nothing to begin anew; see [Skip].
func Restart() ProcOption { return func(s *settings) { s.restart = true } }

// misfits are the options of a process that do not go together, or with its kind.
func (n node) misfits() (all []string) {
	if n.set.restart && n.set.skip {
		all = append(all, "Skip and Restart: want one; Skip goes on with the state as it is, Restart with a new one")
	}
	if t, each := n.set.timeout, n.set.retry.Timeout; t > 0 && each > 0 {
		all = append(all, fmt.Sprintf("Timeout is %v and Backoff.Timeout of Retry is %v: want one; both limit each attempt", t, each))
	}
	if n.set.restart && n.proc.kind != "stateful" && n.proc.kind != "source" {
		all = append(all, "Restart: a "+n.proc.kind+" has neither a state nor a source to begin anew; Skip goes on with the next message")
	}
	if n.set.limit() > 0 && n.proc.kind == "source" {
		all = append(all, "Timeout: the call of a source is to last; let it make a context for what it waits for")
	}
	return all
}

// trial is what a worker knows of a call that may be repeated.
//
//	past = calls that have failed on what is in hand; 0 if there was none, or nothing is
//	again ≠ nil ⇒ it is in hand
type trial struct {
	again inlet         // its function is to be called again
	past  atomic.Uint32 // read by Status
	wait  time.Duration // before the next call
	fed   bool          // the source is not to be called any more
	gave  bool          // the source has given a value, since it was called; if anybody asks

	judged error // the user's If is asked about it, or has panicked
	broken error // the function did not return; to be dealt with next
	stack  []byte
}

// pending tells whether something other than the next message is to be done next.
func (w *worker) pending() bool { return w.again != nil || w.init != nil }

// repeats tells whether the call that failed is made again, and prepares that.
func (w *worker) repeats(in inlet, err error) bool {
	past := int(w.past.Load()) + 1
	if !w.worth(in, past, err) {
		return false
	}
	switch {
	case in != nil:
		w.again = in
	case w.phase == making:
		w.init, w.phase = w.make, unborn
	case w.source != nil && !w.gave:
		w.fed = false
	default:
		return false
	}
	w.past.Store(uint32(past))
	w.wait = w.p.set.retry.Delay(past, err)
	w.p.retried.Add(1)
	return true
}

// worth asks the policy, and the user's If. If that does not return, fail is called again, with
// the message still in hand.
func (w *worker) worth(in inlet, past int, err error) bool {
	if past >= w.p.set.retry.Attempts {
		return false
	}
	w.busy, w.judged = in, err
	again := w.p.set.retry.Again(past, err)
	w.busy, w.judged = nil, nil
	return again
}

// reattempt calls the function once more on the message in hand.
func (w *worker) reattempt() bool {
	in := w.again
	w.again = nil
	if w.wait > 0 && !w.sitOut() || w.enter(false) != nil || w.p.unneeded.Load() {
		w.givesUp(in)
		return true // to be told of the end
	}
	call := in.call() // Swap may put in another one as soon as nothing moves
	w.busy = in
	if w.timeout > 0 {
		w.arms()
	}
	w.begins()
	if !w.carried(call()) {
		return w.pending() || w.conclude()
	}
	w.past.Store(0)
	return true
}

// sitOut waits before the next attempt. A pause does not stop the clock, but the worker rests
// at the gate meanwhile. It reports whether there is to be an attempt at all.
func (w *worker) sitOut() bool {
	timer := runnel.After(w.wait)
	defer timer.Cancel(nil)
	w.wait = 0
	err := w.enter(false)
	for err == nil {
		w.waits(retrying, nil)
		if _, ended := timer.Recv(w.ctx); ended == nil {
			w.stamp()
			w.stampDue = 0
			return true
		}
		err = w.gate.pass(w, false)
	}
	return false
}

// onceMore is a policy for all errors but the permanent ones.
var onceMore = runnel.Backoff{Attempts: 2}

// restarts tells whether the process begins anew after a failure, and prepares that.
func (w *worker) restarts(err error) bool {
	switch {
	case !w.p.set.restart:
		return false
	case w.source != nil:
		if !w.gave || !onceMore.Again(1, err) {
			return false
		}
		w.fed, w.wait = false, w.p.set.retry.Delay(1, err)
	case w.phase == alive:
		w.init, w.phase = w.make, failed
	case w.phase == unborn: // it failed on being told that it has failed
	default:
		return false
	}
	return true
}

// attempt is the number of the call in hand, or of the next one if it is waited for, from 1; 0 if
// nothing is in hand.
func (w *worker) attempt(does activity, inHand bool) int {
	past := int(w.past.Load())
	switch does {
	case receiving, gone:
		return 0
	case resting:
		if past == 0 && !inHand && w.p.proc.kind != "source" {
			return 0
		}
	}
	return past + 1
}
