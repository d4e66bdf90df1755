// Package retry says how long to wait before an attempt is repeated: exponentially longer each time, with jitter, so
// that failures with one cause do not come back in one wave.
package retry

import "time"

// Backoff is a schedule of waits.
type Backoff struct {
	First time.Duration // before the first retry; 0 means none at all
	Max   time.Duration // no wait is longer; 0 means no such limit
}

// Delay returns the wait before retry n, counted from 1: between half of and the whole First·2ⁿ⁻¹, but no more than
// Max. Its place in that range is given by chance, a number in [0, 1).
func (b Backoff) Delay(n int, chance float64) time.Duration {
	whole := b.whole(n)
	half := whole / 2
	return half + time.Duration(chance*float64(whole-half))
}

func (b Backoff) whole(n int) time.Duration {
	const longest = time.Duration(1<<63 - 1)
	d := b.First
	for ; n > 1 && d <= longest/2; n-- {
		d *= 2
	}
	if b.Max > 0 && d > b.Max {
		return b.Max
	}
	return d
}
