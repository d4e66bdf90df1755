package mq

import (
	"context"
	"time"

	"github.com/runnel-go/runnel"
	"golang.org/x/time/rate"
)

// pace limits how many messages begin per second; nil does not. Only messages are fetched that may
// begin at once, so none waits with a lease for its time.
type pace struct{ limiter *rate.Limiter }

func newPace(perSecond float64, burst int) *pace {
	if perSecond == 0 {
		return nil
	}
	return &pace{rate.NewLimiter(rate.Limit(perSecond), burst)}
}

// allow waits until a message may begin, and returns how many of want may; 0: ctx has ended.
func (p *pace) allow(ctx context.Context, want int) int {
	if p == nil || want == 0 {
		return want
	}
	for {
		now := time.Now()
		r := p.limiter.ReserveN(now, 1)
		wait := r.DelayFrom(now)
		r.CancelAt(now)
		if wait <= 0 {
			return max(1, min(want, int(p.limiter.TokensAt(now))))
		}
		if runnel.Sleep(ctx, wait) != nil {
			return 0
		}
	}
}

// spend counts messages that were fetched.
func (p *pace) spend(n int) {
	if p != nil {
		p.limiter.ReserveN(time.Now(), n)
	}
}
