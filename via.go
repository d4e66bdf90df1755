package runnel

import (
	"math"
	"runtime/debug"

	"github.com/runnel-go/runnel/internal/hook"
	"github.com/runnel-go/runnel/xf"
)

// NewVia makes a channel with a transducer on it: what goes in as A at the [Sender] comes
// out transformed as B at the [Receiver]. It needs a buffer option, which applies to the
// values that come out; [Name] names the receiving end, and the sending end with ".in".
//
// The transducer runs inside the operation that hands a value over, on the goroutine of that
// sender or of the receiver that made room; it must be quick and must not use the channel. A
// sender waits while the buffer of values that came out is full; one value that becomes
// several may overfill it, by those. When the transducer wants no more values (Take), the
// channel closes, and senders that still wait are let go, their values dropped as [Ended].
// When the sender closes and all values are through, the transducer is completed, exactly
// once, and the receiver sees the end. If the transducer panics, both ends close with a
// [PanicError].
//
// [Receiver] Cancel refuses the senders, too, so a stop travels upstream.
func NewVia[A, B any](x xf.Step[A, B], opts ...Option) (Sender[A], Receiver[B]) {
	cfg := newConfig("NewVia", opts)
	if x == nil {
		panic("runnel: NewVia: the step is nil")
	}
	if cfg.buffer.call == "" {
		panic("runnel: NewVia: a transducer needs a buffer: give Buffer, Dropping, Sliding or Unbounded")
	}
	front := []Option{numbered(ids.Add(1))} // before out: the order in which they are locked
	if cfg.name != "" {
		front = append(front, Name(cfg.name+".in"))
	}
	t := newTransit(cfg, x)
	in := newCustom("NewVia", t, t, front)
	if in.simulated {
		hook.Pair(in.rare.object, t.out.rare.object)
	}
	t.out.more().settle = func(k int) { t.left(in, k) }
	return in, &viaReceiver[A, B]{t.out, in}
}

// viaReceiver is the receiving end: the channel behind the transducer.
type viaReceiver[A, B any] struct {
	*Chan[B]
	front *Chan[A]
}

// Cancel refuses senders at the front before it drops what came out.
func (r *viaReceiver[A, B]) Cancel(cause error) {
	r.front.Cancel(cause)
	r.Chan.Cancel(cause)
}

// through is what the front channel knows of the transducer behind it. The methods are
// called with the lock of the front held.
type through interface {
	stopped() bool      // no more values are wanted
	finish(cause error) // no more values will come; only the first call counts
	leftovers() func()  // what has to be done without the lock, nil if nothing
}

// transit is the policy of the front channel: a value that is pushed leaves at once, through
// the transducer, into the channel out.
//
//	held = values that lie in out as far as the front has been told: never too few
//	full ⇔ room > 0 and held ≥ room
//
// Everything here is guarded by the lock of the front. That of out nests inside it; nothing
// that may be the user's code (callbacks, OnDrop) runs before both are released.
type transit[A, B any] struct {
	sink  xf.Sink[A]
	out   *Chan[B]
	room  int // capacity of out, 0 if senders never wait
	held  int
	ended bool
	done  bool
	rest  aftermath[B]
}

func newTransit[A, B any](cfg config, x xf.Step[A, B]) *transit[A, B] {
	t := &transit[A, B]{out: &Chan[B]{}}
	if cfg.kind == fixed {
		t.room = cfg.cap
		cfg.kind = unbounded // a value's expansion may overfill it
	}
	t.out.low = math.MaxInt // every receive tells the front
	t.out.apply(cfg)
	t.sink = x(transitOut[A, B]{t})
	return t
}

func (t *transit[A, B]) Len() int      { return 0 }
func (t *transit[A, B]) Cap() int      { return t.out.Cap() }
func (t *transit[A, B]) Full() bool    { return t.room > 0 && t.held >= t.room }
func (t *transit[A, B]) Pop() A        { panic("runnel: a transducer keeps no values") }
func (t *transit[A, B]) stopped() bool { return t.ended }

// Push holds the lock of out, too, from the first value that comes out to the last, so that
// nobody who comes late takes one before those who wait.
func (t *transit[A, B]) Push(v A, _ func(A, Reason)) {
	t.out.state.lock()
	defer t.settled()
	if !t.sink.Put(v) {
		t.ended = true
	}
}

// settled ends what holds the lock of out.
func (t *transit[A, B]) settled() {
	t.serve()
	t.out.unlock()
}

// serve gives what came out to receivers that wait. It comes after the whole expansion of a
// value has been buffered, so that what a dropping or sliding buffer keeps of it does not
// depend on who happens to wait. (Where nothing is dropped, Put has served them already.)
func (t *transit[A, B]) serve() {
	for t.out.ring.n > 0 {
		r := t.out.recvq.pop()
		if r == nil {
			return
		}
		r.val = t.out.ring.pop()
		t.out.received++
		t.held--
		t.out.completed(r, &t.rest)
	}
}

// left accounts for k values that were received from out. Others may come between that and this,
// and find neither a value behind the transducer nor room before it.
func (t *transit[A, B]) left(front *Chan[A], k int) {
	var after aftermath[A]
	front.point(hook.Refill)
	front.state.lock()
	t.held -= k
	front.refillCustom(&after)
	front.unlock()
	after.run(front)
}

func (t *transit[A, B]) finish(cause error) {
	if t.done {
		return
	}
	t.done = true
	t.out.state.lock()
	defer t.out.unlock()
	if err := t.complete(); err != nil && cause == nil {
		cause = err
	}
	if !t.out.isClosed() {
		t.serve()
		t.out.shut(cause, &t.rest)
	}
}

// complete ends the transducer, which may give what it has held back.
func (t *transit[A, B]) complete() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	t.sink.Close()
	return nil
}

// leftovers wakes the goroutines that got a value and returns the rest as a function.
func (t *transit[A, B]) leftovers() func() {
	if t.rest.first != nil {
		t.rest.first.finish()
		for _, w := range t.rest.more {
			w.finish()
		}
		t.rest.first, t.rest.more = nil, nil
	}
	if !t.rest.calls && t.rest.drops == nil && !t.rest.ended {
		return nil
	}
	left := t.rest
	t.rest = aftermath[B]{}
	return func() { left.run(t.out) }
}

// transitOut is the sink behind the transducer. It is used with the lock of out held.
type transitOut[A, B any] struct{ *transit[A, B] }

func (t transitOut[A, B]) Put(v B) bool {
	c := t.out
	if c.isClosed() { // cancelled: the value came out, but nobody wants it
		c.sent++
		c.drop(v, Undelivered, &t.rest)
		return false
	}
	n := c.ring.n
	if c.kind == unbounded {
		c.put(v, &t.rest) // nothing is dropped: whoever waits may have it at once
	} else {
		c.buffer(v, &t.rest)
	}
	t.held += c.ring.n - n
	return true
}

func (t transitOut[A, B]) Close() {}

// passed accounts for a value that went through the transducer, and ends the channel if the
// transducer wants no more.
func (c *Chan[T]) passed(after *aftermath[T]) {
	t := c.rare.through
	c.received++
	if t.stopped() {
		if !c.isClosed() {
			c.shut(nil, after)
		}
		for s := c.sendq.pop(); s != nil; s = c.sendq.pop() {
			c.sent++
			c.drop(c.accept(s, after), Ended, after)
		}
		c.finishThrough(after)
	}
	c.leave(after)
}

// finishThrough completes the transducer once the channel is closed and no sender waits.
func (c *Chan[T]) finishThrough(after *aftermath[T]) {
	if c.rare == nil || c.rare.through == nil || c.sendq.waits() {
		return
	}
	c.rare.through.finish(c.rare.cause)
	c.leave(after)
}

// leave collects what is left to do behind the transducer once the lock is released.
func (c *Chan[T]) leave(after *aftermath[T]) {
	if f := c.rare.through.leftovers(); f != nil {
		after.then = append(after.then, f)
	}
}
