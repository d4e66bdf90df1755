package pipe

import (
	"context"

	"github.com/runnel-go/runnel"
)

// Map gives f(v) for every value v of in, in the order of in, with n workers: at most n calls of
// f run at once, and no more than n values are in the stage, finished ones that wait for an
// earlier one included. The context that f gets ends when the stage stops.
//
// When in ends, the output closes with the same cause once all results are delivered. When f
// fails or panics, no further value is taken and in is cancelled; the output delivers the
// results of the values before the one that failed, whatever n is, and closes with the error (a
// [runnel.PanicError] for a panic). That value is counted on in as Failed, results of later
// ones on the output as Undelivered. When the consumer cancels the output, or ctx ends, in is
// cancelled too, and what the workers then finish is counted as Undelivered.
//
// A failure waits for its place in the order, too: until then the calls on later values go on,
// and the context that f gets has not ended.
//
// As the order is kept, one slow call holds up the workers once they have run n values ahead;
// [MapUnordered] and [MapKeyed] do not wait.
func Map[A, B any](ctx context.Context, in runnel.Receiver[A], n int, f func(context.Context, A) (B, error), opts ...runnel.Option) runnel.Receiver[B] {
	requireFunc(f != nil, "Map", "f")
	requireAtLeast(1, "Map", "n", n)
	s := newStage[A, B](ctx, "Map", in, opts)
	if n == 1 {
		return s.start(1, func() { s.each(one(f)) })
	}
	return newOrder(s, n).start(func(ctx context.Context, v A, t *turn[A, B]) error {
		b, err := f(ctx, v)
		if err == nil {
			t.result(b)
		}
		return err
	})
}

// MapUnordered is [Map] that delivers each result as soon as it is there. When f fails or
// panics, the output closes at once with the error; what other workers then finish is counted
// on the output as Undelivered. Everything else ends as for Map.
func MapUnordered[A, B any](ctx context.Context, in runnel.Receiver[A], n int, f func(context.Context, A) (B, error), opts ...runnel.Option) runnel.Receiver[B] {
	requireFunc(f != nil, "MapUnordered", "f")
	requireAtLeast(1, "MapUnordered", "n", n)
	s := newStage[A, B](ctx, "MapUnordered", in, opts)
	return s.start(n, func() { s.each(one(f)) })
}

// one makes of a function with a result what [stage.each] wants.
func one[A, B any](f func(context.Context, A) (B, error)) func(context.Context, A) (B, bool, error) {
	return func(ctx context.Context, v A) (B, bool, error) {
		b, err := f(ctx, v)
		return b, true, err
	}
}
