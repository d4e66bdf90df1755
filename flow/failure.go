package flow

import (
	"errors"
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
)

// Failure is a message on which a process failed, after all attempts. It is an error.
//
// Every process has, without saying so, an output "failures" for them, its dead letters. Where that
// is connected they go there, and the flow goes on. A full edge makes the process wait, and one
// that drops counts what it drops. If all who took them have ended, failures end the flow as
// without. The failure of an Init goes there, too, but ends the flow.
type Failure struct {
	Graph    string
	Process  string
	Edge     string    // by which the message came, "" if there was none
	Message  any       // nil if there was none: of a source, Init, or a transition
	State    any       // of a [Stateful] process, after the failure: a copy, as deep as an assignment
	Attempts int       // how often the function was called: see [Retry]
	When     time.Time // it failed, the last time
	Err      error     // of the last attempt: a [runnel.PanicError] for a panic
	Stack    []byte    // of a panic
}

func (e *Failure) Error() string {
	if e.Attempts > 1 {
		return fmt.Sprintf("flow: process %s failed in %d attempts: %v", e.Process, e.Attempts, e.Err)
	}
	return fmt.Sprintf("flow: process %s failed: %v", e.Process, e.Err)
}

// Unwrap returns Err.
func (e *Failure) Unwrap() error { return e.Err }

// escape is the error for a function that did not return: p is what recover gave.
func escape(p any) error {
	if p == nil {
		return errGoexit
	}
	return &runnel.PanicError{Value: p}
}

// fail is what follows an error of the user's function. It reports whether the worker goes on.
func (w *worker) fail(err error, stack []byte) bool {
	if w.endTurn != nil {
		w.disarms()
	}
	in := w.busy
	w.busy = nil
	asked := w.judged
	if w.judged = nil; asked != nil {
		err = fmt.Errorf("%w; asked whether to try again: %w", asked, err)
	}
	switch {
	case in != nil && errors.Is(err, ErrDone):
		w.past.Store(0)
		w.rid()
		in.done()
		w.letGo()
		w.p.quit(ErrDone)
		return false
	case w.p.f.halted():
		w.p.f.halt(w.p.f.cause()) // it may be that nobody has noticed yet that the context has ended
		w.givesUp(in)
		return false
	case w.p.unneeded.Load():
		w.givesUp(in)
		return false
	case w.source != nil && w.told(err):
		return false
	}
	return asked == nil && w.repeats(in, err) || w.report(in, err, stack)
}

// collapses is fail for a function that did not return.
func (w *worker) collapses() bool {
	err, stack := w.broken, w.stack
	w.broken, w.stack = nil, nil
	return w.fail(err, stack) || w.phase == alive
}

// givesUp is the end of a message, if there is one in hand, that nobody wants the results of.
func (w *worker) givesUp(in inlet) {
	w.past.Store(0)
	if in != nil {
		w.loses(in, runnel.Undelivered)
	}
}

// loses is the end of a message that is not carried through.
func (w *worker) loses(in inlet, why runnel.Reason) {
	w.at.Store(w.done(1)*oneStep | w.at.Load()&doing) // first, so that what Status counts never falls
	w.lost.Add(1)
	in.reject(why)
	w.letGo()
}

// told is whether a source returned because it was told to, or was done.
func (w *worker) told(err error) bool {
	return errors.Is(err, ErrDone) || w.p.life.Err() != nil && (errors.Is(err, ErrDraining) || errors.Is(err, w.p.life.Err()))
}

// report makes the failure known, and carries out what the process does then. It goes on, or ends
// in peace, if it begins anew, passes failures over, or its dead letters have taken this one.
func (w *worker) report(in inlet, err error, stack []byte) bool {
	failure := w.failure(in, err, stack)
	w.past.Store(0)
	lives := w.phase != making && (w.p.set.skip || w.restarts(err)) // without a state, whatever the policy, it cannot
	w.p.failed.Add(1)
	w.p.f.eventFailed(failure, !lives && (w.grave == nil || w.phase == making))
	_ = publish(w.p.f.hard, w.p.f.failures, &w.p.failing, failure) // if not taken it is counted
	if w.bury(failure) && w.phase != making {
		lives = true
	}
	if in != nil {
		w.loses(in, runnel.Failed)
	}
	if !lives {
		w.p.f.fail(failure)
	}
	return lives
}

func (w *worker) failure(in inlet, err error, stack []byte) *Failure {
	e := &Failure{
		Graph: w.p.f.graph.name, Process: w.p.name, Err: err, Stack: stack,
		Attempts: int(w.past.Load()) + 1, When: time.Now(),
	}
	if pe := (*runnel.PanicError)(nil); errors.As(err, &pe) && pe.Stack == nil {
		pe.Stack = stack
	}
	if in != nil {
		e.Edge, e.Message = in.from().name().String(), in.message()
	}
	if w.state != nil && w.phase != making {
		e.State = w.state()
	}
	return e
}

// transition tells the state that a pause has begun or ended.
func (w *worker) transition(paused bool) error {
	if w.change == nil || w.phase != alive {
		return nil
	}
	t := Resumed
	if paused {
		t = Paused
	}
	w.begins()
	if err := w.change(t); err != nil && (!w.fail(err, nil) || w.pending()) {
		return err
	}
	return nil
}
