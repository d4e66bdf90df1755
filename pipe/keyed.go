package pipe

import (
	"context"
	"math"

	"github.com/runnel-go/runnel"
)

// MapKeyed is [Map] with order per key: values with equal keys are worked on one after the
// other and their results leave in that order; different keys go on in parallel, with n
// workers, and do not wait for each other.
//
// One goroutine reads in and sorts the values by key. Up to backlog values of one key wait for
// their turn, and up to n·backlog in all; then reading waits. So a key with many values, or
// with slow ones, uses one worker and does not hold up others until its backlog is full. Keys
// take turns, so values of different keys may leave in another order than they came, also with
// n = 1. A key of which no value is in the stage takes no memory.
//
// It ends as [MapUnordered] does. Values that were waiting for their turn are then counted on
// in as Undelivered. A panic of key counts as one of f.
func MapKeyed[K comparable, A, B any](ctx context.Context, in runnel.Receiver[A], n, backlog int, key func(A) K, f func(context.Context, A) (B, error), opts ...runnel.Option) runnel.Receiver[B] {
	requireFunc(key != nil, "MapKeyed", "key")
	requireFunc(f != nil, "MapKeyed", "f")
	requireAtLeast(1, "MapKeyed", "n", n)
	requireAtLeast(1, "MapKeyed", "backlog", backlog)
	k := newKeyed[K](newStage[A, B](ctx, "MapKeyed", in, opts), n, backlog, f)
	k.start(n, k.work)
	spawn(k.ctx, func() { k.sort(key) })
	return k.out
}

// keyed is the stage of MapKeyed.
//
//	waiting = Σ length of the lanes ≤ limit = n·backlog
//	a key has a lane ⇔ a value of it waits or is worked on
//	live = number of lanes; lanes has those whose keys can be found again, which NaN cannot
//	a lane is in ready, once, or with a worker, never both; in ready ⇒ a value waits in it
//
// From the last follows that ready has room whenever a lane is put into it. The lock is never
// held during an operation on a channel.
type keyed[K comparable, A, B any] struct {
	*stage[A, B]
	f              func(context.Context, A) (B, error)
	limit, backlog int
	ready          *runnel.Chan[*lane[K, A]] // lanes that need a worker
	room           *runnel.Chan[struct{}]    // tells the reader that a value has left

	mu      runnel.Mutex
	lanes   map[K]*lane[K, A]
	live    int
	spare   []*lane[K, A] // to be used again
	free    *cell[A]      // to be used again
	waiting int
	full    bool  // the reader waits for room
	ended   error // how in ended: no more values will come
	halted  bool  // no lane is worked on any more
}

// lane is a key with the values that wait for their turn.
type lane[K comparable, A any] struct {
	key         K
	first, last *cell[A]
	n           int
}

// cell holds a value that waits. As cells move from lane to lane, all together take the memory
// of the values that wait, however they are spread.
type cell[A any] struct {
	val  A
	next *cell[A] // of the lane, or of those that are free
}

func newKeyed[K comparable, A, B any](s *stage[A, B], n, backlog int, f func(context.Context, A) (B, error)) *keyed[K, A, B] {
	limit := math.MaxInt // n·backlog, if that is a number
	if backlog <= math.MaxInt/n {
		limit = n * backlog
	}
	return &keyed[K, A, B]{
		stage: s, f: f, limit: limit, backlog: backlog,
		lanes: make(map[K]*lane[K, A]),
		ready: runnel.New[*lane[K, A]](runnel.Buffer(limit)),
		room:  runnel.New[struct{}](runnel.Buffer(1)),
	}
}

// push appends v to l. The lock is held.
func (k *keyed[K, A, B]) push(l *lane[K, A], v A) {
	c := k.free
	if c == nil {
		c = &cell[A]{}
	}
	k.free, c.next = c.next, nil
	c.val = v
	if l.n == 0 {
		l.first = c
	} else {
		l.last.next = c
	}
	l.last = c
	l.n++
	k.waiting++
}

// pop takes the first value out of l. The lock is held.
func (k *keyed[K, A, B]) pop(l *lane[K, A]) A {
	c := l.first
	v := c.val
	l.first = c.next
	*c = cell[A]{next: k.free}
	k.free = c
	l.n--
	k.waiting--
	return v
}

// sort is the reader: it puts the values of in into lanes.
func (k *keyed[K, A, B]) sort(key func(A) K) {
	var v, none A
	busy := false // with v, in key
	defer func() {
		if busy {
			k.fail(v, escape(recover()))
		}
	}()
	for {
		var err error
		if v, err = k.in.Recv(k.ctx); err != nil {
			k.noMore(err)
			return
		}
		busy = true
		id := key(v)
		equal(id, id) // panics here if K is an interface and this key cannot be compared
		busy = false
		k.place(id, v)
		v = none // not kept alive while waiting
	}
}

// equal compares two keys. One that does not equal itself is NaN, or has one in it.
func equal[K comparable](a, b K) bool { return a == b }

// place puts v into the lane of id, when there is room.
func (k *keyed[K, A, B]) place(id K, v A) {
	k.mu.Lock()
	for !k.halted && k.isFull(k.find(id)) {
		k.full = true
		k.mu.Unlock()
		if _, err := k.room.Recv(k.ctx); err != nil {
			k.stop()
		}
		k.mu.Lock()
	}
	if k.halted {
		k.mu.Unlock()
		k.in.Reject(v, runnel.Undelivered)
		return
	}
	l, isNew := k.lane(id)
	k.push(l, v)
	k.mu.Unlock()
	if isNew {
		k.ready.TrySend(l)
	}
}

func (k *keyed[K, A, B]) isFull(l *lane[K, A]) bool {
	return k.waiting == k.limit || l != nil && l.n == k.backlog
}

// find returns the lane of id, nil if there is none. The lock is held.
func (k *keyed[K, A, B]) find(id K) *lane[K, A] {
	if !equal(id, id) {
		return nil
	}
	return k.lanes[id]
}

// lane returns the lane of id, which may have to be made. The lock is held.
func (k *keyed[K, A, B]) lane(id K) (l *lane[K, A], isNew bool) {
	if l := k.find(id); l != nil {
		return l, false
	}
	if last := len(k.spare) - 1; last >= 0 {
		l, k.spare = k.spare[last], k.spare[:last]
	} else {
		l = &lane[K, A]{}
	}
	l.key = id
	k.live++
	if equal(id, id) {
		k.lanes[id] = l
	}
	return l, true
}

// noMore lets the workers end once the lanes are empty.
func (k *keyed[K, A, B]) noMore(err error) {
	if k.ctx.Err() != nil {
		k.stop()
		return
	}
	k.mu.Lock()
	k.ended = err
	idle := k.live == 0
	k.mu.Unlock()
	if idle {
		k.ready.Close()
	}
}

// work is a worker: it takes one value from each lane that it is given.
func (k *keyed[K, A, B]) work() {
	var v, none A
	var l *lane[K, A]
	busy := false // with v of l, in f
	over := false
	defer func() {
		if over {
			return
		}
		if busy {
			k.fail(v, escape(recover()))
		} else {
			k.out.CloseWith(errHook)
		}
		if l != nil {
			k.giveBack(l)
		}
		k.stop()
	}()
	for {
		var err error
		if l, err = k.ready.Recv(k.ctx); err != nil {
			k.finish()
			over = true
			return
		}
		v, busy = k.take(l)
		if busy {
			b, err := k.f(k.ctx, v)
			busy = false
			k.deliver(v, b, err)
		}
		v = none // not kept alive while waiting
		mine := l
		l = nil
		k.giveBack(mine)
	}
}

func (k *keyed[K, A, B]) deliver(v A, b B, err error) {
	if err != nil {
		k.fail(v, k.failure(err))
	} else if !k.send(b) {
		k.stop() // no other value is begun with, also if ctx is yet to end
	}
}

// finish ends a worker: either all lanes are empty, or the stage has stopped.
func (k *keyed[K, A, B]) finish() {
	if k.ctx.Err() != nil {
		k.stop()
		return
	}
	k.mu.Lock()
	err := k.ended
	k.mu.Unlock()
	k.leave(err)
}

// take takes the first value of l, unless the stage has stopped, and tells the reader that
// there is room.
func (k *keyed[K, A, B]) take(l *lane[K, A]) (v A, ok bool) {
	k.mu.Lock()
	if k.halted {
		k.mu.Unlock()
		return v, false
	}
	v = k.pop(l)
	tell := k.full
	k.full = false
	k.mu.Unlock()
	if tell {
		k.room.TrySend(struct{}{})
	}
	return v, true
}

// giveBack lets l be worked on further, or forgets its key.
func (k *keyed[K, A, B]) giveBack(l *lane[K, A]) {
	k.mu.Lock()
	left := k.empty(l)
	more := l.n > 0
	if !more {
		k.forget(l)
	}
	last := k.ended != nil && k.live == 0
	k.mu.Unlock()
	for _, v := range left {
		k.in.Reject(v, runnel.Undelivered)
	}
	if more {
		k.ready.TrySend(l)
	} else if last {
		k.ready.Close()
	}
}

// empty takes all values out of l, if the stage has stopped. The lock is held.
func (k *keyed[K, A, B]) empty(l *lane[K, A]) (left []A) {
	for k.halted && l.n > 0 {
		left = append(left, k.pop(l))
	}
	return left
}

func (k *keyed[K, A, B]) forget(l *lane[K, A]) {
	if equal(l.key, l.key) {
		delete(k.lanes, l.key)
	}
	*l = lane[K, A]{}
	k.live--
	k.spare = append(k.spare, l)
}

// stop accounts for the values that wait, in the order of their lanes. Every goroutine of the
// stage comes here when it ends because the stage has stopped; the last one finds whatever
// others have put into ready meanwhile.
func (k *keyed[K, A, B]) stop() {
	k.out.CloseWith(causeOf(k.ctx))
	k.mu.Lock()
	k.halted = true
	k.mu.Unlock()
	for {
		l, err := k.ready.TryRecv()
		if err != nil {
			return
		}
		k.giveBack(l)
	}
}
