package sim

import (
	"container/heap"
	"time"

	"github.com/runnel-go/runnel/internal/hook"
)

// clock is virtual time: it stands still while tasks run, and moves to the next timer when the
// world says so.
//
// In a testing/synctest bubble it is the bubble's time: to move it, the clock sleeps, and so
// time.Now, contexts with deadlines and time.AfterFunc in the user's code agree with it.
type clock struct {
	now    time.Time
	began  time.Time
	bubble bool
	sleep  func(time.Duration) // in a bubble
	timers timers
	seq    int

	touched func() // is called when a timer is set or stopped, if not nil
}

// timer is a call that is to come. The timers of one instant are called in the order in which
// they were set.
type timer struct {
	clock  *clock
	at     time.Time
	seq    int
	index  int // in the heap, -1 if it is not pending
	f      func()
	useful func() bool
}

func (c *clock) afterFunc(d time.Duration, f func(), useful func() bool) *timer {
	t := &timer{clock: c, f: f, useful: useful, index: -1}
	t.Reset(d)
	return t
}

// Stop implements hook.Timer.
func (t *timer) Stop() bool {
	if t.index < 0 {
		return false
	}
	heap.Remove(&t.clock.timers, t.index)
	t.clock.touch()
	return true
}

// Reset implements hook.Timer.
func (t *timer) Reset(d time.Duration) bool {
	pending := t.Stop()
	t.clock.touch()
	t.clock.seq++
	t.at, t.seq = t.clock.now.Add(max(d, 0)), t.clock.seq
	heap.Push(&t.clock.timers, t)
	return pending
}

// strayed tells whether time has passed that the clock did not let pass: some task waited in a
// way that the world does not know.
func (c *clock) strayed() bool { return c.bubble && !time.Now().Equal(c.now) }

func (c *clock) touch() {
	if c.touched != nil {
		c.touched()
	}
}

// useful tells whether some timer would wake somebody.
func (c *clock) useful() bool {
	for _, t := range c.timers {
		if t.at.Before(horizon) && (t.useful == nil || t.useful()) {
			return true
		}
	}
	return false
}

// horizon is where time ends, a little before the runtime's own clock does, which counts nanoseconds
// from 1970 and takes a program down that sleeps beyond 2262. A timer further away never fires.
var horizon = time.Date(2260, 1, 1, 0, 0, 0, 0, time.UTC)

// next is when the next timer is due.
func (c *clock) next() (at time.Time, ok bool) {
	if len(c.timers) == 0 {
		return at, false
	}
	at = c.timers[0].at
	return at, at.Before(horizon)
}

// moveTo lets time pass until then. In a bubble the goroutines that package time and package
// context start at that moment have done their work when it returns.
func (c *clock) moveTo(then time.Time) {
	d := then.Sub(c.now)
	if d <= 0 {
		return
	}
	c.now = then
	if c.bubble {
		c.sleep(d)
	}
}

// fire calls the next timer, if it is due.
func (c *clock) fire() {
	if len(c.timers) > 0 && !c.timers[0].at.After(c.now) {
		heap.Pop(&c.timers).(*timer).f()
	}
}

var _ hook.Timer = (*timer)(nil)

// timers is a heap: the next one first.
type timers []*timer

func (h timers) Len() int { return len(h) }

func (h timers) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].seq < h[j].seq
	}
	return h[i].at.Before(h[j].at)
}

func (h timers) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *timers) Push(x any) {
	t := x.(*timer)
	t.index = len(*h)
	*h = append(*h, t)
}

func (h *timers) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	t.index = -1
	return t
}
