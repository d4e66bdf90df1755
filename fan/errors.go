package fan

import "errors"

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

// errGoexit is the cause of the end if the key function ended its goroutine instead of
// returning, as testing.T.FailNow does.
var errGoexit = errors.New("fan: the key function called runtime.Goexit")
