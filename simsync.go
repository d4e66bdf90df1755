package runnel

import (
	"context"
	"slices"

	"github.com/runnel-go/runnel/internal/hook"
)

// Mutex, RWMutex, WaitGroup, Once and Cond under simulation. Their zero values are ready, so
// there is no moment at which one could be told where it belongs, as channels are. Instead each
// operation looks who calls: a task uses the state that its world keeps for this object in this
// run, everybody else the one of package sync inside. So nothing of a run is left for the next.

// stateIn returns what the world keeps for the object in this run, and whether it is new.
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
	queue  []hook.Task
}

func (l *heldLock) lock(world hook.World) {
	world.Point(hook.Lock, l.object.Self...)
	l.acquire(world, hook.Lock)
}

func (l *heldLock) tryLock(world hook.World) bool {
	world.Point(hook.TryLock, l.object.Self...)
	if l.locked {
		world.Idle()
		return false
	}
	l.locked = true
	return true
}

func (l *heldLock) unlock(world hook.World, ifNot string) {
	world.Point(hook.Unlock, l.object.Self...)
	if !l.locked {
		world.Fatal(ifNot)
	}
	l.release()
}

func (l *heldLock) acquire(world hook.World, k hook.Kind) {
	place := len(l.queue)
	for l.locked {
		l.queue = slices.Insert(l.queue, place, world.Task())
		world.Park(context.Background(), k, l.object.Self...)
		l.woken, place = false, 0
	}
	l.locked = true
}

func (l *heldLock) release() {
	l.locked = false
	if len(l.queue) > 0 && !l.woken {
		l.woken = true
		wakeFirst(&l.queue)
	}
}

func wakeFirst(queue *[]hook.Task) {
	first := (*queue)[0]
	*queue = slices.Delete(*queue, 0, 1)
	first.Wake()
}

// sharedLock is a RWMutex in a simulation. As in package sync, writers compete for a lock among
// themselves; who has it keeps new readers out and waits for those that are in. Its Unlock lets
// in all readers that have come meanwhile: the next writer waits for them.
type sharedLock struct {
	writers heldLock
	readers int         // that are in
	writer  hook.Task   // that waits for readers, or nil
	queue   []hook.Task // readers kept out
}

func (l *sharedLock) lock(world hook.World) {
	world.Point(hook.Lock, l.writers.object.Self...)
	l.writers.acquire(world, hook.Lock)
	if l.readers > 0 {
		l.writer = world.Task()
		world.Park(context.Background(), hook.Lock, l.writers.object.Self...)
	}
}

func (l *sharedLock) tryLock(world hook.World) bool {
	world.Point(hook.TryLock, l.writers.object.Self...)
	if l.writers.locked || l.readers > 0 {
		world.Idle()
		return false
	}
	l.writers.locked = true
	return true
}

func (l *sharedLock) unlock(world hook.World) {
	world.Point(hook.Unlock, l.writers.object.Self...)
	if !l.writers.locked || l.writer != nil {
		world.Fatal("sync: Unlock of unlocked RWMutex")
	}
	l.readers = len(l.queue)
	for _, t := range l.queue {
		t.Wake()
	}
	l.queue = l.queue[:0]
	l.writers.release()
}

func (l *sharedLock) rlock(world hook.World) {
	world.Point(hook.RLock, l.writers.object.Self...)
	if l.writers.locked {
		l.queue = append(l.queue, world.Task())
		world.Park(context.Background(), hook.RLock, l.writers.object.Self...)
		return
	}
	l.readers++
}

func (l *sharedLock) tryRLock(world hook.World) bool {
	world.Point(hook.TryRLock, l.writers.object.Self...)
	if l.writers.locked {
		world.Idle()
		return false
	}
	l.readers++
	return true
}

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
