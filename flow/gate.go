package flow

import (
	"context"
	"sync/atomic"

	"github.com/runnel-go/runnel"
)

// gate is what the workers of a process pass before each movement of a value.
//
//	paused ⇒ closed;  ctx has ended ⇐ a pause has begun since the ctx was made
//	a worker that sees closed = false has published moving before
//	Pause has returned ∧ paused ⇒ no worker is moving: each rests, is gone, or is in the
//	                              user's function and will come by the gate before it moves
//
// The last follows from the order of two writes and two reads, all of them sequentially
// consistent: a worker writes moving, then reads closed; Pause writes closed, then reads what
// the workers do. At least one of them sees the other.
type gate struct {
	closed atomic.Bool // look closer: paused, or drained

	mu       runnel.Mutex
	calm     *runnel.Cond // a worker has stopped moving
	paused   bool
	drained  bool                   // of a source: it gives nothing more
	reopened *runnel.Chan[struct{}] // closed by the end of the pause
	ctx      context.Context        // of waits of the workers
	end      context.CancelCauseFunc
	f        *Flow
	workers  []*worker
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
		reopened, err := g.look(w)
		if err != nil {
			return err
		}
		switch paused := reopened != nil; {
		case between && paused != w.paused:
			w.paused = paused
			if err := w.transition(paused); err != nil {
				return err
			}
		case !paused:
			return nil
		default:
			if between {
				w.rid()
			}
			w.waits(resting, nil)
			g.tell()
			reopened.Recv(g.f.hard)
		}
	}
}

// look tells whether w may move, has to wait for reopened, or must not any more.
func (g *gate) look(w *worker) (reopened *runnel.Chan[struct{}], err error) {
	if g.f.halted() {
		g.f.halt(g.f.cause())
		return nil, g.f.cause()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.drained && w.source != nil && !w.given {
		return nil, ErrDraining
	}
	if g.paused {
		return g.reopened, nil
	}
	w.ctx = g.ctx
	w.at.Store(w.at.Load()&^doing | moving)
	return nil, nil
}

// tell lets those look again who wait for the workers to be calm.
func (g *gate) tell() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calm.Broadcast()
}

// pause begins a pause, unless there is one.
func (g *gate) pause() {
	g.mu.Lock()
	if g.paused {
		g.mu.Unlock()
		return
	}
	g.paused = true
	g.closed.Store(true)
	g.reopened = runnel.New[struct{}]()
	end := g.end
	g.mu.Unlock()
	end(errPaused)
}

// settle waits until no worker moves a value, or the pause is over.
func (g *gate) settle() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.paused && g.moving() {
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
	g.renew()
	g.closed.Store(g.drained)
	g.calm.Broadcast()
	g.reopened.Close()
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
