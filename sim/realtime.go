package sim

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"
)

// realTime measures an exploration and watches over it. In a testing/synctest bubble package
// time tells virtual time; so a goroutine outside of it looks at the clock.
type realTime struct {
	began time.Time
	told  atomic.Int64 // nanoseconds since then; −1 if the clock may be asked instead
	beats atomic.Int64 // signs of life
}

// refresh is how exactly a bubble knows the time.
const refresh = 2 * time.Millisecond

// follow lets the clock run, for goroutines in a bubble if told so. Calling the function that it
// returns ends that.
//
// It tells what is blocked, which blocked finds out, if the tasks stand still for too long.
func (c *realTime) follow(bubble bool, blocked func() string) (end func()) {
	c.began = time.Now()
	alarm := c.alarm(blocked)
	if !bubble {
		c.told.Store(-1)
	}
	stop := make(chan struct{})
	go func() {
		ticker := time.NewTicker(refresh)
		defer ticker.Stop()
		next := patience
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
				now := time.Since(c.began)
				if bubble {
					c.told.Store(int64(now))
				}
				if now > next {
					next += patience
					alarm()
				}
			}
		}
	}()
	return func() { close(stop) }
}

// elapsed is the real time since the exploration began.
func (c *realTime) elapsed() time.Duration {
	if d := c.told.Load(); d >= 0 {
		return time.Duration(d)
	}
	return time.Since(c.began)
}

// beat says that tasks go on: another schedule begins, or has come on by some steps.
func (c *realTime) beat() { c.beats.Add(1) }

// patience is for how long tasks may stand still, in real time, before people are told.
var patience = 5 * time.Second

// alarm returns a function that is to be called again and again, and tells, once, if between two
// calls no task has gone on.
func (c *realTime) alarm(blocked func() string) func() {
	last, told := int64(-1), false
	return func() {
		now := c.beats.Load()
		if now == last && !told {
			told = true
			fmt.Fprintf(os.Stderr, "sim: no task has gone on for %v: %s\n", patience, blocked())
		}
		last = now
	}
}

func allStacks() []byte {
	buf := make([]byte, 1<<20)
	return buf[:runtime.Stack(buf, true)]
}
