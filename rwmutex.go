package runnel

import (
	"sync"

	"github.com/runnel-go/runnel/internal/hook"
)

// RWMutex is a [sync.RWMutex] that package sim can order: any number of readers or one writer
// hold it. The zero value is unlocked. It must not be copied after first use.
//
// A writer that waits keeps new readers out, so that it gets its turn. Hence a goroutine that
// holds a read lock must not ask for another one: if a writer came between, both wait for ever.
// A simulation finds that.
//
// For the rest see [Mutex], also for what is said there about simulations.
type RWMutex struct{ native sync.RWMutex }

// Lock locks rw for writing. It blocks while anybody holds it.
func (rw *RWMutex) Lock() {
	lock := (*sync.RWMutex).Lock // so that this method is inlined, and there is one call
	if hook.Active() {
		lock = lockInWorld
	}
	lock(&rw.native)
}

// TryLock locks rw for writing if nobody holds it, and tells whether it did.
func (rw *RWMutex) TryLock() bool {
	if hook.Active() {
		return rw.tryLock()
	}
	return rw.native.TryLock()
}

// Unlock unlocks rw for writing. If it is not so locked, that is a fatal error of the program,
// and in a simulation a failure of the run.
func (rw *RWMutex) Unlock() {
	unlock := (*sync.RWMutex).Unlock // so that this method is inlined, and there is one call
	if hook.Active() {
		unlock = unlockInWorld
	}
	unlock(&rw.native)
}

// RLock locks rw for reading. It blocks while a writer holds it or waits for it.
func (rw *RWMutex) RLock() {
	if hook.Active() {
		rw.rlock()
		return
	}
	rw.native.RLock()
}

// TryRLock locks rw for reading if no writer holds it or waits for it, and tells whether it did.
func (rw *RWMutex) TryRLock() bool {
	if hook.Active() {
		return rw.tryRLock()
	}
	return rw.native.TryRLock()
}

// RUnlock undoes one RLock. If there is none to undo, that is a fatal error of the program, and
// in a simulation a failure of the run.
func (rw *RWMutex) RUnlock() {
	if hook.Active() {
		rw.runlock()
		return
	}
	rw.native.RUnlock()
}

// RLocker returns a Locker that calls RLock and RUnlock.
func (rw *RWMutex) RLocker() sync.Locker { return (*readLocker)(rw) }

type readLocker RWMutex

func (r *readLocker) Lock()   { (*RWMutex)(r).RLock() }
func (r *readLocker) Unlock() { (*RWMutex)(r).RUnlock() }

func lockInWorld(native *sync.RWMutex) {
	if world := hook.Current(); world != nil {
		sharedIn(world, native).lock(world)
		return
	}
	native.Lock()
}

func (rw *RWMutex) tryLock() bool {
	if world := hook.Current(); world != nil {
		return sharedIn(world, &rw.native).tryLock(world)
	}
	return rw.native.TryLock()
}

func unlockInWorld(native *sync.RWMutex) {
	if world := hook.Current(); world != nil {
		sharedIn(world, native).unlock(world)
		return
	}
	native.Unlock()
}

func (rw *RWMutex) rlock() {
	if world := hook.Current(); world != nil {
		sharedIn(world, &rw.native).rlock(world)
		return
	}
	rw.native.RLock()
}

func (rw *RWMutex) tryRLock() bool {
	if world := hook.Current(); world != nil {
		return sharedIn(world, &rw.native).tryRLock(world)
	}
	return rw.native.TryRLock()
}

func (rw *RWMutex) runlock() {
	if world := hook.Current(); world != nil {
		sharedIn(world, &rw.native).runlock(world)
		return
	}
	rw.native.RUnlock()
}

//go:norace
func sharedIn(world hook.World, native *sync.RWMutex) *sharedLock {
	l, isNew := stateIn[sharedLock](world, native)
	if isNew {
		l.writers.object = objectOf(world, "RWMutex")
		mustBeFree(world, native, "RWMutex")
	}
	return l
}
