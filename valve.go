package runnel

import (
	"sync/atomic"

	"github.com/runnel-go/runnel/internal/hook"
)

// Valve is a way to a channel that can be shut, exactly and at no cost: while shut is set nothing
// goes through it. Make one with [Chan.Valve]. It is for whoever runs workers that can be paused.
//
// shut is looked at under the lock of the channel, at the moment at which the value would move. So
// when it has been set, and after that any operation on the channel has returned, [Valve.Passed]
// say, nothing goes through until it is unset: what was under way has moved before.
//
// Only the Try forms go through a valve. Who has to wait does so on the channel, under a context
// that whoever shuts the valve ends.
//
//	moved through the valve ⇒ shut was false under the lock of c
//	passed = values moved through the valve; guarded by that lock
type Valve[T any] struct {
	c      *Chan[T]
	shut   *atomic.Bool
	passed uint64
}

// Valve makes a way to the channel that shut shuts. Several, also to other channels, may share one
// shut; each may be used by any number of goroutines.
func (c *Chan[T]) Valve(shut *atomic.Bool) *Valve[T] { return &Valve[T]{c: c, shut: shut} }

// TrySend is [Chan.TrySend], but sends nothing while the valve is shut: the error is [ErrShut] then, or
// [ErrFull] where that is seen first.
func (v *Valve[T]) TrySend(x T) error {
	c := v.c
	if c.state.Load()&sendReady == 0 {
		return ErrFull
	}
	v.enter(hook.TrySend)
	if c.ring.n < c.limit && c.recvq.head == nil && !v.shut.Load() {
		v.passed++
		c.pushAndUnlock(x)
		return nil
	}
	return v.sendSlow(x)
}

// TryRecv is [Chan.TryRecv], but takes nothing while the valve is shut: the error is [ErrShut] then, or
// [ErrEmpty] where that is seen first.
func (v *Valve[T]) TryRecv() (T, error) {
	c := v.c
	if c.state.Load()&recvReady == 0 {
		var zero T
		return zero, ErrEmpty
	}
	v.enter(hook.TryRecv)
	if c.ring.n > c.low && c.sendq.head == nil && !v.shut.Load() {
		v.passed++
		return c.popAndUnlock(), nil
	}
	return v.recvSlow()
}

// Passed is how many values have gone through the valve, with those that the channel took and dropped.
func (v *Valve[T]) Passed() uint64 {
	v.c.point(hook.Look)
	v.c.state.lock()
	defer v.c.unlock()
	return v.passed
}

// enter takes the lock, after the point of the operation.
func (v *Valve[T]) enter(k hook.Kind) {
	c := v.c
	if hook.Watched {
		c.point(k)
	}
	c.state.lock()
	if !hook.Watched && c.simulated {
		c.pointLocked(k)
	}
}

// sendSlow goes on with a TrySend that could not simply push. The lock is held.
func (v *Valve[T]) sendSlow(x T) error {
	c := v.c
	if v.shut.Load() {
		c.unlock()
		return ErrShut
	}
	var after aftermath[T]
	err := c.put(x, &after)
	if err == nil {
		v.passed++
	}
	c.unlock()
	after.run(c)
	c.idle(err)
	return err
}

// recvSlow goes on with a TryRecv that could not simply pop. The lock is held.
func (v *Valve[T]) recvSlow() (T, error) {
	c := v.c
	if v.shut.Load() {
		c.unlock()
		var zero T
		return zero, ErrShut
	}
	var after aftermath[T]
	x, err := c.take(&after)
	if err == nil {
		v.passed++
	}
	c.unlock()
	after.run(c)
	c.idle(err)
	return x, err
}
