package pipe

import (
	"context"
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
)

// Window sorts the values of in by the time at which they arrive, which is when the stage takes
// them, and sends each [Pane] when the clock has reached its End. Panes come in the order of
// End; those without values are not sent. The clock is that of [time.Now]; if it is set back,
// time stands still until it has caught up.
//
// The stage holds the values of the panes that have not ended, with [Sliding] once for each of
// these panes. While a pane waits for room in the output, no value is taken; those that are
// taken after that count as arrived then.
//
// When in ends, with an error or without, all open panes are sent at once, with the End that
// they would have had. When the consumer cancels the output, or ctx ends, the panes that have
// not been sent, also incomplete ones, are counted on the output as Undelivered.
func Window[T any](ctx context.Context, in runnel.Receiver[T], shape Shape, opts ...runnel.Option) runnel.Receiver[Pane[T]] {
	requireShape("Window", shape)
	w := newWindow(ctx, "Window", in, shape, opts)
	w.at, w.byClock = w.now, true
	return w.start(1, w.run)
}

// WindowBy sorts the values of in by a time of their own, which at tells, in whatever order they
// come. What the time is, the values tell too: it is the greatest time of any so far, less
// lateness. When it reaches the End of a [Pane] the pane is sent. So a value may come that much
// behind others and is still counted in; one whose panes have all been sent is counted on in as
// Late. While no values come, no pane is sent: the clock has no part in it. One value with a
// time far in the future makes those after it late; a [Filter] can refuse it.
//
// Panes come in the order of End; those without values are not sent. With [Session] a value can
// join two panes into one, as long as they have not been sent. A session that has been sent is
// not opened again: a value that would have belonged to it, and is not late, begins a new one.
//
// The stage holds the values of the panes that have not been sent: those of the latest stretch
// as long as lateness and a pane together, with [Sliding] once for each pane.
//
// When in ends, with an error or without, all open panes are sent. When at panics, the same, and
// the output closes with the [runnel.PanicError]; the value is counted on in as Failed. When the
// consumer cancels the output, or ctx ends, the panes that have not been sent, also incomplete
// ones, are counted on the output as Undelivered.
func WindowBy[T any](ctx context.Context, in runnel.Receiver[T], shape Shape, at func(T) time.Time, lateness time.Duration, opts ...runnel.Option) runnel.Receiver[Pane[T]] {
	requireShape("WindowBy", shape)
	requireFunc(at != nil, "WindowBy", "at")
	require(lateness >= 0, "WindowBy", fmt.Sprintf("lateness is %v, want 0 or a positive duration", lateness))
	w := newWindow(ctx, "WindowBy", in, shape, opts)
	w.at, w.lateness = at, lateness
	return w.start(1, w.run)
}

func requireShape(call string, shape Shape) {
	require(shape != Shape{}, call, "the shape is the zero Shape, want one made by Tumbling, Sliding or Session")
}

// window is the stage of Window and WindowBy. The one differs from the other in where the time
// of a value comes from, and in that the clock, too, raises the mark.
//
//	byClock, a pane is open ⇒ a deadline is set, no later than the first End
type window[T any] struct {
	timed[T, Pane[T]]
	panes[T]
	at       func(T) time.Time
	lateness time.Duration
	byClock  bool
	value    T // in at, if busy
	busy     bool
}

func newWindow[T any](ctx context.Context, call string, in runnel.Receiver[T], shape Shape, opts []runnel.Option) *window[T] {
	return &window[T]{timed: newTimed[T, Pane[T]](ctx, call, in, opts), panes: panes[T]{shape: shape}}
}

func (w *window[T]) run() {
	defer w.stop()
	defer func() {
		if w.busy {
			err := escape(recover())
			w.in.Reject(w.value, runnel.Failed)
			w.in.Cancel(err) // its senders need not wait until the open panes have been delivered
			w.finish(err)
		}
	}()
	for {
		v, err := w.take()
		switch {
		case err == nil:
			w.place(v)
		case err == errDue:
			w.raise(time.Now())
		default:
			w.finish(err)
			return
		}
		if !w.pass(w.ready()) {
			return
		}
		w.await()
	}
}

// place puts v into its panes, or rejects it.
func (w *window[T]) place(v T) {
	w.value, w.busy = v, true
	t := w.at(v)
	var none T
	w.value, w.busy = none, false
	if !w.add(t, v) {
		w.in.Reject(v, runnel.Late)
	}
	w.raise(t.Add(-w.lateness))
}

// now is the time of a value that has just arrived. A clock that has been set back must not
// make it late.
func (w *window[T]) now(T) time.Time {
	t := time.Now()
	if w.marked && t.Before(w.mark) {
		return w.mark
	}
	return t
}

// pass sends the first n panes. If the stage does not go on, all others are accounted for.
func (w *window[T]) pass(n int) bool {
	for range n {
		if !w.send(w.pop()) {
			w.abandon()
			return false
		}
	}
	return true
}

func (w *window[T]) abandon() {
	for len(w.open) > 0 {
		w.out.Discard(w.pop(), runnel.Undelivered)
	}
}

// finish sends what there is and ends the stage with err.
func (w *window[T]) finish(err error) {
	if w.pass(len(w.open)) {
		w.leave(err)
	}
}

// await sees to it that the alarm rings. That the first End may have become a later one since the
// deadline was set costs a ring for nothing. The deadline is on the monotonic clock: the time
// from now to End, added to now.
func (w *window[T]) await() {
	if w.byClock && len(w.open) > 0 && w.due.IsZero() {
		now := time.Now()
		w.set(now.Add(w.open[0].End.Sub(now)))
	}
}
