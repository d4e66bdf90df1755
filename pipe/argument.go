package pipe

import (
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
)

// A wrong argument is a mistake in the program, not an event at run time, so it panics, and it
// does so in the call that contains the mistake, before anything starts.

func requireInput[A any](call string, in runnel.Receiver[A]) {
	c, isChan := in.(*runnel.Chan[A])
	require(in != nil && (!isChan || c != nil), call, "the input is nil, want a channel")
}

func requireFunc(given bool, call, arg string) {
	require(given, call, arg+" is nil, want a function")
}

func requireAtLeast(least int, call, arg string, n int) {
	require(n >= least, call, fmt.Sprintf("%s is %d, want at least %d", arg, n, least))
}

func requirePositive(call, arg string, d time.Duration) {
	require(d > 0, call, fmt.Sprintf("%s is %v, want a positive duration", arg, d))
}

func require(ok bool, call, complaint string) {
	if !ok {
		panic("pipe: " + call + ": " + complaint)
	}
}
