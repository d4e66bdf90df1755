package mq

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// Attempt is what is remembered of an attempt that failed.
type Attempt struct {
	Began time.Time     `json:"began"`
	Took  time.Duration `json:"took"`
	Error string        `json:"error"`
	Type  string        `json:"type"` // of the innermost error, as %T prints it
}

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
	history  []Attempt
	reason   string // for Dead
}

// The reasons of dead letters.
const (
	reasonFailed   = "failed"
	reasonPanic    = "panic"
	reasonDecode   = "decode"
	reasonContract = "contract"
	reasonLapsed   = "lapsed"
	reasonStuck    = "stuck"
)

// How much is kept of failures: the first attempt, the last ones, and the beginning of each text.
const (
	maxHistory   = 16
	maxErrorText = 512
)

// judge is the state machine of retry: what was (attempts and history), what happened, what the
// policy says, and the time make what follows.
//
//	done                              → Ack
//	ended by the end of the consumer  → Release: it is not the message's fault
//	not decodable                     → Dead, and no attempt is counted
//	attempts left                     → Retry, at now + delay
//	none                              → Dead
func judge(attempts int, history []Attempt, o outcome, policy Retry, delay func(n int, err error) time.Duration, now time.Time) verdict {
	if o.err == nil {
		return verdict{verb: driver.Ack}
	}
	if o.ended && isCancellation(o.err) {
		return verdict{verb: driver.Release}
	}
	reason := reasonOf(o.err)
	if reason == reasonDecode || reason == reasonContract {
		return verdict{verb: driver.Dead, attempts: attempts, history: history, reason: reason}
	}
	v := verdict{verb: driver.Dead, attempts: attempts + 1, history: remember(history, o), reason: reason}
	if again(policy, v.attempts, o.err) {
		v.verb, v.at, v.reason = driver.Retry, now.Add(delay(v.attempts, o.err)), ""
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

func reasonOf(err error) string {
	if errors.Is(err, ErrStuck) {
		return reasonStuck
	}
	if _, ok := errors.AsType[*undecodable](err); ok {
		if errors.Is(err, ErrContract) {
			return reasonContract
		}
		return reasonDecode
	}
	if _, ok := errors.AsType[*runnel.PanicError](err); ok {
		return reasonPanic
	}
	return reasonFailed
}

// remember adds a failure to the history. When it becomes long, what followed the first attempt is
// forgotten.
func remember(history []Attempt, o outcome) []Attempt {
	a := Attempt{Began: o.began, Took: o.took, Error: shorten(o.err.Error()), Type: typeOf(o.err)}
	out := make([]Attempt, 0, len(history)+1)
	out = append(append(out, history...), a)
	if len(out) > maxHistory {
		out = append(out[:1], out[2:]...)
	}
	return out
}

func shorten(s string) string {
	if len(s) <= maxErrorText {
		return s
	}
	return s[:maxErrorText] + "…"
}

// typeOf names the type of what err wraps in the end, since the wrappers say little.
func typeOf(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return fmt.Sprintf("%T", err)
		}
		err = inner
	}
}

// The history travels with the message, in driver.Delivery.State.
func packHistory(h []Attempt) []byte {
	b, err := json.Marshal(h)
	if err != nil {
		return nil
	}
	return b
}

// unpackHistory of what another version wrote may fail: then the history begins anew, and the count
// of attempts, which the engine keeps apart, goes on.
func unpackHistory(state []byte) (h []Attempt) {
	if len(state) == 0 || json.Unmarshal(state, &h) != nil {
		return nil
	}
	return h
}
