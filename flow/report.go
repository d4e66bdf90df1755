package flow

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel"
)

// ErrNoFlow is what [Report] returns if its context is not that of a process.
var ErrNoFlow = errors.New("flow: the context is not that of a process")

// Reported is what a function of a process has told by [Report].
type Reported struct {
	Process string
	When    time.Time
	Value   any
}

// Report lets a function of a process tell something to whoever looks at [Flow.Reports]: how far
// it is, what it has seen. ctx is the context of the function, or one made from it; a [Turn] is
// one, too. It may be called by any number of goroutines.
//
// Unless [Graph.Reports] says otherwise it does not block: the latest 1,024 are kept, and those
// that are dropped are counted. Reports are not values of the graph: a pause does not hold them.
//
// It returns [ErrNoFlow] if ctx is not that of a process, the cause of ctx if that ends while it waits
// for room, and [runnel.ErrClosed] when the flow has ended. In the last two cases the
// report is counted as Undelivered. A function that only informs may ignore the error.
func Report(ctx context.Context, v any) error {
	p, ok := ctx.Value(processKey{}).(*process)
	if !ok {
		return ErrNoFlow
	}
	return publish(ctx, p.f.reports, &p.reporting, Reported{p.name, time.Now(), v})
}

// processKey is the key of the process in the contexts of its functions.
type processKey struct{}

// publish gives a failure or a report to whoever takes them, or counts it as undelivered. waiting
// counts those who wait for room.
func publish[T any](ctx context.Context, to *runnel.Chan[T], waiting *atomic.Int32, v T) error {
	err := to.TrySend(v)
	if err == runnel.ErrFull {
		waiting.Add(1)
		err = to.Send(ctx, v)
		waiting.Add(-1)
	}
	if err != nil {
		to.Discard(v, runnel.Undelivered)
	}
	return err
}

// news makes a channel of failures or of reports: one that keeps the latest, unless opts say
// otherwise. It has a name, so its waits are timed.
func news[T any](name string, opts []runnel.Option) *runnel.Chan[T] {
	if opts == nil {
		opts = []runnel.Option{runnel.Sliding(1024)}
	}
	return runnel.New[T](append([]runnel.Option{runnel.Name(name)}, opts...)...)
}

// Reports returns the channel of what functions have told by [Report]. It closes when the flow
// has ended, and what it holds can be received still. See [Graph.Reports] for when nobody does.
func (f *Flow) Reports() runnel.Receiver[Reported] { return f.reports }

// Reports sets the options of the channel that [Flow.Reports] returns. Unless called that keeps
// the latest 1,024, and counts those that it drops. With [runnel.Buffer] nothing is dropped, and
// [Report] waits until somebody takes one. It returns g.
func (g *Graph) Reports(opts ...runnel.Option) *Graph {
	g.reports = opts
	return g
}
