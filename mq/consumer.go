package mq

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// Handler does the work for one message. Nil means that it is done. An error, a panic or
// runtime.Goexit is a failed attempt, and Consumer.Retry says what follows. ctx ends when the lease
// is lost (cause ErrLeaseLost), by Retry.Timeout, and by Consumer.Drain; not with that of Run.
type Handler[T any] func(ctx context.Context, m *Message[T]) error

// BatchHandler does the work for several messages at once. Nil means that all are done; otherwise
// there is one error, or nil, for each. Another number of errors is a failed attempt of all.
type BatchHandler[T any] func(ctx context.Context, ms []*Message[T]) []error

// Retry says how often a message is tried, and when. A zero Retry stands for DefaultRetry.
type Retry = runnel.Backoff

// DefaultRetry is the Retry of consumers that name none.
var DefaultRetry = Retry{Attempts: 5, First: 200 * time.Millisecond, Max: time.Minute}

// How far a group keeps the order of its topic. All consumers of a group agree on it.
const (
	Unordered = driver.Unordered // not at all
	PerKey    = driver.PerKey    // per key: a message that waits for its next attempt holds up those of its key, and nobody else
	Strict    = driver.Strict    // fully: one message at a time in the whole group
)

// Dead makes of err one that is not tried again: the message becomes a dead letter at once. It
// wraps err, and reads like it; of nil it makes nil.
func Dead(err error) error { return runnel.Permanent(err) }

// RetryAfter makes of err one that asks to wait at least d before the next attempt.
func RetryAfter(d time.Duration, err error) error { return runnel.RetryAfter(d, err) }

// Consumer hands the messages of a topic to a function, for a group. Consumers of one group, in one
// process or many, share its messages. The fields are set before Run and not changed after; the zero
// value of each but Topic, Group and Handler or Batch is a good choice. One Consumer runs once at a
// time. It must not be copied while it runs.
type Consumer[T any] struct {
	Topic Topic[T]
	Group string // made when it is first used: it begins with what the topic still stores

	// Name of the handler, in dead letters and logs; "" for the group's.
	Name string

	Handler Handler[T]      // or
	Batch   BatchHandler[T] // and not both

	BatchSize int           // messages a call of Batch gets at most; 0: 100
	BatchWait time.Duration // how long a batch that is not full waits for more; 0: not at all

	Workers int          // how many calls of the handler run at once; 0: 1
	Order   driver.Order // Unordered, PerKey or Strict; the same in the whole group

	// Retry says what follows a failed attempt. Retry.Timeout limits each attempt.
	Retry Retry

	// Lease is how long a message belongs to this consumer without a sign of life: so long after
	// a crash others get it. It is extended every third of it while the handler runs, and only
	// then. 0: 30 s.
	Lease time.Duration

	// Lapses is how many leases of a message may end with neither settlement nor hand back before
	// it is a dead letter, because its handler takes the process down. 0: 5.
	Lapses int

	// Prefetch is how many messages wait here for a worker at most. 0: as many as the workers will
	// begin within 100 ms and a third of the lease, by the measured time of the handler.
	Prefetch int

	Rate  float64 // messages begun per second; 0: no limit
	Burst int     // how many may begin at once within Rate; 0: 1

	// Drain is how long handlers may go on after the context of Run has ended before theirs ends,
	// too; 0: no limit.
	Drain time.Duration

	// Grace is how long a handler may go on after its context has ended. Then it is stuck: the
	// attempt has failed with ErrStuck, and what it returns later has no effect. It holds its worker
	// until then. 0: 10 s.
	Grace time.Duration

	Latest    bool // a group that is new begins with what is published from now on
	Ephemeral bool // the group ends with its last consumer, and its messages are forgotten

	// Middleware wraps the handler, inside of that of the client. The first one is outermost.
	Middleware []Middleware

	// OnDead is called for each message that has become a dead letter here, once that is stored: to
	// alert, or to tell who published it. One call at a time, in a goroutine of its own, so that it
	// holds up nobody; a panic is logged. Run waits for it, at the end for Grace at most, after which
	// ctx ends. What a crash cuts short is not told again: the letters themselves are the record.
	OnDead func(ctx context.Context, d DeadLetter)

	paused atomic.Bool
	pool   atomic.Pointer[pool]
}

// Run consumes until ctx ends. Then nothing more is begun, what has not been begun is handed back at
// once, what has is waited for, and Run returns nil when all of it is settled. An error tells what is
// wrong with the fields or with the client (ErrClosed, ErrConflict, …), or, with ErrStuck, which
// handlers still run. Trouble of the engine is logged and retried.
func (c *Consumer[T]) Run(ctx context.Context, client *Client) error {
	p, err := c.open(ctx, client, nil)
	if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
		return nil // before anything was begun
	}
	if err != nil {
		return err
	}
	defer c.pool.Store(nil)
	return p.run(ctx)
}

// open checks all there is to check, and subscribes. taken is that of an Inbox, nil otherwise.
func (c *Consumer[T]) open(ctx context.Context, client *Client, taken *claims) (*pool, error) {
	if err := c.check(client, taken != nil); err != nil {
		return nil, err
	}
	p := newPool(c.plan(client))
	p.taken = taken
	if !c.pool.CompareAndSwap(nil, p) {
		return nil, fmt.Errorf("mq: consumer %q of topic %q: it runs already; make one Consumer for each Run", c.Group, c.Topic.Name())
	}
	if err := p.subscribe(ctx, client); err != nil {
		c.pool.Store(nil)
		return nil, err
	}
	if c.paused.Load() {
		p.queue.pause()
		if !c.paused.Load() { // Resume has come between
			p.queue.resume()
		}
	}
	return p, nil
}

// Pause stops handing out messages, until Resume: after it no handler begins. Those that run go on, and
// Stats().Busy, which can only fall from then on, tells how many they are. Messages that wait for a worker
// are handed back at once, so other members of the group have them. It does not wait for handlers. Before
// Run it holds for it.
func (c *Consumer[T]) Pause() {
	c.paused.Store(true)
	if p := c.pool.Load(); p != nil {
		p.pause()
		p.plan.log.paused()
	}
}

// Resume ends Pause.
func (c *Consumer[T]) Resume() {
	c.paused.Store(false)
	if p := c.pool.Load(); p != nil {
		p.queue.resume()
		p.plan.log.resumed()
	}
}

// Stats tells what the consumer does, and has done since it began to run; it is zero while it does
// not run. It waits for no handler.
func (c *Consumer[T]) Stats() ConsumerStats {
	p := c.pool.Load()
	if p == nil || !p.joined.Load() {
		return ConsumerStats{}
	}
	return p.meter.stats(time.Now())
}
