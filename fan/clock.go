package fan

import (
	"time"

	"github.com/runnel-go/runnel"
)

// clock measures one wait after the other, and rings.
//
//	timer ≠ nil ⇒ it rings at rings, or has rung and nobody has heard it
//
// A timer that was set for one wait and has not rung when the wait ends is left running for
// the next one: if it rings too early, it is set anew for the rest of the time. So waits that
// are shorter than the patience of the taps, as most are, share one timer, and setting the
// clock allocates nothing.
type clock struct {
	began time.Time // the wait
	rings time.Time
	timer *runnel.Chan[time.Time]
	rung  *runnel.RecvCase[time.Time]
}

// start begins a wait.
func (c *clock) start() { c.began = time.Now() }

// waited is how long the wait has lasted.
func (c *clock) waited() time.Duration { return time.Since(c.began) }

// alarm returns a case that fires after that much of the wait, or before; with 0 nothing does.
func (c *clock) alarm(after time.Duration) runnel.Case {
	if after == 0 {
		return nil
	}
	at := c.began.Add(after)
	if c.timer == nil || c.rings.After(at) {
		c.stop()
		c.rings = at
		c.timer = runnel.After(time.Until(at))
		c.rung = runnel.RecvFrom(c.timer)
	}
	return c.rung
}

// rang tells whether it was the clock that ended a Select. The timer is used up then.
func (c *clock) rang(chosen runnel.Case) bool {
	if c.timer == nil || chosen != runnel.Case(c.rung) {
		return false
	}
	c.timer = nil
	return true
}

// stop ends the timer.
func (c *clock) stop() {
	if c.timer != nil {
		c.timer.Cancel(nil)
		c.timer = nil
	}
}
