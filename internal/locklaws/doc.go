// Package locklaws is what the types of package sync promise, as programs that check it. They
// run on any implementation: on package sync's own, to show that the laws are true; on runnel's;
// and on runnel's in a simulation, schedule by schedule.
//
// A law holds in every schedule, so none waits for a moment that it cannot observe.
package locklaws

import (
	"sync"

	"github.com/runnel-go/runnel"
)

// T is the test that a law runs in.
type T interface {
	// Assert fails the test unless ok. Any goroutine may call it.
	Assert(ok bool, format string, args ...any)

	// Yield lets others go on. A loop around it ends if others can end it.
	Yield()
}

// Law is a promise.
type Law struct {
	Name  string
	Check func(t T, k Kit)
}

// Laws are all of them.
var Laws = [][]Law{mutexLaws, rwMutexLaws, waitGroupLaws, onceLaws, condLaws}

// Kit is an implementation.
type Kit struct {
	Mutex     func() Mutex
	RWMutex   func() RWMutex
	WaitGroup func() WaitGroup
	Once      func() Once
	Cond      func(sync.Locker) Cond
	OnceFunc  func(func()) func()
	OnceValue func(func() int) func() int
}

// Mutex is a mutual exclusion lock.
type Mutex interface {
	sync.Locker
	TryLock() bool
}

// RWMutex is a lock for readers and writers.
type RWMutex interface {
	Mutex
	RLock()
	TryRLock() bool
	RUnlock()
	RLocker() sync.Locker
}

// WaitGroup is a counter that can be waited for.
type WaitGroup interface {
	Add(delta int)
	Done()
	Go(f func())
	Wait()
}

// Once calls one function, one time.
type Once interface{ Do(f func()) }

// Cond is a place to wait.
type Cond interface {
	Wait()
	Signal()
	Broadcast()
}

// Sync is package sync.
func Sync() Kit {
	return Kit{
		Mutex:     func() Mutex { return new(sync.Mutex) },
		RWMutex:   func() RWMutex { return new(sync.RWMutex) },
		WaitGroup: func() WaitGroup { return new(sync.WaitGroup) },
		Once:      func() Once { return new(sync.Once) },
		Cond:      func(l sync.Locker) Cond { return sync.NewCond(l) },
		OnceFunc:  sync.OnceFunc,
		OnceValue: sync.OnceValue[int],
	}
}

// Runnel is package runnel.
func Runnel() Kit {
	return Kit{
		Mutex:     func() Mutex { return new(runnel.Mutex) },
		RWMutex:   func() RWMutex { return new(runnel.RWMutex) },
		WaitGroup: func() WaitGroup { return new(runnel.WaitGroup) },
		Once:      func() Once { return new(runnel.Once) },
		Cond:      func(l sync.Locker) Cond { return runnel.NewCond(l) },
		OnceFunc:  runnel.OnceFunc,
		OnceValue: runnel.OnceValue[int],
	}
}

// several runs f for 0 … n−1 at once and returns when all have.
func (k Kit) several(n int, f func(i int)) {
	wg := k.WaitGroup()
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

// panicOf returns what f panics with, nil if it returns.
func panicOf(f func()) (p any) {
	defer func() { p = recover() }()
	f()
	return nil
}
