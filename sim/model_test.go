package sim_test

import (
	"fmt"

	"github.com/runnel-go/runnel"
)

// What an operation does to a channel at one moment.

func (c *modelled) hasRoom() bool { return c.cap < 0 || c.full != waits || len(c.buf) < c.cap }

func (s *situation) put(c *modelled, v int) string {
	switch {
	case c.closed && c.caused:
		return "closed by cause"
	case c.closed:
		return "closed"
	case len(c.receivers) > 0 && !c.passes:
		c.sent++
		s.give(c, v)
	case !c.hasRoom():
		return "full"
	default:
		s.store(c, v)
		for len(c.receivers) > 0 && len(c.buf) > 0 {
			s.give(c, c.remove())
		}
	}
	return "sent"
}

func (s *situation) give(c *modelled, v int) {
	c.received++
	s.complete(&c.receivers, v, fmt.Sprint("got ", v))
}

func (s *situation) store(c *modelled, v int) {
	c.sent++
	switch {
	case c.cap < 0 || len(c.buf) < c.cap:
		c.buf = append(c.buf, v)
	case c.full == dropsOldest:
		c.drops[runnel.DroppedOldest]++
		c.buf = append(c.buf[1:], v)
	default:
		c.drops[runnel.DroppedNewest]++
	}
	c.high = max(c.high, len(c.buf))
}

// remove takes the value out that is received next.
func (c *modelled) remove() (v int) {
	switch {
	case c.full == keepsFirst:
		return c.buf[0]
	case c.latest:
		v = c.buf[len(c.buf)-1]
		c.buf = c.buf[:len(c.buf)-1]
	default:
		v = c.buf[0]
		c.buf = c.buf[1:]
	}
	return v
}

func (s *situation) take(c *modelled) string {
	v, result := s.takeValue(c)
	if result == "" {
		result = fmt.Sprint("got ", v)
	}
	return result
}

func (s *situation) takeValue(c *modelled) (v int, result string) {
	switch {
	case len(c.buf) > 0:
		v = c.remove()
		c.received++
		for len(c.senders) > 0 && c.hasRoom() {
			s.store(c, s.complete(&c.senders, -1, "sent").v)
		}
	case len(c.senders) > 0:
		c.sent++
		c.received++
		v = s.complete(&c.senders, -1, "sent").v
	case c.closed && c.caused:
		return 0, "cause"
	case c.closed:
		return 0, "closed"
	default:
		return 0, "empty"
	}
	return v, ""
}

func (s *situation) close(c *modelled, caused bool) {
	if c.closed {
		return
	}
	c.closed, c.caused = true, caused
	result := "closed"
	if caused {
		result = "cause"
	}
	for len(c.receivers) > 0 {
		s.complete(&c.receivers, -1, result)
	}
}

func (s *situation) cancel(c *modelled) {
	s.close(c, false)
	result := "closed"
	if c.caused {
		result = "closed by cause"
	}
	for len(c.senders) > 0 {
		s.complete(&c.senders, -1, result)
	}
	for len(c.buf) > 0 && c.full != keepsFirst {
		c.remove()
		c.drops[runnel.Undelivered]++
	}
}
