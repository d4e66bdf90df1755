package runnel

import (
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel/internal/hook"
)

// rare holds what few channels need, so that the others stay small. Guarded by the
// channel's lock; the times are atomic because a goroutine adds to them after its wait.
type rare[T any] struct {
	name string
	id   uint64

	cause      error // of the end
	sendError  error // cause, as senders get it
	done       chan struct{}
	doneClosed bool
	onClose    []*closeHook // until they have been called

	drops  Drops // but for those that the channel counts as discarded
	onDrop func(T, Reason)

	sendBlocked, recvBlocked atomic.Int64 // nanoseconds of finished waits

	object *hook.Object // what a simulation knows the channel by, nil for none

	calls   ring[call[T]] // callbacks that are due
	calling bool          // somebody is running them

	producers   int // those of AddProducer that have not ended
	producerErr error

	policy  *guarded[T]     // of a custom channel
	evict   func(T, Reason) // given to policy.Push
	evicted []drop[T]       // by the Push that is running
	through through         // policy, if it is the front of a transducer
	settle  func(k int)     // of the channel behind a transducer: k values were taken from it
}

// more returns c.rare, made on first use. The lock is held or c is not shared yet.
func (c *Chan[T]) more() *rare[T] {
	if c.rare == nil {
		c.rare = &rare[T]{}
	}
	return c.rare
}

// ids numbers the channels that need a number: to be listed, or to be locked in order.
var ids atomic.Uint64

// identity returns the channel's number, given on first use. The lock is held.
func (c *Chan[T]) identity() uint64 {
	r := c.more()
	if r.id == 0 {
		r.id = ids.Add(1)
	}
	return r.id
}

// blocked adds the wait of w, which is over, to the account.
func (r *rare[T]) blocked(w *waiter[T]) {
	d := int64(w.home.now() - w.since)
	if w.sends {
		r.sendBlocked.Add(d)
	} else {
		r.recvBlocked.Add(d)
	}
}

// epoch is when the program began. Times on a channel are monotonic distances from it:
// half as dear to read as time.Now.
var epoch = time.Now()

func now() time.Duration { return time.Since(epoch) }
