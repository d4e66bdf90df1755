package pipe

import (
	"context"

	"github.com/runnel-go/runnel"
)

// ForEach calls f for every value of in, at most n calls at once, and returns when in has
// ended and all calls have returned: nil after a plain end, the error with which in ended
// otherwise. With n = 1 everything runs on the goroutine of the caller, in the order of in.
//
// When f fails or panics, or ctx ends, no further value is taken, in is cancelled at once, the
// context that f gets ends, and ForEach returns the first error (a [runnel.PanicError] for a
// panic, the cause of ctx) when the calls that still run have returned. The value on which f
// failed is counted on in as Failed, and those on which calls fail after that as Undelivered.
func ForEach[A any](ctx context.Context, in runnel.Receiver[A], n int, f func(context.Context, A) error) error {
	requireFunc(f != nil, "ForEach", "f")
	requireAtLeast(1, "ForEach", "n", n)
	// Nothing is sent on the output of this stage: its end is that of the loop.
	s := newStage[A, nothing](ctx, "ForEach", in, nil)
	s.workers = n
	worker := func() { s.each(silent(f)) }
	if n == 1 {
		worker()
	} else {
		inParallel(n, worker)
	}
	return s.out.Err()
}

// inParallel runs f in n goroutines and returns when all have ended, whatever else ends.
func inParallel(n int, f func()) {
	all := runnel.New[nothing]()
	for _, one := range all.Producers(n) {
		runnel.Go(func() {
			defer one.Close()
			f()
		})
	}
	all.Recv(context.Background())
}

// silent makes of a function without a result what [stage.each] wants.
func silent[A any](f func(context.Context, A) error) func(context.Context, A) (nothing, bool, error) {
	return func(ctx context.Context, v A) (nothing, bool, error) { return nothing{}, false, f(ctx, v) }
}
