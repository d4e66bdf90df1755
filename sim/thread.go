package sim

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// thread is a goroutine that runs tasks, one after the other, beside a coroutine. What a task
// does itself it does on the thread; what the world does for it, on the coroutine, at the
// request of the thread:
//
//	the thread runs ⇒ the coroutine waits for a request, in carry
//	the coroutine runs ⇒ the thread waits for an answer, in call, or for another task
//
// It costs two changes of goroutines for each operation, and is needed for two things. A thread
// may be blocked by other means than runnel's while tasks go on (native.go). And the race
// detector must not learn in which order tasks run, or it would take that for synchronisation
// and see no race ever: so a thread hides its dealings with the coroutine from it, and tells it
// instead what orders tasks really (edges.go). What the coroutines do is ordered by theirs, and
// the memory of the world is theirs alone: a thread reads and writes it only in functions that
// the race detector does not look at (go:norace), and its own fields likewise.
type thread struct {
	world    *world
	task     *task
	asked    chan struct{} // a request is there, or the task has ended
	answered chan struct{} // the request has been served, or there is a task

	f        func() // the task
	start    *token // token for the race detector: what comes before the task
	all      bool   // everything does
	ended    bool
	returned bool
	panicked any
	stack    []byte

	request func()
	refusal any    // what the request panicked with
	fresh   bool   // by that the run has failed: the stack trace of the thread is wanted
	site    string // of the request, if a report will be written

	released  int64 // tokens for the race detector: what the thread has done,
	awoken    int64 // and what those have who have woken its task
	id        uint64
	over      bool // it is to end
	dead      bool // its task called runtime.Goexit
	abandoned bool // it was blocked outside of runnel when the run was over
}

// errExit is what a request panics with to end the thread.
const errExit = exit("the run is over")

type exit string

func (e exit) Error() string { return string(e) }

// forge makes threads. It is a goroutine of its own because, for the race detector, all that
// its maker has done happens before what a goroutine does.
//
//go:norace
func forge(orders chan *thread) {
	raceIgnore()
	for th := <-orders; th != nil; th = <-orders {
		go th.loop()
	}
}

//go:norace
func (e *explorer) newThread() *thread {
	th := &thread{world: e.world, asked: make(chan struct{}, 1), answered: make(chan struct{}, 1)}
	if e.orders == nil {
		e.orders = make(chan *thread)
		go forge(e.orders)
	}
	raceIgnore()
	e.orders <- th
	raceHeed()
	<-th.asked // it knows its id
	e.threads = append(e.threads, th)
	return th
}

// loop is the thread.
//
//go:norace
func (th *thread) loop() {
	debug.SetPanicOnFault(true) // marks this goroutine, see isTask
	th.id = goroutineID()
	for th.asks(); !th.over; th.asks() {
		th.run()
	}
}

// run runs a task.
//
//go:norace
func (th *thread) run() {
	defer th.left()
	if th.start != nil {
		raceAcquire(th.start)
	}
	if th.all {
		th.world.afterAll()
	}
	th.f()
	th.returned = true
}

// left notes how the task has ended, whether it returned, panicked or called runtime.Goexit.
//
//go:norace
func (th *thread) left() {
	if !th.returned {
		th.panicked = recover()
		th.dead = th.panicked == nil
		if th.panicked != nil && th.panicked != errAborted {
			th.stack = stackOf()
		}
	}
	th.ended = true
	raceRelease(&th.released)
	if th.dead {
		raceIgnore()
		th.asked <- struct{}{}
		raceHeed()
	}
}

// asks hands the turn to the coroutine, and returns when it comes back.
//
//go:norace
func (th *thread) asks() {
	raceIgnore()
	th.asked <- struct{}{}
	th.world.notify()
	<-th.answered
	raceHeed()
	if clockwork := th.world.explorer.clockwork; th.world.ordered && clockwork != nil {
		raceAcquire(&clockwork.released)
	}
}

// call has f done on the coroutine.
//
//go:norace
func (th *thread) call(f func()) {
	if th.abandoned {
		runtime.Goexit()
	}
	th.request, th.refusal = f, nil
	if th.world.history.verbose {
		th.site = th.world.explorer.callSite()
	}
	raceRelease(&th.released)
	th.asks()
	switch th.refusal {
	case nil:
		return
	case errExit:
		runtime.Goexit()
	}
	th.raise()
}

// raise panics as the request has done.
//
//go:norace
func (th *thread) raise() {
	p := th.refusal
	if th.fresh {
		th.fresh = false
		th.stack = stackOf()
		th.call(th.keepStack)
	}
	panic(p)
}

func (th *thread) keepStack() { th.world.failure.stack = th.stack }

// carry runs f as a task on the thread, and tells whether it has returned. It is called on the
// coroutine.
//
//go:norace
func (th *thread) carry(t *task, f func()) (returned bool) {
	th.task, th.f, th.start = t, f, t.start
	th.ended, th.returned, th.panicked, th.stack = false, false, nil, nil
	for th.resume(); !th.ended; th.resume() {
		th.serve()
	}
	return th.returned
}

// onClockwork calls f on a thread of its own that belongs to no task.
func (w *world) onClockwork(f func(), all bool) {
	e := w.explorer
	if e.clockwork == nil || e.clockwork.dead || e.clockwork.abandoned {
		e.clockwork = e.newThread()
	}
	th, calling := e.clockwork, w.calling
	th.all = all
	th.carry(&w.ticker, f)
	w.calling = calling
	switch {
	case th.returned || th.panicked == errAborted:
	case th.dead:
		w.fail(&Failure{Kind: Exit, Message: "an Invariant or the function of a timer called runtime.Goexit" + exitHint})
	default:
		w.fail(&Failure{Kind: Panic, Message: fmt.Sprint(th.panicked), stack: th.stack})
	}
}

// resume lets the thread go on until its next request.
//
//go:norace
func (th *thread) resume() {
	w := th.world
	w.calling = th
	th.answered <- struct{}{}
	w.await(th)
	raceAcquire(&th.released)
}

// serve does what the thread has asked for.
//
//go:norace
func (th *thread) serve() {
	defer func() { th.refusal = recover() }()
	th.request()
}

// end ends the thread.
func (th *thread) end() {
	if !th.dead && !th.abandoned {
		th.over = true
		th.answered <- struct{}{}
	}
}

// Wake implements hook.Task.
//
//go:norace
func (th *thread) Wake() {
	raceRelease(&th.awoken)
	th.world.caller().call(th.wakeTask)
}

func (th *thread) wakeTask() { th.task.Wake() }

// goroutineID is the number of the calling goroutine, of which the runtime speaks only in
// stack traces: "goroutine 18 [running]:".
//
//go:norace
func goroutineID() (id uint64) {
	var buf [32]byte
	n := runtime.Stack(buf[:], false)
	for _, c := range buf[len("goroutine "):n] {
		if c < '0' || c > '9' {
			break
		}
		id = id*10 + uint64(c-'0')
	}
	return id
}

// endThreads ends those that no carrier has.
func (e *explorer) endThreads() {
	if e.orders == nil {
		return
	}
	if e.clockwork != nil {
		e.clockwork.end()
	}
	raceIgnore()
	e.orders <- nil
	raceHeed()
}
