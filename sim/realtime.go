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
	beats atomic.Int64 // schedules that have begun
}

// refresh is how exactly a bubble knows the time.
const refresh = 2 * time.Millisecond

// follow lets the clock run, for goroutines in a bubble if told so. Calling the function that it
// returns ends that.
func (c *realTime) follow(bubble bool) (end func()) {
	c.began = time.Now()
	if !bubble {
		c.told.Store(-1)
		timer := time.AfterFunc(patience, c.alarm(patience))
		return func() { timer.Stop() }
	}
	stop := make(chan struct{})
	alarm := c.alarm(patience)
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
				if c.told.Store(int64(now)); now > next {
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

// beat says that another schedule begins.
func (c *realTime) beat() { c.beats.Add(1) }

// patience is how long a schedule may take in real time before people are told.
const patience = 10 * time.Second

// alarm returns a function that is to be called every d, and tells, once, if meanwhile no
// schedule has begun.
func (c *realTime) alarm(d time.Duration) func() {
	last, told := int64(-1), false
	return func() {
		now := c.beats.Load()
		if now == last && !told {
			told = true
			fmt.Fprintf(os.Stderr, "sim: schedule %d has taken more than %v: a task may be blocked outside of runnel, in a "+
				"sync.Mutex or a system call, or be in a loop that comes to no operation. All goroutines:\n%s\n", now, d, allStacks())
		}
		last = now
	}
}

func allStacks() []byte {
	buf := make([]byte, 1<<20)
	return buf[:runtime.Stack(buf, true)]
}
