package runnel

import "runtime/debug"

// Policy is a buffer of the user's own: one that orders by priority, limits by weight, keeps
// the latest value per key. Give it to [NewBuffered].
//
// The channel calls its methods one at a time, with its lock held: they must be quick, must
// not block and must not use the channel. If one panics, the channel closes with a
// [PanicError] as cause, and what is lost with it is counted as [Failed].
type Policy[T any] interface {
	// Len returns how many values can be received now.
	Len() int

	// Cap returns how many values the buffer is made for, 0 if that is no number. It is
	// only reported.
	Cap() int

	// Full reports whether a sender must wait.
	Full() bool

	// Push takes v. For every value that it gives up for that, v itself perhaps, it calls
	// drop with the reason, before it returns. It is called while Full is false.
	Push(v T, drop func(T, Reason))

	// Pop removes the value to be received next. It is called while Len is positive.
	Pop() T
}

// NewBuffered makes a channel whose buffer is p, which belongs to the channel from now on.
// Of the options, [Name] applies.
func NewBuffered[T any](p Policy[T], opts ...Option) *Chan[T] {
	if p == nil {
		panic("runnel: NewBuffered: the policy is nil")
	}
	return newCustom("NewBuffered", p, nil, opts)
}

func newCustom[T any](maker string, p Policy[T], t through, opts []Option) *Chan[T] {
	cfg := newConfig(maker, opts)
	cfg.noBuffer()
	cfg.kind = custom
	c := &Chan[T]{}
	r := c.more()
	r.policy, r.through = &guarded[T]{policy: p}, t
	r.evict = func(v T, why Reason) { c.evictCustom(v, why) }
	c.apply(cfg)
	return c
}

// NewPromise makes a channel that is sent one value: the first one is kept, and every
// receiver gets it, now and for ever, also after Close. Later values are dropped and counted
// as [DroppedNewest]. A range over [Chan.All] therefore never ends by itself. Of the options,
// [Name] applies.
func NewPromise[T any](opts ...Option) *Chan[T] {
	return newCustom[T]("NewPromise", &promise[T]{}, nil, opts)
}

// promise keeps the first value.
type promise[T any] struct {
	val  T
	kept bool
}

func (p *promise[T]) Cap() int   { return 1 }
func (p *promise[T]) Full() bool { return false }
func (p *promise[T]) Pop() T     { return p.val }

func (p *promise[T]) Len() int {
	if p.kept {
		return 1
	}
	return 0
}

func (p *promise[T]) Push(v T, drop func(T, Reason)) {
	if p.kept {
		drop(v, DroppedNewest)
		return
	}
	p.val, p.kept = v, true
}

// guarded keeps the panics of a policy, which is the user's code, from those who happen to
// use the channel. After a panic in Push the values are still received; after any other the
// policy is not called any more, and what it held is lost.
type guarded[T any] struct {
	policy Policy[T]
	broken error // the first panic
	dead   bool
}

// guard runs f unless the policy is dead, and tells whether that went well.
func (g *guarded[T]) guard(f func()) (ok bool) {
	if g.dead {
		return false
	}
	defer func() {
		if p := recover(); p != nil && g.broken == nil {
			g.broken = &PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	f()
	return true
}

func (g *guarded[T]) Len() (n int) {
	g.dead = !g.guard(func() { n = g.policy.Len() })
	return n
}

func (g *guarded[T]) Cap() (n int) {
	g.guard(func() { n = g.policy.Cap() })
	return n
}

func (g *guarded[T]) Full() (full bool) {
	g.dead = !g.guard(func() { full = g.policy.Full() })
	return full || g.broken != nil
}

func (g *guarded[T]) Push(v T, drop func(T, Reason)) (ok bool) {
	return g.guard(func() { g.policy.Push(v, drop) })
}

// Pop returns the panic as an error.
func (g *guarded[T]) Pop() (v T, err error) {
	if g.dead = !g.guard(func() { v = g.policy.Pop() }); g.dead {
		return v, g.broken
	}
	return v, nil
}

// unlockCustom is unlock for a channel with a policy. If that has panicked, the channel is
// closed before anybody else sees it, and what follows from that is left to the caller, who
// may still hold other locks.
func (c *Chan[T]) unlockCustom(bits uint32) (after *aftermath[T]) {
	p := c.rare.policy
	if p.Len() > 0 {
		bits |= hasValue
	}
	if !p.Full() {
		bits |= hasRoom
	}
	if p.broken != nil {
		after = &aftermath[T]{}
		c.fail(p.broken, after)
		bits |= closed
	}
	c.state.unlock(bits)
	return after
}

// fail ends the channel because the user's code on it panicked. It may be called again.
func (c *Chan[T]) fail(err error, after *aftermath[T]) {
	c.writeOff()
	if !c.isClosed() {
		c.shut(err, after)
	} else if c.rare.cause == nil {
		c.rare.cause, c.rare.sendError = err, &closedError{err}
	}
	c.refuseSenders(err, after)
	c.finishThrough(after)
}

// writeOff counts as failed what is missing in the account: what the policy says it does not
// hold although it was given it. It returns how many values that are.
func (c *Chan[T]) writeOff() int {
	r := c.rare
	missing := int(c.sent-c.received-r.drops.Total()) - r.policy.Len()
	if missing > 0 {
		r.drops[Failed] += uint64(missing)
	}
	return missing
}

func (c *Chan[T]) putCustom(v T, after *aftermath[T]) error {
	p := c.rare.policy
	if !p.Full() {
		c.push(v, after)
		c.serve(after)
		return nil
	}
	if p.Len() == 0 { // a policy without room at all: rendezvous
		if r := c.recvq.pop(); r != nil {
			c.deliver(r, v, after)
			return nil
		}
	}
	return ErrFull
}

func (c *Chan[T]) takeCustom(after *aftermath[T]) (v T, err error) {
	p := c.rare.policy
	if p.Len() > 0 {
		if v, err = p.Pop(); err != nil {
			return v, err
		}
		c.received++
		c.refillCustom(after)
		return v, nil
	}
	if s := c.sendq.pop(); s != nil {
		return c.exchange(s, after), nil
	}
	return v, c.nothing()
}

// refillCustom lets waiting senders in while there is room.
func (c *Chan[T]) refillCustom(after *aftermath[T]) {
	for c.sendq.head != nil && !c.rare.policy.Full() {
		s := c.sendq.pop()
		if s == nil {
			break
		}
		c.push(c.accept(s, after), after)
	}
	if c.isClosed() {
		c.finishThrough(after)
	}
}

// serve gives values to the receivers that wait.
func (c *Chan[T]) serve(after *aftermath[T]) {
	p := c.rare.policy
	for c.recvq.head != nil && p.Len() > 0 {
		r := c.recvq.pop()
		if r == nil {
			return
		}
		if r.val, r.err = p.Pop(); r.err == nil {
			c.received++
		}
		c.completed(r, after)
	}
}

// push gives v to the policy.
func (c *Chan[T]) push(v T, after *aftermath[T]) {
	r := c.rare
	c.sent++
	ok := r.policy.Push(v, r.evict)
	after.drops = append(after.drops, r.evicted...)
	clear(r.evicted)
	r.evicted = r.evicted[:0]
	if !ok { // unlocking closes the channel
		if c.writeOff() > 0 && r.onDrop != nil {
			after.drops = append(after.drops, drop[T]{v, Failed})
		}
		return
	}
	c.high = max(c.high, r.policy.Len())
	if r.through != nil {
		c.passed(after)
	}
}

// evictCustom is what a policy calls for a value that it gives up.
func (c *Chan[T]) evictCustom(v T, why Reason) {
	if why >= reasons {
		why = Failed
	}
	c.rare.drops[why]++
	if c.rare.onDrop != nil {
		c.rare.evicted = append(c.rare.evicted, drop[T]{v, why})
	}
}

// undeliverCustom takes out what the policy holds. A promise that was kept stays kept.
func (c *Chan[T]) undeliverCustom(after *aftermath[T]) {
	p := c.rare.policy
	if _, forever := p.policy.(*promise[T]); forever {
		return
	}
	for p.Len() > 0 {
		if v, err := p.Pop(); err == nil {
			c.drop(v, Undelivered, after)
		}
	}
}
