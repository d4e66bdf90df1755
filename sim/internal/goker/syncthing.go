package goker

import (
	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

var syncthing = []Kernel{
	kernel("syncthing_5795", "The dispatcher calls a function that closes the connection, and so waits for itself.",
		syncthing5795, sim.Deadlock),
}

// connection dispatches messages, one after the other, until it is closed.
type connection struct {
	inbox           *runnel.Chan[func()]
	closed, stopped *signal
}

func syncthing5795(t *sim.T, fixed bool) {
	c := &connection{runnel.New[func()](), newSignal(), newSignal()}
	t.Go("dispatcher", c.dispatch)
	handle := c.close
	if fixed {
		handle = func() { t.Go("closer", c.close) }
	}
	_ = c.inbox.Send(bg, handle)
	await(c.stopped)
}

func (c *connection) dispatch() {
	defer c.stopped.Close()
	for {
		message := runnel.RecvFrom(c.inbox)
		if wins(from(c.closed), message) {
			return
		}
		handle, _ := message.Value()
		handle()
	}
}

func (c *connection) close() {
	c.closed.Close()
	await(c.stopped)
}
