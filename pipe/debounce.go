package pipe

import (
	"context"
	"time"

	"github.com/runnel-go/runnel"
)

// Debounce sends a value once quiet has passed without another one after it: of a burst, the
// last. A value that another one supersedes is counted on in as DroppedOldest. Time begins to
// count when the stage takes the value; while it waits for room in the output it takes none.
//
// As long as values come in faster than quiet, nothing is sent; [Throttle] with a sliding input
// sends in between too. When in ends, with an error or without, the value that is pending is
// delivered at once. When the consumer cancels the output, or ctx ends, it is counted on the
// output as Undelivered.
func Debounce[T any](ctx context.Context, in runnel.Receiver[T], quiet time.Duration, opts ...runnel.Option) runnel.Receiver[T] {
	requirePositive("Debounce", "quiet", quiet)
	d := &debouncer[T]{timed: newTimed[T, T](ctx, "Debounce", in, opts), quiet: quiet}
	return d.start(1, d.run)
}

// debouncer is the stage of Debounce.
//
//	a deadline is set ⇔ a value is pending; it is quiet after that value was taken
type debouncer[T any] struct {
	timed[T, T]
	quiet   time.Duration
	value   T
	pending bool
}

func (d *debouncer[T]) run() {
	defer d.stop()
	for {
		v, err := d.take()
		switch {
		case err == nil:
			d.supersede(v)
		case err == errDue:
			if !d.pass() {
				return
			}
		default:
			if !d.pending || d.pass() {
				d.leave(err)
			}
			return
		}
	}
}

// supersede makes v the pending value.
func (d *debouncer[T]) supersede(v T) {
	if d.pending {
		d.in.Reject(d.value, runnel.DroppedOldest)
	}
	d.value, d.pending = v, true
	d.set(time.Now().Add(d.quiet))
}

// pass sends the pending value.
func (d *debouncer[T]) pass() bool {
	var none T
	v := d.value
	d.value, d.pending = none, false
	return d.send(v)
}
