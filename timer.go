package runnel

import (
	"context"
	"fmt"
	"math"
	"time"
	"weak"
)

// After makes a channel on which the time is sent once d has passed; then it is closed. Every
// call makes a channel and a timer of its own, so closing one fires no other. [Chan.Cancel]
// stops the timer.
func After(d time.Duration) *Chan[time.Time] {
	c := New[time.Time](Buffer(1))
	timer := time.AfterFunc(d, func() {
		c.TrySend(time.Now())
		c.Close()
	})
	c.OnClose(func(error) { timer.Stop() })
	return c
}

// At is [After] for a moment: the time is sent at t, at once if t is past.
func At(t time.Time) *Chan[time.Time] { return After(time.Until(t)) }

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
	next := time.Now().Add(d)
	var timer *time.Timer
	timer = time.AfterFunc(math.MaxInt64, func() {
		c := ref.Value()
		if c == nil || c.TrySend(time.Now()) != nil {
			return
		}
		for !next.After(time.Now()) { // ticks that a late timer has missed are skipped
			next = next.Add(d)
		}
		timer.Reset(time.Until(next))
	})
	c.OnClose(func(error) { timer.Stop() })
	timer.Reset(d)
	return c
}

// Sleep waits for d, or until ctx ends: then it returns the cause of ctx.
func Sleep(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
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
