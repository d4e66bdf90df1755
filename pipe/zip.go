package pipe

import (
	"context"
	"slices"

	"github.com/runnel-go/runnel"
)

// Zip gives f of the first values of a and b, then of the second ones, and so on. It waits for
// both at once and takes whichever comes first, but never a second value of one before it has
// used the first.
//
// When one of them ends while a value of it is needed, the output closes with the same cause
// and the other is cancelled with it; a value that had been taken from the other is counted
// there as Undelivered, like those that it had buffered. So no value is lost without a trace.
// The same happens when the consumer stops or ctx ends. When f panics, both values are counted
// as Failed, each where it came from.
func Zip[A, B, C any](ctx context.Context, a runnel.Receiver[A], b runnel.Receiver[B], f func(A, B) C, opts ...runnel.Option) runnel.Receiver[C] {
	require(a != nil, "Zip", "a is nil, want a channel")
	require(b != nil, "Zip", "b is nil, want a channel")
	requireFunc(f != nil, "Zip", "f")
	z := &zipping[A, B, C]{a: a, b: b, f: f, fromA: runnel.RecvFrom(a), fromB: runnel.RecvFrom(b)}
	z.outlet = newOutlet[C](ctx, opts, func(cause error) {
		a.Cancel(cause)
		b.Cancel(cause)
	})
	spawn(ctx, z.run)
	return z.out
}

// zipping is a running Zip. Which of a and b comes first is chosen by Select; the other is
// then received from directly, because a Select with other cases than last time has to be set
// up again.
type zipping[A, B, C any] struct {
	outlet[C]
	a     runnel.Receiver[A]
	b     runnel.Receiver[B]
	fromA *runnel.RecvCase[A]
	fromB *runnel.RecvCase[B]
	f     func(A, B) C
}

func (z *zipping[A, B, C]) run() {
	for {
		a, b, err := z.pair()
		if err != nil {
			z.out.CloseWith(ending(z.ctx, err))
			return
		}
		if c, ok := z.apply(a, b); !ok || !z.send(c) {
			return
		}
	}
}

// pair takes a value of each, or none: an error means that what was taken has been rejected.
func (z *zipping[A, B, C]) pair() (a A, b B, err error) {
	c, err := runnel.Select(z.ctx, z.fromA, z.fromB)
	switch {
	case err != nil:
	case c == z.fromA:
		if a, err = z.fromA.Take(); err != nil {
			break
		}
		if b, err = z.b.Recv(z.ctx); err != nil {
			z.a.Reject(a, runnel.Undelivered)
		}
	default:
		if b, err = z.fromB.Take(); err != nil {
			break
		}
		if a, err = z.a.Recv(z.ctx); err != nil {
			z.b.Reject(b, runnel.Undelivered)
		}
	}
	return a, b, err
}

// apply calls f. It is not ok if f did not return; then the stage has ended.
func (z *zipping[A, B, C]) apply(a A, b B) (c C, ok bool) {
	defer func() {
		if !ok {
			err := escape(recover())
			z.a.Reject(a, runnel.Failed)
			z.b.Reject(b, runnel.Failed)
			z.out.CloseWith(err)
		}
	}()
	return z.f(a, b), true
}

// ZipAll gives the first values of all inputs as a slice, in the order of ins, then the second
// ones, and so on; each slice belongs to whoever receives it. It takes the values as they come
// and ends as [Zip]: when one input ends, the values already taken from the others are counted
// there as Undelivered, and the others are cancelled. Without inputs the output closes at once.
func ZipAll[T any](ctx context.Context, ins []runnel.Receiver[T], opts ...runnel.Option) runnel.Receiver[[]T] {
	ins = requireInputs("ZipAll", ins)
	z := &zippingAll[T]{newOutlet[[]T](ctx, opts, cancelAll(ins)), ins, casesOf(ins), casesOf(ins)}
	if len(ins) == 0 {
		z.out.Close()
		return z.out
	}
	spawn(ctx, z.run)
	return z.out
}

// zippingAll is a running ZipAll.
//
//	due[i] = cases[i] if the value of ins[i] for this row is yet to come, else nil
type zippingAll[T any] struct {
	outlet[[]T]
	ins   []runnel.Receiver[T]
	cases []runnel.Case
	due   []runnel.Case
}

func (z *zippingAll[T]) run() {
	for {
		row, err := z.row()
		if err != nil {
			z.out.CloseWith(ending(z.ctx, err))
			return
		}
		if !z.send(row) {
			return
		}
	}
}

// row takes a value of each, or none: an error means that what was taken has been rejected.
func (z *zippingAll[T]) row() ([]T, error) {
	row := make([]T, len(z.ins))
	copy(z.due, z.cases)
	for range row {
		c, err := runnel.Select(z.ctx, z.due...)
		if err == nil {
			i := slices.Index(z.due, c)
			if row[i], err = c.(*runnel.RecvCase[T]).Take(); err == nil {
				z.due[i] = nil
			}
		}
		if err != nil {
			z.giveUp(row)
			return nil, err
		}
	}
	return row, nil
}

// giveUp rejects the values of a row that will not be complete.
func (z *zippingAll[T]) giveUp(row []T) {
	for i, c := range z.due {
		if c == nil {
			z.ins[i].Reject(row[i], runnel.Undelivered)
		}
	}
}
