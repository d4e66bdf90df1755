package runnel

import (
	"context"

	"github.com/runnel-go/runnel/internal/hook"
	"github.com/runnel-go/runnel/internal/step"
)

// Select waits until one of the cases can proceed and carries it out; no other case has had
// any effect. If several can, one of them is drawn evenly. It returns the case that was
// carried out, to be compared with those given:
//
//	in, tick := runnel.RecvFrom(orders), runnel.RecvFrom(runnel.Tick(time.Second))
//	for {
//		c, err := runnel.Select(ctx, in, tick)
//		switch {
//		case err != nil:
//			return err
//		case c == in:
//			order, err := in.Value()
//			…
//		case c == tick:
//			…
//		}
//	}
//
// A closed channel is ready, as in Go: its receives end with its error, its sends with
// [ErrClosed]; the case tells by Value or Err. A nil Case never fires, so a variable of type
// Case can be set to nil to switch a case off. If ctx ends first, the result is nil and the
// cause of ctx, and nothing was sent or received. Without a case that can fire Select waits
// for ctx.
//
// Cases may be of any number and of different types. Make them once and use them again: from
// the second call with the same cases on, Select allocates nothing, and waiting costs little
// more for many channels than for few.
func Select(ctx context.Context, cases ...Case) (Case, error) {
	return choose(ctx, cases, false)
}

// SelectPriority is [Select] that carries out the first in order of those cases that can
// proceed.
func SelectPriority(ctx context.Context, cases ...Case) (Case, error) {
	return choose(ctx, cases, true)
}

// TrySelect is [Select] that never waits: [ErrNotReady] if there was a moment at which no
// case could proceed.
func TrySelect(cases ...Case) (Case, error) {
	if hook.Active() {
		if world := worldOf(cases); world != nil {
			return trySimulated(world, cases)
		}
	}
	for {
		i, g := carryOut(cases, false)
		if i >= 0 {
			return cases[i], nil
		}
		if len(cases) < 2 || g.lead < 0 || !selectionOf(cases, g).readyLocked() {
			return nil, ErrNotReady
		}
	}
}

// choose is Select and SelectPriority. (Which of them is a flag and not a function, because
// the cases of a call through a function value would have to be allocated.)
func choose(ctx context.Context, cases []Case, inOrder bool) (Case, error) {
	if ctx.Err() != nil {
		return nil, causeOf(hook.Current(), ctx)
	}
	if hook.Active() {
		if world := worldOf(cases); world != nil {
			return chooseSimulated(ctx, world, cases, inOrder)
		}
	}
	for retries := 0; ; retries++ {
		i, g := carryOut(cases, inOrder)
		if i >= 0 {
			return cases[i], nil
		}
		if g.lead < 0 {
			<-ctx.Done()
			return nil, context.Cause(ctx)
		}
		if world := hook.Current(); world != nil && !step.On {
			world.Misuse(outside)
		}
		switch i := selectionOf(cases, g).wait(ctx, cases[g.lead], inOrder, retries); i {
		case cancelled:
			return nil, context.Cause(ctx)
		case retry:
		default:
			return cases[i], nil
		}
	}
}

// carryOut carries out one of the cases that are ready, the first in order or one drawn
// evenly, and returns its index, or -1 and what it saw if none is.
//
// A case drawn at random is taken if it is ready; if not, one of the ready ones is drawn in
// a single pass. Both ways together give every ready case the same chance.
func carryOut(cases []Case, inOrder bool) (int, glance) {
	if n := len(cases); n > 1 && !inOrder {
		i := int(step.Draw(uint32(n)))
		if c := coreOf(cases[i]); c != nil && c.isReady() && c.op.try() {
			return i, glance{}
		}
	}
	for {
		g := look(cases, inOrder)
		if g.drawn < 0 || coreOf(cases[g.drawn]).op.try() {
			return g.drawn, g
		}
	}
}

// glance is what one pass over the cases sees.
type glance struct {
	drawn int  // a case that is ready, or -1
	lead  int  // the first case that can fire, or -1
	known bool // the cases are those of the selection that it leads
}

func look(cases []Case, inOrder bool) glance {
	g := glance{drawn: -1, lead: -1}
	var s *selection
	ready := uint32(0)
	for i, c := range cases {
		core := coreOf(c)
		if core != nil && g.lead < 0 {
			g.lead, s = i, core.leads
			g.known = s != nil && s.lead == i && len(s.cases) == len(cases)
		}
		if g.known && (core != s.cases[i] || core != nil && core.sel != s) {
			g.known = false
		}
		if core == nil || !core.isReady() {
			continue
		}
		if ready++; ready == 1 || !inOrder && step.Draw(ready) == 0 {
			g.drawn = i
		}
	}
	return g
}
