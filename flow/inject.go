package flow

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/runnel-go/runnel"
)

// Inject sends values to an input or an output, named "process.port", or by the process alone
// if it has one input. A value for an input goes to its edge from outside, see [Graph.Open], or
// if it has none to one of its edges: one that has room, or the first that has. A value for an output
// goes to all of its edges, as if the process had sent it; one whose receiver has ended counts it
// as Undelivered. Inject blocks while there is no room, until ctx or the flow ends.
//
// The values are the flow's from then on, like all others; those that were not sent are not, and
// the error tells which: an [*InjectError], because of [ErrDraining], [runnel.ErrClosed] when no edge takes
// values any more, or the cause of ctx. Without a port of that name, or an edge at it, the
// error is [ErrName]; if one of the values has another type than the port, none is sent.
func (f *Flow) Inject(ctx context.Context, to string, values ...any) error {
	edges, by, err := f.at(to)
	if err != nil {
		return err
	}
	parts := make([]injection, len(values))
	for i, v := range values {
		if parts[i], err = edges[0].injection(edges, v); err != nil {
			return fmt.Errorf("flow: Inject: %s takes %w", to, err)
		}
	}
	for i, part := range parts {
		if some, err := part.send(ctx, by); err != nil {
			return &InjectError{To: to, Sent: i, Values: len(values), Some: some, Err: err}
		}
	}
	return nil
}

// InjectError tells how far [Flow.Inject] came.
type InjectError struct {
	To     string
	Values int      // that were to be sent
	Sent   int      // those that were, from the first one on
	Some   []string // the edges that have got the next one, if there are others that have not
	Err    error
}

func (e *InjectError) Error() string {
	far := ""
	if e.Values > 1 {
		far = fmt.Sprintf("%d of %d values sent: ", e.Sent, e.Values)
	}
	if len(e.Some) > 0 {
		far += "the next one on " + strings.Join(e.Some, ", ") + " only: "
	}
	return fmt.Sprintf("flow: Inject(%s): %s%v", quote(e.To), far, e.Err)
}

// Unwrap returns Err.
func (e *InjectError) Unwrap() error { return e.Err }

// at finds the edges to give an injected value to: any of them, or, as if the process by had sent
// it, all.
func (f *Flow) at(name string) (edges []edge, by *process, err error) {
	to, port, wrong := f.graph.resolve(name, false)
	if wrong == "" {
		edges = f.process(to).ins[port.name]
		if i := slices.IndexFunc(edges, fromOutside); i >= 0 {
			edges = edges[i : i+1]
		}
	} else {
		from, port, not := f.graph.resolve(name, true)
		if not != "" {
			return nil, nil, fmt.Errorf("%w: %s", ErrName, wrong)
		}
		by = f.process(from)
		edges = by.outs[port.name]
	}
	if len(edges) == 0 {
		return nil, nil, fmt.Errorf("%w: nothing is connected to %s", ErrName, name)
	}
	return edges, by, nil
}

func fromOutside(e edge) bool { return e.name().from == "" }

// injection is a value on its way to edges, whatever its type.
type injection interface {
	// send gives it to all edges, as if by had, or if by is nil to any. If it fails, some are
	// those that have it.
	send(ctx context.Context, by *process) (some []string, err error)
}

// shot is an injection of a T.
//
//	edges = left ∪ have ∪ over
type shot[T any] struct {
	v    T
	left []*channel[T] // have not got it yet
	have []*channel[T]
	over []*channel[T] // take nothing any more
	err  error         // of one of these
}

func (e *channel[T]) injection(edges []edge, v any) (injection, error) {
	t, ok := v.(T)
	if !ok && (v != nil || reflect.TypeFor[T]().Kind() != reflect.Interface) {
		return nil, fmt.Errorf("%v, not %T", reflect.TypeFor[T](), v)
	}
	s := &shot[T]{v: t}
	for _, e := range edges {
		s.left = append(s.left, e.(*channel[T]))
	}
	return s, nil
}

func (s *shot[T]) send(ctx context.Context, by *process) (some []string, err error) {
	all := by != nil
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for i := 0; i < len(s.left) && !s.enough(all); {
		if err := s.left[i].ch.TrySend(s.v); err == runnel.ErrFull {
			i++
		} else {
			s.settled(i, err)
		}
	}
	for err == nil && len(s.left) > 0 && !s.enough(all) {
		err = s.await(ctx)
	}
	if err == nil && (len(s.have) == 0 || all && len(s.over) > 0 && by.ended()) {
		err = s.err
	}
	return s.account(all && err == nil), err
}

func (s *shot[T]) enough(all bool) bool { return !all && len(s.have) > 0 }

// await waits for one of the edges that are left.
func (s *shot[T]) await(ctx context.Context) error {
	cases := make([]runnel.Case, len(s.left))
	for i, e := range s.left {
		cases[i] = runnel.SendTo(e.ch, s.v)
	}
	c, err := runnel.Select(ctx, cases...)
	if err != nil {
		return err
	}
	i := slices.Index(cases, c)
	s.settled(i, c.(*runnel.SendCase[T]).Err())
	return nil
}

// settled is what follows when an edge that is left has taken the value, or takes none any more.
func (s *shot[T]) settled(i int, err error) {
	e := s.left[i]
	s.left = slices.Delete(s.left, i, i+1)
	if err == nil {
		s.have = append(s.have, e)
	} else {
		s.over, s.err = append(s.over, e), err
	}
}

// account tells which edges have the value. Those that take none any more count it if their
// sender had to: it is there still, so it was their receiver that has ended.
func (s *shot[T]) account(counts bool) (have []string) {
	for _, e := range s.over {
		if counts {
			e.ch.Discard(s.v, runnel.Undelivered)
		}
		e.ring.settle()
	}
	for _, e := range s.have {
		have = append(have, e.String())
		e.ring.settle()
	}
	return have
}

// ended is whether all workers of the process have. Before that it closes no output.
func (p *process) ended() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.alive == 0
}
