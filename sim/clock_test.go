package sim

import (
	"slices"
	"testing"
	"time"
)

// fireAll lets the clock move until no timer is pending.
func fireAll(c *clock) {
	for {
		at, ok := c.next()
		if !ok {
			return
		}
		c.moveTo(at)
		c.fire()
	}
}

func TestTimersFireInOrder(t *testing.T) {
	c := &clock{now: start2000, began: start2000}
	var got []string
	add := func(d time.Duration, name string) *timer {
		return c.afterFunc(d, func() { got = append(got, name+" "+c.now.Sub(start2000).String()) }, nil)
	}
	add(3, "c")
	add(1, "a1")
	add(1, "a2") // at one instant: in the order in which they were set
	stopped := add(2, "b")
	moved := add(1, "d")
	add(-5, "past")
	if !stopped.Stop() || stopped.Stop() || !moved.Reset(7) {
		t.Fatal("Stop and Reset tell whether the timer was pending")
	}
	fireAll(c)
	want := []string{"past 0s", "a1 1ns", "a2 1ns", "c 3ns", "d 7ns"}
	if !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
	if moved.Stop() || moved.Reset(1) {
		t.Fatal("a timer that has fired is pending")
	}
	fireAll(c)
	if last := got[len(got)-1]; last != "d 8ns" {
		t.Fatalf("%q, want d again, 1 later", last)
	}
}

// TestTimeEnds: a timer behind the end of time never comes, and nobody counts on it. The runtime's
// clock overflowed there, and took the test down.
func TestTimeEnds(t *testing.T) {
	c := &clock{now: start2000, began: start2000}
	far := c.afterFunc(time.Duration(1<<63-1), func() { t.Error("fired") }, nil)
	if at, ok := c.next(); ok || c.useful() {
		t.Errorf("the next timer is at %v, useful %v", at, c.useful())
	}
	fireAll(c)
	if !far.Stop() {
		t.Error("it is not pending")
	}
}

func TestUsefulTimers(t *testing.T) {
	c := &clock{now: start2000, began: start2000}
	useful := false
	c.afterFunc(1, func() {}, func() bool { return useful })
	if c.useful() {
		t.Fatal("a timer that would wake nobody is useful")
	}
	if useful = true; !c.useful() {
		t.Fatal("a timer that would wake somebody is not useful")
	}
	useful = false
	if c.afterFunc(2, func() {}, nil); !c.useful() {
		t.Fatal("a timer that calls a function is not useful")
	}
}
