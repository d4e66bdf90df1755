package flow

import (
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
)

// settings are the options of a process.
type settings struct {
	parallel int
	timeout  time.Duration
	skip     bool
	restart  bool
	retry    runnel.Backoff // no Attempts are 1
	ordered  bool
	keyed    *keying
	load     Load
	prefer   []string
	wrong    []string

	parallelGiven bool
}

// ProcOption is a property of a process, given when it is added to a graph.
type ProcOption func(*settings)

// Parallel lets n messages be in the process at once, each in a goroutine of its own. Their
// results come in any order, unless it is [Ordered] or [Keyed]. Each call of a source is one of n, too.
func Parallel(n int) ProcOption {
	return func(s *settings) {
		s.parallelGiven = true
		if n < 1 {
			s.wrong = append(s.wrong, fmt.Sprintf("Parallel(%d): want at least 1", n))
			return
		}
		s.parallel = n
	}
}

// Timeout ends the context of a call after d, with [ErrTimeout] as its cause. The call is not
// abandoned: a function that does not heed its context is waited for. It is for messages: a source is
// one call, and Init and Transition have none. With [Retry] each attempt has a timeout of its own,
// which may be told there instead.
func Timeout(d time.Duration) ProcOption {
	return func(s *settings) {
		if d <= 0 {
			s.wrong = append(s.wrong, fmt.Sprintf("Timeout(%v): want a positive duration", d))
			return
		}
		s.timeout = d
	}
}

// Skip lets the flow go on when the process fails on a message: the message is counted as
// failed on the edge by which it came, and the failure is sent to [Flow.Failures]. Without it, or
// [Restart], or dead letters, a failure ends the flow. A state is as the failure has left it. A source
// that has failed has ended.
func Skip() ProcOption { return func(s *settings) { s.skip = true } }
