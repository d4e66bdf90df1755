package runnel

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/runnel-go/runnel/internal/hook"
	"github.com/runnel-go/runnel/internal/step"
)

// Channels under simulation (docs/design/0005-simulator-seam.md). A channel that is made by a
// task of a simulation belongs to it. It is the same channel: put, take, the queues and the
// ends are those of every other. What differs is only what happens around them:
//
//	before an operation   the simulation may let other tasks run (Point)
//	where a goroutine would sleep, the task is parked, and woken by whoever completes it
//	where Select draws, the simulation chooses
//
// Its fast paths are switched off by data: limit = 0, low = the largest int, so every operation
// comes by the slow path, where it is asked once whether the channel is simulated. Channels
// that are not pay nothing.

// simulate makes c belong to the world of the calling goroutine, if that is a task of one. Where
// tasks go through this code step by step, they are goroutines like others, for channels like
// others (package step).
func (c *Chan[T]) simulate(name string) {
	world := hook.Current()
	if world == nil || step.On {
		return
	}
	c.more().object = world.NewObject(name)
	c.rare.object.Channel = c
	switch c.kind {
	case fixed:
		c.rare.object.Queue, c.rare.object.Room = true, c.cap
	case unbounded:
		c.rare.object.Queue, c.rare.object.Room = true, math.MaxInt
	}
	c.simulated = true
	c.limit, c.low = 0, math.MaxInt
	c.standing = c.standing&^discards | hasValue | hasRoom // so that the Try forms come to look
}

// listSimulated is list for a channel of a simulation. Nobody outside may look at it, and its
// life is that of the run.
//
//go:norace
func listSimulated[T any](c *Chan[T]) {
	l := listIn(c.rare.object.World)
	l.reads = append(l.reads, c.Stats)
}

// listed is the list of the channels with a name, in a simulation.
type listed struct{ reads []func() Stats }

// listIn returns the list of this run, to be worked on by the task that runs.
func listIn(world hook.World) *listed {
	world.Touch(theList)
	l, _ := stateIn[listed](world, &named)
	return l
}

// theList is what worlds call the list.
var theList = &hook.Object{Type: "Channels"}

// simulatedChannels is Channels in a task.
//
//go:norace
func simulatedChannels(world hook.World) (all []Stats) {
	for _, read := range listIn(world).reads {
		all = append(all, read())
	}
	return all
}

// point lets other tasks run before an operation. The lock is not held.
func (c *Chan[T]) point(k hook.Kind) {
	if c.simulated {
		c.rare.object.World.Point(k, c.rare.object.Self...)
	}
}

// touch tells the simulation of work on c that follows the user's code, and so comes after
// other points than its own. The lock is not held.
func (c *Chan[T]) touch() {
	if c.simulated {
		c.rare.object.World.Touch(c.rare.object)
	}
}

// pointLocked is point on a simulated channel, with the lock held before and after.
func (c *Chan[T]) pointLocked(k hook.Kind) {
	c.unlock()
	c.point(k)
	c.state.lock()
}

// idle tells the simulation that a Try form has found nothing to do.
func (c *Chan[T]) idle(err error) {
	if c.simulated && (err == ErrFull || err == ErrEmpty) {
		c.rare.object.World.Idle()
	}
}

// arrives is point for an operation with a context. It reports false if that has ended.
func (c *Chan[T]) arrives(ctx context.Context, k hook.Kind) bool {
	c.rare.object.World.Under(ctx)
	c.point(k)
	return !c.givesUp(ctx)
}

// admitted is arrives with the lock held before, and after unless the context has ended. Nothing
// of the world is called with the lock held, since that may let others run.
func (c *Chan[T]) admitted(ctx context.Context, k hook.Kind) bool {
	c.unlock()
	if !c.arrives(ctx, k) {
		return false
	}
	c.state.lock()
	return true
}

// under is what comes before the point of an operation with a context, and causeOf what comes
// instead if it has ended.
func (c *Chan[T]) under(ctx context.Context) {
	if c.simulated {
		c.rare.object.World.Under(ctx)
	}
}

func (c *Chan[T]) causeOf(ctx context.Context) error {
	c.under(ctx)
	return context.Cause(ctx)
}

// seenNatively tells the simulation that tasks may look without an operation whether done is
// closed.
func (c *Chan[T]) seenNatively(done <-chan struct{}) {
	if c.simulated {
		c.rare.object.World.Under(lifetime(done))
	}
}

// lifetime is a native channel as a context that ends when it is closed.
type lifetime <-chan struct{}

func (lifetime) Deadline() (time.Time, bool) { return time.Time{}, false }
func (l lifetime) Done() <-chan struct{}     { return l }
func (lifetime) Value(any) any               { return nil }

func (l lifetime) Err() error {
	select {
	case <-l:
		return ErrClosed
	default:
		return nil
	}
}

// causeOf is that of Chan where there may be no channel; world may be nil.
func causeOf(world hook.World, ctx context.Context) error {
	if world != nil {
		world.Under(ctx)
	}
	return context.Cause(ctx)
}

// givesUp tells whether an operation that has been let go on ends with its context. Elsewhere
// an operation looks at its context, and then acts: so if the context has ended while others
// went on, that may have been before the operation looked, or after.
func (c *Chan[T]) givesUp(ctx context.Context) bool {
	return c.simulated && givesUp(c.rare.object.World, ctx)
}

func givesUp(world hook.World, ctx context.Context) bool {
	return ctx.Err() != nil && world.Choose(2) == 0
}

// now is the time by which waits on c are measured.
func (c *Chan[T]) now() time.Duration {
	if c.simulated {
		return c.rare.object.World.Now().Sub(epoch)
	}
	return now()
}

// waitSimulated is wait for a task: it parks instead of going to sleep. The lock is held on
// entry and released.
func (c *Chan[T]) waitSimulated(ctx context.Context, w *waiter[T], v T) (T, error) {
	o := c.rare.object
	w.val, w.task = v, o.World.Task()
	c.enqueue(w)
	c.unlock()
	k := hook.Recv
	if w.sends {
		k = hook.Send
	}
	woken := o.World.Park(ctx, k, o.Self...)
	if !woken {
		c.state.lock()
		c.withdrawn(w)
	}
	v, err := w.val, w.err
	if c.timed {
		c.rare.blocked(w)
	}
	w.task = nil
	c.giveBack(w)
	if err == (cancelledError{}) {
		err = context.Cause(ctx)
	}
	return v, err
}

// outside is what a task is told that would wait where nobody could let others go on.
const outside = "a task waits on a channel that was made outside of the simulation, or by a goroutine that is not a task of it"

// worldOf returns the world of the channels of the cases, nil if they are not simulated. If no
// case can fire, it is that of the calling goroutine, which is to wait there.
func worldOf(cases []Case) hook.World {
	var world hook.World
	real := false
	for _, c := range cases {
		core := coreOf(c)
		switch {
		case core == nil:
		case core.object == nil:
			real = true
		case world == nil:
			world = core.object.World
		}
	}
	switch {
	case !real && world == nil:
		return hook.Current()
	case real && world != nil:
		world.Misuse("a Select has cases of channels of which some were made outside of the simulation")
	}
	return world
}

// chooseSimulated is choose in a task: what is ready is looked at with the locks of all
// channels held, and the world draws.
func chooseSimulated(ctx context.Context, world hook.World, cases []Case, inOrder bool) (Case, error) {
	objects := objectsOf(cases)
	world.Under(ctx)
	world.Point(hook.Select, objects...)
	if givesUp(world, ctx) {
		return nil, context.Cause(ctx)
	}
	i := -1
	if inOrder {
		i = carryOutFirst(world, cases, objects)
	} else {
		i = carryOutAny(world, cases)
	}
	if i >= 0 {
		return cases[i], nil
	}
	g := look(cases, true)
	if g.lead < 0 {
		world.Task()
		world.Park(ctx, hook.Select)
		return nil, context.Cause(ctx)
	}
	s := selectionOf(cases, g)
	s.inOrder, s.turn = inOrder, 0
	if !inOrder && s.sharesChannel() {
		s.turn = world.Choose(len(s.byID))
	}
	s.task = world.Task()
	s.beginLocked()
	if !world.Park(ctx, hook.Select, objects...) {
		s.take(s.word.Load(), cancelled)
	}
	s.task = nil
	s.settle(cases[s.lead])
	s.release()
	if s.winner == cancelled {
		return nil, context.Cause(ctx)
	}
	return cases[s.winner], nil
}

// sharesChannel tells whether two cases are of one channel.
func (s *selection) sharesChannel() bool {
	s.sortByID()
	for i, c := range s.byID[1:] {
		if c.id == s.byID[i].id {
			return true
		}
	}
	return false
}

// trySimulated is TrySelect in a task.
func trySimulated(world hook.World, cases []Case) (Case, error) {
	world.Point(hook.TrySelect, objectsOf(cases)...)
	if i := carryOutAny(world, cases); i >= 0 {
		return cases[i], nil
	}
	world.Idle()
	return nil, ErrNotReady
}

// carryOutAny carries out one of the cases that are ready, which the world chooses, and returns
// its index, or -1.
func carryOutAny(world hook.World, cases []Case) int {
	ready := readyAmong(cases)
	for len(ready) > 0 {
		k := world.Choose(len(ready))
		if i := ready[k]; coreOf(cases[i]).op.carryOut() {
			return i
		}
		ready = slices.Delete(ready, k, k+1)
	}
	return -1
}

// carryOutFirst looks at the cases one after the other, as SelectPriority does, carries out the
// first that is ready, and returns its index. It returns -1 at a moment at which none is.
func carryOutFirst(world hook.World, cases []Case, objects []*hook.Object) int {
	for pass := 0; pass == 0 || len(readyAmong(cases)) > 0; pass++ {
		for i, c := range cases {
			core := coreOf(c)
			if core == nil {
				continue
			}
			if pass+i > 0 {
				world.Point(hook.Select, objects...) // what follows the last one looks at all of them
			}
			if core.op.canProceed() && core.op.carryOut() {
				return i
			}
		}
	}
	return -1
}

func readyAmong(cases []Case) (ready []int) {
	for i, c := range cases {
		if core := coreOf(c); core != nil && core.op.canProceed() {
			ready = append(ready, i)
		}
	}
	return ready
}

func objectsOf(cases []Case) []*hook.Object {
	objects := make([]*hook.Object, 0, len(cases))
	for _, c := range cases {
		if core := coreOf(c); core != nil && core.object != nil {
			objects = append(objects, core.object)
		}
	}
	return objects
}
