package driver

import "errors"

// The errors of engines, to be wrapped with what they are about; not with the name of the topic, which the
// caller knows, and adds.
var (
	ErrClosed       = errors.New("closed")
	ErrFull         = errors.New("topic is full")
	ErrTooLarge     = errors.New("record is too large")
	ErrUnknownTopic = errors.New("unknown topic")
	ErrConflict     = errors.New("already defined differently")
	ErrUnsupported  = errors.New("not supported by this engine")
	ErrLeaseLost    = errors.New("lease lost")
	ErrLetter       = errors.New("no such dead letter, or it has changed meanwhile")
)
