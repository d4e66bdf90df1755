package runnel

import (
	"context"

	"github.com/runnel-go/runnel/internal/hook"
)

// Mutex, RWMutex, WaitGroup, Once and Cond under simulation. Their zero values are ready, so
// there is no moment at which one could be told where it belongs, as channels are. Instead each
// operation looks who calls: a task uses the state that its world keeps for this object in this
// run, everybody else the one of package sync inside. So nothing of a run is left for the next.
//
// The state is shared by tasks, of which one runs at a time. But the race detector is told only
// what orders tasks in the real world (sim/edges.go), which leaves the state itself unordered.
// So it does not look at these functions (go:norace), and they call none that it looks at.

// stateIn returns what the world keeps for the object in this run, and whether it is new.
//
//go:norace
func stateIn[S any](world hook.World, of any) (s *S, isNew bool) {
	slot := world.Slot(of)
	if s, ok := (*slot).(*S); ok {
		return s, false
	}
	s = new(S)
	*slot = s
	return s, true
}

// objectOf makes what the world calls an object of this type.
//
//go:norace
func objectOf(world hook.World, what string) *hook.Object {
	o := world.NewObject("")
	o.Type = what
	return o
}

// mustBeFree fails the run if the native lock of an object is held.
func mustBeFree(world hook.World, native interface {
	TryLock() bool
	Unlock()
}, what string) {
	if !native.TryLock() {
		world.Fatal("runnel: " + what + " is held by a goroutine outside of the simulation that uses it")
	}
	native.Unlock()
}

// heldLock is a Mutex in a simulation. As in package sync, Unlock wakes the first that waits,
// which then competes with whoever comes just then, and is the first again if it loses.
type heldLock struct {
	object *hook.Object
	locked bool
	woken  bool // a task was woken that has not yet gone on
	queue  taskQueue
}

//go:norace
func (l *heldLock) lock(world hook.World) {
	world.Point(hook.Lock, l.object.Self...)
	l.acquire(world, hook.Lock)
}

//go:norace
func (l *heldLock) tryLock(world hook.World) bool {
	world.Point(hook.TryLock, l.object.Self...)
	if l.locked {
		world.Idle()
		return false
	}
	l.locked = true
	return true
}

//go:norace
func (l *heldLock) unlock(world hook.World, ifNot string) {
	world.Point(hook.Unlock, l.object.Self...)
	if !l.locked {
		world.Fatal(ifNot)
	}
	l.release()
}

//go:norace
func (l *heldLock) acquire(world hook.World, k hook.Kind) {
	place := len(l.queue)
	for l.locked {
		l.queue.insert(place, world.Task())
		world.Park(context.Background(), k, l.object.Self...)
		l.woken, place = false, 0
	}
	l.locked = true
}

//go:norace
func (l *heldLock) release() {
	l.locked = false
	if len(l.queue) > 0 && !l.woken {
		l.woken = true
		l.queue.takeFirst().Wake()
	}
}

// taskQueue is a list of tasks that wait.
type taskQueue []hook.Task

//go:norace
func (q *taskQueue) insert(place int, t hook.Task) {
	*q = append(*q, t)
	for i := len(*q) - 1; i > place; i-- {
		(*q)[i], (*q)[i-1] = (*q)[i-1], (*q)[i]
	}
}

//go:norace
func (q *taskQueue) takeFirst() (first hook.Task) {
	first = (*q)[0]
	last := len(*q) - 1
	for i := range last {
		(*q)[i] = (*q)[i+1]
	}
	(*q)[last] = nil
	*q = (*q)[:last]
	return first
}

// wakeAll empties the queue.
//
//go:norace
func (q *taskQueue) wakeAll() {
	for _, t := range *q {
		t.Wake()
	}
	*q = (*q)[:0]
}

// sharedLock is a RWMutex in a simulation. As in package sync, writers compete for a lock among
// themselves; who has it keeps new readers out and waits for those that are in. Its Unlock lets
// in all readers that have come meanwhile: the next writer waits for them.
type sharedLock struct {
	writers heldLock
	readers int       // that are in
	writer  hook.Task // that waits for readers, or nil
	queue   taskQueue // readers kept out
}

//go:norace
func (l *sharedLock) lock(world hook.World) {
	world.Point(hook.Lock, l.writers.object.Self...)
	l.writers.acquire(world, hook.Lock)
	if l.readers > 0 {
		l.writer = world.Task()
		world.Park(context.Background(), hook.Lock, l.writers.object.Self...)
	}
}

//go:norace
func (l *sharedLock) tryLock(world hook.World) bool {
	world.Point(hook.TryLock, l.writers.object.Self...)
	if l.writers.locked || l.readers > 0 {
		world.Idle()
		return false
	}
	l.writers.locked = true
	return true
}

//go:norace
func (l *sharedLock) unlock(world hook.World) {
	world.Point(hook.Unlock, l.writers.object.Self...)
	if !l.writers.locked || l.writer != nil {
		world.Fatal("sync: Unlock of unlocked RWMutex")
	}
	l.readers = len(l.queue)
	l.queue.wakeAll()
	l.writers.release()
}

//go:norace
func (l *sharedLock) rlock(world hook.World) {
	world.Point(hook.RLock, l.writers.object.Self...)
	if l.writers.locked {
		l.queue.insert(len(l.queue), world.Task())
		world.Park(context.Background(), hook.RLock, l.writers.object.Self...)
		return
	}
	l.readers++
}

//go:norace
func (l *sharedLock) tryRLock(world hook.World) bool {
	world.Point(hook.TryRLock, l.writers.object.Self...)
	if l.writers.locked {
		world.Idle()
		return false
	}
	l.readers++
	return true
}

//go:norace
func (l *sharedLock) runlock(world hook.World) {
	world.Point(hook.RUnlock, l.writers.object.Self...)
	if l.readers == 0 {
		world.Fatal("sync: RUnlock of unlocked RWMutex")
	}
	l.readers--
	if l.readers == 0 && l.writer != nil {
		l.writer.Wake()
		l.writer = nil
	}
}
