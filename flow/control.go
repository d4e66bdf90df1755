package flow

import (
	"context"
	"fmt"
	"log/slog"
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
// flight has been carried through and the flow has ended. It returns nil then, or the cause of
// ctx if that ends first; the flow goes on draining. What is paused stays paused, and holds up
// the end.
func (f *Flow) Drain(ctx context.Context) error {
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
	_, err := f.over.Recv(ctx)
	return err
}

// Stop drains the flow until ctx ends, and then gives up what is still in flight: the contexts
// of calls end, and what edges hold is counted as Undelivered. It waits for the calls, and
// returns the account of the flow when it has ended, which tells what was left. With a context
// that has ended already it stops at once, without a drain.
func (f *Flow) Stop(ctx context.Context) Status {
	if ctx.Err() != nil || f.Drain(ctx) != nil {
		f.halt(ErrStopped)
		f.over.Recv(context.Background())
	}
	return f.Status()
}

// Inject sends values to an input or to all edges of an output, named "process.port", or by the
// process alone if it has one input. It blocks while an edge is full, until ctx or the flow ends.
// The values are the flow's from then on, like all others; those that were not sent are not.
// An edge that has ended refuses them with [runnel.ErrClosed]. With several edges, it may be that
// some have got the last value.
func (f *Flow) Inject(ctx context.Context, to string, values ...any) error {
	edges, err := f.at(to)
	if err != nil {
		return err
	}
	for _, v := range values {
		for _, e := range edges {
			if err := e.inject(ctx, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// at finds the edges to give an injected value to: for an input one of them, that from outside if
// there is one.
func (f *Flow) at(name string) ([]edge, error) {
	process, in, wrong := f.graph.resolve(name, false)
	if wrong == "" {
		edges := f.process(process).ins[in.name]
		for _, e := range edges {
			if e.name().from == "" {
				return []edge{e}, nil
			}
		}
		if len(edges) > 0 {
			return edges[:1], nil
		}
		return nil, fmt.Errorf("%w: nothing is connected to %s", ErrName, name)
	}
	process, out, not := f.graph.resolve(name, true)
	if not != "" {
		return nil, fmt.Errorf("%w: %s", ErrName, wrong)
	}
	return f.process(process).outs[out.name], nil
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
