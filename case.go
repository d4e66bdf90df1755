package runnel

import (
	"runtime"
	"time"

	"github.com/runnel-go/runnel/internal/hook"
	"github.com/runnel-go/runnel/internal/step"
)

// Case is one of the operations among which [Select] chooses: a [RecvCase] or a [SendCase].
// Cases are made once, outside the loop, and told apart by identity.
//
// A case belongs to one goroutine at a time, and to one Select call at a time.
type Case interface {
	core() *caseCore
	onCollect(s *selection) // releases s when the user has dropped the case
}

// RecvCase is a receive that may be chosen. Make it with [RecvFrom].
type RecvCase[T any] struct{ op *recvOp[T] }

// SendCase is a send that may be chosen. Make it with [SendTo].
type SendCase[T any] struct{ op *sendOp[T] }

// RecvFrom makes the case of receiving from r. With a nil r it never fires, as in Go.
func RecvFrom[T any](r Receiver[T]) *RecvCase[T] {
	c := &RecvCase[T]{&recvOp[T]{}}
	if r == nil || r.recvEnd() == nil {
		return c
	}
	c.op.init(r.recvEnd(), recvReady, c.op)
	return c
}

// SendTo makes the case of sending v to s. With a nil s it never fires, as in Go. The value
// stays with the case: [SendCase.Set] changes it for the next round. A [Producer] that is
// closed while a Select waits with its case does not wake that Select.
func SendTo[T any](s Sender[T], v T) *SendCase[T] {
	c := &SendCase[T]{&sendOp[T]{}}
	p, isProducer := s.(*Producer[T])
	if s == nil || isProducer && p == nil || s.sendEnd() == nil {
		return c
	}
	c.op.init(s.sendEnd(), sendReady, c.op)
	c.op.w.val, c.op.w.sends = v, true
	if isProducer {
		c.op.over = &p.state
	}
	return c
}

// Value returns what the case received when it was last chosen: the value, or why there was
// none, as for [Chan.Recv]. The case keeps the value until it is chosen again; see
// [RecvCase.Take].
func (c *RecvCase[T]) Value() (T, error) { return c.op.w.val, c.op.w.err }

// Take is Value that lets go of the value, so that a case that waits keeps nothing alive. A
// second call returns a zero value, with the same error.
func (c *RecvCase[T]) Take() (T, error) {
	var none T
	v := c.op.w.val
	c.op.w.val = none
	return v, c.op.w.err
}

// Err returns nil if the value was sent when the case was last chosen, or why it was not, as
// for [Chan.Send].
func (c *SendCase[T]) Err() error { return c.op.w.err }

// Set changes the value to be sent.
func (c *SendCase[T]) Set(v T) { c.op.w.val = v }

func (c *RecvCase[T]) core() *caseCore {
	if c == nil {
		return nil
	}
	return &c.op.caseCore
}

func (c *SendCase[T]) core() *caseCore {
	if c == nil {
		return nil
	}
	return &c.op.caseCore
}

func (c *RecvCase[T]) onCollect(s *selection) { runtime.AddCleanup(c, (*selection).release, s) }
func (c *SendCase[T]) onCollect(s *selection) { runtime.AddCleanup(c, (*selection).release, s) }

// caseCore is what Select knows of a case, whatever its type. It does not point back to the
// RecvCase or SendCase that the user holds, so that these can be collected while the case
// still lies in a queue (see onCollect).
type caseCore struct {
	state  *stateWord   // of the channel; nil: never ready
	over   *step.Uint32 // state of a Producer: once it has ended, the case is ready with that; or nil
	sel    *selection   // the set of cases that this one belongs to
	marks  *step.Uint32 // of its waiter
	ready  uint32       // the bits of state with which the case may proceed
	queued bool         // it lies in the queue, as far as its goroutine knows

	// fleeting: must not lie in the queue between two waits. On the channel before a
	// transducer a sender that may come back would hold up the transducer's completion.
	fleeting bool

	leads *selection // the set of cases that this one was first of
	op    operation
	id    uint64 // of the channel, for locking several in order

	object *hook.Object // what a simulation knows the channel by, or nil
}

// operation is the typed side of a case. The channel's lock is not held, but for prepare
// and push.
type operation interface {
	try() bool                  // does it now if that is possible, and keeps the outcome
	canProceed() bool           // looks under the lock; for a simulation
	carryOut() (done bool)      // does it, if it is ready still; for a simulation
	link() (ready bool)         // puts it into the queue, unless it has become ready
	unlink(s *selection)        // takes it off the queue, if it belongs to s
	prepare() (ready bool)      // looks, after forgetting those in front who do not wait
	push()                      // puts it into the queue, unless it lies there
	waited(since time.Duration) // accounts for its wait, which ended with its being chosen
	join(s *selection, i int) (timed bool)
	lock()
	unlock() (rest func()) // what is to be done when no lock is held any more, or nil
}

// isQueued tells whether the case lies in its channel's queue with nobody behind it, so that
// it is where it would be if it queued now.
func (c *caseCore) isQueued() bool { return c.queued && c.marks.Load() == 0 }

func (c *caseCore) isReady() bool { return c.state.Load()&c.ready != 0 || c.isOver() }

func (c *caseCore) isOver() bool { return c.over != nil && c.over.Load()&producerEnded != 0 }

// op is the part of recvOp and sendOp that they share.
type op[T any] struct {
	caseCore
	w waiter[T]
}

func (o *op[T]) init(c *Chan[T], ready uint32, typed operation) {
	o.w.home = c
	o.state, o.ready, o.op = &c.state, ready, typed
	o.marks = &o.w.marks
	c.state.lock()
	o.id = c.identity()
	o.fleeting = c.rare.through != nil
	o.object = c.rare.object
	c.unlock()
}

func (o *op[T]) lock() { o.w.home.state.lock() }

func (o *op[T]) unlock() (rest func()) {
	c := o.w.home
	if c.kind != custom {
		c.unlock()
		return nil
	}
	after := c.unlockCustom(c.readiness())
	if after == nil {
		return nil
	}
	return func() { after.run(c) }
}

func (o *op[T]) join(s *selection, i int) (timed bool) {
	o.lock()
	defer o.w.home.unlock()
	o.w.sel, o.w.index = s, i
	o.queued = false
	return o.w.home.timed
}

func (o *op[T]) waited(since time.Duration) {
	if c := o.w.home; c.timed {
		o.w.since = since
		c.rare.blocked(&o.w)
	}
}

func (o *op[T]) unlink(s *selection) {
	c := o.w.home
	var after aftermath[T]
	c.state.lock()
	if o.w.sel == s {
		o.queued = false
		if o.w.queued {
			c.withdraw(&o.w, &after)
		}
	}
	c.unlock()
	after.run(c)
}

func (o *op[T]) push() {
	c := o.w.home
	if o.w.queued && o.w.marks.Load()&followed != 0 {
		c.queueOf(o.w.sends).remove(&o.w)
	}
	if !o.w.queued {
		o.w.marks.Store(0)
		c.enqueue(&o.w)
	}
	o.queued = true
}

// link looks under the lock whether the case is ready, so that it is not queued in vain.
func (o *op[T]) link() (ready bool) {
	o.lock()
	defer o.w.home.unlock()
	if o.op.prepare() {
		return true
	}
	o.push()
	return false
}

func (o *op[T]) canProceed() bool {
	o.lock()
	defer o.w.home.unlock()
	return o.op.prepare()
}

type recvOp[T any] struct{ op[T] }

func (o *recvOp[T]) carryOut() (done bool) {
	c := o.w.home
	var after aftermath[T]
	c.state.lock()
	o.w.val, o.w.err = c.take(&after)
	done = o.w.err != ErrEmpty
	c.unlock()
	after.run(c)
	return done
}

func (o *recvOp[T]) try() bool {
	v, err := o.w.home.recvNow()
	if err == ErrEmpty {
		return false
	}
	o.w.val, o.w.err = v, err
	return true
}

func (o *recvOp[T]) prepare() bool {
	c := o.w.home
	return c.length() > 0 || c.isClosed() || c.sendq.waits()
}

type sendOp[T any] struct{ op[T] }

func (o *sendOp[T]) carryOut() (done bool) {
	if o.isOver() {
		o.w.err = ErrClosed
		return true
	}
	c := o.w.home
	var after aftermath[T]
	c.state.lock()
	o.w.err = c.put(o.w.val, &after)
	done = o.w.err != ErrFull
	c.unlock()
	after.run(c)
	return done
}

func (o *sendOp[T]) try() bool {
	if o.isOver() {
		o.w.err = ErrClosed
		return true
	}
	err := o.w.home.sendNow(o.w.val)
	if err == ErrFull {
		return false
	}
	o.w.err = err
	return true
}

func (o *sendOp[T]) prepare() bool {
	c := o.w.home
	return o.isOver() || c.isClosed() || c.hasRoom() || c.recvq.waits()
}
