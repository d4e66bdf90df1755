package contract

import (
	"math"
	"sync/atomic"
)

// sampler says which messages are checked: of the first n, ⌈n·share⌉, evenly spread, the first one
// among them. A random choice would be as good on average, and different in each run of a test.
type sampler struct {
	share float64
	count *atomic.Uint64 // nil: all or none
}

func newSampler(share float64, on bool) sampler {
	if !on {
		share = 0
	}
	if share == 0 || share == 1 {
		return sampler{share: share}
	}
	return sampler{share, new(atomic.Uint64)}
}

func (s *sampler) next() bool {
	if s.count == nil {
		return s.share == 1
	}
	n := s.count.Add(1)
	return math.Ceil(float64(n)*s.share) > math.Ceil(float64(n-1)*s.share)
}
