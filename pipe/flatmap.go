package pipe

import (
	"context"

	"github.com/runnel-go/runnel"
)

// FlatMap gives whatever f emits for the values of in: for each any number of results, none
// included. n workers run f; the results leave in the order of the values, and those of one
// value in the order in which they were emitted. Nothing is collected: emit waits until the
// results of all earlier values are through and there is room in the output.
//
// An error of emit means that the stage has stopped and the result was not accepted; f should
// return it, and if it does not, this is a failure of f all the same. emit is for f alone, one
// call at a time, and only until f returns: after that it gives [runnel.ErrClosed], or belongs to
// the call for another value.
//
// When f fails or panics, the output delivers what was emitted before, by earlier values and by
// this one, and closes with the error. Everything else ends as for [Map].
func FlatMap[A, B any](ctx context.Context, in runnel.Receiver[A], n int, f func(ctx context.Context, v A, emit func(B) error) error, opts ...runnel.Option) runnel.Receiver[B] {
	requireFunc(f != nil, "FlatMap", "f")
	requireAtLeast(1, "FlatMap", "n", n)
	s := newStage[A, B](ctx, "FlatMap", in, opts)
	if n == 1 {
		return s.start(1, func() { s.expand(f) })
	}
	return newOrder(s, n).start(func(ctx context.Context, v A, t *turn[A, B]) error {
		if t.emitter == nil {
			t.emitter = t.emit
		}
		return f(ctx, v, t.emitter)
	})
}

// FlatMapUnordered is [FlatMap] that delivers each result as soon as it is emitted. Results of
// one value keep their order; those of several mix. It ends as [MapUnordered].
func FlatMapUnordered[A, B any](ctx context.Context, in runnel.Receiver[A], n int, f func(ctx context.Context, v A, emit func(B) error) error, opts ...runnel.Option) runnel.Receiver[B] {
	requireFunc(f != nil, "FlatMapUnordered", "f")
	requireAtLeast(1, "FlatMapUnordered", "n", n)
	s := newStage[A, B](ctx, "FlatMapUnordered", in, opts)
	return s.start(n, func() { s.expand(f) })
}

// expand is a worker that sends what f emits at once. When a result has been refused, that is an
// error of f whatever f returns: whoever cancels the output may be about to cancel the input, so
// it may have values yet, and they are not to be taken.
func (s *stage[A, B]) expand(f func(context.Context, A, func(B) error) error) {
	busy, refused := false, error(nil) // in f; what emit returned
	emit := func(b B) error {
		if !busy {
			return runnel.ErrClosed
		}
		err := s.out.Send(s.ctx, b)
		if err != nil {
			refused = err
		}
		return err
	}
	s.each(func(ctx context.Context, v A) (none B, has bool, err error) {
		busy = true
		defer func() { busy = false }()
		if err = f(ctx, v, emit); err == nil {
			err = refused
		}
		return none, false, err
	})
}
