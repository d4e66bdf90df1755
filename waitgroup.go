package runnel

import (
	"context"
	"sync"

	"github.com/runnel-go/runnel/internal/hook"
)

// WaitGroup is a [sync.WaitGroup] that package sim can order: a counter, and those who wait for
// it to become zero. The zero value is ready to use. It must not be copied after first use.
//
// Outside of a simulation it is a sync.WaitGroup, but for one check. In a simulation Add, Done,
// Go and Wait are points where the order of tasks is decided. Add from zero and Wait must not be
// concurrent: sync's notices that rarely, and a wrong program waits too short, while a simulation
// fails whenever one comes while the other is under way.
//
// Each run of a simulation begins with a count of zero, of its tasks alone: what goroutines
// outside of it add is counted apart.
type WaitGroup struct{ native sync.WaitGroup }

// Add adds delta, which may be negative, to the counter. At zero those who wait go on. It panics
// if the counter becomes negative. From zero the counter must be raised before Wait is called,
// and again only when all calls of Wait have returned.
func (wg *WaitGroup) Add(delta int) {
	add := (*sync.WaitGroup).Add // so that this method is inlined, and there is one call
	if hook.Active() {
		add = addInWorld
	}
	add(&wg.native, delta)
}

// Done is Add(-1).
func (wg *WaitGroup) Done() {
	add := (*sync.WaitGroup).Add
	if hook.Active() {
		add = doneInWorld
	}
	add(&wg.native, -1)
}

// Wait blocks until the counter is zero.
func (wg *WaitGroup) Wait() {
	wait := (*sync.WaitGroup).Wait
	if hook.Active() {
		wait = waitInWorld
	}
	wait(&wg.native)
}

// Go adds one, and calls f in a goroutine of its own and Done when f has returned. f must not
// panic.
func (wg *WaitGroup) Go(f func()) {
	world := hook.Current()
	if world == nil {
		wg.native.Go(f)
		return
	}
	wg.Add(1)
	world.Spawn(func() {
		defer func() {
			if p := recover(); p != nil {
				panic(p) // and no Done: whoever waits must not see it as done
			}
			wg.Done() // also after runtime.Goexit
		}()
		f()
	})
}

// countdown is a WaitGroup in a simulation.
type countdown struct {
	object *hook.Object
	n      int
	queue  taskQueue // blocked in Wait
	waits  int       // calls of Wait that have begun and not returned
	adds   int       // calls of Add with a positive delta that have begun and not counted
}

//go:norace
func countdownIn(world hook.World, native *sync.WaitGroup) *countdown {
	c, isNew := stateIn[countdown](world, native)
	if isNew {
		c.object = objectOf(world, "WaitGroup")
	}
	return c
}

func addInWorld(native *sync.WaitGroup, delta int) {
	if world := hook.Current(); world != nil {
		countdownIn(world, native).add(world, hook.Add, delta)
		return
	}
	native.Add(delta)
}

func doneInWorld(native *sync.WaitGroup, delta int) {
	if world := hook.Current(); world != nil {
		countdownIn(world, native).add(world, hook.Done, delta)
		return
	}
	native.Add(delta)
}

func waitInWorld(native *sync.WaitGroup) {
	if world := hook.Current(); world != nil {
		countdownIn(world, native).wait(world)
		return
	}
	native.Wait()
}

const concurrentAdd = "sync: WaitGroup misuse: Add called concurrently with Wait"

//go:norace
func (c *countdown) add(world hook.World, k hook.Kind, delta int) {
	if delta > 0 {
		c.adds++
	}
	world.Point(k, c.object.Self...)
	if delta > 0 {
		c.adds--
	}
	if c.n == 0 && delta > 0 && c.waits > 0 {
		panic(concurrentAdd)
	}
	c.n += delta
	if c.n < 0 {
		panic("sync: negative WaitGroup counter")
	}
	if c.n == 0 {
		c.queue.wakeAll()
	}
}

//go:norace
func (c *countdown) wait(world hook.World) {
	c.waits++
	world.Point(hook.Wait, c.object.Self...)
	if c.n > 0 {
		c.queue.insert(len(c.queue), world.Task())
		world.Park(context.Background(), hook.Wait, c.object.Self...)
	} else if c.adds > 0 {
		panic(concurrentAdd)
	}
	c.waits--
}
