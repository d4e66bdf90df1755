package runnel

import "context"

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

// TrySelect is [Select] that never waits: [ErrNotReady] if no case can proceed at once.
func TrySelect(cases ...Case) (Case, error) {
	if i := pickFair(cases); i >= 0 {
		return cases[i], nil
	}
	return nil, ErrNotReady
}

// choose is Select and SelectPriority. (Which of them is a flag and not a function, because
// the cases of a call through a function value would have to be allocated.)
func choose(ctx context.Context, cases []Case, inOrder bool) (Case, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for {
		if i := pick(cases, inOrder); i >= 0 {
			return cases[i], nil
		}
		lead := leader(cases)
		if lead < 0 {
			<-ctx.Done()
			return nil, context.Cause(ctx)
		}
		switch i := selectionOf(cases, lead).wait(ctx, cases[lead]); i {
		case cancelled:
			return nil, context.Cause(ctx)
		case retry:
		default:
			return cases[i], nil
		}
	}
}

func pick(cases []Case, inOrder bool) int {
	if inOrder {
		return pickFirst(cases)
	}
	return pickFair(cases)
}
