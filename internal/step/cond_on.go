//go:build steps

package step

import (
	"context"
	"slices"
	"sync"

	"github.com/runnel-go/runnel/internal/hook"
)

// Cond is a [sync.Cond] whose operations are steps. Tasks sleep as the runtime lets goroutines
// do it: Wait takes a ticket, unlocks L, and sleeps unless its ticket has been called meanwhile.
//
//	called ≤ issued; ticket t has been called ⇔ t < called
type Cond struct {
	L sync.Locker

	real           sync.Cond // of goroutines outside of a simulation
	object         *hook.Object
	issued, called int
	asleep         []sleeper
}

type sleeper struct {
	ticket int
	task   hook.Task
}

// enter returns the world of the task that came, nil if it is none.
func (c *Cond) enter() hook.World {
	world := hook.Current()
	if world != nil && c.object == nil {
		c.object = world.NewObject("")
		c.object.Type = "Cond"
	}
	return world
}

// Wait is that of [sync.Cond].
func (c *Cond) Wait() {
	world := c.enter()
	if world == nil {
		c.real.L = c.L
		c.real.Wait()
		return
	}
	world.Point(hook.Update, c.object.Self...)
	ticket := c.issued
	c.issued++
	c.L.Unlock()
	world.Touch(c.object)
	if ticket >= c.called {
		c.asleep = append(c.asleep, sleeper{ticket, world.Task()})
		world.Park(context.Background(), hook.Sleep, c.object.Self...)
	}
	c.L.Lock()
}

// Signal is that of [sync.Cond].
func (c *Cond) Signal() {
	world := c.enter()
	if world == nil {
		c.real.Signal()
		return
	}
	world.Point(hook.Signal, c.object.Self...)
	defer pause()
	if c.called == c.issued {
		return
	}
	next := c.called
	c.called++
	if i := slices.IndexFunc(c.asleep, func(s sleeper) bool { return s.ticket == next }); i >= 0 {
		c.asleep[i].task.Wake()
		c.asleep = slices.Delete(c.asleep, i, i+1)
	}
}
