package mq

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

var (
	errGoexit  = errors.New("mq: the handler called runtime.Goexit")
	errDrained = errors.New("mq: the consumer ends, and its Drain is over")
)

// worker calls the handler, for one turn after the other. A turn is one message, or a batch.
type worker struct {
	p      *pool
	bell   *runnel.Chan[struct{}]
	called bool // guarded by the queue: it is on its way there

	turn  []driver.Delivery // what it has taken from the queue
	metas []Meta
	errs  []error
	sets  []driver.Settlement
	last  time.Time // when it last looked at the clock

	hand  hand
	meter *workerMeter
}

// hand is what others may know of the turn whose handler runs.
//
//	running ⇒ the leases of turn are extended by the keeper, and nobody else settles them
//	stuck   ⇒ the keeper has settled them, and what the handler returns has no effect
type hand struct {
	mu      runnel.Mutex
	running bool
	stuck   bool
	turn    []driver.Delivery // worker.turn, while it runs
	lost    []bool            // by message: somebody else has it; nil if none
	began   time.Time
	until   time.Time // the earliest end of their leases
	ctx     context.Context
	cancel  context.CancelCauseFunc
	ended   time.Time // when ctx was ended; zero
	cause   error     // why
}

func newWorker(p *pool) *worker {
	n := p.plan.size
	w := &worker{p: p, bell: newBell(), turn: make([]driver.Delivery, 0, n), metas: make([]Meta, n), errs: make([]error, n), meter: p.meter.worker()}
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
		if w.admit() {
			w.handle()
		}
		clear(w.turn)
	}
	normal = true
}

// admit gives up what must not begin, and tells whether anything is left.
func (w *worker) admit() bool {
	now := time.Now()
	w.last = now
	sets, kept := w.sets[:0], w.turn[:0]
	for i := range w.turn {
		d := &w.turn[i]
		switch {
		case w.p.over.Load() || d.Until.Sub(now) < w.p.least:
			sets = append(sets, w.p.handBack(d))
		case d.Lapses >= w.p.plan.lapses:
			sets = append(sets, w.p.bury(d, verdict{verb: driver.Dead, attempts: d.Attempts, reason: ReasonLapsed}, errLapsed))
		default:
			kept = append(kept, *d)
		}
	}
	w.turn = kept
	w.p.settle.add(sets...)
	w.sets = sets[:0]
	return len(kept) > 0
}

var errLapsed = errors.New("mq: its leases ended, and no handler returned: it takes the process down, or hangs")

// handle does one turn.
func (w *worker) handle() {
	metas, errs := w.metas[:len(w.turn)], w.errs[:len(w.turn)]
	clear(errs)
	for i := range w.turn {
		w.p.meta(&metas[i], &w.turn[i])
	}
	ctx := w.hand.begin(w.turn, w.last)
	w.p.keeper.alert()
	w.guarded(ctx, metas, errs)
}

// guarded calls the handler, and goes on whatever it does.
func (w *worker) guarded(ctx context.Context, metas []Meta, errs []error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		failure := errGoexit
		if p := recover(); p != nil {
			failure = &runnel.PanicError{Value: p, Stack: debug.Stack()}
		}
		for i := range errs {
			errs[i] = failure
		}
		w.finish(errs)
	}()
	if limit := w.p.plan.retry.Timeout; limit > 0 {
		timed, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		ctx = timed
	}
	w.p.plan.call(ctx, metas, errs)
	returned = true
	w.finish(errs)
}

// finish settles what the handler has done.
func (w *worker) finish(errs []error) {
	now := time.Now()
	h := w.hand.end(w.p.base)
	w.p.measure(now.Sub(h.began), len(w.turn))
	w.meter.handled(w.turn, errs, h.began, now)
	if h.stuck {
		w.p.plan.log.unstuck(&w.turn[0].Record, now.Sub(h.began))
		w.p.unstuck(len(w.turn))
		return
	}
	sets := w.sets[:0]
	for i := range w.turn {
		if h.lost != nil && h.lost[i] {
			continue
		}
		o := outcome{err: errs[i], began: h.began, took: now.Sub(h.began), ended: h.cause == errDrained}
		sets = append(sets, w.p.verdict(&w.turn[i], o, now))
	}
	w.p.settle.add(sets...)
	w.sets = sets[:0]
}

// begin says that a turn runs.
func (h *hand) begin(turn []driver.Delivery, now time.Time) context.Context {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running, h.turn, h.began, h.until = true, turn, now, turn[0].Until
	for i := range turn {
		if turn[i].Until.Before(h.until) {
			h.until = turn[i].Until
		}
	}
	if h.ended.IsZero() && h.ctx.Err() != nil { // the consumer has ended it since
		h.ended, h.cause = now, context.Cause(h.ctx)
	}
	return h.ctx
}

// ending is what became of a turn besides its errors.
type ending struct {
	began time.Time
	stuck bool
	lost  []bool
	cause error
}

// end says that the handler has returned. The next turn needs another context if this one's ended.
func (h *hand) end(base context.Context) ending {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := ending{h.began, h.stuck, h.lost, h.cause}
	h.running, h.stuck, h.turn, h.lost = false, false, nil, nil
	if !h.ended.IsZero() {
		h.renew(base)
	}
	return e
}

func (h *hand) renew(base context.Context) {
	h.ctx, h.cancel = context.WithCancelCause(base)
	h.ended, h.cause = time.Time{}, nil
}

// stop ends the context of the handler that runs. The caller holds mu.
func (h *hand) stop(now time.Time, cause error) {
	if h.running && h.ended.IsZero() {
		h.ended, h.cause = now, cause
		h.cancel(cause)
	}
}
