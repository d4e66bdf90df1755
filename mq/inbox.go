package mq

import (
	"context"
	"iter"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// Inbox hands out the messages of a topic by a channel: the pull form of a Consumer. It stands in
// runnel.Select beside other channels. Whoever receives a Delivery settles it.
//
// The channel ends when the context of Open has ended (ErrClosed of package runnel), by Cancel, and
// when the engine fails for good, with that error; a message that is on offer then may still be
// received. What has been received can be settled until Close.
type Inbox[T any] struct {
	runnel.Receiver[*Delivery[T]]

	out   *runnel.Chan[*Delivery[T]]
	c     *Consumer[T]
	p     *pool
	taken *claims
	meter *workerMeter
	ended *runnel.Chan[struct{}] // closed when nothing is handed out any more
	close runnel.Once
	err   error
}

// Open begins to consume in the pull form. Group, Order, Retry (without Timeout), Lease, Lapses,
// Prefetch, Rate and Burst of the consumer hold as in Run, and Pause and Resume, too; what belongs to a
// handler is refused: Handler, Batch, Workers, Drain, Grace, Middleware. Middleware of the client is not
// called, because there is nothing that it could wrap.
//
// The channel has no buffer: a message is handed out from hand to hand, with at least half of its
// Lease left. It is not extended after that, but by Delivery.Extend. One that nobody wants meanwhile
// is handed back, and comes again to whoever in the group wants one. Errors as of Run. Close the Inbox.
func (c *Consumer[T]) Open(ctx context.Context, client *Client) (*Inbox[T], error) {
	taken := &claims{}
	p, err := c.open(ctx, client, taken)
	if err != nil {
		return nil, err
	}
	out := runnel.New[*Delivery[T]](runnel.Name(c.Topic.Name() + "/" + c.Group))
	in := &Inbox[T]{Receiver: out, out: out, c: c, p: p, taken: taken, meter: p.meter.worker(), ended: newBell()}
	ctx = p.start(ctx)
	runnel.Go(func() { in.run(ctx) })
	return in, nil
}

// Messages consumes in the pull form, one message after the other, until ctx ends or the loop is left:
//
//	for d, err := range consumer.Messages(ctx, client) {
//		if err != nil {
//			return err
//		}
//		d.Ack(ctx)
//	}
//
// A delivery that is not settled when the loop is left is handed back. The loop ends with ctx; an error
// is that of Open, or of an engine that has failed for good, and is the last.
func (c *Consumer[T]) Messages(ctx context.Context, client *Client) iter.Seq2[*Delivery[T], error] {
	return func(yield func(*Delivery[T], error) bool) {
		in, err := c.Open(ctx, client)
		if err != nil {
			yield(nil, err)
			return
		}
		defer in.Close()
		for {
			d, err := in.Recv(ctx)
			if err != nil {
				if err = in.failure(); err != nil {
					yield(nil, err)
				}
				return
			}
			if !yield(d, nil) {
				return
			}
		}
	}
}

// Close stops handing out, and hands back at once what has not been settled: also deliveries that were
// received, so settle them before. It waits for settlements that are on their way to the engine. The
// error is that of an engine that has failed. A second call returns the same.
func (in *Inbox[T]) Close() error {
	in.close.Do(func() {
		in.p.stop(nil)
		in.ended.Recv(context.Background())
		if err := in.p.src.Close(); err != nil {
			in.p.fail(err)
		}
		in.p.endBase(nil)
		in.p.meter.leave()
		in.c.pool.Store(nil)
		in.err = in.failure()
		in.p.plan.log.ends(in.err)
	})
	return in.err
}

func (in *Inbox[T]) failure() error {
	in.p.mu.Lock()
	defer in.p.mu.Unlock()
	return in.p.failed
}

// run is the life of an Inbox: a fetcher, which this is, one who offers, and the keeper, who hands back
// what waits too long.
func (in *Inbox[T]) run(ctx context.Context) {
	p := in.p
	p.live = 1
	runnel.Go(func() {
		in.offerAll(ctx, newWorker(p))
		p.gone()
	})
	runnel.Go(p.keeper.run)
	p.plan.log.begins(1, p.plan.sub.Order)
	p.fetchAll(ctx)
	p.over.Store(true)
	p.queue.stop()
	p.drain()
	if err := p.endSettling(); err != nil {
		p.fail(err)
	}
	in.out.CloseWith(in.failure())
	in.ended.Close()
}

// offerAll offers one message after the other.
func (in *Inbox[T]) offerAll(ctx context.Context, w *worker) {
	for in.p.queue.pop(w) {
		if w.admit() {
			in.offer(ctx, w)
		}
		clear(w.ds)
	}
}

// offer waits until somebody takes the message, or hands it back: for a pause, at the end, and when half of
// its lease has passed.
func (in *Inbox[T]) offer(ctx context.Context, w *worker) {
	d := &w.ds[0]
	delivery, err := in.open(d, w.now)
	if err != nil {
		w.settle(append(w.sets[:0], in.p.judged(d, outcome{err: err, began: w.now}, w.now)))
		return
	}
	in.p.keeper.alert()
	late := runnel.After(d.Until.Sub(w.now) - in.p.least)
	defer late.Cancel(nil)
	send := runnel.SendTo[*Delivery[T]](in.out, delivery)
	in.taken.add(&delivery.claim)
	got, err := runnel.Select(in.offering(ctx), send, runnel.RecvFrom(late))
	w.fresh = false
	if err == nil && got == send && send.Err() == nil {
		now := time.Now()
		delivery.claim.handed(now)
		in.p.measure(now.Sub(w.now), 1)
		return
	}
	in.taken.drop(&delivery.claim)
	switch {
	case got == send:
		in.p.stop(nil) // the receiver wants no more
	case err == nil:
		in.p.rest()
	}
	w.settle(append(w.sets[:0], released(d)))
}

// offering is the context of the next offer: it ends with ctx, and for a pause, also for one that began
// just before.
func (in *Inbox[T]) offering(ctx context.Context) context.Context {
	now := in.p.fetching(ctx)
	if _, paused := in.p.queue.look(); paused {
		in.p.endFetch()
	}
	return now
}

// open makes what is handed out of a delivery. The error is that of a payload that cannot be decoded.
func (in *Inbox[T]) open(d *driver.Delivery, began time.Time) (*Delivery[T], error) {
	o := &Delivery[T]{claim: claim{p: in.p, taken: in.taken, meter: in.meter, d: *d, began: began, until: d.Until}}
	in.c.describe(&o.Message.Meta, d)
	return o, in.c.decode(&o.Message)
}
