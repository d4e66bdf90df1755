package pipe

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/runnel-go/runnel"
)

// Backoff says how often and when an attempt that failed is repeated: after waits that double,
// with jitter, so that failures of one cause do not come back in one wave.
type Backoff struct {
	// Attempts is how often the function is called at most, the first call included; at
	// least 1.
	Attempts int

	// First is the wait before the second attempt, 0 for none. Before attempt n+1 it is
	// First·2ⁿ⁻¹, at most Max; and of that a part drawn evenly from half to the whole.
	First time.Duration

	// Max limits the waits; 0 for no limit.
	Max time.Duration

	// Timeout limits each attempt: its context ends that long after it has begun, with
	// context.DeadlineExceeded. 0 for no limit. The attempt itself ends when the function
	// returns: it is never abandoned.
	Timeout time.Duration

	// If tells which errors are worth another attempt; nil for all. It is called after each
	// attempt that failed but the last.
	If func(error) bool
}

// Retry makes of f a function that calls f until it succeeds, for [Map] and the like:
//
//	pages := pipe.Map(ctx, urls, 8, pipe.Retry(pipe.Backoff{Attempts: 5, First: time.Second}, fetch))
//
// It waits between the attempts, and the worker that called it waits with it. When the attempts
// are used up, or b.If says no, the result is an error that wraps the one of the last attempt
// and tells how many there were. When ctx ends during a wait, it is an error that wraps both
// the cause of ctx and the error of the last attempt; when ctx has ended before the first, it
// is the cause.
//
// An error made by [RetryAfter] asks for a longer wait. A panic of f is not repeated, it passes
// through. Retry panics if a field of b makes no sense.
func Retry[A, B any](b Backoff, f func(context.Context, A) (B, error)) func(context.Context, A) (B, error) {
	requireFunc(f != nil, "Retry", "f")
	b.require()
	return func(ctx context.Context, a A) (out B, err error) {
		if ctx.Err() != nil {
			return out, causeOf(ctx)
		}
		for n := 1; ; n++ {
			v, err := attempt(ctx, b.Timeout, f, a)
			if err == nil {
				return v, nil
			}
			if n == b.Attempts || b.If != nil && !b.If(err) {
				return out, fmt.Errorf("pipe: attempt %d of %d: %w", n, b.Attempts, err)
			}
			if end := runnel.Sleep(ctx, b.delay(n, rand.Float64(), err)); end != nil {
				return out, fmt.Errorf("pipe: attempt %d of %d was the last: %w; it ended with: %w", n, b.Attempts, end, err)
			}
		}
	}
}

// RetryEach is [Retry] for a function without a result, for [ForEach].
func RetryEach[A any](b Backoff, f func(context.Context, A) error) func(context.Context, A) error {
	requireFunc(f != nil, "RetryEach", "f")
	try := Retry(b, func(ctx context.Context, a A) (nothing, error) { return nothing{}, f(ctx, a) })
	return func(ctx context.Context, a A) error {
		_, err := try(ctx, a)
		return err
	}
}

func (b Backoff) require() {
	requireAtLeast(1, "Retry", "Backoff.Attempts", b.Attempts)
	requireNotNegative("Backoff.First", b.First)
	requireNotNegative("Backoff.Max", b.Max)
	requireNotNegative("Backoff.Timeout", b.Timeout)
}

func requireNotNegative(field string, d time.Duration) {
	require(d >= 0, "Retry", fmt.Sprintf("%s is %v, want 0 or a positive duration", field, d))
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

// delay is the wait after attempt n, which failed with err. Its place in the range of the
// jitter is given by chance, a number in [0, 1).
func (b Backoff) delay(n int, chance float64, err error) time.Duration {
	whole := b.whole(n)
	half := whole / 2
	d := half + time.Duration(chance*float64(whole-half))
	var hint *retryAfter
	if errors.As(err, &hint) {
		d = max(d, hint.wait)
	}
	return d
}

// whole is First·2ⁿ⁻¹, at most Max and at most what a Duration holds.
func (b Backoff) whole(n int) time.Duration {
	d := b.First
	for ; n > 1 && 0 < d && d <= math.MaxInt64/2; n-- {
		d *= 2
	}
	if b.Max > 0 && d > b.Max {
		return b.Max
	}
	return d
}

// RetryAfter makes of err one that asks [Retry] to wait at least d before the next attempt,
// whatever the Backoff says, its Max included: a server that is overloaded may have told how
// long. It wraps err, and reads like it; of nil it makes nil.
func RetryAfter(d time.Duration, err error) error {
	if err == nil {
		return nil
	}
	return &retryAfter{err, d}
}

type retryAfter struct {
	error
	wait time.Duration
}

func (e *retryAfter) Unwrap() error { return e.error }
