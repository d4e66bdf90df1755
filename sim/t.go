package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/runnel-go/runnel/internal/hook"
)

// T is what a body gets: its means to fail and to make decisions. It belongs to one schedule and
// must not be used when that has ended.
type T struct {
	world    *world
	cleanups []func()
	ctx      context.Context
	cancel   context.CancelFunc
	ended    bool // the body
}

// Go starts a task under a name that reports show. [runnel.Go] does the same without a name.
func (t *T) Go(name string, f func()) {
	if f == nil {
		panic("sim: Go: the function is nil")
	}
	start := new(token)
	raceRelease(start)
	w := t.world
	w.do(func() {
		w.Point(hook.Spawn)
		child := w.spawn(w.current, f)
		child.name, child.start = name, start
	})
}

// Choose draws one of n possibilities, 0 … n−1. It is a decision of the schedule: explored,
// recorded, replayed and shortened like the order of tasks, to 0 if that makes no difference. It
// panics unless n ≥ 1.
func (t *T) Choose(n int) int {
	if n < 1 {
		panic(fmt.Sprintf("sim: Choose(%d): n must be at least 1", n))
	}
	return t.world.face.Choose(n)
}

// Point lets other tasks run, as before an operation on a channel. It makes a race between
// operations that are not runnel's visible: between two uses of an atomic variable, say.
func (t *T) Point() { t.world.face.Point(hook.Point) }

// Wait waits until every other task has ended or is blocked, as testing/synctest.Wait does. The
// clock may move meanwhile in schedules in which it moves at any time. One task may wait so.
func (t *T) Wait() {
	t.world.do(t.world.settle)
	t.world.afterAll()
}

// Invariant makes the simulation call f after every step, while no task runs. f fails by
// calling methods of t; it may look at channels but must not wait.
func (t *T) Invariant(f func()) {
	if f == nil {
		panic("sim: Invariant: the function is nil")
	}
	w := t.world
	w.do(func() {
		w.invariants = append(w.invariants, f)
		w.ordered = true
	})
}

// Now is the virtual time. Only differences mean something: in [Test] a schedule begins at the
// time at which the one before it has ended.
func (t *T) Now() time.Time { return t.world.face.Now() }

// Context ends when the body has ended, just before the functions given to Cleanup are called.
// Tasks that run until it ends are no leak: it is for servers. A client that waits under it for
// an answer that never comes is not found to be stuck; that one is to wait under a context of its
// own, such as context.Background.
//
//go:norace
func (t *T) Context() context.Context {
	t.begin()
	if d := t.world.dpor; d != nil {
		t.world.do(func() { d.uses(t) })
	}
	return t.ctx
}

// begin makes the context, if there is none.
//
//go:norace
func (t *T) begin() {
	if t.ctx == nil {
		t.ctx, t.cancel = context.WithCancel(context.Background())
		if t.ended {
			t.cancel()
		}
	}
}

// Cleanup calls f in the body's task when the body has ended, the last one first. f may do all
// that the body may, and is called also if the schedule has failed. Then operations in f end it,
// as they end every task.
func (t *T) Cleanup(f func()) {
	if f == nil {
		panic("sim: Cleanup: the function is nil")
	}
	raceRelease(&t.cleanups)
	t.world.do(func() {
		t.world.touchesCleanups()
		t.cleanups = append(t.cleanups, f)
	})
}

// Helper does nothing; it is there so that functions made for testing.TB take a T.
func (t *T) Helper() {}

// Logf writes a line into the report of this schedule, if there will be one.
//
//go:norace
func (t *T) Logf(format string, args ...any) {
	if t.world.history.verbose {
		line := fmt.Sprintf(format, args...)
		t.world.do(func() { t.world.note(line) })
	}
}

// Log is Logf with the format of fmt.Sprint.
//
//go:norace
func (t *T) Log(args ...any) { t.Logf("%s", fmt.Sprint(args...)) }

// Errorf fails the schedule. The task goes on until its next operation, then the schedule ends.
//
//go:norace
func (t *T) Errorf(format string, args ...any) {
	w, message := t.world, fmt.Sprintf(format, args...)
	w.do(func() { w.fail(&Failure{Kind: Assertion, Message: message, task: w.current}) })
}

// Error is Errorf with the format of fmt.Sprint.
func (t *T) Error(args ...any) { t.Errorf("%s", fmt.Sprint(args...)) }

// Fatalf fails the schedule and ends the task; its deferred calls run.
func (t *T) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	panic(errAborted)
}

// Fatal is Fatalf with the format of fmt.Sprint.
func (t *T) Fatal(args ...any) { t.Fatalf("%s", fmt.Sprint(args...)) }

// Fail is Error without a message of its own.
func (t *T) Fail() { t.Errorf("failed") }

// FailNow is Fatal without a message of its own.
func (t *T) FailNow() { t.Fatalf("failed") }

// Failed tells whether the schedule has failed.
//
//go:norace
func (t *T) Failed() (has bool) {
	t.world.do(func() { has = t.world.failure != nil })
	return has
}

// Assert fails the schedule and ends the task unless ok.
func (t *T) Assert(ok bool, format string, args ...any) {
	if !ok {
		t.Fatalf(format, args...)
	}
}

// run is task 0.
//
//go:norace
func (t *T) run() {
	if t.world.explorer.threaded {
		t.begin() // before several threads could
	}
	returned := false
	defer func() { t.bodyEnded(returned) }()
	t.world.explorer.body(t)
	returned = true
}

// bodyEnded ends what belongs to the body.
//
//go:norace
func (t *T) bodyEnded(returned bool) {
	defer t.cleanUp()
	defer t.contextEnds()
	if returned {
		t.world.face.Point(hook.Return)
	}
}

// contextEnds ends the context, also one that is yet to be made.
//
//go:norace
func (t *T) contextEnds() {
	if t.ended = true; t.cancel != nil {
		t.cancel()
	}
	if d := t.world.dpor; d != nil {
		t.world.do(d.bodyEnds)
	}
}

// cleanUp calls the functions given to Cleanup, whether or not one of them panics.
//
//go:norace
func (t *T) cleanUp() {
	var f func()
	t.world.do(func() { f = t.lastCleanup() })
	if f != nil {
		raceAcquire(&t.cleanups)
		defer t.cleanUp()
		f()
	}
}

// lastCleanup takes away the last of the functions given to Cleanup.
func (t *T) lastCleanup() (f func()) {
	t.world.touchesCleanups()
	if last := len(t.cleanups) - 1; last >= 0 {
		f, t.cleanups = t.cleanups[last], t.cleanups[:last]
	}
	return f
}
