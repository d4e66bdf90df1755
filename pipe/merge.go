package pipe

import (
	"context"
	"fmt"
	"slices"

	"github.com/runnel-go/runnel"
)

// Merge gives the values of all inputs as they come. The order of each input is kept. If
// several have a value, one of them is drawn evenly, so none can starve another. It runs in one
// goroutine and holds one value, however many inputs there are.
//
// The output closes when all inputs have ended, at once if there are none. An input that ends
// plainly leaves the others alone. If one ends with an error, the output closes with it as soon
// as the value that Merge holds is through, and the others are cancelled with it; what they had buffered is counted there as Undelivered.
// So are all of them when the consumer stops or ctx ends.
func Merge[T any](ctx context.Context, ins []runnel.Receiver[T], opts ...runnel.Option) runnel.Receiver[T] {
	return startMerge(ctx, "Merge", ins, runnel.Select, opts)
}

// MergePriority is [Merge] that gives the value of the first input, in the order of ins, that
// has one. An input in front that is never empty starves those behind it, and their end, too,
// is noticed only when it is their turn.
func MergePriority[T any](ctx context.Context, ins []runnel.Receiver[T], opts ...runnel.Option) runnel.Receiver[T] {
	return startMerge(ctx, "MergePriority", ins, runnel.SelectPriority, opts)
}

func startMerge[T any](ctx context.Context, call string, ins []runnel.Receiver[T], choose chooser, opts []runnel.Option) runnel.Receiver[T] {
	ins = requireInputs(call, ins)
	m := &merging[T]{newOutlet[T](ctx, opts, cancelAll(ins)), choose, casesOf(ins)}
	if len(ins) == 0 {
		m.out.Close()
		return m.out
	}
	spawn(ctx, m.run)
	return m.out
}

// merging is a running Merge.
//
//	cases = those of the inputs that have not ended, in the order of the inputs
type merging[T any] struct {
	outlet[T]
	choose chooser
	cases  []runnel.Case
}

// chooser is Select or SelectPriority.
type chooser func(ctx context.Context, cases ...runnel.Case) (runnel.Case, error)

func (m *merging[T]) run() {
	for len(m.cases) > 0 {
		c, err := m.choose(m.ctx, m.cases...)
		if err != nil {
			m.out.CloseWith(causeOf(m.ctx))
			return
		}
		if !m.pass(c) {
			return
		}
	}
	m.out.Close()
}

// pass sends what the case received, and reports whether the merge goes on.
func (m *merging[T]) pass(c runnel.Case) bool {
	v, err := c.(*runnel.RecvCase[T]).Take()
	if err == nil {
		return m.send(v)
	}
	if err := ending(m.ctx, err); err != nil {
		m.out.CloseWith(err)
		return false
	}
	m.cases = slices.DeleteFunc(m.cases, func(other runnel.Case) bool { return other == c })
	return true
}

// outlet is the output of an operator that is no [stage], because it has several inputs or none.
type outlet[T any] struct {
	ctx context.Context // ends when the user's ends, and when out is closed
	out *runnel.Chan[T]
}

// newOutlet makes an output; cancel is called with the cause when it is closed.
func newOutlet[T any](ctx context.Context, opts []runnel.Option, cancel func(error)) outlet[T] {
	out := runnel.New[T](opts...)
	return outlet[T]{bind(ctx, out, cancel), out}
}

// send passes v on and reports whether the operator goes on. If not, v is accounted for.
func (o outlet[T]) send(v T) bool {
	if err := o.out.Send(o.ctx, v); err != nil {
		o.out.Discard(v, runnel.Undelivered)
		o.out.CloseWith(causeOf(o.ctx))
		return false
	}
	return true
}

// requireInputs returns a copy of ins, which remain the caller's.
func requireInputs[T any](call string, ins []runnel.Receiver[T]) []runnel.Receiver[T] {
	for i, in := range ins {
		if in == nil {
			require(false, call, fmt.Sprintf("ins[%d] is nil, want a channel", i))
		}
	}
	return slices.Clone(ins)
}

func cancelAll[T any](ins []runnel.Receiver[T]) func(cause error) {
	return func(cause error) {
		for _, in := range ins {
			in.Cancel(cause)
		}
	}
}

func casesOf[T any](ins []runnel.Receiver[T]) []runnel.Case {
	cases := make([]runnel.Case, len(ins))
	for i, in := range ins {
		cases[i] = runnel.RecvFrom(in)
	}
	return cases
}
