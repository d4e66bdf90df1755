package runnel

import (
	"context"
	"fmt"
	"math"
	"time"
	"weak"

	"github.com/runnel-go/runnel/internal/hook"
)

// After makes a channel on which the time is sent once d has passed; then it is closed. Every
// call makes a channel and a timer of its own, so closing one fires no other. [Chan.Cancel]
// stops the timer.
func After(d time.Duration) *Chan[time.Time] {
	c := New[time.Time](Buffer(1))
	timer := c.afterFunc(d, func() {
		c.TrySend(c.timeNow())
		c.Close()
	})
	c.atClose(func(error) { timer.Stop() })
	return c
}

// At is [After] for a moment: the time is sent at t, at once if t is past.
func At(t time.Time) *Chan[time.Time] {
	if world := hook.Current(); world != nil {
		return After(t.Sub(world.Now()))
	}
	return After(time.Until(t))
}

// Tick makes a channel on which the time is sent every d. A tick that nobody has received
// when the next one comes gives way to it, and is counted as dropped. [Chan.Cancel] and
// [Chan.Close] stop it, and so does the garbage collector once the channel cannot be reached
// any more; a callback left by RecvFunc alone does not keep it ticking. Tick panics unless
// d > 0.
func Tick(d time.Duration) *Chan[time.Time] {
	if d <= 0 {
		panic(fmt.Sprintf("runnel: Tick(%v): the period must be positive", d))
	}
	c := New[time.Time](Sliding(1))
	ref := weak.Make(c)
	next := c.timeNow().Add(d)
	var timer hook.Timer
	timer = c.afterFunc(math.MaxInt64, func() {
		c := ref.Value()
		if c == nil || c.TrySend(c.timeNow()) != nil {
			return
		}
		for !next.After(c.timeNow()) { // ticks that a late timer has missed are skipped
			next = next.Add(d)
		}
		timer.Reset(next.Sub(c.timeNow()))
	})
	c.atClose(func(error) { timer.Stop() })
	timer.Reset(d)
	return c
}

// afterFunc calls f after d, in the time of c, which f makes receivable.
func (c *Chan[T]) afterFunc(d time.Duration, f func()) hook.Timer {
	if c.simulated {
		ref := weak.Make(c)
		return c.rare.object.World.AfterFunc(d, f, func() bool { return ref.Value().isAwaited() })
	}
	return time.AfterFunc(d, f)
}

// isAwaited tells whether a receiver waits. A nil channel has none.
func (c *Chan[T]) isAwaited() bool {
	if c == nil {
		return false
	}
	c.state.lock()
	defer c.unlock()
	return c.recvq.waits()
}

// timeNow is the time of the clock that c's timers follow.
func (c *Chan[T]) timeNow() time.Time {
	if c.simulated {
		return c.rare.object.World.Now()
	}
	return time.Now()
}

// Sleep waits for d, or until ctx ends: then it returns the cause of ctx. It returns at once if d ≤ 0.
func Sleep(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return causeOf(hook.Current(), ctx)
	}
	if world := hook.Current(); world != nil {
		if !world.Sleep(ctx, d) {
			return context.Cause(ctx)
		}
		return nil
	}
	if d <= 0 {
		return nil // without a timer: two that are due at once in a bubble crash the race detector, golang/go#78156
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
