package fan

import (
	"context"
	"errors"

	"github.com/runnel-go/runnel"
)

// Run moves values from the inputs to the output. It blocks until all inputs have ended and
// Close was called, or the output was closed by its consumer, or ctx has ended, and returns
// the cause: nil for a plain end. A second call returns [ErrStarted].
func (x *Mix[T]) Run(ctx context.Context) (cause error) {
	if !x.start() {
		return ErrStarted
	}
	cause = errLeft // unless loop returns
	forget := x.out.OnClose(func(error) { x.gone.TrySend(struct{}{}) })
	defer func() {
		forget()
		x.finish(cause)
	}()
	if cause = x.loop(ctx); cause == errGone {
		cause = x.out.Err()
	}
	return cause
}

// errGone reports that the output was closed; the cause is the output's.
var errGone = errors.New("fan: output closed")

func (x *Mix[T]) start() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.phase != before {
		return false
	}
	x.phase = during
	return true
}

// finish refuses changes, also those that wait already, and then tells both sides.
func (x *Mix[T]) finish(cause error) {
	x.mu.Lock()
	x.phase = after
	x.mu.Unlock()
	x.orders.Cancel(nil)
	x.gone.Cancel(nil)
	strips := x.desk.strips
	x.desk.strips, x.desk.hand = nil, nil
	x.forget()
	x.idle, x.busy = waits[T]{}, waits[T]{}
	defer x.out.CloseWith(cause)
	each(strips, func(s *strip[T]) {
		defer s.in.Cancel(cause)
		s.reject(runnel.Undelivered)
	})
}

// loop does one thing after the other until there is nothing more to do, or an error.
func (x *Mix[T]) loop(ctx context.Context) error {
	for !x.desk.isOver() {
		if err := x.step(ctx); err != nil {
			return err
		}
	}
	return x.desk.cause
}

// step sends the value in hand, receives one, or carries out an order, whichever can be done
// first.
func (x *Mix[T]) step(ctx context.Context) error {
	w := &x.idle
	if hand := x.desk.hand; hand != nil {
		if err := x.trySend(hand); err != runnel.ErrFull {
			return x.sent(err)
		}
		x.send.Set(hand.value)
		w = &x.busy
	}
	chosen, err := runnel.Select(ctx, w.cases...)
	switch {
	case err != nil:
		return apart(err)
	case chosen == runnel.Case(w.gone):
		return errGone
	case chosen == runnel.Case(w.orders):
		x.obey(w)
	case chosen == runnel.Case(x.send):
		return x.sent(x.send.Err())
	default:
		x.received(chosen)
	}
	return nil
}

// trySend sends the value in hand if that can be done at once. Should a function of the user's
// panic meanwhile, the value has become the output's.
func (x *Mix[T]) trySend(hand *strip[T]) error {
	hand.holds = false
	err := x.out.TrySend(hand.value)
	hand.holds = err != nil
	return err
}

// sent notes what came of sending the value in hand.
func (x *Mix[T]) sent(err error) error {
	if err != nil {
		return errGone
	}
	x.desk.hand.release()
	x.desk.hand = x.desk.next()
	x.forget()
	return nil
}

// forget lets go of the value that the case of sending keeps, unless one is in hand, which
// replaces it.
func (x *Mix[T]) forget() {
	if x.desk.hand == nil {
		var none T
		x.send.Set(none)
	}
}

// obey carries out an order. Whoever has given it is let go also if it is left by a panic.
func (x *Mix[T]) obey(w *waits[T]) {
	o, _ := w.orders.Take()
	defer o.done.Close()
	o.err = ErrEnded // unless change returns
	o.err = o.change(x.desk)
}

// received notes what was received from an input.
func (x *Mix[T]) received(chosen runnel.Case) {
	s, from := x.desk.received(chosen)
	v, err := from.Take()
	switch {
	case err != nil:
		x.desk.end(s)
	case s.now == Mute:
		s.in.Reject(v, runnel.Unheard)
	default:
		s.value, s.holds = v, true
		x.desk.hand = s
	}
}

// received finds the input of a case.
func (d *desk[T]) received(chosen runnel.Case) (*strip[T], *runnel.RecvCase[T]) {
	for _, s := range d.strips {
		switch chosen {
		case s.idle:
			return s, s.idle
		case s.busy:
			return s, s.busy
		}
	}
	panic("fan: a case of no input was chosen")
}
