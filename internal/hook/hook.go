package hook

import (
	"context"
	"time"
)

// Kind is what an operation does.
type Kind uint8

const (
	Send Kind = iota
	Recv
	TrySend
	TryRecv
	Close
	Cancel
	Look   // at the length, the account or the end of a channel
	Book   // a change of the account: Discard, Reject
	Attach // something to a channel: a producer, OnDrop, OnClose
	Refill // what waits before a transducer moves on
	Select // over several channels
	TrySelect
	Spawn
	Sleep
	Fire // of a timer
	Point
	Continue // after having been blocked
	Lock     // of a mutex
	TryLock
	Unlock
	RLock // of a read-write mutex
	TryRLock
	RUnlock
	Add // to a wait group
	Done
	Wait // for a wait group or a condition
	Signal
	Broadcast
	Do // once
	Return
	Native // an operation on what is not runnel's

	// These see how much another operation has done so far, or when it came.
	SendAll
	RecvUpTo
	SendFunc
	RecvFunc

	// These are accesses to one word that goroutines share. They are operations only where the
	// code of the channels itself is explored (package step).
	Load
	Store
	Update // Swap, CompareAndSwap, Add, …
	kinds
)

var kindNames = [kinds]string{
	"Send", "Recv", "TrySend", "TryRecv", "Close", "Cancel", "Look", "Discard", "Attach", "Refill", "Select", "TrySelect",
	"Go", "Sleep", "timer", "Point", "continues", "Lock", "TryLock", "Unlock", "RLock", "TryRLock",
	"RUnlock", "Add", "Done", "Wait", "Signal", "Broadcast", "Do", "returns", "a native operation",
	"SendAll", "RecvUpTo", "SendFunc", "RecvFunc",
	"load", "store", "update",
}

// String names the kind in words.
func (k Kind) String() string {
	if k >= kinds {
		return "unknown operation"
	}
	return kindNames[k]
}

// Object is what an operation works on: a channel, as a world knows it.
type Object struct {
	ID   int    // in the order of creation, from 1
	Type string // "Mutex", "WaitGroup", …; empty for a channel
	Name string // of the channel, or empty
	Site string // where it was made, filled in only when somebody will read it

	Self []*Object // itself, as the objects of an operation

	// Channel is the channel itself, nil for other objects.
	Channel interface{ Len() int }

	// Queue says that the channel does nothing but queue: every value that is sent will be
	// received, in order, and who finds no room waits. Room is for how many there is.
	Queue bool
	Room  int

	// Twin is the other end of a transducer: an operation on one works on both.
	Twin *Object

	World World
}

// Pair makes two objects the ends of one transducer.
func Pair(a, b *Object) {
	a.Twin, b.Twin = b, a
	a.Queue, b.Queue = false, false
}

// World is a simulation: of its tasks one runs at a time, and the world decides which.
type World interface {
	// NewObject tells of a new channel.
	NewObject(name string) *Object

	// Slot returns the place where the state of a lock or the like is kept for this run; it is
	// nil at first. The thing itself, to which of points, cannot know to whom it belongs, since
	// its zero value is ready to use.
	Slot(of any) *any

	// Fatal fails the run where a program would end with a fatal error. It does not return.
	Fatal(message string)

	// Misuse fails the run because something was used that does not belong to it. It does not
	// return.
	Misuse(message string)

	// Point comes before every operation of the task that runs. Others may run before it
	// returns. The objects are valid during the call.
	Point(k Kind, objects ...*Object)

	// Task returns the task that runs, to be parked and woken.
	Task() Task

	// Park ends the turn of the task that runs, which is blocked in an operation, until it is
	// woken (true) or ctx ends (false).
	Park(ctx context.Context, k Kind, objects ...*Object) bool

	// Under says that the operation that the task that runs comes to depends on whether ctx
	// has ended. It is called before Point, and where ctx has ended and there will be no Point.
	Under(ctx context.Context)

	// Touch says that the task that runs goes on to work on these objects without a Point.
	Touch(objects ...*Object)

	// Choose decides among n ≥ 1 possibilities: 0 … n−1.
	Choose(n int) int

	// Idle says that the operation of the task that runs has found nothing to do: if it goes
	// on to ask, others should go on first.
	Idle()

	// Spawn starts a task.
	Spawn(f func())

	// Sleep blocks the task for d of virtual time; false if ctx ended first.
	Sleep(ctx context.Context, d time.Duration) bool

	// AfterFunc calls f, in no task, once d of virtual time has passed. For liveness the timer
	// counts only if useful says that its call would wake somebody.
	AfterFunc(d time.Duration, f func(), useful func() bool) Timer

	// Now is the virtual time.
	Now() time.Time
}

// Task is a goroutine of a world.
type Task interface{ Wake() }

// Timer is a call that is to come.
type Timer interface {
	Stop() bool
	Reset(d time.Duration) bool
}

// find finds the world whose task the calling goroutine is. It is nil in a program that does not
// contain package sim, and is set before anything else can run: so it is read as it is.
var find func() World

// Current returns the world of which the calling goroutine is a task, or nil.
func Current() World {
	if find != nil {
		return find()
	}
	return nil
}

// Active tells whether there may be worlds at all.
func Active() bool { return find != nil }

// Install makes f answer for Current. It is for an init function of package sim.
func Install(f func() World) { find = f }
