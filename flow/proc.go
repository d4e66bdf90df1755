package flow

import "context"

// Proc says what a process is: its ports, and what it does with a message. It is data, made by
// [Step], [FlatStep], [Source], [Sink] or [Stateful.Proc], and may be added under several names.
type Proc struct {
	kind  string // "step", "source", "sink", "stateful"
	ports []port
	wrong []string
	equip func(w *worker) // gives a worker its inlets, or its source, and its hooks

	// keeps is whether equip would leave the worker the state that it has; nil without a state.
	keeps func(w *worker) bool
}

// Step makes a process of a function: each value of the input "in" becomes one of the output
// "out". The context ends when the flow stops, or after the [Timeout].
func Step[A, B any](f func(context.Context, A) (B, error)) Proc {
	return Proc{
		kind: "step", ports: []port{In[A]("in").port(), Out[B]("out").port()}, wrong: missing(f == nil),
		equip: func(w *worker) {
			out := outletOf[B](w, "out")
			addInlet(w, "in", func(v A) error {
				b, err := f(w.turn.Context, v)
				if err != nil {
					return err
				}
				return out.pass(w, b)
			})
		},
	}
}

// FlatStep makes a process of a function that gives any number of values to the output "out"
// for each value of the input "in". emit waits while the edges are full or the process is
// paused; its error means that nobody wants more, and is to be returned. It belongs to the call, for
// one goroutine at a time, and must not be used when that has returned: where that is noticed it panics.
func FlatStep[A, B any](f func(ctx context.Context, v A, emit func(B) error) error) Proc {
	return Proc{
		kind: "step", ports: []port{In[A]("in").port(), Out[B]("out").port()}, wrong: missing(f == nil),
		equip: func(w *worker) {
			out := outletOf[B](w, "out")
			emit := func(b B) error {
				w.mustBeInCall()
				return out.send(w, b)
			}
			addInlet(w, "in", func(v A) error { return f(w.turn.Context, v, emit) })
		},
	}
}

// Sink makes a process of a function that takes the values of the input "in".
func Sink[A any](f func(context.Context, A) error) Proc {
	return Proc{
		kind: "sink", ports: []port{In[A]("in").port()}, wrong: missing(f == nil),
		equip: func(w *worker) {
			addInlet(w, "in", func(v A) error { return f(w.turn.Context, v) })
		},
	}
}

// Source makes a process of a function that gives values to the output "out" until it returns.
// emit waits while the edges are full or the process is paused. Its error means that v was not
// taken: the flow drains or stops, and the function is to return. So is its context ended then.
// emit belongs to the call, for one goroutine at a time, and must not be used when that has returned: where that is noticed it
// panics.
func Source[B any](f func(ctx context.Context, emit func(B) error) error) Proc {
	return Proc{
		kind: "source", ports: []port{Out[B]("out").port()}, wrong: missing(f == nil),
		equip: func(w *worker) {
			out := outletOf[B](w, "out")
			give := func(b B) error {
				w.mustBeInCall()
				return out.send(w, b)
			}
			if set := w.p.set; set.retry.Attempts > 1 || set.restart {
				give = func(b B) error {
					w.mustBeInCall()
					err := out.send(w, b)
					w.gave = w.gave || err == nil
					return err
				}
			}
			w.source = func() error { return f(w.p.life, give) }
		},
	}
}

func missing(noFunc bool) []string {
	if noFunc {
		return []string{"the function is nil"}
	}
	return nil
}

// ends returns the outputs or the inputs that edges can be connected to.
func (p Proc) ends(out bool) (ports []port) {
	for _, q := range p.ports {
		if q.out == out && !q.signal {
			ports = append(ports, q)
		}
	}
	return ports
}

// mistakes are those that a process has by itself.
func (n node) mistakes() (all []string) {
	if n.proc.equip == nil {
		return []string{"a Proc of no kind: make one with Step, Source, Sink or Stateful"}
	}
	all = append(all, n.proc.wrong...)
	all = append(all, n.set.wrong...)
	all = append(all, n.misfits()...)
	if n.proc.kind == "stateful" && n.set.parallel > 1 {
		all = append(all, "Parallel does not go with a state: messages would change it at once")
	}
	all = append(all, n.lineMistakes()...)
	return append(all, n.preferMistakes()...)
}
