package mq

import (
	"context"
	"errors"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// past is what is kept of a message between attempts: how many have failed, and what remember made
// of them.
type past struct {
	attempts int
	state    []byte
}

// outcome is what became of an attempt.
type outcome struct {
	err   error // nil: done
	began time.Time
	took  time.Duration
	cause error // why its context was ended, if this package did that
}

// verdict is what follows from it.
type verdict struct {
	verb   driver.Verb // Ack, Release, Retry or Dead
	at     time.Time   // for Retry: not before
	next   past        // for Retry: what is kept
	reason Reason      // for Dead
	last   *Attempt    // the attempt that failed; nil if none was made
}

// policy is what a consumer says about failures.
type policy struct {
	retry  Retry
	lapses int
	delay  func(n int, err error) time.Duration // Retry.Delay, which draws by chance
}

// judge is the state machine of retry: what was, what happened, the policy and the time make what
// follows. It is a pure function but for what it asks policy.
//
//	done                                      → Ack
//	ended by Drain, and the error says so     → Release: it is not the message's fault
//	not to be decoded, or against its contract → Dead, no attempt
//	failed, and the policy says again         → Retry at now + delay, attempts + 1
//	failed otherwise                          → Dead
func judge(h past, o outcome, p *policy, now time.Time) verdict {
	if o.err == nil {
		return verdict{verb: driver.Ack}
	}
	if o.cause == errDrained && isCancellation(o.err) {
		return verdict{verb: driver.Release}
	}
	reason := reasonOf(o.err)
	if reason == ReasonDecode || reason == ReasonContract {
		return verdict{verb: driver.Dead, reason: reason}
	}
	n := h.attempts + 1
	last := attemptOf(n, o.began, o.took, o.err)
	if !again(p.retry, n, o.err) {
		return verdict{verb: driver.Dead, reason: reason, last: &last}
	}
	return verdict{
		verb: driver.Retry, at: now.Add(p.delay(n, o.err)), last: &last,
		next: past{n, remember(h.state, h.attempts, last)},
	}
}

// admissible tells what follows before an attempt: nothing, or Dead, if too many leases of the
// message have ended with neither settlement nor hand back.
func admissible(lapses int, p *policy) (verdict, bool) {
	if lapses < p.lapses {
		return verdict{}, true
	}
	return verdict{verb: driver.Dead, reason: ReasonLapsed}, false
}

// again asks the policy. A panic of its If means that nothing is known in favour of trying again.
func again(r Retry, n int, err error) (yes bool) {
	defer func() {
		if recover() != nil {
			yes = false
		}
	}()
	return r.Again(n, err)
}

func reasonOf(err error) Reason {
	if _, ok := errors.AsType[*undecodable](err); ok {
		if errors.Is(err, ErrContract) {
			return ReasonContract
		}
		return ReasonDecode
	}
	if errors.Is(err, ErrStuck) {
		return ReasonStuck
	}
	if _, ok := errors.AsType[*runnel.PanicError](err); ok {
		return ReasonPanic
	}
	return ReasonFailed
}

// isCancellation tells whether err only says that a context has ended by Drain.
func isCancellation(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, errDrained)
}

// undecodable is the failure of a message that no attempt can make good.
type undecodable struct{ error }

func (e *undecodable) Unwrap() error { return e.error }

// isZero tells whether r is the zero value, which stands for DefaultRetry.
func isZero(r Retry) bool {
	return r.Attempts == 0 && r.First == 0 && r.Max == 0 && r.Timeout == 0 && r.If == nil
}
