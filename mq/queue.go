package mq

import (
	"context"
	"slices"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// queue holds what has been fetched and not begun, and the workers that have nothing to do.
//
//	a worker gets a message ⇒ the queue was open under mu
//	a message waits, a worker has nothing to do, and the queue is open ⇒ one is on its way (waking)
//	called ⇒ the worker is in neither list, and its bell has been rung or is about to be
//
// One worker at a time is on its way: it wakes the next one if there is more to do. So a handler
// that takes no time is called by few workers, whose turn it is anyway, and one that waits by all.
type queue struct {
	mu      runnel.Mutex
	ring    []driver.Delivery // a power of two
	head, n int
	idle    []*worker
	filling []*worker // have a batch that is not full, and wait for more
	waking  bool
	paused  bool
	shut    flag // paused || over, for those who do not hold mu
	over    bool // for good
	starved bool // the fetcher waits for room
	fetcher *runnel.Chan[struct{}]
	handed  func([]driver.Delivery) // takes what shall be handed back
	limit   func(idle int) int      // how many may wait
}

func newQueue(limit func(idle int) int, handed func([]driver.Delivery)) *queue {
	return &queue{ring: make([]driver.Delivery, 16), fetcher: newBell(), limit: limit, handed: handed}
}

// newBell makes a channel that wakes who waits for it, once, also if he comes later.
func newBell() *runnel.Chan[struct{}] { return runnel.New[struct{}](runnel.Dropping(1)) }

func ring(bell *runnel.Chan[struct{}]) { bell.TrySend(struct{}{}) }

// room waits until messages shall be fetched, and returns how many. 0: ctx has ended.
func (q *queue) room(ctx context.Context, most int) int {
	for ctx.Err() == nil {
		q.mu.Lock()
		n := 0
		if !q.paused && !q.over {
			n = q.wanted()
		}
		q.starved = n == 0
		q.mu.Unlock()
		if n > 0 {
			return min(n, most)
		}
		q.fetcher.Recv(ctx)
	}
	return 0
}

// wanted says how many messages there is room for: none unless half of it is free, so that many
// come at once.
func (q *queue) wanted() int {
	limit := q.limit(len(q.idle) + len(q.filling))
	if q.n > limit/2 {
		return 0
	}
	return limit - q.n
}

// push adds what has been fetched; what comes too late for that is handed back.
func (q *queue) push(ds []driver.Delivery) {
	q.mu.Lock()
	if q.paused || q.over {
		q.mu.Unlock()
		q.handed(ds)
		return
	}
	for i := range ds {
		q.add(&ds[i])
	}
	w := q.next()
	q.mu.Unlock()
	w.wake()
}

func (q *queue) add(d *driver.Delivery) {
	if q.n == len(q.ring) {
		q.grow()
	}
	q.ring[(q.head+q.n)&(len(q.ring)-1)] = *d
	q.n++
}

func (q *queue) grow() {
	bigger := make([]driver.Delivery, 2*len(q.ring))
	k := copy(bigger, q.ring[q.head:])
	copy(bigger[k:], q.ring[:q.head])
	q.ring, q.head = bigger, 0
}

// take moves messages into a turn, at most as many as it has room for.
func (q *queue) take(into []driver.Delivery) []driver.Delivery {
	for q.n > 0 && len(into) < cap(into) {
		at := &q.ring[q.head]
		into = append(into, *at)
		*at = driver.Delivery{}
		q.head = (q.head + 1) & (len(q.ring) - 1)
		q.n--
	}
	return into
}

// next takes a worker that shall come for what waits, if there is one, and nobody is on his way.
func (q *queue) next() *worker {
	if q.waking || q.n == 0 {
		return nil
	}
	w := last(&q.filling)
	if w == nil {
		w = last(&q.idle)
	}
	if w != nil {
		q.waking, w.called = true, true
	}
	return w
}

func last(list *[]*worker) *worker {
	n := len(*list) - 1
	if n < 0 {
		return nil
	}
	w := (*list)[n]
	*list = (*list)[:n]
	return w
}

// arrive notes that w is here, if it was called.
func (q *queue) arrive(w *worker) {
	if w.called {
		w.called, q.waking = false, false
	}
}

// hungry tells, once, that the fetcher waits for the room that there is now.
func (q *queue) hungry() bool {
	if !q.starved || q.paused || q.over || q.wanted() == 0 {
		return false
	}
	q.starved = false
	return true
}

// pop waits until there is something to do for w, and puts it into w.ds; false when all is over.
func (q *queue) pop(w *worker) bool {
	for {
		q.mu.Lock()
		q.arrive(w)
		if q.over {
			q.mu.Unlock()
			return false
		}
		w.ds = w.ds[:0]
		if !q.paused {
			w.ds = q.take(w.ds)
		}
		if len(w.ds) == 0 {
			q.idle = append(q.idle, w)
		}
		next, hungry := q.next(), q.hungry()
		q.mu.Unlock()
		q.tell(next, hungry)
		if len(w.ds) > 0 {
			return true
		}
		w.bell.Recv(context.Background())
		w.fresh = false
	}
}

// fill waits until the batch of w is full, or wait is over. False: nothing shall begin.
func (q *queue) fill(w *worker, wait time.Duration) bool {
	bell, timer := runnel.RecvFrom(w.bell), runnel.RecvFrom(runnel.After(wait))
	for enough := false; ; {
		q.mu.Lock()
		q.arrive(w)
		if q.paused || q.over {
			q.mu.Unlock()
			return false
		}
		w.ds = q.take(w.ds)
		enough = enough || len(w.ds) == cap(w.ds)
		if !enough {
			q.filling = append(q.filling, w)
		}
		next, hungry := q.next(), q.hungry()
		q.mu.Unlock()
		q.tell(next, hungry)
		if enough {
			return true
		}
		if got, _ := runnel.Select(context.Background(), timer, bell); got == timer {
			enough = true
			q.unlist(w)
		}
	}
}

// unlist takes w off the list of those that wait. If somebody has done so already, he rings.
func (q *queue) unlist(w *worker) {
	q.mu.Lock()
	i := slices.Index(q.filling, w)
	if i >= 0 {
		q.filling = slices.Delete(q.filling, i, i+1)
	}
	q.mu.Unlock()
	if i < 0 {
		w.bell.Recv(context.Background())
	}
}

func (q *queue) tell(next *worker, hungry bool) {
	next.wake()
	if hungry {
		ring(q.fetcher)
	}
}

// pause shuts the queue, and hands back what waits.
func (q *queue) pause() {
	q.mu.Lock()
	q.paused = true
	q.shut.Store(true)
	left, filling := q.empty(), q.filling
	q.filling = nil
	q.mu.Unlock()
	for _, w := range filling {
		w.wake()
	}
	q.handed(left)
}

// handBack hands back what waits.
func (q *queue) handBack() {
	q.mu.Lock()
	left := q.empty()
	q.mu.Unlock()
	q.handed(left)
}

func (q *queue) resume() {
	q.mu.Lock()
	q.paused = false
	q.shut.Store(q.over)
	q.mu.Unlock()
	ring(q.fetcher)
}

// stop shuts the queue for good, sends the workers home, and hands back what waits.
func (q *queue) stop() {
	q.mu.Lock()
	q.over = true
	q.shut.Store(true)
	left, idle := q.empty(), slices.Concat(q.idle, q.filling)
	q.idle, q.filling = nil, nil
	q.mu.Unlock()
	for _, w := range idle {
		w.wake()
	}
	q.handed(left)
}

func (q *queue) empty() []driver.Delivery { return q.take(make([]driver.Delivery, 0, q.n)) }

// isStale tells whether anything has waited so long that stale hands it back.
func (q *queue) isStale(now time.Time, least time.Duration) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.n > 0 && q.ring[q.head].Until.Sub(now) < least
}

// stale hands back what has waited so long that its lease could end before its turn comes.
func (q *queue) stale(now time.Time, least time.Duration) {
	q.mu.Lock()
	var left []driver.Delivery
	for q.n > 0 && q.ring[q.head].Until.Sub(now) < least {
		left = append(left, q.take(make([]driver.Delivery, 0, 1))...)
	}
	hungry := q.hungry()
	q.mu.Unlock()
	q.handed(left)
	if hungry {
		ring(q.fetcher)
	}
}

// holds tells whether anything waits.
func (q *queue) holds() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.n > 0
}

// look tells how many messages wait for a worker, and whether they must.
func (q *queue) look() (waiting int, paused bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.n, q.paused
}
