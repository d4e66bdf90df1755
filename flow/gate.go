package flow

import (
	"context"
	"sync/atomic"

	"github.com/runnel-go/runnel"
)

// gate is what the workers of a process pass before each movement of a value.
//
//	stopped = paused ∨ held;  closed = stopped ∨ drained ∨ surplus > 0 ∨ refit ≠ nil
//	stopped ⇔ reopened ≠ nil;  ctx has ended ⇐ stopped at some time since the ctx was made
//	a value moves through a valve that closed shuts, or by a worker that has published before that
//	it moves, and has then seen that closed is false, or that it waits, under ctx
//	settle has returned ∧ stopped ⇒ no worker is moving: each rests, is gone, or is in the
//	                                user's function and will come by the gate before it moves
//	len(workers) - surplus = what Parallel or the last Scale has said, at least 1
//
// The last but one follows from the order of two writes and two reads, all of them sequentially
// consistent: a worker writes what it does, then reads closed, or the end of ctx; Pause writes
// closed, ends ctx, and then reads what the workers do. At least one of them sees the other. A worker
// that moves something through a valve publishes nothing: the lock of the channel gives the order.
type gate struct {
	closed atomic.Bool // look closer

	mu       runnel.Mutex
	calm     *runnel.Cond // a worker has stopped moving
	paused   bool
	held     bool                   // Scale or Swap wants calm
	drained  bool                   // of a source: it gives nothing more
	reopened *runnel.Chan[struct{}] // closed by the end of the pause; nil if there is none
	ctx      context.Context        // of waits of the workers
	end      context.CancelCauseFunc
	f        *Flow
	edges    []edge    // of the process
	workers  []*worker // without those that Scale has sent away
	surplus  int       // workers that are to go, whichever come by first
	departed uint64    // messages that those who have gone have carried through
	refit    *Proc     // what the worker, which has a state, is to do from its next message on
	swaps    uint64
}

func newGate(f *Flow) *gate {
	g := &gate{f: f}
	g.calm = runnel.NewCond(&g.mu)
	g.renew()
	return g
}

// renew makes the context that waits are under until the next pause.
func (g *gate) renew() { g.ctx, g.end = context.WithCancelCause(g.f.hard) }

func (g *gate) context() context.Context {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ctx
}

// pass returns when w may move a value, or with the reason why it must not any more. between
// is true between two messages, where the state can be told of the pause.
func (g *gate) pass(w *worker, between bool) error {
	for {
		reopened, paused, err := g.look(w, between)
		switch {
		case err == errRefit:
			if err := w.refit(); err != nil {
				return err
			}
		case err != nil:
			return err
		case between && paused != w.paused:
			w.paused = paused
			if err := w.transition(paused); err != nil {
				return err
			}
		case reopened == nil:
			return nil
		default:
			if between {
				w.rid()
			}
			w.waits(resting, nil)
			g.tell()
			reopened.Recv(g.f.hard)
			w.p.rested.Add(int64(g.f.now() - w.stamped))
		}
	}
}

// look tells whether w may move, has to wait for reopened, or must not any more.
func (g *gate) look(w *worker, between bool) (reopened *runnel.Chan[struct{}], paused bool, err error) {
	if g.f.halted() {
		g.f.halt(g.f.cause())
		return nil, false, g.f.cause()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.drained && w.source != nil && !w.given && !w.burying && !w.insists {
		return nil, false, ErrDraining
	}
	if between && g.surplus > 0 {
		g.dismiss(w)
		return nil, false, errDismissed
	}
	if g.reopened != nil {
		return g.reopened, g.paused, nil
	}
	if between && g.refit != nil {
		return nil, false, errRefit
	}
	w.ctx = g.ctx
	w.at.Store(w.at.Load()&^doing | moving)
	return nil, false, nil
}

// tell lets those look again who wait for the workers to be calm.
func (g *gate) tell() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calm.Broadcast()
}

// pause begins a pause. If there is one already, it may be that its context is about to end only.
func (g *gate) pause() {
	g.mu.Lock()
	g.paused = true
	end := g.stop()
	g.mu.Unlock()
	end(errPaused)
}

// stop closes the gate. The caller, who has the lock and gives it up first, is to end the waits.
func (g *gate) stop() (end context.CancelCauseFunc) {
	if g.reopened == nil {
		g.reopened = runnel.New[struct{}]()
	}
	g.closed.Store(true)
	return g.end
}

// settle waits until no worker moves a value, or the pause is over.
func (g *gate) settle() {
	for _, e := range g.edges {
		e.stats() // what goes through a valve has moved before
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.reopened != nil && g.moving() {
		g.calm.Wait()
	}
}

func (g *gate) moving() bool {
	for _, w := range g.workers {
		switch w.at.Load() & doing {
		case moving, receiving, sending:
			return true
		}
	}
	return false
}

// resume ends a pause.
func (g *gate) resume() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.paused {
		return
	}
	g.paused = false
	g.reopen()
}

// reopen opens the gate as far as nothing else keeps it closed, and lets all look again who rest
// at it. It needs the lock.
func (g *gate) reopen() {
	before := g.reopened
	g.reopened = nil
	if g.paused || g.held {
		g.reopened = runnel.New[struct{}]()
	} else {
		g.renew()
	}
	g.mark()
	g.calm.Broadcast()
	before.Close()
}

// mark publishes whether workers have to look closer.
func (g *gate) mark() {
	g.closed.Store(g.reopened != nil || g.drained || g.surplus > 0 || g.refit != nil)
}

// alter does what must not happen while a worker moves a value: it waits until none does, and lets
// none before it is done. It has the lock meanwhile.
func (g *gate) alter(change func()) {
	g.mu.Lock()
	g.held = true
	end := g.stop()
	g.mu.Unlock()
	end(errPaused)
	g.settle()
	g.mu.Lock()
	defer g.mu.Unlock()
	change()
	g.held = false
	g.reopen()
}

// drain lets a source give nothing more, but for what one edge of several has taken already.
func (g *gate) drain() {
	g.mu.Lock()
	end := g.end
	g.drained = true
	g.closed.Store(true)
	if !g.paused {
		g.renew()
	}
	g.mu.Unlock()
	end(ErrDraining)
}

// isPaused is for Status.
func (g *gate) isPaused() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.paused
}
