package flow

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Pause pauses the processes of these names, or all of them if none is given. When it returns,
// none of them takes or gives a value until [Flow.Resume]: a pause takes effect between two
// outputs, also in the middle of a message. A function that runs goes on up to its next output.
//
// Pause waits for movements that are under way, never for a function of a process, so it may be
// called by one. It must not be called by what OnDrop was given.
func (f *Flow) Pause(processes ...string) error {
	ps, err := f.named(processes)
	if err != nil {
		return err
	}
	for _, p := range ps {
		p.gate.pause()
	}
	for _, p := range ps {
		p.gate.settle()
	}
	f.eventOf("paused", processes)
	return nil
}

// Resume ends the pause of these processes, or of all. It does not block.
func (f *Flow) Resume(processes ...string) error {
	ps, err := f.named(processes)
	if err != nil {
		return err
	}
	f.eventOf("resumed", processes)
	for _, p := range ps {
		p.gate.resume()
	}
	return nil
}

// Drain ends the sources and the entries from outside, and waits until everything that is in
// flight has been carried through and the flow has ended. It returns what [Flow.Wait] does then, or
// the cause of ctx if that ends first; the flow goes on draining. The error then names what holds up the
// end: processes that are paused, and stay so until [Flow.Resume], and those that have been in one step
// all the time, or for [Patience]. A function of the flow that calls
// Drain waits for itself: see [FromContext].
func (f *Flow) Drain(ctx context.Context) error {
	began := f.now()
	f.mu.Lock()
	first := !f.drains
	f.drains = true
	f.mu.Unlock()
	if first {
		f.event(slog.LevelInfo, "flow drains")
		for _, p := range f.processes {
			p.draining()
		}
		for _, e := range f.entries {
			e.close(ErrDraining)
		}
	}
	if _, err := f.over.Recv(ctx); err != nil {
		return f.heldUp(err, f.now()-began)
	}
	return f.Wait()
}

// heldUp adds to the error of a drain, which has waited for so long, what it waits for: processes that
// are paused, and those that do not come to the end of a step.
func (f *Flow) heldUp(err error, waited time.Duration) error {
	s := f.Status()
	var why []string
	if names := s.paused(); len(names) > 0 {
		why = append(why, "paused: "+strings.Join(names, ", "))
	}
	for _, c := range s.hanging(max(least, min(waited, Patience))) {
		why = append(why, c.what())
	}
	if len(why) == 0 {
		return err
	}
	return fmt.Errorf("flow: the drain is held up: %s: %w", strings.Join(why, "; "), err)
}

// Stop drains the flow until ctx ends, and then gives up what is still in flight: the contexts
// of calls end, and what edges hold is counted as Undelivered. It waits for the calls, and
// returns the account of the flow when it has ended, which tells what was left. With a context
// that has ended already it stops at once, without a drain. A process that is paused lets
// nothing through in the drain, so with one Stop takes all the time that ctx gives it. A function of
// the flow that calls Stop waits for itself: it is to return an error, or [ErrDone], instead.
func (f *Flow) Stop(ctx context.Context) Status {
	if ctx.Err() != nil || f.Drain(ctx) != nil {
		f.halt(ErrStopped)
		f.over.Recv(context.Background())
	}
	return f.Status()
}

// fail ends the flow with an error.
func (f *Flow) fail(err error) { f.halt(err) }

// halt gives up what is in flight. The first cause counts.
func (f *Flow) halt(cause error) {
	f.mu.Lock()
	first := !f.halting && !f.ended
	if first {
		f.halting, f.err = true, cause
	}
	f.mu.Unlock()
	if !first {
		return
	}
	f.event(slog.LevelWarn, "flow stops", slog.Any("cause", cause))
	f.endHard(cause)
	for _, e := range f.edges {
		e.cancel(cause)
	}
}
