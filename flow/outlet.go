package flow

import (
	"errors"
	"fmt"
	"slices"

	"github.com/runnel-go/runnel"
)

// outlet is where a worker gives values to the edges of one output, whatever their type.
type outlet interface {
	label() string
	fan() int     // edges
	closed() bool // all of them, and there is one
}

// spout is an outlet for values of type T.
type spout[T any] struct {
	name  string
	edges []*channel[T]
	valve *runnel.Valve[T] // to the edge, if it is the only one
	left  []int            // edges that have not got the value in hand yet
	ended []int            // those that will never take it
	puts  []*runnel.SendCase[T]
	cases []runnel.Case
}

var (
	errAgain   = errors.New("flow: a pause has come between") // try again
	errRefused = errors.New("flow: no edge takes values any more")
)

func makeOutlet[T any](w *worker, name string, edges []edge) outlet {
	o := &spout[T]{name: name}
	for _, e := range edges {
		c := e.(*channel[T])
		var none T
		o.edges = append(o.edges, c)
		o.puts = append(o.puts, runnel.SendTo(c.ch, none))
	}
	o.cases = make([]runnel.Case, len(edges))
	if len(edges) == 1 {
		o.valve = o.edges[0].ch.Valve(&w.gate.closed)
	}
	return o
}

// outletOf finds an outlet of the worker.
func outletOf[T any](w *worker, name string) *spout[T] {
	for _, o := range w.outlets {
		if o.label() == name {
			if s, ok := o.(*spout[T]); ok {
				return s
			}
		}
	}
	panic(fmt.Sprintf("flow: process %s has no output %s for these values: name it among its Outs", w.p.name, quote(name)))
}

func (o *spout[T]) label() string { return o.name }
func (o *spout[T]) fan() int      { return len(o.edges) }

func (o *spout[T]) closed() bool {
	for _, e := range o.edges {
		if !e.ch.Stats().Closed {
			return false
		}
	}
	return len(o.edges) > 0
}

// send gives v to every edge, and waits for those that are full. What it cannot give it
// accounts for on the edge, unless v is the source's again. Then the user's function goes on.
func (o *spout[T]) send(w *worker, v T) error {
	err := o.pass(w, v)
	w.begins()
	if w.slots != nil {
		w.computesAgain()
	}
	return err
}

// pass is send where the user's function has returned.
func (o *spout[T]) pass(w *worker, v T) (err error) {
	if w.rank != nil {
		if _, err := w.rank.await(); err != nil {
			return o.discard(w, v, err)
		}
	}
	switch len(o.edges) {
	case 0:
		w.p.unheard.Add(1)
		return nil
	case 1:
		err = o.one(w, v)
	default:
		err = o.all(w, v)
	}
	if err == errRefused {
		return w.refused()
	}
	return err
}

// discard accounts for a value whose turn has not come before the flow has stopped.
func (o *spout[T]) discard(w *worker, v T, err error) error {
	for _, e := range o.edges {
		e.account(w, v, err)
	}
	return err
}

// one is send for a single edge.
func (o *spout[T]) one(w *worker, v T) error {
	if o.valve.TrySend(v) == nil {
		return nil
	}
	e, err := o.edges[0], errAgain
	for err == errAgain {
		err = e.give(w, v)
	}
	e.account(w, v, err)
	return err
}

// give sends, and waits if need be.
func (e *channel[T]) give(w *worker, v T) error {
	w.waits(sending, &e.link)
	return w.verdict(e.ch.Send(w.ctx, v))
}

// account is for a value that was made for the edge and that it did not take. What a source
// could not give is the source's again.
func (e *channel[T]) account(w *worker, v T, err error) {
	if err != nil && (w.source == nil || w.given || w.burying || w.insists) {
		e.ch.Discard(v, runnel.Undelivered)
	}
}

// all is send for several edges. No edge waits for another one: those that have room get the
// value at once, and the others as soon as they have.
func (o *spout[T]) all(w *worker, v T) error {
	o.left, o.ended = o.left[:0], o.ended[:0]
	for i := range o.edges {
		o.left = append(o.left, i)
	}
	err := errAgain
	for err == errAgain {
		if err = w.enter(false); err == nil {
			err = o.some(w, v)
		}
	}
	if err == nil && !w.given {
		err = errRefused
	}
	for _, i := range append(o.left, o.ended...) {
		o.edges[i].account(w, v, errRefused)
	}
	w.given = false
	return err
}

// some gives v to the edges that have room. If there are others it waits for one of them, and
// returns errAgain.
func (o *spout[T]) some(w *worker, v T) error {
	left := o.left[:0]
	for _, i := range o.left {
		if err := o.edges[i].ch.TrySend(v); err == runnel.ErrFull {
			left = append(left, i)
		} else {
			o.landed(w, i, err)
		}
	}
	if o.left = left; len(left) == 0 {
		return nil
	}
	return o.await(w, v)
}

// await waits for one of the edges that are left.
func (o *spout[T]) await(w *worker, v T) error {
	clear(o.cases)
	for _, i := range o.left {
		o.puts[i].Set(v)
		o.cases[i] = o.puts[i]
	}
	w.waits(sending, &o.edges[o.left[0]].link)
	c, err := runnel.Select(w.ctx, o.cases...)
	if err = w.verdict(err); err != nil {
		return err
	}
	i := slices.Index(o.cases, c)
	o.left = slices.DeleteFunc(o.left, func(j int) bool { return j == i })
	o.landed(w, i, o.puts[i].Err())
	var none T
	o.puts[i].Set(none)
	return errAgain
}

// landed is what follows when an edge has taken the value in hand, or will take nothing any more. Then
// it is accounted for at the end: if no edge takes it, it is perhaps the source's again.
func (o *spout[T]) landed(w *worker, i int, err error) {
	if err != nil {
		o.ended = append(o.ended, i)
		return
	}
	w.given = true
}
