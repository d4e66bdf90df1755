package runnel

import (
	"errors"
	"fmt"
)

// The outcomes of an operation that did not happen. Test for them with [errors.Is].
var (
	// ErrClosed reports that the channel was closed or cancelled. Where a cause was given
	// ([Chan.CloseWith], [Chan.Cancel]) the error of a send also wraps that cause.
	ErrClosed = errors.New("runnel: channel closed")

	// ErrFull reports that [Chan.TrySend] found no room and nobody waiting.
	ErrFull = errors.New("runnel: channel full")

	// ErrEmpty reports that [Chan.TryRecv] found no value and nobody waiting.
	ErrEmpty = errors.New("runnel: channel empty")

	// ErrNotReady reports that [TrySelect] found no case that could proceed at once.
	ErrNotReady = errors.New("runnel: no case is ready")

	// ErrShut reports that a [Valve] was shut.
	ErrShut = errors.New("runnel: valve shut")
)

// PanicError is the cause with which a channel is closed when a user's function panics: a
// transducer or a [Policy] on the channel, or the function of a stage of package pipe. The
// value that was being handled is counted as dropped with reason [Failed].
type PanicError struct {
	Value any    // what was passed to panic
	Stack []byte // the stack of the panicking goroutine
}

// Error returns the panic's value; the stack is left to the Stack field.
func (e *PanicError) Error() string { return fmt.Sprintf("runnel: panic: %v", e.Value) }

// Unwrap returns the panic's value if it was an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// closedError is what a sender gets when the channel was closed with a cause.
type closedError struct{ cause error }

func (e *closedError) Error() string        { return ErrClosed.Error() + ": " + e.cause.Error() }
func (e *closedError) Is(target error) bool { return target == ErrClosed }
func (e *closedError) Unwrap() error        { return e.cause }
