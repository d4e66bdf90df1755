package xf

import "fmt"

// A wrong argument is a mistake in the program, not an event at run time, so it panics, and it does so in the call that
// contains the mistake: a nil function would otherwise surface at the first value, far away from it.

func requireAtLeast(least int, call string, n int) {
	if n < least {
		panic(fmt.Sprintf("xf: %s: n is %d, want at least %d", call, n, least))
	}
}

func requireFunc(given bool, call, arg string) {
	requireGiven(given, call, arg, "a function")
}

func requireSteps(call string, given ...bool) {
	for i, ok := range given {
		if !ok {
			requireGiven(false, call, fmt.Sprintf("step %d of %d", i+1, len(given)), "a Step")
		}
	}
}

func requireGiven(given bool, call, arg, want string) {
	if !given {
		panic(fmt.Sprintf("xf: %s: %s is nil, want %s", call, arg, want))
	}
}
