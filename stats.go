package runnel

import (
	"fmt"
	"strings"
	"time"

	"github.com/runnel-go/runnel/internal/hook"
)

// Reason tells why a value was dropped.
type Reason uint8

const (
	// DroppedNewest: the buffer was full and the policy drops what comes last.
	DroppedNewest Reason = iota
	// DroppedOldest: the buffer was full and the policy drops what came first.
	DroppedOldest
	// Undelivered: the channel was cancelled while the value was buffered or on its way.
	Undelivered
	// Ended: the transducer on the channel wanted no more values while the sender waited.
	Ended
	// Failed: the user's code, on the channel or in a stage, failed on the value.
	Failed
	// Unheard: nobody was listening: no tap, no subscriber, or a muted input.
	Unheard
	// Late: the value came after the window to which it belongs.
	Late

	reasons
)

var reasonNames = [reasons]string{"dropped newest", "dropped oldest", "undelivered", "ended", "failed", "unheard", "late"}

// String names the reason in words.
func (r Reason) String() string {
	if r >= reasons {
		return "unknown reason"
	}
	return reasonNames[r]
}

// Drops counts dropped values by reason.
type Drops [reasons]uint64

// Total is the number of values dropped for any reason.
func (d Drops) Total() (n uint64) {
	for _, k := range d {
		n += k
	}
	return n
}

// String lists the reasons with their numbers, "none" if nothing was dropped.
func (d Drops) String() string {
	var parts []string
	for why, n := range d {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %v", n, Reason(why)))
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// Stats is the account of a channel at one moment. It is exact: at every moment
//
//	Sent = Received + Len + Dropped.Total()
//
// but for a promise, whose value is received many times.
type Stats struct {
	Name string // as given by the option Name, else empty
	ID   uint64 // tells channels of one name apart; 0 for a channel without a name

	Len       int // values buffered now
	Cap       int // see Chan.Cap
	HighWater int // the most values that were ever buffered

	Sent     uint64 // values accepted from senders, dropped ones included
	Received uint64 // values given to receivers
	Dropped  Drops  // by reason

	SendersWaiting   int // senders that wait now
	ReceiversWaiting int // receivers that wait now

	// Times are measured on channels with a name only; they are 0 on others.
	SendBlocked time.Duration // the sum of all finished waits of senders
	RecvBlocked time.Duration // the sum of all finished waits of receivers
	OldestSend  time.Duration // how long the first waiting sender has been waiting
	OldestRecv  time.Duration // how long the first waiting receiver has been waiting

	Closed bool // closed or cancelled
}

// String tells the account in one line, which balances.
func (s Stats) String() string {
	text := fmt.Sprintf("sent %d = received %d + buffered %d + dropped %d", s.Sent, s.Received, s.Len, s.Dropped.Total())
	if s.Dropped.Total() > 0 {
		text += fmt.Sprintf(" (%v)", s.Dropped)
	}
	if s.Name != "" {
		text = s.Name + ": " + text
	}
	return text
}

// Stats returns the account of the channel. It never waits for user code.
func (c *Chan[T]) Stats() Stats {
	c.point(hook.Look)
	c.state.lock()
	defer c.unlock()
	s := Stats{
		Len: c.length(), Cap: c.capacity(), HighWater: c.high,
		Sent: c.sent, Received: c.received, Closed: c.isClosed(),
	}
	if r := c.rare; r != nil {
		s.Name, s.Dropped = r.name, r.drops
		if s.Name != "" {
			s.ID = r.id
		}
	}
	discarded := c.discarded.Load()
	s.Sent += discarded
	s.Dropped[DroppedNewest] += discarded
	c.addWaiting(&s)
	return s
}

func (c *Chan[T]) addWaiting(s *Stats) {
	var firstSend, firstRecv time.Duration
	s.SendersWaiting, firstSend = c.sendq.live()
	s.ReceiversWaiting, firstRecv = c.recvq.live()
	if !c.timed {
		return
	}
	s.SendBlocked = time.Duration(c.rare.sendBlocked.Load())
	s.RecvBlocked = time.Duration(c.rare.recvBlocked.Load())
	t := c.now()
	if s.SendersWaiting > 0 {
		s.OldestSend = t - firstSend
	}
	if s.ReceiversWaiting > 0 {
		s.OldestRecv = t - firstRecv
	}
}

// Len returns how many values are buffered.
func (c *Chan[T]) Len() int {
	c.point(hook.Look)
	c.state.lock()
	defer c.unlock()
	return c.length()
}

// Cap returns how many values the buffer was made for: 0 for a rendezvous and for an
// unbounded channel, 1 for a promise, what the policy says for a channel with its own.
func (c *Chan[T]) Cap() int {
	if c.kind != custom {
		return c.cap
	}
	c.state.lock()
	defer c.unlock()
	return c.capacity()
}

func (c *Chan[T]) length() int {
	if c.kind == custom {
		return c.rare.policy.Len()
	}
	return c.ring.n
}

func (c *Chan[T]) capacity() int {
	if c.kind == custom {
		return c.rare.policy.Cap()
	}
	return c.cap
}

// OnDrop makes the channel call f for every value that it drops from now on, with the
// reason, on the goroutine whose operation caused the drop and without holding the lock: f
// may use the channel. It replaces an earlier f; nil removes it.
func (c *Chan[T]) OnDrop(f func(T, Reason)) {
	c.point(hook.Attach)
	c.state.lock()
	defer c.unlock()
	c.more().onDrop = f
	if c.kind == dropping && !c.isClosed() {
		c.standing |= discards
		if f != nil {
			c.standing &^= discards // every drop must be told, so none without the lock
		}
	}
}

// report gives dropped values to those who asked for them.
func (c *Chan[T]) report(drops []drop[T]) {
	c.touch()
	c.state.lock()
	f := c.rare.onDrop
	c.unlock()
	if f == nil {
		return
	}
	for _, d := range drops {
		f(d.val, d.why)
	}
}
