package pipe

import (
	"context"
	"sync"

	"github.com/runnel-go/runnel"
)

// MapKeyed is [Map] with order per key: values with equal keys are worked on one after the
// other and their results leave in that order; different keys go on in parallel, with n
// workers, and do not wait for each other.
//
// One goroutine reads in and sorts the values by key. Up to backlog values of one key wait for
// their turn, and up to n·backlog in all; then reading waits. So a key with many values, or
// with slow ones, uses one worker and does not hold up others until its backlog is full. Keys
// take turns. A key of which no value is in the stage takes no memory.
//
// It ends as [MapUnordered] does. Values that were waiting for their turn are then counted on
// in as Undelivered. A panic of key counts as one of f.
func MapKeyed[K comparable, A, B any](ctx context.Context, in runnel.Receiver[A], n, backlog int, key func(A) K, f func(context.Context, A) (B, error), opts ...runnel.Option) runnel.Receiver[B] {
	requireFunc(key != nil, "MapKeyed", "key")
	requireFunc(f != nil, "MapKeyed", "f")
	requireAtLeast(1, "MapKeyed", "n", n)
	requireAtLeast(1, "MapKeyed", "backlog", backlog)
	s := newStage[A, B](ctx, "MapKeyed", in, opts)
	k := &keyed[K, A, B]{
		stage: s, f: f, limit: n * backlog, backlog: backlog,
		lanes: make(map[K]*lane[K, A]),
		ready: runnel.New[*lane[K, A]](runnel.Buffer(n * backlog)),
		room:  runnel.New[struct{}](runnel.Buffer(1)),
	}
	s.start(n, k.work)
	runnel.Go(func() { k.sort(key) })
	return s.out
}

// keyed is the stage of MapKeyed.
//
//	waiting = Σ length of the lanes ≤ limit = n·backlog
//	a key has a lane ⇔ a value of it waits or is worked on
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

	mu      sync.Mutex
	lanes   map[K]*lane[K, A]
	spare   []*lane[K, A] // to be used again
	waiting int
	full    bool  // the reader waits for room
	ended   error // how in ended: no more values will come
	halted  bool  // no lane is worked on any more
}

// lane is a key with the values that wait for their turn: a ring of up to backlog values.
type lane[K comparable, A any] struct {
	key  K
	vals []A
	head int
	n    int
}

func (l *lane[K, A]) push(v A) {
	l.vals[(l.head+l.n)%len(l.vals)] = v
	l.n++
}

func (l *lane[K, A]) pop() A {
	var none A
	v := l.vals[l.head]
	l.vals[l.head] = none
	l.head = (l.head + 1) % len(l.vals)
	l.n--
	return v
}

// sort is the reader: it puts the values of in into lanes.
func (k *keyed[K, A, B]) sort(key func(A) K) {
	var v A
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
		busy = false
		k.place(id, v)
	}
}

// place puts v into the lane of id, when there is room.
func (k *keyed[K, A, B]) place(id K, v A) {
	k.mu.Lock()
	for !k.halted && k.isFull(k.lanes[id]) {
		k.full = true
		k.mu.Unlock()
		if _, err := k.room.Recv(k.ctx); err != nil {
			k.stop(err)
		}
		k.mu.Lock()
	}
	if k.halted {
		k.mu.Unlock()
		k.in.Reject(v, runnel.Undelivered)
		return
	}
	l, isNew := k.lane(id)
	l.push(v)
	k.waiting++
	k.mu.Unlock()
	if isNew {
		k.ready.TrySend(l)
	}
}

func (k *keyed[K, A, B]) isFull(l *lane[K, A]) bool {
	return k.waiting == k.limit || l != nil && l.n == k.backlog
}

// lane returns the lane of id, which may have to be made. The lock is held.
func (k *keyed[K, A, B]) lane(id K) (l *lane[K, A], isNew bool) {
	if l := k.lanes[id]; l != nil {
		return l, false
	}
	if last := len(k.spare) - 1; last >= 0 {
		l, k.spare = k.spare[last], k.spare[:last]
	} else {
		l = &lane[K, A]{vals: make([]A, k.backlog)}
	}
	l.key = id
	k.lanes[id] = l
	return l, true
}

// noMore lets the workers end once the lanes are empty.
func (k *keyed[K, A, B]) noMore(err error) {
	if k.ctx.Err() != nil {
		k.stop(err)
		return
	}
	k.mu.Lock()
	k.ended = err
	idle := len(k.lanes) == 0
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
	defer func() {
		if busy {
			k.fail(v, escape(recover()))
			k.giveBack(l)
			k.stop(nil)
		}
	}()
	for {
		var err error
		if l, err = k.ready.Recv(k.ctx); err != nil {
			k.finish(err)
			return
		}
		v, busy = k.take(l)
		if busy {
			b, err := k.f(k.ctx, v)
			busy = false
			k.deliver(v, b, err)
		}
		v = none // not kept alive while waiting
		k.giveBack(l)
	}
}

func (k *keyed[K, A, B]) deliver(v A, b B, err error) {
	if err != nil {
		k.fail(v, err)
	} else {
		k.send(b)
	}
}

// finish ends a worker: either all lanes are empty, or the stage has stopped.
func (k *keyed[K, A, B]) finish(err error) {
	if k.ctx.Err() != nil {
		k.stop(err)
		return
	}
	k.mu.Lock()
	err = k.ended
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
	v = l.pop()
	k.waiting--
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
	last := k.ended != nil && len(k.lanes) == 0
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
		left = append(left, l.pop())
		k.waiting--
	}
	return left
}

func (k *keyed[K, A, B]) forget(l *lane[K, A]) {
	var none K
	delete(k.lanes, l.key)
	l.key = none
	k.spare = append(k.spare, l)
}

// stop accounts for the values that wait, in the order of their lanes. Every goroutine of the
// stage comes here when it ends because the stage has stopped; the last one finds whatever
// others have put into ready meanwhile.
func (k *keyed[K, A, B]) stop(err error) {
	k.out.CloseWith(ending(err))
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
