package sim

import (
	"github.com/runnel-go/runnel/internal/hook"
)

// What the race detector has to know of a simulation. Channels and contexts tell it themselves,
// since under simulation they are the same channels with the same locks and atomics. The rest
// is told here, as package sync and the runtime do it for theirs:
//
//	a task begins         after it was started
//	a task goes on        after it was woken
//	Lock returns          after every Unlock and RUnlock before
//	RLock returns         after every Unlock before; not after an RUnlock: readers are unordered
//	WaitGroup.Wait        after every Done; also every Add, which is more than package sync says
//	Once.Do               after f has returned
//	a timer's function    after the timer was set
//	T.Wait                after all that has been done
//	a schedule            after all earlier ones

// A lock has two tokens: for what writers do before they unlock, and for what readers do.
func byWriters(o *hook.Object) *int { return &o.ID }
func byReaders(o *hook.Object) *int { return &o.Room }

// before tells what happens before others go on after this operation.
//
//go:norace
func before(k hook.Kind, objects []*hook.Object) {
	if !raceDetector {
		return
	}
	for _, o := range objects {
		switch k {
		case hook.Unlock, hook.Add, hook.Done:
			raceRelease(byWriters(o))
		case hook.RUnlock:
			raceRelease(byReaders(o))
		}
	}
}

// after tells that this operation comes after theirs.
//
//go:norace
func after(k hook.Kind, objects []*hook.Object) {
	if !raceDetector {
		return
	}
	for _, o := range objects {
		switch k {
		case hook.Lock, hook.TryLock:
			raceAcquire(byWriters(o))
			raceAcquire(byReaders(o))
		case hook.RLock, hook.TryRLock, hook.Wait, hook.Do:
			raceAcquire(byWriters(o))
		}
	}
}

// token is what a release and an acquire have in common: its address.
type token int64

// afterAll tells that what follows comes after all that has been done in the run.
//
//go:norace
func (w *world) afterAll() {
	if !raceDetector {
		return
	}
	for _, th := range w.explorer.threads {
		raceAcquire(&th.released)
	}
}
