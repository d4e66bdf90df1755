package sim

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/runnel-go/runnel/internal/hook"
)

// What belongs to a run is for its tasks. Anything else is refused before it can do harm: a
// goroutine that nobody orders would change what a task is just looking at, and a channel of
// an earlier run would wake tasks that are no more.

// admit refuses the operation unless a task of this run does it on what belongs to this run.
//
//go:norace
func (w *world) admit(k hook.Kind, objects []*hook.Object) {
	if w.current == nil {
		w.refuse(k, objects)
		return
	}
	if !isTask() && !adopted() {
		panic(fmt.Sprintf("sim: %v: the goroutine is not a task of the simulation; start it by runnel.Go", op{k, objects}))
	}
	if w.aborting {
		w.current.unwind()
	}
	for _, o := range objects {
		if o.ID > len(w.objects) || w.objects[o.ID-1] != o {
			w.Misuse(fmt.Sprintf("%v: it was made in an earlier run", op{k, objects}))
		}
	}
}

// refuse is for an operation while no run is going on. Looking is harmless.
func (w *world) refuse(k hook.Kind, objects []*hook.Object) {
	what := fmt.Sprintf("%v: it was made in another simulation", op{k, objects})
	if other := running.Load(); other != nil && isTask() {
		other.face.Misuse(what)
	}
	if k != hook.Look {
		panic("sim: " + what + ", which has ended")
	}
}

// Misuse implements hook.World.
func (w *world) Misuse(message string) {
	if w.current == nil || !isTask() {
		panic("sim: " + message)
	}
	w.accuse(Misuse, message)
}

// adopted marks the calling goroutine as a task if it is a coroutine, by which a task goes
// through a sequence (iter.Pull): it runs while the task waits for it.
func adopted() bool {
	pcs := make([]uintptr, 64)
	n := runtime.Callers(1, pcs)
	for n == len(pcs) {
		pcs = make([]uintptr, 2*len(pcs))
		n = runtime.Callers(1, pcs)
	}
	frames := runtime.CallersFrames(pcs[:n])
	for {
		f, more := frames.Next()
		if f.Function == "runtime.corostart" {
			debug.SetPanicOnFault(true)
			return true
		}
		if !more {
			return false
		}
	}
}
