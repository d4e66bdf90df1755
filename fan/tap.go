package fan

import (
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
)

// Tap is a place where values of a [Mult], or those of one key of a [Pub], can be received.
// It is a [runnel.Receiver] with a buffer policy of its own, which says what happens to the
// others while this one is slow: with Buffer, or without a buffer, they wait; with Dropping,
// Sliding and Unbounded they do not.
//
// A tap gets the values that are received from the input after it has joined, in order, but
// for those that its policy drops. It ends when the input ends, with the same cause. A
// consumer that wants to go before that calls Leave or Cancel; to stop receiving alone is not
// enough, unless the tap has been told to be patient no longer than EvictAfter says.
//
// The account of a tap is that of a channel (Stats), and it is complete: every value that was
// offered to the tap counts as sent, also if it could not be delivered.
//
//	offered = Sent = Received + Len + Dropped.Total()
type Tap[T any] struct {
	runnel.Receiver[T] // ch, without its sending side

	ch       *runnel.Chan[T]
	number   uint64        // among all that have joined; set before anybody else sees it
	place    int           // among the taps of its key, or absent; guarded by mu
	patience time.Duration // 0 for ever; guarded by mu
	mu       *runnel.Mutex // of the hub
	nudge    func()        // makes a Run that waits look at its taps again

	send *runnel.SendCase[T] // belongs to Run; made when it first has to wait
}

// absent is the place of a tap that is not among those of the hub.
const absent = -1

func newTap[T any](mu *runnel.Mutex, nudge func(), opts []runnel.Option) *Tap[T] {
	ch := runnel.New[T](opts...)
	return &Tap[T]{Receiver: ch, ch: ch, place: absent, mu: mu, nudge: nudge}
}

// Lag returns how many values this tap has missed because its policy dropped them. Compare it
// with an earlier reading to learn of a gap; OnDrop tells which values they were. It never
// blocks.
func (t *Tap[T]) Lag() uint64 {
	drops := t.ch.Stats().Dropped
	return drops[runnel.DroppedNewest] + drops[runnel.DroppedOldest]
}

// Leave ends the tap gracefully: it is offered nothing any more. What is buffered can still be
// received, then comes [runnel.ErrClosed]. A value that was on its way at that moment, because
// the tap was full, is either still received or counted as [runnel.Undelivered]. It never
// blocks, and may be called by any goroutine, any number of times.
//
// Cancel is the abrupt way: what is buffered, and on its way, is counted as Undelivered.
func (t *Tap[T]) Leave() { t.ch.Close() }

// EvictAfter limits how long the tap may keep the others waiting for one value: when it has
// been full for that long while a value was there for it, it is closed with [ErrEvicted], and
// the value is counted as [runnel.Undelivered]. What is buffered can still be received, then
// comes ErrEvicted. With 0, as in the beginning, the others wait for ever; a negative d
// panics.
//
// Who receives from the tap learns of it with the next receive; Err and OnClose tell at once.
//
// It takes effect at once, also on a wait that has begun, and returns the tap:
//
//	slow := m.Tap(runnel.Buffer(8)).EvictAfter(200 * time.Millisecond)
//
// A tap whose policy never makes a sender wait is never evicted.
func (t *Tap[T]) EvictAfter(d time.Duration) *Tap[T] {
	if d < 0 {
		panic(fmt.Sprintf("fan: EvictAfter(%v): the time must not be negative", d))
	}
	t.mu.Lock()
	t.patience = d
	t.mu.Unlock()
	t.nudge()
	return t
}

// offer gives v to the tap if it can take it at once, else ErrFull or why it takes nothing.
func (t *Tap[T]) offer(v T) error { return t.ch.TrySend(v) }

// ready returns the case of sending v.
func (t *Tap[T]) ready(v T) runnel.Case {
	if t.send == nil {
		t.send = runnel.SendTo(t.ch, v)
	} else {
		t.send.Set(v)
	}
	return t.send
}

// outcome is what came of the offer of v: of the case, if it was chosen, or of another try.
func (t *Tap[T]) outcome(chosen runnel.Case, v T) error {
	if chosen == runnel.Case(t.send) {
		return t.send.Err()
	}
	return t.offer(v)
}

// lose accounts for v, which was on its way to the tap.
func (t *Tap[T]) lose(v T) { t.ch.Discard(v, runnel.Undelivered) }

// forget lets go of the value that the case holds.
func (t *Tap[T]) forget() {
	var none T
	t.send.Set(none)
}
