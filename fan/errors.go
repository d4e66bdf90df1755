package fan

import (
	"errors"

	"github.com/runnel-go/runnel"
)

// The errors of this package. Test for them with [errors.Is].
var (
	// ErrStarted reports that Run was called a second time. The call has had no effect.
	ErrStarted = errors.New("fan: Run was called before")

	// ErrEvicted is the cause with which a tap is closed that has kept the others waiting
	// for longer than [Tap.EvictAfter] allows.
	ErrEvicted = errors.New("fan: evicted for keeping the others waiting")

	// ErrEnded reports that a [Mix] has ended: there are no inputs any more.
	ErrEnded = errors.New("fan: the mix has ended")

	// ErrUnknown reports that an input is not part of a [Mix]: it was never added, was
	// removed, or has ended.
	ErrUnknown = errors.New("fan: not an input of the mix")

	// ErrAdded reports that an input is part of a [Mix] already.
	ErrAdded = errors.New("fan: an input of the mix already")
)

// errLeft is the cause of the end if a function of the user's that Run has called did not return.
var errLeft = errors.New("fan: Run was left by a panic or runtime.Goexit")

// apart makes the cause with which a context has ended one that cannot be taken for the plain end
// of a channel.
func apart(cause error) error {
	if errors.Is(cause, runnel.ErrClosed) {
		return &contextError{cause}
	}
	return cause
}

// contextError stands for a context that was ended with a cause that is, or wraps, ErrClosed.
// Everything but that can be asked of it as of the cause.
type contextError struct{ cause error }

func (e *contextError) Error() string { return "fan: the context has ended: " + e.cause.Error() }

func (e *contextError) Is(target error) bool {
	return target != runnel.ErrClosed && errors.Is(e.cause, target)
}

func (e *contextError) As(target any) bool { return errors.As(e.cause, target) }

// each calls f for all, the others also if it panics for one, or ends the goroutine; then that
// goes on.
func each[E any](all []E, f func(E)) {
	i := 0
	defer func() {
		if i < len(all) {
			each(all[i+1:], f)
		}
	}()
	for ; i < len(all); i++ {
		f(all[i])
	}
}
