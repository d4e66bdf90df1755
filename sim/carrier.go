package sim

import (
	"iter"
	"runtime/debug"
)

// carrier is a coroutine that runs tasks, one after the other: resumed by the world's loop, it
// runs until the task gives its turn to another one.
type carrier struct {
	next   func() (struct{}, bool)
	stop   func()
	give   func(struct{}) bool
	task   *task
	thread *thread // that runs the task instead, or nil
	dead   bool    // its task called runtime.Goexit, so it can run no other

	ended bool // it was told to end
}

func (e *explorer) newCarrier() *carrier {
	c := &carrier{}
	if e.threaded {
		c.thread = e.newThread()
	}
	c.next, c.stop = iter.Pull(func(yield func(struct{}) bool) {
		debug.SetPanicOnFault(true) // marks this goroutine, see isTask
		c.give = yield
		defer c.dies()
		for {
			c.task.main()
			if !yield(struct{}{}) {
				c.ended = true
				return
			}
		}
	})
	return c
}

// dies is called at the end of the coroutine, which a task has brought about by runtime.Goexit
// if it is not wanted. That cannot be stopped, but it can be kept waiting: the coroutine gives
// the turn away as if the task had returned, and dies when it is ended.
func (c *carrier) dies() {
	if !c.ended {
		c.dead = true
		c.give(struct{}{})
	}
}

// end ends the coroutine. One that is dead ends as it would have before, by runtime.Goexit, and
// with it ends the goroutine that let it, which must not be ours.
func (c *carrier) end() {
	if c.thread != nil {
		c.thread.end()
	}
	if !c.dead {
		c.stop()
		return
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.stop()
	}()
	<-ended
}

// isTask tells whether the calling goroutine carries a task. It asks for the one bit that a
// goroutine has of its own and that a program may read: whether a fault shall be a panic. Only
// carriers set it, and a goroutine does not inherit it. Reading means setting, hence the rest.
func isTask() bool {
	before := debug.SetPanicOnFault(true)
	if !before {
		debug.SetPanicOnFault(false)
	}
	return before
}

// carrier returns an idle coroutine.
func (e *explorer) carrier() *carrier {
	if last := len(e.carriers) - 1; last >= 0 {
		c := e.carriers[last]
		e.carriers = e.carriers[:last]
		return c
	}
	return e.newCarrier()
}

func (e *explorer) giveBack(c *carrier) {
	if th := c.thread; c.dead || th != nil && (th.dead || th.abandoned) {
		c.end()
		return
	}
	c.task = nil
	e.carriers = append(e.carriers, c)
}
