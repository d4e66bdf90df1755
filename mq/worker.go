package mq

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

var (
	errGoexit  = errors.New("mq: the handler called runtime.Goexit")
	errDrained = errors.New("mq: the consumer ends, and its Drain is over")
	errLapsed  = errors.New("mq: its leases ended, and no handler returned: it takes the process down, or hangs")
)

// worker calls the handler, for one turn after the other.
type worker struct {
	p      *pool
	bell   *runnel.Chan[struct{}]
	called bool // guarded by the queue: it is on its way there

	ds    []driver.Delivery // what it has taken from the queue
	fresh bool              // now is the time
	now   time.Time         // when the last turn ended, or this one was taken
	turn  turn
	errs  []error
	sets  []driver.Settlement
	meter *workerMeter

	hand hand
}

func newWorker(p *pool) *worker {
	n := p.plan.size
	w := &worker{
		p: p, bell: newBell(), turn: p.plan.newTurn(), meter: p.meter.worker(),
		ds: make([]driver.Delivery, 0, n), errs: make([]error, n),
	}
	w.hand.renew(p.base)
	return w
}

func (w *worker) wake() {
	if w != nil {
		ring(w.bell)
	}
}

// work is the life of a worker. A handler that ends its goroutine ends this one; another one goes on.
func (w *worker) work() {
	normal := false
	defer func() {
		if !normal {
			runnel.Go(w.work)
			return
		}
		w.p.gone()
	}()
	for w.p.queue.pop(w) {
		if w.gather() && w.admit() {
			w.handle()
		}
		clear(w.ds)
	}
	normal = true
}

// gather waits for more of a batch. False: nothing shall begin, and what it had is handed back.
func (w *worker) gather() bool {
	if w.p.plan.wait == 0 || len(w.ds) == cap(w.ds) {
		return true
	}
	w.fresh = false
	if w.p.queue.fill(w, w.p.plan.wait) {
		return true
	}
	w.p.handBack(w.ds)
	return false
}

// admit gives up what must not begin, and tells whether anything is left.
func (w *worker) admit() bool {
	if !w.fresh {
		w.now, w.fresh = time.Now(), true
	}
	kept, sets := w.ds[:0], w.sets[:0]
	for i := range w.ds {
		d := &w.ds[i]
		if w.p.over.Load() || d.Until.Sub(w.now) < w.p.least {
			sets = append(sets, released(d))
			continue
		}
		if v, fine := admissible(d.Lapses, &w.p.plan.policy); !fine {
			sets = append(sets, w.p.settlement(d, v, errLapsed))
			continue
		}
		kept = append(kept, *d)
	}
	w.ds = kept
	w.settle(sets)
	return len(kept) > 0
}

// handle does one turn.
func (w *worker) handle() {
	errs := w.errs[:len(w.ds)]
	w.turn.load(w.ds)
	ctx, ok := w.hand.begin(w.ds, w.now, &w.p.queue.shut)
	if !ok {
		w.p.handBack(w.ds)
		return
	}
	w.p.keeper.alert()
	if limit := w.p.plan.policy.retry.Timeout; limit > 0 {
		timed, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		ctx = timed
	}
	w.call(ctx, errs)
}

// call calls the handler, and goes on whatever it does.
func (w *worker) call(ctx context.Context, errs []error) {
	returned := false
	defer func() {
		if !returned {
			failure := errGoexit
			if p := recover(); p != nil {
				failure = &runnel.PanicError{Value: p, Stack: debug.Stack()}
			}
			for i := range errs {
				errs[i] = failure
			}
		}
		for i := range errs {
			if errs[i] != nil {
				errs[i] = tame(errs[i])
			}
		}
		w.finish(errs)
	}()
	w.turn.call(ctx, errs)
	returned = true
}

// finish settles what the handler has done.
func (w *worker) finish(errs []error) {
	now := time.Now()
	w.now, w.fresh = now, true
	e := w.hand.end(w.p.base)
	w.meter.handled(w.ds, errs, e.began, now)
	w.p.measure(now.Sub(e.began), len(w.ds))
	if e.stuck {
		w.p.plan.log.unstuck(&w.ds[0].Record, now.Sub(e.began))
		w.p.unstuck()
		return
	}
	sets := w.sets[:0]
	for i := range w.ds {
		if e.lost == nil || !e.lost[i] {
			o := outcome{err: errs[i], began: e.began, took: now.Sub(e.began), cause: e.cause}
			sets = append(sets, w.p.judged(&w.ds[i], o, now))
		}
	}
	clear(errs)
	w.settle(sets)
}

// settle passes settlements on, and keeps the room for the next ones.
func (w *worker) settle(sets []driver.Settlement) {
	w.p.settle.add(sets)
	clear(sets)
	w.sets = sets[:0]
}

// tame returns err, or what is known of it if its own methods panic: a nil pointer as an error, say.
func tame(err error) (out error) {
	defer func() {
		if p := recover(); p != nil {
			out = fmt.Errorf("mq: the handler returned a %T, which panics when it is read: %v", err, p)
		}
	}()
	_ = err.Error()
	errors.Is(err, errProbe)
	return err
}

var errProbe = errors.New("")
