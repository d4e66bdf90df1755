package flow

import "errors"

var (
	// ErrDone is what a function returns when its process wants no more: the message counts as
	// carried through, the inputs are cancelled, and the process ends as if they had ended.
	ErrDone = errors.New("flow: the process is done")

	// ErrDraining is why a source is to return, and why nothing can be injected: the flow
	// takes in nothing new.
	ErrDraining = errors.New("flow: the flow drains")

	// ErrStopped is the result of [Flow.Wait] if [Flow.Stop] had to give up what was in flight.
	ErrStopped = errors.New("flow: the flow was stopped")

	// ErrUnwanted is why a message fails that came to a [Stateful] process which wants none of its
	// open inputs: its state could never change any more.
	ErrUnwanted = errors.New("flow: the state wants none of its open inputs")

	// ErrTimeout is the cause of the context of a call that takes longer than its [Timeout].
	ErrTimeout = errors.New("flow: the call has taken too long")

	// ErrScale reports a process or a number that [Flow.Scale] cannot do.
	ErrScale = errors.New("flow: cannot scale")

	// ErrSwap reports a process that [Flow.Swap] cannot put in the place of another.
	ErrSwap = errors.New("flow: cannot swap")

	// ErrEnded reports a process that cannot be changed any more.
	ErrEnded = errors.New("flow: the process has ended")

	// ErrName reports a process or port that the graph does not have.
	ErrName = errors.New("flow: no such name in the graph")
)

var (
	errPaused    = errors.New("flow: paused")
	errOver      = errors.New("flow: over")
	errRefit     = errors.New("flow: the worker is to take other functions")
	errUnmade    = errors.New("flow: the state is to be made first")
	errDismissed = errors.New("flow: the worker is one too many")
	errGoexit    = errors.New("flow: the function of the process called runtime.Goexit")
)
