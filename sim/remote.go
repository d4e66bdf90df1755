package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/runnel-go/runnel/internal/hook"
)

// remote is the world for tasks that run on threads: it does on the coroutine of the calling
// thread what the world does. It is also where the race detector is told what happens before
// what (edges.go).
type remote struct{ world *world }

var _ hook.World = remote{}

// do does f where the world belongs.
//
//go:norace
func (w *world) do(f func()) {
	if w.explorer.threaded && w.current != nil {
		w.caller().call(f)
		return
	}
	f()
}

// caller is the thread that calls. If some are blocked outside of runnel, several may run.
//
//go:norace
func (w *world) caller() *thread {
	if w.strangers > 0 {
		id := goroutineID()
		for _, th := range w.explorer.threads {
			if th.id == id {
				return th
			}
		}
	}
	return w.calling
}

// NewObject implements hook.World. The object is made on the thread, whose it is; the world
// only enters it into its books.
//
//go:norace
func (r remote) NewObject(name string) *hook.Object {
	o := newObject(r, name)
	if r.world.history.verbose {
		o.Site = r.world.explorer.callSite()
	}
	r.makes()
	r.world.do(func() { r.world.enter(o) })
	return o
}

// makes tells the world where the calling thread makes something.
//
//go:norace
func (r remote) makes() {
	if d := r.world.dpor; d != nil {
		s := callers()
		r.world.do(func() { d.makes(s) })
	}
}

// Slot implements hook.World.
//
//go:norace
func (r remote) Slot(of any) (slot *any) {
	r.world.do(func() { slot = r.world.Slot(of) })
	return slot
}

// Fatal implements hook.World.
//
//go:norace
func (r remote) Fatal(message string) { r.world.do(func() { r.world.Fatal(message) }) }

// Misuse implements hook.World.
//
//go:norace
func (r remote) Misuse(message string) {
	if r.world.current == nil || !isTask() {
		panic("sim: " + message)
	}
	r.world.do(func() { r.world.Misuse(message) })
}

// Point implements hook.World.
//
//go:norace
func (r remote) Point(k hook.Kind, objects ...*hook.Object) {
	w := r.world
	if w.looking {
		return
	}
	if w.current == nil {
		w.refuse(k, objects)
		return
	}
	mustBeTask(k, objects)
	before(k, objects)
	w.do(func() { w.Point(k, objects...) })
	after(k, objects)
}

// Under implements hook.World.
//
//go:norace
func (r remote) Under(ctx context.Context) {
	ctx.Done() // what makes the channel does it here, for the race detector's sake
	if _, has := ctx.Deadline(); has || r.world.dpor != nil {
		r.world.do(func() { r.world.Under(ctx) })
	}
}

// Touch implements hook.World.
//
//go:norace
func (r remote) Touch(objects ...*hook.Object) {
	before(hook.Unlock, objects) // which is so of Once only; for others nobody asks
	if r.world.dpor != nil {
		r.world.do(func() { r.world.Touch(objects...) })
	}
}

// Task implements hook.World.
//
//go:norace
func (r remote) Task() hook.Task {
	th := r.world.caller()
	if !r.world.firing {
		th.task.woken = false
	}
	return th
}

// Park implements hook.World.
//
//go:norace
func (r remote) Park(ctx context.Context, k hook.Kind, objects ...*hook.Object) (woken bool) {
	ctx.Done()
	th := r.world.caller()
	th.call(func() { woken = r.world.Park(ctx, k, objects...) })
	raceAcquire(&th.awoken)
	after(k, objects)
	return woken
}

// Choose implements hook.World.
//
//go:norace
func (r remote) Choose(n int) (i int) {
	if n == 1 {
		return 0
	}
	r.world.do(func() { i = r.world.Choose(n) })
	return i
}

// Idle implements hook.World.
//
//go:norace
func (r remote) Idle() {
	if r.world.history.verbose {
		r.world.do(r.world.Idle)
	} else if t := r.world.current; t != nil {
		t.idling = true
	}
}

// Spawn implements hook.World.
//
//go:norace
func (r remote) Spawn(f func()) {
	r.makes()
	start := new(token)
	raceRelease(start)
	r.world.do(func() {
		r.world.Point(hook.Spawn)
		r.world.spawn(r.world.current, f).start = start
	})
}

// Sleep implements hook.World.
//
//go:norace
func (r remote) Sleep(ctx context.Context, d time.Duration) (ended bool) {
	ctx.Done()
	r.world.do(func() { ended = r.world.Sleep(ctx, d) })
	return ended
}

// AfterFunc implements hook.World.
//
//go:norace
func (r remote) AfterFunc(d time.Duration, f func(), useful func() bool) hook.Timer {
	t := &remoteTimer{world: r.world, f: f, useful: useful}
	raceRelease(&t.set)
	fire := func() { r.world.outside(t.fire, false) }
	r.world.do(func() { t.timer = r.world.clock.afterFunc(d, fire, t.isUseful()) })
	return t
}

// Now implements hook.World.
//
//go:norace
func (r remote) Now() time.Time {
	if r.world.explorer.hybrid { // where time passes while a thread is blocked
		return time.Now()
	}
	return r.world.clock.now
}

// remoteTimer is a timer that a thread has set.
type remoteTimer struct {
	world  *world
	timer  hook.Timer
	f      func()
	useful func() bool
	set    int64 // token for the race detector
}

// fire is called on the thread of the clock.
//
//go:norace
func (t *remoteTimer) fire() {
	raceAcquire(&t.set)
	t.f()
}

func (t *remoteTimer) isUseful() func() bool {
	if t.useful == nil {
		return nil
	}
	return func() (is bool) {
		t.world.outside(func() { is = t.useful() }, false)
		return is
	}
}

// Stop implements hook.Timer.
//
//go:norace
func (t *remoteTimer) Stop() (was bool) {
	t.world.do(func() { was = t.timer.Stop() })
	return was
}

// Reset implements hook.Timer.
//
//go:norace
func (t *remoteTimer) Reset(d time.Duration) (was bool) {
	raceRelease(&t.set)
	t.world.do(func() { was = t.timer.Reset(d) })
	return was
}

// mustBeTask panics unless a task calls.
func mustBeTask(k hook.Kind, objects []*hook.Object) {
	if !isTask() && !adopted() {
		panic(fmt.Sprintf("sim: %v: the goroutine is not a task of the simulation; start it by runnel.Go", op{k, objects}))
	}
}
