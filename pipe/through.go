package pipe

import (
	"context"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/xf"
)

// Through gives what step makes of the values of in: any number of transducers, fused into one
// goroutine. It is [runnel.NewVia] as a stage: there step runs inside the operations of others
// and one value that becomes many overfills the buffer; here each result is sent, and waits
// for room, before step makes the next. So a step that expands its values, even endlessly,
// holds one result at a time, and may block as long as it likes.
//
// When in ends, with an error or without, step is closed, what it still held is delivered, and
// the output closes with the same cause. When step wants no more, as [xf.Take], in is cancelled
// at once, step is closed and its rest delivered, and the output closes plainly. When step
// panics, the value is counted on in as Failed and in is cancelled with the [runnel.PanicError];
// step is closed, what it held is delivered, and the output closes with that error. When the
// consumer stops, or ctx ends, step is told with its next result, and is closed; results that it
// has made are counted on the output as Undelivered, and those that it then does not make any
// more are not counted anywhere. In every ending step is closed exactly once.
func Through[A, B any](ctx context.Context, in runnel.Receiver[A], step xf.Step[A, B], opts ...runnel.Option) runnel.Receiver[B] {
	requireFunc(step != nil, "Through", "step")
	s := newStage[A, B](ctx, "Through", in, opts)
	return s.start(1, func() { s.through(step) })
}

// through runs step over all values. Its variables are those of the goroutine, not of an
// object, so that a value costs no store to memory that the collector must look after.
func (s *stage[A, B]) through(step xf.Step[A, B]) {
	var sink xf.Sink[A]
	last := &exit[A, B]{stage: s}
	var v, none A
	inStep, holds := true, false // holds: v, which step is working on
	defer func() {
		if !inStep {
			return
		}
		err := escape(recover())
		if holds {
			s.reject(v)
		}
		last.cancel(err)
		last.complete(sink, err)
	}()
	sink = step(last)
	inStep, holds = false, true
	for {
		var err error
		if v, err = s.in.Recv(s.ctx); err != nil {
			last.complete(sink, ending(last.ctx, err))
			return
		}
		inStep = true
		more := sink.Put(v)
		inStep = false
		v = none // not kept alive while waiting
		if !more {
			last.cancel(nil)
			last.complete(sink, nil)
			return
		}
	}
}

// exit is the last sink: where the step ends and the output begins.
type exit[A, B any] struct {
	*stage[A, B]
	refused bool // the output has taken no more
}

func (e *exit[A, B]) Put(b B) bool {
	if !e.send(b) {
		e.refused = true
	}
	return !e.refused
}

// Close does nothing: complete closes the output, which needs the cause.
func (e *exit[A, B]) Close() {}

// cancel stops whoever feeds the stage, before the step is closed, so that they need not wait
// until the rest has been delivered. But if the output has refused a value, whoever closed that
// cancels the input, with a cause and within the call that is theirs to return from.
func (e *exit[A, B]) cancel(cause error) {
	if !e.refused {
		e.in.Cancel(cause)
	}
}

// complete closes the step, which passes on what it holds, then the output. If closing the step
// fails, too, the first error stands.
func (e *exit[A, B]) complete(sink xf.Sink[A], cause error) {
	closed := false
	defer func() {
		if !closed {
			err := escape(recover())
			if cause == nil {
				cause = err
			}
		}
		e.out.CloseWith(cause)
	}()
	if sink != nil { // else the step has failed to make it
		sink.Close()
	}
	closed = true
}
