package pipe

import "context"

// Result is what came of one value: Out if Err is nil.
type Result[A, B any] struct {
	In  A
	Out B
	Err error
}

// Try makes of f a function that never fails, for [Map] and the like: what f returns, the
// result and the error, goes into the [Result]. So one value that fails does not end the stage,
// and whoever receives the results decides, with [Split] perhaps:
//
//	results := pipe.Map(ctx, in, 8, pipe.Try(pipe.Retry(backoff, fetch)))
//
// A panic of f becomes an error too, a [runnel.PanicError] with its stack. If f ends its
// goroutine (runtime.Goexit), that cannot be held up, and ends the stage. An error that f
// returns because ctx has ended is a result like any other.
func Try[A, B any](f func(context.Context, A) (B, error)) func(context.Context, A) (Result[A, B], error) {
	requireFunc(f != nil, "Try", "f")
	return func(ctx context.Context, a A) (r Result[A, B], _ error) {
		r.In = a
		defer func() {
			if p := recover(); p != nil {
				r.Err = escape(p)
			}
		}()
		r.Out, r.Err = f(ctx, a)
		return r, nil
	}
}
