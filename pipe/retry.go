package pipe

import (
	"context"
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
)

// Retry makes of f a function that calls f until it succeeds, for [Map] and the like:
//
//	pages := pipe.Map(ctx, urls, 8, pipe.Retry(runnel.Backoff{Attempts: 5, First: time.Second}, fetch))
//
// It waits between the attempts, and the worker that called it waits with it. When the attempts
// are used up, the error is [runnel.Permanent], or b.If says no, the result is an error that wraps
// the one of the last attempt and tells how many there were. When ctx ends during a wait, it is an
// error that wraps both the cause of ctx and the error of the last attempt; when ctx has ended
// before the first, it is the cause.
//
// An error made by [runnel.RetryAfter] asks for a longer wait. A panic of f is not repeated, it
// passes through, as from f itself. Retry panics if a field of b makes no sense.
func Retry[A, B any](b runnel.Backoff, f func(context.Context, A) (B, error)) func(context.Context, A) (B, error) {
	requireFunc(f != nil, "Retry", "f")
	if wrong := b.Check(); wrong != nil {
		require(false, "Retry", wrong.Error())
	}
	return func(ctx context.Context, a A) (out B, err error) {
		if ctx.Err() != nil {
			return out, causeOf(ctx)
		}
		for n := 1; ; n++ {
			v, err := attempt(ctx, b.Timeout, f, a)
			if err == nil {
				return v, nil
			}
			if !b.Again(n, err) {
				return out, fmt.Errorf("pipe: attempt %d of %d: %w", n, b.Attempts, err)
			}
			if end := runnel.Sleep(ctx, b.Delay(n, err)); end != nil {
				return out, fmt.Errorf("pipe: attempt %d of %d was the last: %w; it ended with: %w", n, b.Attempts, end, err)
			}
		}
	}
}

// RetryEach is [Retry] for a function without a result, for [ForEach].
func RetryEach[A any](b runnel.Backoff, f func(context.Context, A) error) func(context.Context, A) error {
	requireFunc(f != nil, "RetryEach", "f")
	try := Retry(b, func(ctx context.Context, a A) (nothing, error) { return nothing{}, f(ctx, a) })
	return func(ctx context.Context, a A) error {
		_, err := try(ctx, a)
		return err
	}
}

// attempt calls f once.
func attempt[A, B any](ctx context.Context, limit time.Duration, f func(context.Context, A) (B, error), a A) (B, error) {
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	return f(ctx, a)
}
