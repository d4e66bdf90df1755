package flow

import (
	"fmt"
	"log/slog"
	"strings"
)

// Swap puts the functions of another Proc in the place of those that a process has, between two
// messages: each message is handled wholly by the old ones or wholly by the new ones, and what is
// received after Swap has returned by the new ones. Edges, options and accounts stay.
//
// Swap waits for movements that are under way, never for a function of a process: calls that run
// come to their end with the old functions. It may be called by a function of the process itself;
// it must not be called by what OnDrop was given.
//
// A [Stateful] process keeps its state if the new one has a state of the same type; Init is not
// called then. If not, the old functions are told [Swapped], and the new Init makes the state,
// before the next message, after a pause if there is one. If it fails the flow ends, as at the start.
//
// It returns an error that is [ErrName] if there is no such process, [ErrEnded] if the process has
// ended or the flow stops, and [ErrSwap] if the new process is wrong, has other ports (names,
// types, which are optional) or is of another kind: the error lists all differences. A source cannot be
// swapped, since only its function knows how far it has come. Then nothing has changed.
func (f *Flow) Swap(process string, to Proc) error {
	p, err := f.changeable(process)
	if err != nil {
		return err
	}
	if wrong := p.unlike(to); len(wrong) > 0 {
		return fmt.Errorf("%w: Swap(%s): %s", ErrSwap, quote(process), strings.Join(wrong, "; "))
	}
	p.swap(to)
	f.event(slog.LevelInfo, "swapped", slog.String("process", process))
	return nil
}

func (p *process) swap(to Proc) {
	p.changes.Lock()
	defer p.changes.Unlock()
	p.gate.alter(func() { p.take(to) })
}

// take needs a gate where nothing moves. A worker without a state is given the functions here,
// also if it is in a call of the old one. One with a state takes them itself: the call may need
// what the worker has.
func (p *process) take(to Proc) {
	p.equip = to.equip // for those whom Scale hires
	p.gate.swaps++
	if to.keeps != nil {
		p.gate.refit = &to
		return
	}
	for _, w := range p.gate.workers {
		to.equip(w)
	}
}

// refit takes the functions that Swap has put down, if there are any. It returns errUnmade if the
// worker is to make its state.
func (w *worker) refit() error {
	to := w.gate.taken()
	if to == nil {
		return nil
	}
	if w.init == nil && w.change != nil && !to.keeps(w) {
		return w.farewell(to)
	}
	to.equip(w)
	return w.made()
}

// farewell tells the state that it goes. Then the new functions are there, even if it panics.
func (w *worker) farewell(to *Proc) (err error) {
	defer func() {
		to.equip(w)
		if err == nil {
			err = w.made()
		}
	}()
	w.begins()
	if err := w.change(Swapped); err != nil && !w.report(nil, err, nil) {
		return err
	}
	return nil
}

// made is whether the worker has its state.
func (w *worker) made() error {
	if w.init != nil {
		return errUnmade
	}
	return nil
}

// taken is what refit is, once.
func (g *gate) taken() *Proc {
	g.mu.Lock()
	defer g.mu.Unlock()
	to := g.refit
	g.refit = nil
	g.mark()
	return to
}

// unlike lists why to cannot take the place of the process.
func (p *process) unlike(to Proc) (wrong []string) {
	if p.proc.kind == "source" {
		return []string{"a source is one call, and only its function knows how far it has come: let that call what is to be exchanged"}
	}
	if wrong = (node{name: p.name, proc: to, set: p.set}).mistakes(); to.equip == nil {
		return wrong
	}
	if to.kind != p.proc.kind {
		wrong = append(wrong, fmt.Sprintf("it is a %s process, the new one a %s process", p.proc.kind, to.kind))
	}
	for _, q := range p.proc.ports {
		wrong = append(wrong, q.against(to.ports)...)
	}
	for _, q := range to.ports {
		if _, there := q.among(p.proc.ports); !there {
			wrong = append(wrong, fmt.Sprintf("the %s %s is new", side(q.out), q.name))
		}
	}
	return wrong
}

// among finds the port with the name and the direction of p.
func (p port) among(ports []port) (port, bool) {
	for _, q := range ports {
		if q.name == p.name && q.out == p.out {
			return q, true
		}
	}
	return port{}, false
}

// against lists what is wrong with the port that is to take the place of p.
func (p port) against(ports []port) (wrong []string) {
	where := side(p.out) + " " + p.name
	q, there := p.among(ports)
	if !there {
		return []string{"the " + where + " is missing"}
	}
	if q.typ != p.typ {
		wrong = append(wrong, fmt.Sprintf("the %s is for %v, the new one for %v", where, p.typ, q.typ))
	}
	if q.signal != p.signal {
		wrong = append(wrong, fmt.Sprintf("only one of the old and the new %s listens", where))
	} else if q.optional != p.optional {
		wrong = append(wrong, fmt.Sprintf("the %s is %s, the new one %s", where, need(p), need(q)))
	}
	return wrong
}

func need(p port) string {
	if p.optional {
		return "optional"
	}
	return "required"
}
