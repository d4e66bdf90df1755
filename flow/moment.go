package flow

import "time"

// What a worker publishes of time is one word:
//
//	since = nanoseconds·128 + 64·(not read at the beginning of a step) + step mod 64
//
// so that a reader knows whether the time is that of the step that the worker is in: a step's
// number differs from that of the last one that was timed by 63 at most, see sample.
const (
	momentBits = 7
	notOfStep  = 1 << (momentBits - 1)
)

// age is for how long a worker that does this, in this step, has done so, and whether that is exact or, of a
// step whose beginning was not timed, only a limit. Then the next step will be timed: whoever
// looks again and again at a process that has become slow is not told a wrong age twice.
func (w *worker) age(does activity, step uint64, now time.Duration) (d time.Duration, exact bool) {
	since := w.since.Load()
	d = max(0, now-time.Duration(since>>momentBits))
	switch does {
	case stepping:
		if exact = since&(notOfStep|(sparse-1)) == int64(step%sparse); !exact {
			w.asked.Store(true)
		}
		return d, exact
	case moving:
		return d, false
	}
	return d, true
}
