package flow

import (
	"errors"
	"math"
	"math/rand/v2"
	"time"
)

// Backoff tells how long to wait before a call is repeated: attempt calls have failed, 1 or more.
// A wait of 0 or less is none. It is called by any number of workers at once. A nil Backoff never
// waits.
type Backoff func(attempt int) time.Duration

// Constant waits d every time.
func Constant(d time.Duration) Backoff {
	return func(int) time.Duration { return d }
}

// Exponential waits first after the first call that fails, and twice as long after each one more:
// first·2ⁿ⁻¹ after n, at most limit. A limit of 0 is none.
func Exponential(first, limit time.Duration) Backoff {
	return func(n int) time.Duration {
		d := first
		for ; n > 1 && 0 < d && d <= math.MaxInt64/2 && (limit <= 0 || d < limit); n-- {
			d *= 2
		}
		if limit > 0 {
			return min(d, limit)
		}
		return d
	}
}

// Jitter draws each wait evenly from 0 to that of b, so that what failed of one cause does not
// come back in one wave. It draws by chance: a test that is to run twice alike, as those of
// package sim, does without.
func (b Backoff) Jitter() Backoff {
	return func(n int) time.Duration {
		if d := b.wait(n); d > 0 {
			return time.Duration(rand.Int64N(int64(d))) + 1
		}
		return 0
	}
}

func (b Backoff) wait(n int) time.Duration {
	if b == nil {
		return 0
	}
	return b(n)
}

// Permanent makes of err one that [Retry] does not try again: the first attempt that fails with
// it is the last. It wraps err, and reads like it; of nil it makes nil. A panic with it is as
// permanent.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanent{err}
}

type permanent struct{ error }

func (e *permanent) Unwrap() error { return e.error }

func isPermanent(err error) bool {
	var e *permanent
	return errors.As(err, &e)
}
