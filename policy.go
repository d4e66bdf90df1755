package runnel

import "runtime/debug"

// Policy is a buffer of the user's own: one that orders by priority, limits by weight, keeps
// the latest value per key. Give it to [NewBuffered].
//
// The channel calls its methods one at a time, with its lock held: they must be quick, must
// not block and must not use the channel. If one panics, the channel closes with a
// [PanicError] as cause.
type Policy[T any] interface {
	// Len returns how many values can be received now.
	Len() int

	// Cap returns how many values the buffer is made for, 0 if that is no number. It is
	// only reported.
	Cap() int

	// Full reports whether a sender must wait.
	Full() bool

	// Push takes v. For every value that it gives up for that, v itself perhaps, it calls
	// drop with the reason. It is called while Full is false.
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
	r.policy, r.through = p, t
	r.evict = func(v T, why Reason) { c.evictCustom(v, why) }
	c.apply(cfg)
	return c
}

// NewPromise makes a channel that is sent one value: the first one is kept, and every
// receiver gets it, now and for ever, also after Close. Later values are dropped and counted
// as [DroppedNewest]. Of the options, [Name] applies.
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

// readiness returns the bits of a custom channel.
func (r *rare[T]) readiness() (bits uint32) {
	if r.policy.Len() > 0 {
		bits |= hasValue
	}
	if !r.policy.Full() {
		bits |= hasRoom
	}
	return bits
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
		v = p.Pop()
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
	for c.recvq.head != nil && c.rare.policy.Len() > 0 {
		r := c.recvq.pop()
		if r == nil {
			return
		}
		r.val = c.rare.policy.Pop()
		c.received++
		c.completed(r, after)
	}
}

// push gives v to the policy, which is the user's code.
func (c *Chan[T]) push(v T, after *aftermath[T]) {
	r := c.rare
	c.sent++
	if err := c.guardedPush(v); err != nil {
		c.drop(v, Failed, after)
		c.fail(err, after)
		return
	}
	after.drops = append(after.drops, r.evicted...)
	clear(r.evicted)
	r.evicted = r.evicted[:0]
	c.high = max(c.high, r.policy.Len())
	if r.through != nil {
		c.passed(after)
	}
}

func (c *Chan[T]) guardedPush(v T) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	c.rare.policy.Push(v, c.rare.evict)
	return nil
}

// fail closes the channel because the user's code on it panicked.
func (c *Chan[T]) fail(err error, after *aftermath[T]) {
	if !c.isClosed() {
		c.shut(err, after)
	}
	c.refuseSenders(err, after)
	c.finishThrough(after)
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
	if _, forever := c.rare.policy.(*promise[T]); forever {
		return
	}
	for c.rare.policy.Len() > 0 {
		c.drop(c.rare.policy.Pop(), Undelivered, after)
	}
}
