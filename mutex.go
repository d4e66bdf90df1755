package runnel

import (
	"sync"

	"github.com/runnel-go/runnel/internal/hook"
)

// Mutex is a [sync.Mutex] that package sim can order. The zero value is an unlocked Mutex. It
// must not be copied after first use.
//
// Outside of a simulation it is a sync.Mutex, in size, in meaning and, but for one check, in
// price: use it where a test with package sim shall explore who gets the lock first, and sync's
// everywhere else. In a simulation Lock, TryLock and Unlock are points where the order of tasks
// is decided, a task that waits for the lock shows in reports of deadlocks, and as with sync's
// a task that was woken competes with those that come just then.
//
// Tasks of a simulation and other goroutines do not lock each other out. Each run of a
// simulation finds the Mutex unlocked, whatever earlier runs left behind; one that a goroutine
// outside of the simulation holds at that moment fails the run.
type Mutex struct{ native sync.Mutex }

// Lock locks m. It blocks while m is locked, also if by the same goroutine.
func (m *Mutex) Lock() {
	if hook.Active() {
		m.lock()
		return
	}
	m.native.Lock()
}

// TryLock locks m if it is unlocked, and tells whether it did.
func (m *Mutex) TryLock() bool {
	if hook.Active() {
		return m.tryLock()
	}
	return m.native.TryLock()
}

// Unlock unlocks m, which may have been locked by another goroutine. To unlock what is not
// locked is a fatal error of the program, and in a simulation a failure of the run.
func (m *Mutex) Unlock() {
	if hook.Active() {
		m.unlock()
		return
	}
	m.native.Unlock()
}

func (m *Mutex) lock() {
	if world := hook.Current(); world != nil {
		m.in(world).lock(world)
		return
	}
	m.native.Lock()
}

func (m *Mutex) tryLock() bool {
	if world := hook.Current(); world != nil {
		return m.in(world).tryLock(world)
	}
	return m.native.TryLock()
}

func (m *Mutex) unlock() {
	if world := hook.Current(); world != nil {
		m.in(world).unlock(world, "sync: unlock of unlocked mutex")
		return
	}
	m.native.Unlock()
}

// in returns what the world knows of m.
//
//go:norace
func (m *Mutex) in(world hook.World) *heldLock {
	l, isNew := stateIn[heldLock](world, m)
	if isNew {
		l.object = objectOf(world, "Mutex")
		mustBeFree(world, &m.native, "Mutex")
	}
	return l
}
