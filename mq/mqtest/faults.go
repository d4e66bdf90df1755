package mqtest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/runnel-go/runnel/mq/mem"
)

// Fault is what an engine behind a network does now and then. Handlers and publishers must be
// right all the same: none of them breaks what is promised, which is at least once.
type Fault uint8

const (
	PublishFails  Fault = iota // Publish fails, and has had no effect
	PublishStored              // Publish fails, but the message is stored: who tries again sends it twice
	TopicFull                  // a topic is full, whatever it holds; not one with Overflow(Block)
	FetchFails                 // Fetch fails, and has had no effect
	AckLost                    // settling fails, and has had no effect
	AckDone                    // settling fails, but has had its effect
	Crash                      // the handler's process dies after the handler's effect, before the ack: the message comes again when its lease has ended
	LateAck                    // an ack takes until its lease has ended: somebody else may have the message
	Duplicate                  // a message that was acked comes again at once
	Reorder                    // groups that are Unordered get messages out of order
	Slow                       // calls take longer
	Restart                    // the engine loses all connections; what it has stored stays
	faultKinds                 // how many there are
)

func (f Fault) String() string {
	names := []string{"PublishFails", "PublishStored", "TopicFull", "FetchFails", "AckLost", "AckDone", "Crash", "LateAck",
		"Duplicate", "Reorder", "Slow", "Restart"}
	if int(f) < len(names) {
		return names[f]
	}
	return fmt.Sprintf("Fault(%d)", uint8(f))
}

// Faults says what goes wrong in the engines that it opens, and how often. The zero value does
// everything, one call in eight, by chance from seed 0.
type Faults struct {
	Kinds  []Fault // nil: all
	Seed   uint64
	Rarity int // for each kind, one call in so many goes wrong; 0: 8. At least 2

	// Choose draws a number from 0 to n-1, where 0 is no fault, instead of chance: the method
	// Choose of a sim.T makes the faults a part of the schedule, which is shortened to those that
	// matter. It is called by many goroutines at once.
	Choose func(n int) int

	SlowBy time.Duration // how long Slow takes at most; 0: a second
}

// ErrFault is the error of calls that fail. Like any trouble of an engine it is none of those of
// package mq.
var ErrFault = mem.ErrFault

// Open makes a memory engine that has the faults, on a store of its own. It panics if f makes no
// sense. Time is spent by LateAck, Crash, Slow and the waits of who tries again: run it in a bubble of
// testing/synctest or under sim.
func (f Faults) Open() *FaultEngine {
	if f.Rarity < 0 || f.Rarity == 1 {
		panic(fmt.Sprintf("mqtest: Faults.Rarity is %d, want 0 or at least 2", f.Rarity))
	}
	if i := slices.IndexFunc(f.Kinds, func(k Fault) bool { return k >= faultKinds }); i >= 0 {
		panic(fmt.Sprintf("mqtest: Faults.Kinds has %v, want at most %v", f.Kinds[i], faultKinds-1))
	}
	if f.SlowBy < 0 {
		panic(fmt.Sprintf("mqtest: Faults.SlowBy is %v, want 0 or more", f.SlowBy))
	}
	e := &FaultEngine{faults: f}
	if f.Choose == nil {
		e.faults.Choose = chance(f.Seed)
	}
	e.store = mem.NewStore(&mem.Options{Faults: e.below()})
	e.inner = e.store.Open()
	return e
}

// below are the faults that the memory engine has itself. Crashes, restarts and what is done in spite
// of an error come on top of it.
func (e *FaultEngine) below() *mem.Faults {
	f := &mem.Faults{
		Choose: e.choose, Rarity: cmp.Or(e.faults.Rarity, 8),
		Full: e.may(TopicFull), LostAck: e.may(AckLost), LateAck: e.may(AckDone), Shuffled: e.may(Reorder),
	}
	if e.may(Slow) {
		f.Slow = cmp.Or(e.faults.SlowBy, time.Second)
	}
	return f
}

func (e *FaultEngine) may(k Fault) bool {
	return e.faults.Kinds == nil || slices.Contains(e.faults.Kinds, k)
}

// strike tells whether a fault happens now.
func (e *FaultEngine) strike(k Fault) bool {
	rarity := cmp.Or(e.faults.Rarity, 8)
	return e.may(k) && e.choose(rarity) == rarity-1
}

// choose draws, or does not once the engine has been healed.
func (e *FaultEngine) choose(n int) int {
	if e.healed.Load() {
		return 0
	}
	return e.faults.Choose(n)
}

// chance draws from a seed. Its lock is held for constant work only.
func chance(seed uint64) func(n int) int {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 0))
	return func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return random.IntN(n)
	}
}
