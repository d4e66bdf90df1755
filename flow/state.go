package flow

import "context"

// Stateful describes a process with a state of type S and any number of ports. Init makes the
// state, the handlers change it, one message at a time, and give values to outputs.
//
//	const (
//		words = flow.In[string]("words")
//		ask   = flow.In[struct{}]("ask")
//		count = flow.Out[int]("count")
//	)
//	counter := flow.Stateful[int]{
//		Handlers: []flow.Handler[int]{
//			flow.On(words, func(t *flow.Turn, n *int, _ string) error { *n++; return nil }),
//			flow.On(ask, func(t *flow.Turn, n *int, _ struct{}) error { return count.Send(t, *n) }),
//		},
//		Outs: []flow.Port{count},
//	}.Proc()
type Stateful[S any] struct {
	// Init makes the state, before the first message. nil is for the zero value.
	Init func(context.Context) (S, error)

	// Handlers are what [On] makes, one for each input, and [Listen].
	Handlers []Handler[S]

	// Outs are the outputs.
	Outs []Port

	// Wants, if there is one, tells which inputs are read now: it is asked about each that is open
	// before each message. What comes by the others waits, and holds up who sends it. The state
	// is not to be changed by it.
	//
	// A state that wants none of its open inputs could never change its mind. So it is given what
	// comes by them all the same, as messages that fail with [ErrUnwanted]; unless nothing comes
	// and they end.
	Wants func(s *S, input string) bool

	// Transition, if there is one, is told of changes in the life of the process, between two
	// messages. It may send.
	Transition func(*Turn, *S, Transition) error
}

// Transition is a change in the life of a process.
type Transition uint8

const (
	Paused  Transition = iota // no message comes until Resumed
	Resumed                   // after Paused
	Ended                     // all inputs have ended; what is sent now is delivered still
	Stopped                   // the flow stops, and nothing is delivered; or the state has failed: see [Restart]
	Swapped                   // Flow.Swap puts in a state of another type; what is sent now is delivered still
)

func (t Transition) String() string {
	return [...]string{"paused", "resumed", "ended", "stopped", "swapped"}[t]
}

// phase is where in its life the state of a process is. Only what is alive, or has failed and
// not been told yet, is told of its end.
type phase uint8

const (
	dead   phase = iota // there is none, and never will be
	unborn              // there is none yet
	making              // Init runs
	alive
	failed // and a new one is to be made
)

// Handler is what a [Stateful] process does with the values of one input.
type Handler[S any] struct {
	in    port
	given bool
	equip func(w *worker, s *S)
	ended func(*Turn, *S) error
}

// On makes the handler of an input, which may be [Optional].
func On[S, A any](in In[A], f func(t *Turn, s *S, v A) error) Handler[S] {
	return Handler[S]{in: in.port(), given: f != nil, equip: func(w *worker, s *S) {
		addInlet(w, string(in), func(v A) error { return f(w.turn, s, v) })
	}}
}

// Ended makes it a handler that is told, once, when its input has ended: all its edges have, and all
// that came by them has been handled. One that is not connected has ended before the first message.
// f may send, and may return [ErrDone].
func (h Handler[S]) Ended(f func(t *Turn, s *S) error) Handler[S] {
	h.ended = f
	return h
}

// Optional makes it the handler of an input that need not be connected.
func (h Handler[S]) Optional() Handler[S] {
	h.in.optional = true
	return h
}

// Proc makes the process.
func (d Stateful[S]) Proc() Proc {
	p := Proc{kind: "stateful"}
	for _, h := range d.Handlers {
		p.ports = append(p.ports, h.in)
		if h.ended != nil && h.in.signal {
			p.wrong = append(p.wrong, "Ended of "+h.in.name+": signals do not end before the process")
		}
		if !h.given {
			p.wrong = append(p.wrong, "the handler of "+h.in.name+" is nil")
		}
	}
	for _, o := range d.Outs {
		p.ports = append(p.ports, o.port())
	}
	if len(d.Handlers) == 0 {
		p.wrong = append(p.wrong, "it has no handler; a process without inputs is a Source")
	} else if len(p.ends(false)) == 0 {
		p.wrong = append(p.wrong, "it only listens, which keeps no process alive: give it an input, by On")
	}
	p.equip, p.keeps = d.equip, d.keeps
	return p
}

// keeps is whether the worker has a state of type S.
func (d Stateful[S]) keeps(w *worker) bool {
	_, same := w.mem.(*S)
	return same && w.init == nil
}

// fresh gives the worker a state that is to be made.
func (d Stateful[S]) fresh(w *worker) *S {
	s := new(S)
	w.mem, w.phase, w.init, w.paused, w.endings = s, alive, nil, false, nil
	if d.Init != nil {
		w.phase, w.init = unborn, d.maker(w, s)
		w.past.Store(0)
	}
	return s
}

// maker is what makes the state, the first one or another one in its place.
func (d Stateful[S]) maker(w *worker, s *S) func() error {
	return func() (err error) {
		var none S
		*s = none
		if d.Init != nil {
			*s, err = d.Init(w.turn)
		}
		return err
	}
}

func (d Stateful[S]) equip(w *worker) {
	var s *S
	if d.keeps(w) {
		s = w.mem.(*S)
	} else {
		s = d.fresh(w)
	}
	if w.wants = nil; d.Wants != nil {
		w.wants = func(input string) bool { return d.Wants(s, input) }
	}
	before := w.endings
	w.endings = nil
	for _, h := range d.Handlers {
		h.equip(w, s)
		if h.ended != nil {
			w.hears(h.in.name, before, func() error { return h.ended(w.turn, s) })
		}
	}
	if w.change = nil; d.Transition != nil {
		w.change = func(t Transition) error { w.doubts(); return d.Transition(w.turn, s, t) }
	}
	w.make = d.maker(w, s)
	w.chooses(w.p.set.prefer)
	w.state = func() any { return *s }
}

// Turn is what a handler gets: the context of its call, and the right to send. It belongs to the
// call, and must not be used when that has returned: where that is noticed Send panics.
type Turn struct {
	context.Context
	w *worker
}

// Send gives v to every edge of the output. It waits while one of them is full or the process is
// paused. Its error means that nobody wants more, and is to be returned. It panics if the
// process has no such output.
func (o Out[T]) Send(t *Turn, v T) error {
	t.w.mustBeInCall()
	return outletOf[T](t.w, string(o)).send(t.w, v)
}
