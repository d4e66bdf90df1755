package runnel

import (
	"context"
	"sync/atomic"
	"time"
)

// waiter is an operation that could not proceed at once: a goroutine that is parked, a
// callback, or one case of a [Select]. Whoever makes the operation possible completes it:
// takes it off its queue, moves the value, releases the lock and only then wakes it. A
// woken goroutine does nothing but read the outcome; it never has to try again.
//
// Owned by the lock of home: next, prev, linked, cancelID, since, and for as long as the
// waiter is linked val and err. Once it is off its queue they belong to the goroutine that
// waits.
type waiter[T any] struct {
	next, prev *waiter[T]
	linked     atomic.Bool // a Select looks at it without the lock
	val        T           // to be sent, or received
	err        error
	home       *Chan[T]
	sel        *selection     // not nil: a case of a Select, which decides who may complete it
	index      int            // of the case in its Select
	sends      bool           // queued with the senders, not the receivers
	fn         func(T, error) // not nil: a callback instead of a goroutine
	cancelID   uint64         // the watch registration that may cancel it, 0 for none
	since      time.Duration  // when it began to wait, if the channel is timed
	parker
	watch watch
}

// cancelledError marks a waiter whose context ended; the operation returns the context's cause.
type cancelledError struct{}

func (cancelledError) Error() string { return "runnel: wait cancelled" }

// claim takes the right to complete w. It fails only for a case of a Select that has
// chosen another case or is not waiting at the moment.
func (w *waiter[T]) claim() bool { return w.sel == nil || w.sel.claim(w.index) }

// finish tells whoever waits that w was completed. The lock of home is not held.
func (w *waiter[T]) finish() {
	switch {
	case w.sel != nil:
		w.sel.wake()
	case w.fn != nil:
		if w.home.timed {
			w.home.rare.blocked(w)
		}
		w.fn(w.val, w.err)
	default:
		w.wake()
	}
}

// cancelWait implements cancellable.
func (w *waiter[T]) cancelWait(id uint64) {
	c := w.home
	var after aftermath[T]
	c.state.lock()
	if w.linked.Load() && w.cancelID == id {
		c.withdraw(w, &after)
		w.err = cancelledError{}
		after.completed(w)
	}
	c.unlock()
	after.run(c)
}

// queue is a list of waiters, first come first served. Cases of a Select that is not
// waiting (any more) may lie in it; they are skipped and taken off when met.
type queue[T any] struct{ head, tail *waiter[T] }

func (q *queue[T]) push(w *waiter[T]) {
	w.prev, w.next = q.tail, nil
	if q.tail == nil {
		q.head = w
	} else {
		q.tail.next = w
	}
	q.tail = w
	w.linked.Store(true)
}

func (q *queue[T]) remove(w *waiter[T]) {
	if w.prev == nil {
		q.head = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		q.tail = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.next, w.prev = nil, nil
	w.linked.Store(false)
}

// pop takes off the first waiter that may be completed, nil if there is none.
func (q *queue[T]) pop() *waiter[T] {
	for w := q.head; w != nil; w = q.head {
		q.remove(w)
		if w.claim() {
			return w
		}
	}
	return nil
}

// waits tells whether anybody really waits, and takes off those in front who do not.
func (q *queue[T]) waits() bool {
	for w := q.head; w != nil; w = q.head {
		if w.sel == nil || w.sel.waiting() {
			return true
		}
		q.remove(w)
	}
	return false
}

// live counts the waiters that really wait and finds since when the first of them does.
func (q *queue[T]) live() (n int, since time.Duration) {
	for w := q.head; w != nil; w = w.next {
		if w.sel != nil && !w.sel.waiting() {
			continue
		}
		if n++; n > 1 {
			continue
		}
		since = w.since
		if w.sel != nil {
			since = time.Duration(w.sel.since.Load())
		}
	}
	return n, since
}

// newWaiter takes a waiter from the channel's stock or makes one. The lock is held.
//
// The stock is the channel's own: waiters are of the channel's type, and a stock shared by
// all channels (sync.Pool) costs three times as much to use.
func (c *Chan[T]) newWaiter(stock **waiter[T]) *waiter[T] {
	w := *stock
	if w == nil {
		return &waiter[T]{home: c}
	}
	*stock = w.next
	w.next = nil
	c.stocked--
	return w
}

// maxStock bounds the waiters that a channel keeps for later.
const maxStock = 64

// recycle returns w to the stock after its wait.
func (c *Chan[T]) recycle(stock **waiter[T], w *waiter[T]) {
	var zero T
	w.val, w.err, w.cancelID = zero, nil, 0
	c.state.lock()
	keep := c.stocked < maxStock && !c.isClosed()
	if keep {
		w.next = *stock
		*stock = w
		c.stocked++
	}
	c.unlock()
	if !keep {
		w.watch.end()
	}
}

// await parks the goroutine of w, which has been queued and whose lock is released, until
// w is completed or ctx ends.
func (w *waiter[T]) await(ctx context.Context, id uint64) {
	if id == 0 {
		w.park()
		return
	}
	arm(ctx, &w.watch, w, id)
	w.park()
	w.watch.disarm()
}
