package mq

import (
	"errors"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// What became of a turn's message, to be judged.
type outcome struct {
	err   error // nil: done
	began time.Time
	took  time.Duration
	ended bool // its context was ended by the end of the consumer
}

// verdict is what follows from an outcome.
type verdict struct {
	verb     driver.Verb // Ack, Release, Retry or Dead
	at       time.Time   // for Retry
	attempts int         // that failed so far
	state    []byte      // for Retry
	last     *Attempt    // for Dead: nil if none was made
	reason   Reason      // for Dead
}

// judge is the state machine of retry: what was (attempts and their history), what happened, what the
// policy says, and the time make what follows.
//
//	done                              → Ack
//	ended by the end of the consumer  → Release: it is not the message's fault
//	not decodable                     → Dead, and no attempt is counted
//	attempts left                     → Retry, at now + delay
//	none                              → Dead
func judge(attempts int, state []byte, o outcome, policy Retry, delay func(n int, err error) time.Duration, now time.Time) verdict {
	if o.err == nil {
		return verdict{verb: driver.Ack}
	}
	if o.ended && isCancellation(o.err) {
		return verdict{verb: driver.Release}
	}
	reason := reasonOf(o.err)
	if reason == ReasonDecode || reason == ReasonContract {
		return verdict{verb: driver.Dead, attempts: attempts, reason: reason}
	}
	a := attemptOf(attempts+1, o.began, o.took, o.err)
	v := verdict{verb: driver.Dead, attempts: attempts + 1, last: &a, reason: reason}
	if again(policy, v.attempts, o.err) {
		v.verb, v.at, v.reason = driver.Retry, now.Add(delay(v.attempts, o.err)), ""
		v.state = remember(state, attempts, a)
	}
	return v
}

// again asks the policy; a panic of its If is a no.
func again(policy Retry, n int, err error) (yes bool) {
	defer func() {
		if recover() != nil {
			yes = false
		}
	}()
	return policy.Again(n, err)
}

func reasonOf(err error) Reason {
	if errors.Is(err, ErrStuck) {
		return ReasonStuck
	}
	if _, ok := errors.AsType[*undecodable](err); ok {
		if errors.Is(err, ErrContract) {
			return ReasonContract
		}
		return ReasonDecode
	}
	if _, ok := errors.AsType[*runnel.PanicError](err); ok {
		return ReasonPanic
	}
	return ReasonFailed
}
