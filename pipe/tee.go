package pipe

import (
	"context"

	"github.com/runnel-go/runnel"
)

// Tee gives every value to both outputs: first to the one that can take it first, then to the
// other. So neither is more than one value, plus its buffer, ahead, and the slower consumer
// sets the pace, unless its buffer drops. Both get the same value, not a copy. The options apply
// to each output. For more than two, or consumers that come and go, see Mult in package fan.
//
// Both outputs close together, with the same cause. When the consumer of one stops, the other
// goes on; each further value is counted on the output that has ended as Undelivered, so that
// each output accounts for all values. When the second one stops, too, in is cancelled within
// that call, with the cause that this one gave.
func Tee[T any](ctx context.Context, in runnel.Receiver[T], opts ...runnel.Option) (a, b runnel.Receiver[T]) {
	f := newFork(ctx, "Tee", in, 2, opts)
	f.start(1, f.tee)
	return f.outs[0], f.outs[1]
}

func (f *fork[T]) tee() {
	a, b := newSide(f.outs[0]), newSide(f.outs[1])
	for {
		v, err := f.in.Recv(f.ctx)
		if err != nil {
			f.leave(err)
			return
		}
		a.send.Set(v)
		b.send.Set(v)
		c, _ := runnel.Select(f.ctx, a.send, b.send)
		a.give(f.ctx, c, v)
		b.give(f.ctx, c, v)
	}
}

// side is one output of a Tee.
type side[T any] struct {
	out  *runnel.Chan[T]
	send *runnel.SendCase[T]
}

func newSide[T any](out *runnel.Chan[T]) side[T] {
	var none T
	return side[T]{out, runnel.SendTo(out, none)}
}

// give does what is left to be done for v after one side has been chosen, or none because
// ctx has ended. A side that has ended is ready to be chosen, too, and refuses.
func (s side[T]) give(ctx context.Context, chosen runnel.Case, v T) {
	var none T
	s.send.Set(none) // not kept alive while waiting
	switch {
	case chosen != s.send:
		give(ctx, s.out, v)
	case s.send.Err() != nil:
		s.out.Discard(v, runnel.Undelivered)
	}
}
