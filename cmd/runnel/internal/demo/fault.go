package demo

import (
	"errors"
	"fmt"
	"hash/fnv"
	"time"
)

// faults decides which attempts fail and how long they take: the same for the same seed, whatever the timing.
type faults struct{ seed uint64 }

// attempts is how often a consumer tries before a quake becomes a dead letter.
const attempts = 3

var (
	errBusy    = errors.New("the map service is busy")
	errUnknown = errors.New("no station answers for this region")
)

// of returns the error of an attempt, counted from 1. One quake in 60 never succeeds, one in 8 fails at first.
func (f faults) of(q quake, attempt int) error {
	switch {
	case f.hopeless(q):
		return errUnknown
	case f.chance(q, fmt.Sprint("once", attempt)) < 1.0/8:
		return errBusy
	}
	return nil
}

func (f faults) hopeless(q quake) bool { return f.chance(q, "never") < 1.0/60 }

// cost is how long an attempt takes at normal speed.
func (f faults) cost(q quake) time.Duration {
	return time.Duration((3 + 4*f.chance(q, "cost")) * float64(time.Millisecond))
}

// chance is a number in [0, 1) that depends on the seed, the quake and what it is for.
func (f faults) chance(q quake, what string) float64 {
	h := fnv.New64a()
	fmt.Fprint(h, f.seed, q.id, what)
	x := h.Sum64() // the high bits of FNV mix badly on short text: finish as splitmix64 does
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return float64((x^x>>31)>>11) / (1 << 53)
}
