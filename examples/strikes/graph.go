package main

import (
	"context"
	"errors"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// Ports of the processes that have a state.
const (
	flights = flow.In[flight]("flights")
	closed  = flow.Out[hour]("hours")

	hours   = flow.In[hour]("hours")
	strikes = flow.In[strike]("strikes")
	joined  = flow.Out[table]("table")
)

// graph is the whole program as data. A record that a process cannot use goes to the bad records,
// and the others go on.
func (p *program) graph() *flow.Graph {
	return flow.New("strikes by the time of day").
		Add("flights", flow.Source(lines(p.flights))).
		Add("parse flight", flow.Step(parseFlight), flow.Parallel(4), flow.Ordered()).
		Add("by hour", byHour()).
		Add("strikes", flow.Source(lines(p.strikes))).
		Add("parse strike", flow.Step(parseStrike), flow.Parallel(4)).
		Add("join", join()).
		Add("print", flow.Sink(p.print)).
		Add("bad records", flow.Sink(p.keep)).
		Connect("flights", "parse flight", runnel.Buffer(64)).
		Connect("parse flight", "by hour", runnel.Buffer(64)).
		Connect("by hour", "join.hours").
		Connect("strikes", "parse strike", runnel.Buffer(64)).
		Connect("parse strike", "join.strikes", runnel.Buffer(64)).
		Connect("join", "print").
		Connect("parse flight.failures", "bad records").
		Connect("by hour.failures", "bad records").
		Connect("parse strike.failures", "bad records")
}

// byHour gathers flights in windows of one hour of event time: that which stands in the record,
// whenever it is read. A flight of a later hour closes the window; one of an earlier hour comes
// too late, and fails.
func byHour() flow.Proc {
	return flow.Stateful[hour]{
		Handlers:   []flow.Handler[hour]{flow.On(flights, gather)},
		Outs:       []flow.Port{closed},
		Transition: atEnd(sendHour),
	}.Proc()
}

func gather(t *flow.Turn, open *hour, f flight) error {
	switch {
	case f.at < open.from:
		return f.line.wrong("%s comes after the window from %s on", clock(f.at), clock(open.from))
	case f.at >= open.from+time.Hour:
		if err := sendHour(t, open); err != nil {
			return err
		}
		*open = hour{from: f.at.Truncate(time.Hour)}
	}
	open.flights++
	open.delay += f.delay
	return nil
}

// sendHour gives a window to the join, unless it is empty.
func sendHour(t *flow.Turn, h *hour) error {
	if h.flights == 0 {
		return nil
	}
	return closed.Send(t, *h)
}

// join adds up both inputs by the time of day, and gives the sums when both have ended.
func join() flow.Proc {
	return flow.Stateful[table]{
		Handlers:   []flow.Handler[table]{flow.On(hours, addHour), flow.On(strikes, addStrike)},
		Outs:       []flow.Port{joined},
		Transition: atEnd(func(t *flow.Turn, sum *table) error { return joined.Send(t, *sum) }),
	}.Proc()
}

func addHour(_ *flow.Turn, sum *table, h hour) error {
	sum.hours = append(sum.hours, h)
	part := &sum.parts[partOf(h.from)]
	part.flights += h.flights
	part.delay += h.delay
	return nil
}

func addStrike(_ *flow.Turn, sum *table, s strike) error {
	part := &sum.parts[s.part]
	part.strikes++
	if s.damage {
		part.damaging++
	}
	return nil
}

// atEnd is a transition that is taken when all inputs have ended.
func atEnd[S any](send func(*flow.Turn, *S) error) func(*flow.Turn, *S, flow.Transition) error {
	return func(t *flow.Turn, state *S, change flow.Transition) error {
		if change != flow.Ended {
			return nil
		}
		return send(t, state)
	}
}

// keep is for the dead letters: what failed, where, and why.
func (p *program) keep(_ context.Context, f *flow.Failure) error {
	e := (*badRecord)(nil)
	if !errors.As(f, &e) {
		return f // a panic, say: that is no bad record, and ends the flow
	}
	p.bad = append(p.bad, e)
	return nil
}

func (p *program) print(_ context.Context, t table) error {
	p.table = t
	return t.write(p.out)
}
