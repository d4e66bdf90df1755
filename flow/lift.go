package flow

import "github.com/runnel-go/runnel"

// From makes a source of a channel: it gives what r gives to the output "out", until r ends. If r was
// closed with a cause, the process fails with that.
//
// r stays the caller's. Nothing is received from it while the process is paused. When the flow drains
// no more is received, and what has been is given still; when it stops, that is counted as
// Undelivered on the edges of the output. What r holds then stays in it, for the caller to receive or to
// cancel. With [Parallel] several receive from r.
func From[T any](r runnel.Receiver[T]) Proc {
	return Proc{
		kind: "source", ports: []port{Out[T]("out").port()}, wrong: absent(r == nil || r == runnel.Receiver[T]((*runnel.Chan[T])(nil))),
		equip: func(w *worker) {
			out := outletOf[T](w, "out")
			w.source = func() error {
				for {
					if err := lead(w, r, out); err != nil {
						return err
					}
				}
			}
		},
	}
}

// To makes a sink that sends what comes by the input "in" to a channel, and waits while that is full.
//
// s stays the caller's, who closes it when [Flow.Wait] has returned, perhaps with what that says. Nothing is
// sent to it while the process is paused. If it is closed meanwhile the process ends, as one whose outputs
// nobody takes any more: what s did not take is counted as Undelivered on the edge by which it came.
func To[T any](s runnel.Sender[T]) Proc {
	return Proc{
		kind: "sink", ports: []port{In[T]("in").port()}, wrong: absent(s == nil || s == runnel.Sender[T]((*runnel.Chan[T])(nil))),
		equip: func(w *worker) {
			outside := &link{w.p.name, "outside"}
			addInlet(w, "in", func(v T) error { return export(w, s, v, outside) })
		},
	}
}

func absent(isNil bool) []string {
	if isNil {
		return []string{"the channel is nil"}
	}
	return nil
}

// lead takes a value from r and gives it to the output, also if the flow has begun to drain meanwhile.
func lead[T any](w *worker, r runnel.Receiver[T], out *spout[T]) error {
	v, err := led(w, r)
	if err != nil {
		w.begins()
		return err
	}
	w.insists = true
	err = out.send(w, v)
	w.insists = false
	w.gave = w.gave || err == nil
	return err
}

// led takes a value from r.
func led[T any](w *worker, r runnel.Receiver[T]) (v T, err error) {
	for err = w.enter(true); err == nil; err = w.gate.pass(w, true) {
		v, err = r.TryRecv()
		if err == runnel.ErrEmpty {
			w.waits(receiving, nil)
			v, err = r.Recv(w.ctx)
		}
		switch {
		case err == nil:
			return v, nil
		case w.ctx.Err() == nil:
			return v, ended(r)
		}
	}
	return v, err
}

// ended is how a channel has ended, ErrDone if plainly.
func ended[T any](r runnel.Receiver[T]) error {
	if cause := r.Err(); cause != nil {
		return cause
	}
	return ErrDone
}

// export sends v to s.
func export[T any](w *worker, s runnel.Sender[T], v T, to *link) error {
	if w.rank != nil {
		if _, err := w.rank.await(); err != nil {
			return err
		}
	}
	for {
		err := w.enter(false)
		if err != nil {
			return err
		}
		if err = s.TrySend(v); err == runnel.ErrFull {
			w.waits(sending, to)
			err = s.Send(w.ctx, v)
		}
		if err = w.verdict(err); err == errRefused {
			w.p.unneeded.Store(true)
			w.p.quit(errUnneeded)
			return errUnneeded
		}
		if err != errAgain {
			return err
		}
	}
}
