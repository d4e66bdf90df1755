package sim

import (
	"cmp"
	"fmt"
)

// How a run ends: because nothing goes on any more, or because it has failed.

// leftovers fails a run that leaves values in channels, if that has been asked for.
func (w *world) leftovers() {
	if !w.explorer.unreceived {
		return
	}
	w.firing, w.looking = true, true // so that looking is no operation
	defer func() { w.firing, w.looking = false, false }()
	for _, o := range w.objects {
		if o.Channel == nil {
			continue
		}
		if n := o.Channel.Len(); n > 0 {
			w.fail(&Failure{Kind: Unreceived, Message: fmt.Sprintf("%s left in channel %s", count(n, "value"), nameOf(o))})
		}
	}
}

// stuck is called when nobody can go on and no timer would change that.
func (w *world) stuck() {
	left := 0
	for _, t := range w.tasks {
		if t.state == blocked || t.state == native {
			left++
		}
	}
	switch {
	case left == 0:
		w.leftovers()
	case w.tasks[0].state == done:
		w.fail(&Failure{Kind: Leak, Message: count(left, "task") + " never ended"})
	default:
		w.fail(&Failure{Kind: Deadlock, Message: count(left, "task") + " waited for ever"})
	}
}

// abort unwinds the tasks that have not ended: every operation of theirs panics.
func (w *world) abort() {
	if w.dpor != nil {
		w.dpor.close(w)
	}
	for _, t := range w.tasks {
		switch t.state {
		case blocked:
			t.failedIn = t.op.String()
		case native:
			t.failedIn = cmp.Or(t.waitsIn, t.op.String())
		}
		w.stops(t)
	}
	w.aborting = true
	for _, t := range w.tasks {
		for t.state != done {
			if t.state == blocked {
				w.enable(t)
			}
			w.current = t
			t.carrier.next()
		}
		w.explorer.giveBack(t.carrier)
	}
	w.current = nil
}

// fail ends the run.
func (w *world) fail(f *Failure) {
	if w.failure == nil && !w.aborting {
		w.failure = f
	}
}
