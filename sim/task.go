package sim

import (
	"context"
	"fmt"
	"runtime"
	"strconv"

	"github.com/runnel-go/runnel/internal/hook"
)

// task is a goroutine of a simulation.
//
//	ready   ⇔ it lies in world.ready, and op is what it'll do when it is picked
//	blocked ⇔ it is parked in op, until somebody wakes it or ctx ends
type task struct {
	world    *world
	id       int   // in the order of creation; the body is 0
	parent   *task // that made it, nil for the body
	place    int   // among those that the parent made, from 1
	made     int   // how many tasks it has made
	state    state
	op       op
	ctx      context.Context // that ends the blocked operation, or nil
	woken    bool            // since it was parked
	givenUp  bool            // ctx has ended since it was parked
	resumed  bool            // and has not given its turn away since
	index    int             // in world.ready
	turns    int             // how often it has come to a decision
	site     string          // of its last operation, or of the pending one, if a report will be written
	pending  bool            // it has not come to its operation yet, if a report will be written
	away     bool            // its thread is, or was just now, blocked outside of runnel
	waitsIn  string          // the native operation in which it was last blocked, if a report will be written
	failedIn string          // the operation in which it was blocked when the run ended
	stopped  string          // where it was otherwise, if a report will be written
	idling   bool            // its last operation found nothing to do: it may be polling
	since    int             // step at which it became ready
	weight   uint64          // of the strategy
	trace    uint64          // of what it has done, see trace.go
	forced   []decision      // what a replay decides when it is this task's turn
	f        func()
	start    *token // token for the race detector: what comes before the task
	returned bool
	refused  int // operations that it was refused because the run is over
	name     string
	origin   string // where it was started, if a report will be written
	carrier  *carrier
}

type state uint8

const (
	ready state = iota
	blocked
	native // see native.go
	done
)

// op is an operation with what it works on.
type op struct {
	kind    hook.Kind
	objects []*hook.Object
}

// Wake implements hook.Task: whoever completes the operation in which t is blocked calls it.
//
//go:norace
func (t *task) Wake() {
	if t.woken {
		return
	}
	t.woken = true
	t.world.wakes(t)
	if d := t.world.dpor; d != nil {
		d.wakes(t)
	}
	if t.state == blocked {
		t.world.enable(t)
	}
}

// main is what the carrier runs.
func (t *task) main() {
	defer t.finished()
	switch {
	case t.world.aborting:
	case t.carrier.thread != nil:
		if th := t.carrier.thread; !th.carry(t, t.f) {
			t.escaped(th.panicked, th.stack)
		}
	default:
		t.f()
	}
	t.returned = true
}

// finished ends a task, whether it returned, panicked or called runtime.Goexit.
func (t *task) finished() {
	w := t.world
	if !t.returned {
		t.escaped(recover(), nil)
	}
	w.disable(t, done)
	if !w.aborting {
		w.pass()
	}
}

// escaped notes how a task ended that did not return.
func (t *task) escaped(p any, stack []byte) {
	switch p {
	case errAborted:
	case nil:
		t.world.fail(&Failure{Kind: Exit, Message: t.title() + " called runtime.Goexit" + exitHint, task: t})
	default:
		if stack == nil {
			stack = stackOf()
		}
		t.world.fail(&Failure{Kind: Panic, Message: fmt.Sprint(p), task: t, stack: stack})
	}
}

const exitHint = "; if it was testing.T's FailNow, Fatal or Skip, call those of sim.T instead"

// suspend gives the turn to w.next, which may be t itself, and returns when it comes back.
//
// Whoever resumes a coroutine waits until that gives its turn away: so the tasks that have
// resumed each other form a chain from the loop to the one that runs. The next one is resumed
// from here, one switch away, unless it lies in the chain; then it gets its turn by those above
// it giving theirs away. As nobody has to give away what he has not got, a decision takes no
// more than two switches in the mean, as many as if all went by way of the loop, and often one.
//
//go:norace
func (t *task) suspend() {
	w := t.world
	for w.next != t {
		if w.next == nil || w.next.resumed {
			if t.carrier.give(struct{}{}); w.aborting {
				t.unwind()
			}
			return
		}
		w.resume()
	}
	w.current, w.next = t, nil
}

// errAborted unwinds a task when the run is over.
var errAborted any = new(struct{ name string })

// maxRefused is how often a task may recover from being unwound.
const maxRefused = 10

// unwind ends a task, since the run is over: by a panic, so that what it runs on may be used
// again. To a task that recovers from it and goes on, again and again, the next thing happens
// that it cannot recover from.
func (t *task) unwind() {
	if t.away {
		t.comeBack()
		return
	}
	t.refused++
	switch {
	case t.refused <= maxRefused:
	case t.carrier.thread != nil:
		panic(errExit)
	default:
		runtime.Goexit()
	}
	panic(errAborted)
}

// path names the task by those that made it: "0.2.1" is the first that the second of the body
// made. So the name stays where other parts of the program change.
func (t *task) path() string {
	switch {
	case t.id == clockID:
		return theClock
	case t.parent == nil:
		return "0"
	}
	return t.parent.path() + "." + strconv.Itoa(t.place)
}
