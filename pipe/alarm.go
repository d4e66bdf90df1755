package pipe

import (
	"context"
	"errors"
	"time"

	"github.com/runnel-go/runnel"
)

// A stage that looks at the clock waits for a value and for a deadline at once. The deadline
// moves, perhaps with every value. Timers do not move, and each one costs some allocations. So
// the timer that is under way is left running when the deadline moves away from it, and when it
// ends too early, another one is started for the rest:
//
//	a deadline is set ⇒ a timer is under way that ends no later
//	every deadline is set d ahead ⇒ at most two timers are started within d, however many
//	values come
//
// For the second: a timer that ends too early is followed by one that ends at the deadline of
// that moment. If the deadline has moved again when this one ends, it was set after the first
// had ended, and lies more than d behind that.

// errDue is the outcome of a wait that ended with the deadline.
var errDue = errors.New("pipe: the deadline has come")

// deadline is the arithmetic of an alarm, which knows no clock.
type deadline struct {
	due  time.Time // zero: there is none
	ends time.Time // when the timer under way does; zero: there is none
}

// wanting tells whether a timer must be started for the deadline.
func (d *deadline) wanting() bool {
	return !d.due.IsZero() && (d.ends.IsZero() || d.ends.After(d.due))
}

// rang tells whether the timer that ended at now has ended the wait. Then the deadline is gone.
func (d *deadline) rang(now time.Time) (over bool) {
	d.ends = time.Time{}
	if d.due.IsZero() || now.Before(d.due) {
		return false
	}
	d.due = time.Time{}
	return true
}

// alarm is a deadline with timers.
type alarm struct {
	deadline
	timer *runnel.Chan[time.Time] // under way, else nil
	ring  *runnel.RecvCase[time.Time]
}

// set makes t the deadline, in place of the one before.
func (a *alarm) set(t time.Time) {
	a.due = t
	a.arm()
}

// clear makes the alarm have no deadline.
func (a *alarm) clear() { a.due = time.Time{} }

func (a *alarm) arm() {
	if !a.wanting() {
		return
	}
	a.stop()
	a.timer = runnel.After(time.Until(a.due))
	a.ring = runnel.RecvFrom(a.timer)
	a.ends = a.due
}

// heard handles the end of the timer.
func (a *alarm) heard(now time.Time) (over bool) {
	a.timer, a.ring = nil, nil
	over = a.rang(now)
	a.arm()
	return over
}

// stop ends the timer.
func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Cancel(nil)
		a.timer, a.ring, a.ends = nil, nil, time.Time{}
	}
}

// timed is a stage with an alarm.
type timed[A, B any] struct {
	*stage[A, B]
	alarm
	next    *runnel.RecvCase[A]
	lenient bool // a value that is there goes before a deadline that has come
}

func newTimed[A, B any](ctx context.Context, call string, in runnel.Receiver[A], opts []runnel.Option) timed[A, B] {
	return timed[A, B]{stage: newStage[A, B](ctx, call, in, opts), next: runnel.RecvFrom(in)}
}

// take receives a value. Its error is errDue if the deadline came first.
func (t *timed[A, B]) take() (v A, err error) {
	for t.timer != nil {
		c, err := t.either()
		switch {
		case err != nil:
			return v, err
		case c == t.next:
			return t.next.Take()
		case t.heard(time.Now()):
			return v, errDue
		}
	}
	return t.in.Recv(t.ctx)
}

func (t *timed[A, B]) either() (runnel.Case, error) {
	if t.lenient {
		return runnel.SelectPriority(t.ctx, t.next, t.ring)
	}
	return runnel.SelectPriority(t.ctx, t.ring, t.next)
}
