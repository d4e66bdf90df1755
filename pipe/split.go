package pipe

import (
	"context"

	"github.com/runnel-go/runnel"
)

// Split gives the values for which p returns true on one output and the others on the second.
// It is [Partition] with two outputs, and ends like it.
func Split[T any](ctx context.Context, in runnel.Receiver[T], p func(T) bool, opts ...runnel.Option) (yes, no runnel.Receiver[T]) {
	requireFunc(p != nil, "Split", "p")
	f := newFork(ctx, "Split", in, 2, opts)
	f.start(1, func() {
		f.route(func(v T) int {
			if p(v) {
				return 0
			}
			return 1
		})
	})
	return f.outs[0], f.outs[1]
}

// Partition gives each value v on one of n outputs, the one with the index by(v) modulo n,
// which is never negative. So values for which by returns the same go to the same output, in
// their order: with a hash of a key this spreads keys over n consumers.
//
// The options apply to each output; a Name given to all is told apart by the ID in Stats. A
// value waits until its output has room, and those behind it wait with it, whatever output they
// are for: without a buffer the slowest consumer sets the pace. A buffer evens that out, a
// buffer that drops avoids it.
//
// All outputs close together, with the same cause. When by panics, the value is counted on in as
// Failed. When the consumer of one output stops, its values are from then on counted there as
// Undelivered, and the other outputs go on; when the last of the consumers stops, in is cancelled
// within that call, with the cause that this one gave.
func Partition[T any](ctx context.Context, in runnel.Receiver[T], n int, by func(T) int, opts ...runnel.Option) []runnel.Receiver[T] {
	requireFunc(by != nil, "Partition", "by")
	requireAtLeast(1, "Partition", "n", n)
	f := newFork(ctx, "Partition", in, n, opts)
	f.start(1, func() {
		f.route(func(v T) int { return modulo(by(v), n) })
	})
	return receivers(f.outs)
}

// modulo is the remainder that is not negative.
func modulo(k, n int) int {
	if k %= n; k < 0 {
		k += n
	}
	return k
}

func receivers[T any](outs []*runnel.Chan[T]) []runnel.Receiver[T] {
	all := make([]runnel.Receiver[T], len(outs))
	for i, out := range outs {
		all[i] = out
	}
	return all
}

// fork is a stage with several outputs. Its own out is a gate, on which nothing is sent:
//
//	the gate is closed ⇔ all outs are closed, or about to be by who closes it
//	the gate is closed ⇒ ctx has ended and in is cancelled, as for every stage
//
// A consumer that stops closes one of outs; the last of them closes the gate. Whatever else
// ends the stage closes the gate, and by that all outs with the same cause.
type fork[T any] struct {
	*stage[T, nothing]
	outs []*runnel.Chan[T]
	mu   runnel.Mutex
	open int // of outs; guarded by mu
}

// nothing is the type of channels that only end.
type nothing struct{}

func newFork[T any](ctx context.Context, call string, in runnel.Receiver[T], n int, opts []runnel.Option) *fork[T] {
	f := &fork[T]{stage: newStage[T, nothing](ctx, call, in, nil), open: n}
	for range n {
		out := runnel.New[T](opts...)
		out.OnClose(func(cause error) {
			if f.isLast() {
				f.out.CloseWith(cause)
			}
		})
		f.outs = append(f.outs, out)
	}
	f.out.OnClose(f.closeAll)
	return f
}

// isLast takes an output off the count and tells whether it was the last one.
func (f *fork[T]) isLast() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open--
	return f.open == 0
}

func (f *fork[T]) closeAll(cause error) {
	for _, out := range f.outs {
		out.CloseWith(cause)
	}
}

// route gives each value to the output with the index that to returns.
func (f *fork[T]) route(to func(T) int) {
	var v, none T
	busy := false // with v, in to
	defer func() {
		if busy {
			f.fail(v, escape(recover()))
		}
	}()
	for {
		var err error
		if v, err = f.in.Recv(f.ctx); err != nil {
			f.leave(err)
			return
		}
		busy = true
		i := to(v)
		busy = false
		give(f.ctx, f.outs[i], v)
		v = none // not kept alive while waiting
	}
}

// give sends v to one of several outputs. That this one has ended does not end the stage; if
// ctx has, the next receive tells.
func give[T any](ctx context.Context, out *runnel.Chan[T], v T) {
	if err := out.Send(ctx, v); err != nil {
		out.Discard(v, runnel.Undelivered)
	}
}
