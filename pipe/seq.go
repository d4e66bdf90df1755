package pipe

import (
	"context"
	"iter"

	"github.com/runnel-go/runnel"
)

// FromSeq2 makes a source of a sequence that may fail: a goroutine ranges over seq and sends the
// values. At the first pair with an error it leaves the loop and closes the output with that
// error; the value of that pair is ignored. A panic of seq closes the output with a
// [runnel.PanicError]. When the consumer stops, or ctx ends, the loop is left with the next value,
// which is counted on the output as Undelivered: seq itself must watch for whatever it waits for.
func FromSeq2[T any](ctx context.Context, seq iter.Seq2[T, error], opts ...runnel.Option) runnel.Receiver[T] {
	requireFunc(seq != nil, "FromSeq2", "seq")
	o := newOutlet[T](ctx, opts, func(error) {})
	spawn(ctx, func() { o.run(ctx, func() error { return o.sendAll(seq) }) })
	return o.out
}

// sendAll sends the values of seq until it fails, and returns the error.
func (o outlet[T]) sendAll(seq iter.Seq2[T, error]) error {
	for v, err := range seq {
		if err != nil {
			return err
		}
		if !o.send(v) {
			return nil // the output tells why
		}
	}
	return nil
}

// Seq2 ranges over the values of in. If in does not end plainly, or ctx ends, the last pair is a
// zero value with the error:
//
//	for order, err := range pipe.Seq2(ctx, orders) {
//		if err != nil {
//			return err
//		}
//		…
//	}
//
// However the loop is left, in is cancelled, so that whoever feeds it stops. (Chan.All leaves
// the channel as it is.) A value that the loop was given is received; what in has buffered
// when the loop is left is counted as Undelivered.
func Seq2[T any](ctx context.Context, in runnel.Receiver[T]) iter.Seq2[T, error] {
	requireInput("Seq2", in)
	return func(yield func(T, error) bool) {
		defer in.Cancel(nil) // also if the body of the loop panics
		for {
			v, err := in.Recv(ctx)
			if err != nil {
				finish(in, ending(ctx, err), yield)
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}

// finish stops whoever feeds in, then tells the loop of the error, if there is one.
func finish[T any](in runnel.Receiver[T], err error, yield func(T, error) bool) {
	in.Cancel(err)
	if err != nil {
		var none T
		yield(none, err)
	}
}
