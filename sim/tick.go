package sim

import (
	"context"
	"slices"
	"time"
)

// When the clock moves, and to where.

// mayTick tells whether the clock has somewhere to move to.
//
//go:norace
func (w *world) mayTick() bool {
	_, ok := w.tick()
	return ok
}

// mayTickNow tells whether the clock may move while tasks could run: at any time if it is loose,
// and to a timer that is due already, since that takes no time.
//
//go:norace
func (w *world) mayTickNow() bool {
	if w.loose {
		return w.mayTick()
	}
	at, ok := w.clock.next()
	return ok && !at.After(w.clock.now)
}

// tick is the next moment at which something happens: a timer, or the deadline of a context
// under which operations are, which only a bubble can let pass.
//
//go:norace
func (w *world) tick() (at time.Time, ok bool) {
	at, ok = w.clock.next()
	for i := 0; i < len(w.deadlines); {
		end, has := w.deadlines[i].Deadline()
		if !has || w.deadlines[i].Err() != nil { // a context of the user's own may have changed
			w.deadlines = slices.Delete(w.deadlines, i, i+1)
			continue
		}
		if end.Before(horizon) && (!ok || end.Before(at)) {
			at, ok = end, true
		}
		i++
	}
	return at, ok
}

// expect takes note of a context with a deadline. Outside of a bubble that goes by real time.
func (w *world) expect(ctx context.Context) {
	if _, has := ctx.Deadline(); !has || slices.ContainsFunc(w.deadlines, func(c context.Context) bool { return c.Done() == ctx.Done() }) {
		return
	}
	if w.dpor != nil {
		w.dpor.timed = true
		w.dpor.native = w.dpor.native || !w.clock.bubble
	}
	if w.clock.bubble {
		w.deadlines = append(w.deadlines, ctx)
	}
}

// tickHelps tells whether somebody waits for time to pass.
func (w *world) tickHelps() bool {
	return w.clock.useful() || w.contexts > 0 && slices.ContainsFunc(w.tasks, func(t *task) bool {
		if t.state != blocked || t.ctx == nil {
			return false
		}
		_, has := t.ctx.Deadline()
		return has && w.clock.bubble
	})
}

// fire lets the clock move on.
func (w *world) fire() {
	w.steps++
	at, _ := w.tick()
	if w.history.verbose {
		w.add(&w.ticker, "moves to "+at.Sub(w.clock.began).String(), "")
	}
	w.clock.moveTo(at)
	w.firing = true
	defer w.fired()
	w.clock.fire()
}
