package runnel

import (
	"context"
	"sync"

	"github.com/runnel-go/runnel/internal/hook"
)

// Cond is a [sync.Cond] that package sim can order: a place to wait until something has become
// true that a lock guards. Make one with [NewCond]. It must not be copied after first use.
//
// L is its lock. In a simulation it should be a [Mutex], a [RWMutex] or its RLocker: a task that
// waits for another kind of lock stops the simulation as a whole.
//
// For the rest see [Mutex], also for what is said there about simulations.
type Cond struct{ syncCond }

// syncCond is an alias: an embedded field that no other package can name, while L can be named.
type syncCond = sync.Cond

// NewCond makes a Cond with l as its L.
func NewCond(l sync.Locker) *Cond { return &Cond{syncCond{L: l}} }

// Wait unlocks c.L, blocks until Signal or Broadcast wakes it, and locks c.L again. Others may
// have had the lock in between, so what was waited for must be looked at again, in a loop. The
// caller must hold c.L.
func (c *Cond) Wait() {
	if hook.Active() {
		c.wait()
		return
	}
	c.syncCond.Wait()
}

// Signal wakes the one that has waited longest, if any waits. The caller may hold c.L, and
// need not.
func (c *Cond) Signal() {
	if hook.Active() {
		c.signal(hook.Signal)
		return
	}
	c.syncCond.Signal()
}

// Broadcast wakes all that wait. The caller may hold c.L, and need not.
func (c *Cond) Broadcast() {
	if hook.Active() {
		c.signal(hook.Broadcast)
		return
	}
	c.syncCond.Broadcast()
}

func (c *Cond) wait() {
	if world := hook.Current(); world != nil {
		c.in(world).wait(world, c.L)
		return
	}
	c.syncCond.Wait()
}

func (c *Cond) signal(k hook.Kind) {
	world := hook.Current()
	switch {
	case world != nil:
		c.in(world).signal(world, k)
	case k == hook.Signal:
		c.syncCond.Signal()
	default:
		c.syncCond.Broadcast()
	}
}

//go:norace
func (c *Cond) in(world hook.World) *meeting {
	m, isNew := stateIn[meeting](world, c)
	if isNew {
		m.object = objectOf(world, "Cond")
	}
	return m
}

// meeting is a Cond in a simulation.
type meeting struct {
	object *hook.Object
	queue  []*attendant
}

// attendant is one call of Wait. It is in the queue before the lock is given up, so it may be
// called before its task is parked.
type attendant struct {
	task   hook.Task // that is parked, or nil
	called bool
}

//go:norace
func (m *meeting) wait(world hook.World, l sync.Locker) {
	world.Point(hook.Wait, m.object.Self...)
	a := &attendant{}
	m.queue = append(m.queue, a)
	l.Unlock()
	if !a.called {
		a.task = world.Task()
		world.Park(context.Background(), hook.Wait, m.object.Self...)
	}
	l.Lock()
}

//go:norace
func (m *meeting) signal(world hook.World, k hook.Kind) {
	world.Point(k, m.object.Self...)
	n := len(m.queue)
	if k == hook.Signal {
		n = min(n, 1)
	}
	for _, a := range m.queue[:n] {
		a.called = true
		if a.task != nil {
			a.task.Wake()
		}
	}
	m.queue = m.queue[n:]
}
