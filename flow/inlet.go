package flow

import (
	"sync/atomic"

	"github.com/runnel-go/runnel"
)

// inlet is where a worker takes the values of one edge, whatever their type.
type inlet interface {
	wish() runnel.Case
	next(*worker) bool   // takes values, waiting if need be
	passed() uint64      // values taken through the valve
	one(*worker) bool    // is next for a single message
	chosen(*worker) bool // takes the value of the case that a Select has chosen
	call() func() error  // the function, to be called on the message in hand once more
	done()               // the message in hand has been carried through
	reject(runnel.Reason)
	message() any
	from() edge
	input() string
	seat(place int) // among the inlets of the worker
	drained() bool  // nothing will come any more
	onClose(func(cause error))
}

// intake is an inlet for values of type A, with the function that handles them.
type intake[A any] struct {
	e      *channel[A]
	name   string                        // of the input
	f      atomic.Pointer[func(A) error] // Swap may put in another one at any time
	v      A                             // in hand
	valve  *runnel.Valve[A]
	chance *runnel.RecvCase[A]
	place  int // among the inlets of the worker
}

// addInlet gives the worker an inlet for each edge of one of its inputs; or, if it has them
// already, gives these another function.
func addInlet[A any](w *worker, name string, f func(A) error) {
	f = ranked(w, refusing(w, limited(w, f)))
	for _, e := range w.p.ins[name] {
		if in := w.inletOf(e); in != nil {
			in.(*intake[A]).f.Store(&f)
			continue
		}
		in := &intake[A]{e: e.(*channel[A]), name: name, place: len(w.inlets)}
		in.f.Store(&f)
		in.valve = in.e.ch.Valve(&w.gate.closed)
		in.chance = runnel.RecvFrom(in.e.ch)
		w.inlets = append(w.inlets, in)
	}
}

// inletOf is the inlet of an edge, nil if there is none yet.
func (w *worker) inletOf(e edge) inlet {
	for _, in := range w.inlets {
		if in.from() == e {
			return in
		}
	}
	return nil
}

func (in *intake[A]) wish() runnel.Case { return in.chance }
func (in *intake[A]) message() any      { return in.v }
func (in *intake[A]) from() edge        { return in.e }
func (in *intake[A]) input() string     { return in.name }
func (in *intake[A]) seat(place int)    { in.place = place }

func (in *intake[A]) drained() bool {
	s := in.e.ch.Stats()
	return s.Closed && s.Len == 0 && s.SendersWaiting == 0
}

func (in *intake[A]) onClose(f func(error)) { in.e.ch.OnClose(f) }

func (in *intake[A]) passed() uint64 { return in.valve.Passed() }

// next carries through what there is, and then waits for one more. It reports whether the worker
// goes on.
func (in *intake[A]) next(w *worker) bool {
	for {
		v, err := in.valve.TryRecv()
		if err != nil {
			return in.wait(w)
		}
		if !in.carry(w, v) {
			return false
		}
	}
}

// one is next for a single message.
func (in *intake[A]) one(w *worker) bool {
	v, err := in.valve.TryRecv()
	if err != nil {
		return in.wait(w)
	}
	return in.carry(w, v)
}

// wait is next where nothing goes through the valve. If that is because the gate is closed, it may
// want more than that the worker waits: that it goes, or takes other functions, which may want a
// choice.
func (in *intake[A]) wait(w *worker) bool {
	if w.gate.closed.Load() {
		if err := w.gate.pass(w, true); err != nil || w.choice != nil {
			return err == nil
		}
	}
	w.idles()
	v, err := in.e.ch.Recv(w.ctx)
	return in.got(w, v, err)
}

func (in *intake[A]) chosen(w *worker) bool {
	v, err := in.chance.Take()
	return in.got(w, v, err)
}

// got carries a value through, if it is one. It reports whether the worker goes on.
func (in *intake[A]) got(w *worker, v A, err error) bool {
	if err != nil {
		if w.ctx.Err() != nil {
			return w.interrupted()
		}
		return w.ended(in.place)
	}
	w.direct.Add(1)
	return in.carry(w, v)
}

func (in *intake[A]) carry(w *worker, v A) bool {
	in.v = v
	w.takes(in)
	return w.carried((*in.f.Load())(v))
}

func (in *intake[A]) call() func() error {
	f, v := *in.f.Load(), in.v
	return func() error { return f(v) }
}

func (in *intake[A]) done() {
	var none A
	in.v = none
	if in.e.ring != nil {
		in.e.ring.handled.Add(1)
		in.e.ring.settle()
	}
}

func (in *intake[A]) reject(why runnel.Reason) {
	var none A
	v := in.v
	in.v = none
	in.e.ch.Reject(v, why)
	in.e.ring.settle()
}

// ended takes an inlet out of use. It reports whether the worker goes on.
func (w *worker) ended(place int) bool {
	if !w.inlets[place].from().isSignal() {
		w.open--
	}
	w.cases[place] = nil
	if w.endings != nil {
		return w.endsEdge(w.inlets[place].input())
	}
	w.p.settle(w, false)
	return true
}
