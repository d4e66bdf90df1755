package pipe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
)

// ErrTimeout is the error with which the output of [Timeout] closes when no value came in time;
// the error itself also tells the time. Test for it with errors.Is. It is not
// context.DeadlineExceeded, so that a silent input can be told from a context that has ended.
var ErrTimeout = errors.New("pipe: no value in time")

// Timeout passes the values of in on, and gives up when the next one does not come within d.
// Then the output closes with an error that is [ErrTimeout], and in is cancelled with it.
//
// Time counts from the start, and after every value from the moment at which the output has
// accepted it. So a slow consumer causes no timeout. A value that has come is passed on, also
// when the stage gets to run only after d.
func Timeout[T any](ctx context.Context, in runnel.Receiver[T], d time.Duration, opts ...runnel.Option) runnel.Receiver[T] {
	requirePositive("Timeout", "d", d)
	t := newTimeout(ctx, in, d, opts)
	return t.start(1, t.run)
}

type timeout[T any] struct {
	timed[T, T]
	limit time.Duration
}

func newTimeout[T any](ctx context.Context, in runnel.Receiver[T], d time.Duration, opts []runnel.Option) *timeout[T] {
	t := &timeout[T]{timed: newTimed[T, T](ctx, "Timeout", in, opts), limit: d}
	t.lenient = true
	return t
}

func (t *timeout[T]) run() {
	defer t.stop()
	for {
		t.set(time.Now().Add(t.limit))
		v, err := t.take()
		switch {
		case err == errDue:
			t.leave(timeoutError(t.limit))
			return
		case err != nil:
			t.leave(err)
			return
		case !t.send(v):
			return
		}
	}
}

// timeoutError is ErrTimeout with the time that has passed.
type timeoutError time.Duration

func (e timeoutError) Error() string {
	return fmt.Sprintf("pipe: no value within %v", time.Duration(e))
}

func (e timeoutError) Is(target error) bool { return target == ErrTimeout }
