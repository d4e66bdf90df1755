package sim

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/runnel-go/runnel/internal/hook"
)

// world is one run of the body: one schedule.
//
//	at most one task runs, current; everybody else is in ready, blocked, or done
//	a task runs until its next decision (before an operation, where it is blocked, at its end)
//
// The decision who goes on is made on the stack of the task that comes to it. If it picks
// itself, it goes on at once; if not, it suspends itself, see there. Everything here happens
// one after the other, so nothing needs a lock. Functions that every step comes to are not looked
// at by the race detector (go:norace), which takes half of its time: what it would watch is the
// memory of the world, which is ordered by the coroutines.
type world struct {
	explorer *explorer
	strategy strategy
	dpor     *dpor // the strategy, if it is that one: it has to see what operations touch
	clock    clock
	ticker   task // stands for the clock among the candidates
	loose    bool // the clock may move while tasks could run

	tasks   []*task
	ready   crowd
	current *task
	next    *task   // whose turn it is now, until it goes on
	calling *thread // that may ask, see thread.go
	settler *task   // waits until no other task can go on, nil if nobody does
	objects []*hook.Object
	slots   slots

	steps, limit int
	contexts     int               // tasks that are blocked under a context that can end
	deadlines    []context.Context // that have not passed, in a bubble
	history      history
	log          []step   // what the tasks have done
	marks        []uint64 // of the objects, see trace.go
	trace        uint64   // of the run
	failure      *Failure
	aborting     bool
	ticked       bool       // the clock has had its turn in this round, see fair
	firing       bool       // a timer's function or an invariant runs, in no task
	looking      bool       // the world itself looks at channels
	ordered      bool       // by invariants, see edges.go
	natives      int        // tasks that are blocked outside of runnel
	strangers    int        // and threads that have been since earlier runs, all together
	face         hook.World // what tasks see of the world: itself, or a remote one
	invariants   []func()
	t            T    // of the body
	uses         uses // kept for a report
}

// start2000 is when virtual time begins, as in testing/synctest.
var start2000 = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// reset makes w ready for another run. The memory of the last one is used again.
func (w *world) reset(r run) {
	now := w.explorer.start()
	*w = world{
		explorer: w.explorer, strategy: r.strategy, loose: r.loose, limit: w.explorer.steps,
		clock:      clock{now: now, began: now, bubble: w.explorer.bubble, sleep: w.explorer.sleep, timers: emptied(w.clock.timers)},
		tasks:      w.tasks[:0],
		ready:      w.ready[:0],
		objects:    w.objects[:0],
		slots:      w.slots.emptied(),
		log:        w.log[:0],
		marks:      w.marks[:0],
		deadlines:  emptied(w.deadlines),
		invariants: emptied(w.invariants),
		history:    history{full: w.history.full[:0], verbose: r.verbose, survey: r.survey},
		t:          T{world: w, cleanups: emptied(w.t.cleanups)},
		strangers:  w.strangers,
		face:       w.face,
	}
	if w.dpor, _ = r.strategy.(*dpor); w.dpor != nil {
		w.clock.touched = w.dpor.touchesTime
	}
	w.ticker = task{world: w, id: clockID, op: op{kind: hook.Fire}}
	w.strategy.born(&w.ticker)
	w.strategy.arrived(&w.ticker)
	switch {
	case r.repeat != nil:
		w.history.repeat(r.repeat)
	case r.replay:
		w.history.force(r.forced)
	}
}

// emptied returns the memory of s, with nothing in it that would be kept alive.
func emptied[E any](s []E) []E {
	clear(s)
	return s[:0]
}

// begin makes the body task 0.
func (w *world) begin(body func()) {
	raceRelease(w.explorer.past)
	w.spawn(nil, body)
	w.pass()
}

// loop runs tasks until nothing goes on any more.
func (w *world) loop() {
	for w.next != nil {
		w.resume()
	}
	w.current = nil
}

// resume lets next go on, and returns when that one gives its turn away.
//
//go:norace
func (w *world) resume() {
	t := w.next
	w.current, w.next = t, nil
	t.resumed = true
	t.carrier.next()
	t.resumed = false
}

// spawn makes a task that is ready to begin.
func (w *world) spawn(parent *task, f func()) *task {
	t := w.newTask()
	*t = task{
		world: w, id: len(w.tasks), parent: parent, f: f,
		carrier: w.explorer.carrier(), op: op{kind: hook.Spawn, objects: t.op.objects[:0]},
		start: w.explorer.past,
	}
	if parent != nil {
		parent.made++
		t.place = parent.made
		t.trace, t.origin = parent.heir(), parent.site
	}
	if w.history.forced != nil {
		t.forced = w.history.forced[t.path()]
	}
	t.carrier.task = t
	w.tasks = append(w.tasks, t)
	w.strategy.born(t)
	w.enable(t)
	w.starts(t)
	return t
}

// newTask returns a record of an earlier run, or a new one.
func (w *world) newTask() *task {
	if n := len(w.tasks); n < cap(w.tasks) {
		if t := w.tasks[:n+1][n]; t != nil {
			return t
		}
	}
	return &task{}
}

// NewObject implements hook.World.
func (w *world) NewObject(name string) *hook.Object {
	if w.dpor != nil {
		w.dpor.makes(callers())
	}
	o := newObject(w, name)
	if w.history.verbose {
		o.Site = w.callSite()
	}
	w.enter(o)
	return o
}

func newObject(world hook.World, name string) *hook.Object {
	x := &struct { // one piece of memory
		hook.Object
		self [1]*hook.Object
	}{Object: hook.Object{Name: name, World: world}}
	x.self[0], x.Self = &x.Object, x.self[:]
	return &x.Object
}

// enter numbers an object.
func (w *world) enter(o *hook.Object) {
	o.ID = len(w.objects) + 1
	w.objects = append(w.objects, o)
	mark := uint64(len(w.objects))
	if w.current != nil {
		mark = w.current.heir()
	}
	w.marks = append(w.marks, mark)
}

// Point implements hook.World.
//
//go:norace
func (w *world) Point(k hook.Kind, objects ...*hook.Object) {
	if w.firing {
		return
	}
	w.admit(k, objects)
	t := w.current
	if t == nil {
		return
	}
	t.op.kind, t.op.objects = k, append(t.op.objects[:0], objects...)
	if w.dpor != nil {
		w.dpor.arrives(&t.op)
	}
	w.strategy.arrived(t)
	w.comesTo(t)
	w.pass()
	t.idling = false
	t.suspend()
	if k != hook.Return { // that is no operation of the user's
		w.did(t)
		w.record(t, &t.op)
	}
}

// settle parks the task that runs until no other can go on.
func (w *world) settle() {
	w.Point(hook.Wait)
	if w.settler != nil {
		w.Fatal("sim: Wait: another task waits already until the others are blocked")
	}
	w.settler = w.current
	w.Task()
	w.Park(context.Background(), hook.Wait)
}

// Task implements hook.World.
func (w *world) Task() hook.Task {
	if !w.firing {
		w.current.woken = false
	}
	return w.current
}

// Park implements hook.World.
//
//go:norace
func (w *world) Park(ctx context.Context, k hook.Kind, objects ...*hook.Object) bool {
	t := w.current
	if w.aborting {
		t.unwind()
	}
	if w.firing {
		panic(fmt.Sprintf("sim: %s in an Invariant or in the function of a timer would wait", k))
	}
	if t.woken {
		return true
	}
	t.op.kind, t.op.objects = k, append(t.op.objects[:0], objects...)
	t.givenUp = false
	if ctx.Done() != nil {
		t.ctx = ctx
		w.contexts++
	}
	w.expect(ctx)
	if w.dpor != nil {
		w.dpor.parks(t)
	}
	w.disable(t, blocked)
	if w.history.verbose {
		w.waits(t)
	}
	w.pass()
	t.suspend()
	if t.ctx != nil {
		t.ctx = nil
		w.contexts--
	}
	return t.woken
}

// Choose implements hook.World.
func (w *world) Choose(n int) int {
	if n == 1 {
		return 0
	}
	t := w.current
	i := w.history.choose(w, t, n)
	t.trace = mix(t.trace ^ uint64(i))
	w.trace += t.trace
	return i
}

// Idle implements hook.World.
func (w *world) Idle() {
	if t := w.current; t != nil {
		t.idling = true
		w.uses.failed(t)
	}
}

// Spawn implements hook.World.
func (w *world) Spawn(f func()) {
	w.Point(hook.Spawn)
	if w.dpor != nil {
		w.dpor.makes(callers())
	}
	w.spawn(w.current, f)
}

// Sleep implements hook.World.
func (w *world) Sleep(ctx context.Context, d time.Duration) bool {
	w.Under(ctx)
	w.Point(hook.Sleep)
	if ctx.Err() != nil {
		return false
	}
	if d <= 0 {
		return true
	}
	t := w.Task().(*task)
	alarm := w.clock.afterFunc(d, t.Wake, nil)
	defer alarm.Stop()
	return w.Park(ctx, hook.Sleep)
}

// AfterFunc implements hook.World.
func (w *world) AfterFunc(d time.Duration, f func(), useful func() bool) hook.Timer {
	return w.clock.afterFunc(d, f, useful)
}

// Now implements hook.World.
func (w *world) Now() time.Time { return w.clock.now }

// beatEvery is after how many steps of a long schedule it is known that tasks go on.
const beatEvery = 1 << 10

// pass decides who goes on: it sets next, to nil if nothing can.
//
//go:norace
func (w *world) pass() {
	if w.steps++; w.steps%beatEvery == 0 {
		w.explorer.clock.beat()
	}
	w.check()
	for w.failure == nil && !w.explorer.found.Load() {
		w.collect()
		w.endContexts()
		if w.steps > w.limit {
			w.fail(&Failure{Kind: Livelock, Message: fmt.Sprintf("still running after %d steps", w.limit)})
			break
		}
		t := w.pick()
		if t == nil {
			break
		}
		if t != &w.ticker {
			w.strategy.goes(t)
			w.next = t
			return
		}
		w.fire()
	}
	w.next = nil
}

// pick returns who goes on: a task, the clock, or nil if nothing can.
//
//go:norace
func (w *world) pick() *task {
	if len(w.ready) > 0 {
		return w.history.pick(w, w.mayTickNow())
	}
	w.halts()
	if t := w.settler; t != nil {
		w.settler = nil
		t.Wake()
		w.quiet(t)
		return t
	}
	if w.natives > 0 && w.untilNatives() {
		return w.history.pick(w, false)
	}
	if w.mayTick() && w.tickHelps() {
		w.quiet(&w.ticker)
		return &w.ticker
	}
	w.stuck()
	return nil
}

// fired ends the call of a function that belongs to no task, and fails the run if it panicked.
func (w *world) fired() {
	w.firing = false
	if p := recover(); p != nil && p != errAborted {
		w.fail(&Failure{Kind: Panic, Message: fmt.Sprint(p), stack: stackOf()})
	}
}

// endContexts wakes the tasks whose context has ended. A context is asked, after each step,
// instead of being watched: package context tells others in goroutines of its own, which no
// simulation could order.
//
//go:norace
func (w *world) endContexts() {
	if w.contexts == 0 {
		return
	}
	for _, t := range w.tasks {
		if t.state == blocked && t.ctx != nil && t.ctx.Err() != nil {
			t.givenUp = true
			w.enable(t)
		}
	}
}

// check runs the invariants.
//
//go:norace
func (w *world) check() {
	if len(w.invariants) == 0 || w.aborting || w.failure != nil {
		return
	}
	w.firing = true // so that they may look at channels without being interrupted
	defer w.fired()
	for _, f := range w.invariants {
		w.outside(f, true)
	}
}

// outside calls f for the world, in no task; after all that tasks have done, if that is to be so.
func (w *world) outside(f func(), all bool) {
	firing := w.firing
	w.firing = true
	defer func() { w.firing = firing }()
	if w.explorer.threaded {
		w.onClockwork(f, all)
		return
	}
	f()
}

func stackOf() []byte {
	buf := make([]byte, 16<<10)
	return buf[:runtime.Stack(buf, false)]
}
