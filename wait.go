package runnel

import (
	"time"

	"github.com/runnel-go/runnel/internal/hook"
	"github.com/runnel-go/runnel/internal/step"
)

// waiter is an operation that could not proceed at once: a goroutine that sleeps, a callback,
// or one case of a [Select]. Whoever makes the operation possible completes it: takes it off
// its queue, moves the value, releases the lock and only then wakes it. A woken goroutine
// does nothing but read the outcome; it never has to try again.
//
// Guarded by the lock of home: next, prev, queued, cancelID, since, and while it is queued
// val and err. From its completion on, val and err belong to the goroutine that waited, until
// that gives the waiter back (returned = used).
type waiter[T any] struct {
	next, prev *waiter[T] // in a queue
	val        T          // to be sent, or received
	err        error
	home       *Chan[T]
	sel        *selection     // not nil: a case of a Select, which decides who may complete it
	index      int            // of the case in its Select
	fn         func(T, error) // not nil: a callback instead of a goroutine
	task       hook.Task      // not nil: a task of a simulation instead of a goroutine
	sends      bool           // queued with the senders, not the receivers
	queued     bool
	marks      step.Uint32   // of a case: pruned, followed
	used       uint32        // how often a goroutine has begun to wait with it
	returned   step.Uint32   // what used was when a goroutine last gave it back
	spare      *waiter[T]    // the next one in stock
	cancelID   uint64        // the watch registration that may cancel it, 0 for none
	since      time.Duration // when it began to wait, if the channel is timed
	sleep      step.Cond     // of the goroutine; its Locker is home's lock
	watch      watch
}

// cancelledError marks a waiter whose context ended; the operation returns the context's cause.
type cancelledError struct{}

func (cancelledError) Error() string { return "runnel: wait cancelled" }

// claim takes the right to complete w. It fails only for a case of a Select that has
// chosen another case or is not waiting at the moment.
func (w *waiter[T]) claim() bool { return w.sel == nil || w.sel.claim(w.index) }

// finish tells the goroutine that waits that w was completed. The lock of home is not held.
func (w *waiter[T]) finish() {
	switch {
	case w.sel != nil:
		w.sel.wake()
	case w.task != nil:
		w.task.Wake()
	default:
		w.sleep.Signal()
	}
}

// cancelWait implements cancellable.
func (w *waiter[T]) cancelWait(id uint64) {
	c := w.home
	var after aftermath[T]
	c.state.lock()
	if w.queued && w.cancelID == id {
		c.withdraw(w, &after)
		w.err = cancelledError{}
		c.completed(w, &after)
	}
	c.unlock()
	after.run(c)
}

// The marks of a case that lies in a queue while its selection does not wait.
const (
	pruned   uint32 = 1 << iota // somebody has taken it off, because it did not wait
	followed                    // somebody has queued behind it: in the next wait it queues anew
)

// mark tells the goroutine of the case w what has happened in the queue.
func (w *waiter[T]) mark(m uint32) {
	if w.sel != nil && w.marks.Load()&m == 0 {
		w.marks.Or(m)
	}
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
		q.tail.mark(followed)
	}
	q.tail = w
	w.queued = true
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
	w.queued = false
}

// pop takes off the first waiter that may be completed, nil if there is none.
func (q *queue[T]) pop() *waiter[T] {
	for w := q.head; w != nil; w = q.head {
		q.remove(w)
		if w.claim() {
			return w
		}
		w.mark(pruned)
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
		w.mark(pruned)
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

// stock holds waiters to be used again, first in first out: the one that has been there
// longest is most likely to be out of use. It is the channel's own, because waiters are of
// the channel's type, and a stock shared by all channels (sync.Pool) costs more to use.
type stock[T any] struct {
	first, last *waiter[T]
	n           int
}

// maxStock bounds the waiters of one direction that a channel keeps for later.
const maxStock = 128

func (c *Chan[T]) stockOf(sends bool) *stock[T] {
	if sends {
		return &c.sendStock
	}
	return &c.recvStock
}

// newWaiter takes a waiter from stock or makes one. The lock is held.
func (c *Chan[T]) newWaiter(sends bool) *waiter[T] {
	s := c.stockOf(sends)
	for range min(s.n, 4) { // most of the time the first one will do
		w := s.pop()
		if w.idle() {
			w.used++
			return w
		}
		s.push(w)
	}
	w := &waiter[T]{home: c, sends: sends, used: 1}
	w.sleep.L = (*sleeper[T])(c)
	return w
}

// idle tells whether nobody waits with w or reads its outcome. The lock is held.
func (w *waiter[T]) idle() bool { return w.returned.Load() == w.used }

// keep puts w, whose wait is over, into stock while the lock is held anyway. It can be taken
// out again when the goroutine that waited has given it back.
func (c *Chan[T]) keep(w *waiter[T]) {
	s := c.stockOf(w.sends)
	if w.sel == nil && s.n < maxStock {
		s.push(w)
	}
}

func (s *stock[T]) push(w *waiter[T]) {
	if s.first == nil {
		s.first = w
	} else {
		s.last.spare = w
	}
	s.last = w
	s.n++
}

func (s *stock[T]) pop() *waiter[T] {
	w := s.first
	s.first = w.spare
	w.spare = nil
	s.n--
	return w
}

// takeIdle empties the stock and takes those that nobody uses; whoever uses another sees to
// it when giving it back.
func (s *stock[T]) takeIdle() (idle []*waiter[T]) {
	for w := s.first; w != nil; w = w.spare {
		if w.idle() {
			w.used++
			idle = append(idle, w)
		}
	}
	*s = stock[T]{}
	return idle
}

// giveBack ends the use of w by the goroutine that waited.
func (c *Chan[T]) giveBack(w *waiter[T]) {
	var zero T
	w.val, w.err = zero, nil
	w.watch.disarm()
	stands := w.watch.standing
	w.returned.Store(w.used)
	if stands && c.state.Load()&closed != 0 { // in this order: either ended sees that w is idle, or this sees the end
		c.endWatch(w)
	}
}

// endWatch ends the registration of w, unless somebody else uses w or has taken it for that.
func (c *Chan[T]) endWatch(w *waiter[T]) {
	c.state.lock()
	mine := w.idle()
	if mine {
		w.used++
	}
	c.unlock()
	if mine {
		w.watch.end()
		w.returned.Store(w.used)
	}
}

// sleeper is the channel's lock as a sync.Cond sees it. Cond.Wait joins the list of those to
// be signalled, unlocks, and sleeps; so whoever finds the waiter under the lock can wake it.
// It need not be locked again: a waiter is woken once, when everything is done.
//
// Why a Cond: unlike a native channel or a WaitGroup it does not belong to a testing/synctest
// bubble, yet sleeping on it is durable blocking; so a waiter in stock may be used in one
// bubble after another, and outside. It costs no more than a channel
// (docs/design/0003-parking.md).
type sleeper[T any] Chan[T]

func (s *sleeper[T]) Lock()   {}
func (s *sleeper[T]) Unlock() { (*Chan[T])(s).unlock() }
