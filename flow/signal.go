package flow

import (
	"context"

	"github.com/runnel-go/runnel"
)

// Signals go to whoever listens, past the edges of the graph. Each process that does has an edge
// from outside for them, which is in the account like all others, keeps the latest signalsKept and
// counts those that they displace.
//
// It does not keep the process alive: that ends when its other inputs have, and what lies on the
// edge then is Undelivered.
const signalsKept = 100

// Listen makes a handler of signals of type A: of what [Cast] gives, to all that listen to that
// type, wherever they are in the graph. It handles them one at a time between the messages of its
// inputs, in the order in which they were cast. in is a name for Status only: no edge can be
// connected to it, and it keeps the process not alive.
//
// A cast never waits. If the process does not come to its signals, it gets the latest 100; those
// before them count as dropped, and those that it has not taken when it ends as Undelivered.
func Listen[S, A any](in In[A], f func(t *Turn, s *S, v A) error) Handler[S] {
	p := in.port()
	p.signal, p.optional = true, true
	return Handler[S]{in: p, given: f != nil, equip: func(w *worker, s *S) {
		addInlet(w, string(in), func(v A) error {
			w.holdUp()
			err := f(w.turn, s, v)
			if err == nil {
				w.letGo()
			}
			return err
		})
	}}
}

// Cast gives v to all processes that [Listen] to values of type T, also while they are paused or
// the flow drains, and returns how many these are: those that have not ended. It does not block.
// With a nil flow, as that of a function which is tried alone, nobody listens.
// A function of a process has its flow by [FromContext].
func Cast[T any](f *Flow, v T) (listening int) {
	if f == nil {
		return 0
	}
	for _, e := range f.signals {
		if c, ok := e.(*channel[T]); ok && c.ch.TrySend(v) == nil {
			listening++
		}
	}
	return listening
}

// FromContext returns the flow that called the function with this context, or nil: to [Cast],
// to [Flow.Pause] or [Flow.Scale], or to ask for the [Flow.Status]. A function that waits there
// for the end of its own flow, by Wait, Drain or Stop, waits for itself.
func FromContext(ctx context.Context) *Flow {
	if p, ok := ctx.Value(processKey{}).(*process); ok {
		return p.f
	}
	return nil
}

// layListening makes the edges for signals.
func (f *Flow) layListening() {
	for _, p := range f.processes {
		for _, q := range p.proc.ports {
			if !q.signal {
				continue
			}
			e := q.edge(link{to: p.name + "." + q.name}, []runnel.Option{runnel.Sliding(signalsKept)})
			e.listen()
			p.takeFrom(q.name, e)
			f.edges = append(f.edges, e)
			f.signals = append(f.signals, e)
		}
	}
}

// holdUp keeps the cycle open while a signal is handled, which may start something new in it. It
// may fail, be handled again, and become a dead letter in the cycle. So the end is letGo, where it
// has been carried through or lost.
func (w *worker) holdUp() {
	if w.p.ring != nil && !w.holdsUp {
		w.holdsUp = true
		w.p.ring.unsettled.Add(1)
	}
}

func (w *worker) letGo() {
	if w.holdsUp {
		w.holdsUp = false
		w.p.ring.unsettled.Add(-1)
		w.p.ring.settle()
	}
}
