package runnel

import (
	"runtime"
	"sync/atomic"

	"github.com/runnel-go/runnel/internal/step"
)

// A channel's lock and its published readiness are one word, so that releasing the lock
// and telling everybody what may be done next are one store, and asking is one load.
//
// The bits keep standing while the word is locked: they speak of the moment before the
// holder's operation, which is where a reader of them linearizes. A bit may be set for a
// waiter that has meanwhile left (a select that chose another case): then the reader takes
// the lock, finds nothing, and its unlock publishes the truth. A bit is never missing.
const (
	locked    uint32 = 1 << iota
	hasValue         // a value is buffered or a sender waits
	hasRoom          // a slot is free or a receiver waits
	neverFull        // the policy never makes a sender wait
	discards         // a value that finds no room may be dropped without the lock
	closed           // closed or cancelled
)

// recvReady and sendReady are the bits with which a receive or a send need not wait.
const (
	recvReady = hasValue | closed
	sendReady = hasRoom | neverFull | closed
)

// stateWord is a lock held for a few instructions at a time.
//
// Why not sync.Mutex: a goroutine that waits for a mutex is not durably blocked, so one
// contended channel would stop the clock of a testing/synctest bubble; and with two cores
// contending a mutex takes two to four times as long (docs/design/0002-channel-lock.md).
type stateWord struct{ step.Uint32 }

func (s *stateWord) lock() {
	if w := s.Load(); w&locked != 0 || !s.CompareAndSwap(w, w|locked) {
		s.lockContended()
	}
}

// unlock publishes the readiness bits and releases the lock.
func (s *stateWord) unlock(bits uint32) { s.Store(bits) }

// await returns the word as of a moment at which nobody held the lock.
func (s *stateWord) await() uint32 {
	for try := 0; ; try++ {
		if w := s.Load(); w&locked == 0 {
			return w
		}
		s.backOff(try)
	}
}

func (s *stateWord) lockContended() {
	for try := 0; ; try++ {
		if w := s.Load(); w&locked == 0 && s.CompareAndSwap(w, w|locked) {
			return
		}
		s.backOff(try)
	}
}

// The constants of backOff, measured on two cores (AMD Zen 5). What decides is not to look
// at the lock's cache line while its holder works. With short pauses the line wanders between
// the cores at every operation; with these one core gets a run of them done.
const (
	firstPause = 2000 // turns of a loop on local data, about 2 µs
	spinTries  = 4    // after these, yield: the holder may have been preempted
)

// backOff waits before the next look at a lock: locally at first, doubling, then by
// yielding the processor.
func (s *stateWord) backOff(try int) {
	if step.AwaitChange(&s.Uint32) {
		return
	}
	if try >= spinTries {
		runtime.Gosched()
		return
	}
	spun.Store(spin(firstPause << try))
}

// spun takes the result of spin, so that the compiler keeps the loop.
var spun atomic.Uint32

func spin(turns int) (x uint32) {
	for i := range turns {
		x = x*1664525 + uint32(i)
	}
	return x
}
