package pipe

import (
	"context"
	"errors"
	"runtime/debug"

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
	count   runnel.Mutex
	workers int // those that may still send; guarded by count
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
			why = context.Canceled // not ErrClosed, which the function could take for the end of a channel of its own
		}
		end(why) // first, so that whoever is woken by the rest can tell why
		cancel(cause)
	})
	return ctx
}

// start runs n workers.
func (s *stage[A, B]) start(n int, worker func()) runnel.Receiver[B] {
	s.workers = n
	for range n {
		spawn(s.ctx, worker)
	}
	return s.out
}

// each is a worker: it calls f for every value and sends the result, if there is one, until the
// stage ends. Sending is not a part of the call: what a function given to OnDrop of the output
// does is not blamed on f.
func (s *stage[A, B]) each(f func(context.Context, A) (b B, has bool, err error)) {
	var v, none A
	busy := false // with v, in f
	over := false // this worker has come to its end
	defer func() {
		switch {
		case busy:
			s.fail(v, escape(recover()))
		case !over:
			s.out.CloseWith(errHook)
		}
	}()
	for !over {
		var err error
		if v, err = s.in.Recv(s.ctx); err != nil {
			over = true
			s.leave(err)
			return
		}
		busy = true
		b, has, err := f(s.ctx, v)
		busy = false
		if err != nil {
			over = true
			s.fail(v, s.failure(err))
			return
		}
		v = none // not kept alive while waiting
		over = has && !s.send(b)
	}
}

// leave ends a worker whose receive ended with err. The last one closes the output, but if it
// is ctx that has ended the first does: then nobody waits for a slow f. That is no plain end,
// whatever err is: the results of the others will not be delivered.
func (s *stage[A, B]) leave(err error) {
	if s.oneLess() == 0 {
		s.out.CloseWith(ending(s.ctx, err))
	} else if s.ctx.Err() != nil {
		s.out.CloseWith(causeOf(s.ctx))
	}
}

// oneLess takes a worker off the count and returns how many are left.
func (s *stage[A, B]) oneLess() int {
	s.count.Lock()
	defer s.count.Unlock()
	s.workers--
	return s.workers
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
		return causeOf(s.ctx)
	}
	return inside(err)
}

// send passes b on and reports whether the stage goes on. If not, b is accounted for.
func (s *stage[A, B]) send(b B) bool {
	if err := s.out.Send(s.ctx, b); err != nil {
		s.out.Discard(b, runnel.Undelivered)
		s.out.CloseWith(causeOf(s.ctx))
		return false
	}
	return true
}

// stopped is why the stage has stopped.
func (s *stage[A, B]) stopped() error {
	if cause := causeOf(s.ctx); cause != nil {
		return cause
	}
	return runnel.ErrClosed // out is closed, and whoever closed it is about to end ctx
}

// ending turns the error of a receive under ctx into the cause with which the output closes: a
// plain end stays plain.
func ending(ctx context.Context, err error) error {
	if err != runnel.ErrClosed {
		return err
	}
	if causeOf(ctx) == errContextClosed {
		return errContextClosed
	}
	return nil
}

// causeOf is why ctx has ended. It never looks like the plain end of a channel.
func causeOf(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, runnel.ErrClosed) {
		return cause
	}
	return errContextClosed
}

// errContextClosed stands for a context that somebody ended with ErrClosed as its cause.
var errContextClosed = errors.New("pipe: the context has ended: " + runnel.ErrClosed.Error())

// insideError is the failure of a function whose error is, or wraps, ErrClosed: it has used a
// channel of its own. Whoever asks whether the stream has ended must not be told so; everything
// else can be asked of it as before.
type insideError struct{ err error }

func (e *insideError) Error() string {
	return "pipe: the function of the stage failed: " + e.err.Error()
}

func (e *insideError) Is(target error) bool {
	return target != runnel.ErrClosed && errors.Is(e.err, target)
}

func (e *insideError) As(target any) bool { return errors.As(e.err, target) }

// inside makes the error of a function one that says nothing of the stream's end. ErrEmpty and
// ErrFull mean something of their own to a channel that is closed with them.
func inside(err error) error {
	if errors.Is(err, runnel.ErrClosed) || err == runnel.ErrEmpty || err == runnel.ErrFull {
		return &insideError{err}
	}
	return err
}

// errGoexit is the failure of a function that ended its goroutine instead of returning, as
// testing.T.FailNow does.
var errGoexit = errors.New("pipe: the function of the stage called runtime.Goexit")

// errHook is the cause if a function given to OnDrop or OnClose of a channel of the stage ended
// the goroutine of a worker. (If it panicked, so does the program.)
var errHook = errors.New("pipe: a function given to OnDrop or OnClose ended the goroutine of the stage")

// escape is the error for a function that did not return: p is what recover gave. It must be
// called by the deferred function itself, while the stack is still that of the panic.
func escape(p any) error {
	if p == nil {
		return errGoexit
	}
	return &runnel.PanicError{Value: p, Stack: debug.Stack()}
}
