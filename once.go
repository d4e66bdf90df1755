package runnel

import (
	"sync"
	"sync/atomic"

	"github.com/runnel-go/runnel/internal/hook"
)

// Once is a [sync.Once] that package sim can order: it calls one function, one time. The zero
// value is ready to use. It must not be copied after first use.
//
// What was done before a simulation began is done in it, too. What was not, each run of the
// simulation does by itself, and it does not count outside.
type Once struct {
	done atomic.Bool
	mu   sync.Mutex // held while f runs
}

// Do calls f if it is the first call of Do for o, and returns when that f has returned, whoever
// called it. So f must not call Do of the same Once. An f that panics counts as done.
func (o *Once) Do(f func()) {
	if !o.done.Load() { // in a simulation it stays false
		o.doSlow(f)
	}
}

func (o *Once) doSlow(f func()) {
	if world := hook.Current(); world != nil {
		o.in(world).do(world, f)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.done.Load() {
		defer o.done.Store(true)
		f()
	}
}

//go:norace
func (o *Once) in(world hook.World) *doneOnce {
	d, isNew := stateIn[doneOnce](world, o)
	if isNew {
		d.object = objectOf(world, "Once")
		mustBeFree(world, &o.mu, "Once")
		d.done = o.done.Load()
	}
	return d
}

// doneOnce is a Once in a simulation. Its lock is held while f runs.
type doneOnce struct {
	heldLock
	done bool
}

//go:norace
func (d *doneOnce) do(world hook.World, f func()) {
	world.Point(hook.Do, d.object.Self...)
	if d.done {
		return
	}
	d.acquire(world, hook.Do)
	defer d.leave(world)
	if !d.done {
		defer d.didIt()
		f()
	}
}

//go:norace
func (d *doneOnce) didIt() { d.done = true }

//go:norace
func (d *doneOnce) leave(world hook.World) {
	world.Touch(d.object)
	d.release()
}

// OnceFunc returns a function that calls f in its first call only, see [Once]. If f panics,
// every call panics with the same value.
func OnceFunc(f func()) func() {
	get := OnceValue(func() struct{} { f(); return struct{}{} })
	return func() { get() }
}

// OnceValue returns a function that calls f in its first call only, see [Once], and always
// returns what f returned. If f panics, every call panics with the same value.
func OnceValue[T any](f func() T) func() T {
	r := &onceResult[T]{f: f}
	return r.get
}

// OnceValues is OnceValue for a function with two results.
func OnceValues[T1, T2 any](f func() (T1, T2)) func() (T1, T2) {
	type pair struct {
		a T1
		b T2
	}
	get := OnceValue(func() pair { a, b := f(); return pair{a, b} })
	return func() (T1, T2) {
		p := get()
		return p.a, p.b
	}
}

// onceResult is a function that is called once, and what came of it.
type onceResult[T any] struct {
	once     Once
	f        func() T // nil once called outside of a simulation
	returned bool
	panicked any
	v        T
}

func (r *onceResult[T]) get() T {
	r.once.Do(r.call)
	if !r.returned {
		panic(r.panicked)
	}
	return r.v
}

func (r *onceResult[T]) call() {
	r.returned = false
	defer func() {
		if hook.Current() == nil {
			r.f = nil
		}
		if !r.returned {
			r.panicked = recover()
			panic(r.panicked) // with the stack of f
		}
	}()
	r.v = r.f()
	r.returned = true
}
