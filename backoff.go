package runnel

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/runnel-go/runnel/internal/hook"
)

// Backoff says how often and when an attempt that failed is repeated: after waits that double,
// with jitter, so that failures of one cause do not come back in one wave. It is a plain value, for
// all that repeats; a loop by hand asks [Backoff.Again] and [Backoff.Delay].
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
	// attempt that failed but the last, unless the error is [Permanent]; by several goroutines
	// at once where they share the Backoff.
	If func(error) bool
}

// Check returns nil, or an error that tells all fields that make no sense, by name and value. Who
// takes a Backoff calls it once, and puts its own name before the text.
func (b Backoff) Check() error {
	var wrong []string
	if b.Attempts < 1 {
		wrong = append(wrong, fmt.Sprintf("Backoff.Attempts is %d, want at least 1", b.Attempts))
	}
	for _, f := range []struct {
		name string
		d    time.Duration
	}{{"First", b.First}, {"Max", b.Max}, {"Timeout", b.Timeout}} {
		if f.d < 0 {
			wrong = append(wrong, fmt.Sprintf("Backoff.%s is %v, want 0 or a positive duration", f.name, f.d))
		}
	}
	if wrong == nil {
		return nil
	}
	return errors.New(strings.Join(wrong, "; "))
}

// Again tells whether another attempt follows attempt n, counted from 1, which failed with err: if
// attempts are left, err is not [Permanent], and If says so.
func (b Backoff) Again(n int, err error) bool {
	if _, ok := errors.AsType[*permanent](err); ok || n >= b.Attempts {
		return false
	}
	return b.If == nil || b.If(err)
}

// Delay returns how long to wait after attempt n, counted from 1, which failed with err: as First
// says, or longer if err asks for it by [RetryAfter]. It does not wait. Each call draws anew. In a
// simulation (package sim) only the half and the whole are drawn, as decisions of the schedule.
func (b Backoff) Delay(n int, err error) time.Duration {
	least := time.Duration(0)
	if e, ok := errors.AsType[*retryAfter](err); ok {
		least = max(least, e.wait)
	}
	whole := b.whole(n)
	if whole <= least {
		return least
	}
	return max(least, draw(whole/2, whole))
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

// draw is a duration from least to most, both included; 0 ≤ least ≤ most.
func draw(least, most time.Duration) time.Duration {
	if world := hook.Current(); world != nil {
		return [...]time.Duration{least, most}[world.Choose(2)]
	}
	return least + time.Duration(rand.Int64N(int64(most-least)+1))
}

// RetryAfter makes of err one that asks to wait at least d before the next attempt, whatever the
// [Backoff] says, its Max included: a server that is overloaded may have told how long. It wraps
// err, and reads like it; of nil it makes nil.
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

// Permanent makes of err one that no [Backoff] tries again: the attempt that failed with it is the
// last. It wraps err, and reads like it; of nil it makes nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanent{err}
}

type permanent struct{ error }

func (e *permanent) Unwrap() error { return e.error }
