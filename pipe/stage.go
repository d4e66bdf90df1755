package pipe

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"github.com/runnel-go/runnel"
)

// What holds for every stage, whatever it does with the values:
//
//	out is closed ⇒ ctx has ended and in is cancelled, with the cause of out
//	a value was received from in and its results were not all accepted by out
//	              ⇒ a worker holds it, or it was rejected on in, or a result was discarded on out
//	in has ended, or ctx, or f has failed ⇒ out closes as soon as no worker may still send
//
// The first is made by one OnClose, so it needs no goroutine that waits: a consumer who
// cancels the last stage cancels the first one within the same call. From it follows that no
// goroutine of a stage is ever left waiting: for values from in, for room in out, or for ctx.

// stage is what an operator with one input and one output is made of.
type stage[A, B any] struct {
	ctx     context.Context // ends when the user's ends, and when out is closed
	in      runnel.Receiver[A]
	out     *runnel.Chan[B]
	workers atomic.Int32 // those that may still send
}

// newStage makes the stage of the operator call, which is named in complaints about its
// arguments. No goroutine runs yet.
func newStage[A, B any](ctx context.Context, call string, in runnel.Receiver[A], opts []runnel.Option) *stage[A, B] {
	requireInput(call, in)
	s := &stage[A, B]{in: in, out: runnel.New[B](opts...)}
	s.ctx = bind(ctx, s.out, in.Cancel)
	return s
}

// bind returns a context that ends with ctx and when out is closed; cancel is called then, with
// the cause, to stop what feeds the stage.
func bind[B any](ctx context.Context, out *runnel.Chan[B], cancel func(error)) context.Context {
	ctx, end := context.WithCancelCause(ctx)
	out.OnClose(func(cause error) {
		why := cause
		if why == nil {
			why = runnel.ErrClosed
		}
		end(why) // first, so that whoever is woken by the rest can tell why
		cancel(cause)
	})
	return ctx
}

// start runs n workers.
func (s *stage[A, B]) start(n int, worker func()) runnel.Receiver[B] {
	s.workers.Store(int32(n))
	for range n {
		runnel.Go(worker)
	}
	return s.out
}

// each is a worker: it calls f for every value, until the stage ends.
func (s *stage[A, B]) each(f func(context.Context, A) error) {
	var v, none A
	busy := false // with v, in f
	defer func() {
		if busy {
			s.fail(v, escape(recover()))
		}
	}()
	for {
		var err error
		if v, err = s.in.Recv(s.ctx); err != nil {
			s.leave(err)
			return
		}
		busy = true
		err = f(s.ctx, v)
		busy = false
		if err != nil {
			s.fail(v, s.failure(err))
			return
		}
		v = none // not kept alive while waiting
	}
}

// leave ends a worker whose receive ended with err. The last one closes the output, but if it
// is ctx that has ended the first does: then nobody waits for a slow f. That is no plain end,
// whatever err is: the results of the others will not be delivered.
func (s *stage[A, B]) leave(err error) {
	if s.workers.Add(-1) == 0 {
		s.out.CloseWith(ending(err))
	} else if s.ctx.Err() != nil {
		s.out.CloseWith(context.Cause(s.ctx))
	}
}

// fail ends the stage: f failed on v.
func (s *stage[A, B]) fail(v A, err error) {
	s.reject(v)
	s.out.CloseWith(err)
}

// reject accounts for v, on which f returned an error. Once the stage has been stopped, that
// is not the fault of v. (An emit may hear that out is closed before ctx has ended.)
func (s *stage[A, B]) reject(v A) {
	why := runnel.Failed
	if s.ctx.Err() != nil || s.out.Stats().Closed {
		why = runnel.Undelivered
	}
	s.in.Reject(v, why)
}

// failure is the error with which the output closes because f returned err. Once ctx has ended
// that is the reason. It never looks like a plain end.
func (s *stage[A, B]) failure(err error) error {
	if s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	if err == runnel.ErrClosed {
		return errClosedInside
	}
	return err
}

// send passes b on and reports whether the stage goes on. If not, b is accounted for.
func (s *stage[A, B]) send(b B) bool {
	if err := s.out.Send(s.ctx, b); err != nil {
		s.out.Discard(b, runnel.Undelivered)
		s.out.CloseWith(context.Cause(s.ctx))
		return false
	}
	return true
}

// stopped is why the stage has stopped.
func (s *stage[A, B]) stopped() error {
	if cause := context.Cause(s.ctx); cause != nil {
		return cause
	}
	return runnel.ErrClosed // out is closed, and whoever closed it is about to end ctx
}

// ending turns the error of a receive into the cause with which the output closes: a plain
// end stays plain.
func ending(err error) error {
	if err == runnel.ErrClosed {
		return nil
	}
	return err
}

// errClosedInside is the failure of a function that returned ErrClosed, having used a channel
// of its own.
var errClosedInside = fmt.Errorf("pipe: the function of the stage failed: %w", runnel.ErrClosed)

// errGoexit is the failure of a function that ended its goroutine instead of returning, as
// testing.T.FailNow does.
var errGoexit = errors.New("pipe: the function of the stage called runtime.Goexit")

// escape is the error for a function that did not return: p is what recover gave. It must be
// called by the deferred function itself, while the stack is still that of the panic.
func escape(p any) error {
	if p == nil {
		return errGoexit
	}
	return &runnel.PanicError{Value: p, Stack: debug.Stack()}
}
