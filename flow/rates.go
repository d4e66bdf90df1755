package flow

import "time"

// Rates is what went on between two readings of [Status]: see [Status.Since].
type Rates struct {
	Graph     string         `json:"graph"`
	Over      time.Duration  `json:"over_ns"` // from one reading to the other
	Processes []ProcessRates `json:"processes"`
	Edges     []EdgeRates    `json:"edges"`
}

// ProcessRates is what a process did.
//
// The shares are parts of the time of all its workers, from 0 to 1. What is missing to 1 came
// after the end of workers. They are those of [runnel.Stats] and so nearly exact; where workers have
// come or gone by [Flow.Scale] they are estimates.
type ProcessRates struct {
	Name     string  `json:"name"`
	Kind     string  `json:"kind"`     // as in [ProcessStatus]
	Done     float64 `json:"done"`     // messages a second
	Failed   float64 `json:"failed"`   // failures a second
	Retried  float64 `json:"retried"`  // a second
	InStep   float64 `json:"in_step"`  // share in functions, and in all that is none of the others
	Starving float64 `json:"starving"` // share of waits for a message
	Blocked  float64 `json:"blocked"`  // share of waits for room on an edge
	Resting  float64 `json:"resting"`  // share of rests during a pause
	Queued   float64 `json:"queued"`   // share of waits for a turn, or for the right to compute
}

// EdgeRates is what went over an edge, in values a second. Of the waits that last at a reading,
// only the oldest is in it.
type EdgeRates struct {
	From     string  `json:"from,omitempty"`
	To       string  `json:"to"`
	Sent     float64 `json:"sent"`
	Received float64 `json:"received"`
	Dropped  float64 `json:"dropped"`
	Blocked  float64 `json:"blocked"`  // waits for room: how many senders waited on the average
	Starving float64 `json:"starving"` // waits for a value: how many receivers waited on the average
}

// Since returns what went on from an earlier reading of the same flow to this one. Of a zero
// Status, it is what went on since the start. What the earlier reading does not have counts from 0.
func (s Status) Since(earlier Status) Rates {
	r := Rates{Graph: s.Graph, Over: s.Age - earlier.Age}
	for _, p := range s.Processes {
		r.Processes = append(r.Processes, s.ratesOf(p, earlier, r.Over))
	}
	for _, e := range s.Edges {
		was := earlier.Edge(e.From, e.To)
		r.Edges = append(r.Edges, EdgeRates{
			From: e.From, To: e.To,
			Sent:     perSecond(e.Sent, was.Sent, r.Over),
			Received: perSecond(e.Received, was.Received, r.Over),
			Dropped:  perSecond(e.Dropped.Total(), was.Dropped.Total(), r.Over),
			Blocked:  part(e.SendBlocked+e.OldestSend-was.SendBlocked-was.OldestSend, r.Over),
			Starving: part(e.RecvBlocked+e.OldestRecv-was.RecvBlocked-was.OldestRecv, r.Over),
		})
	}
	return r
}

func (s Status) ratesOf(p ProcessStatus, earlier Status, over time.Duration) ProcessRates {
	was := earlier.Process(p.Name)
	now, then := s.spent(p), earlier.spent(was)
	r := ProcessRates{
		Name: p.Name, Kind: p.Kind,
		Done: perSecond(p.Done, was.Done, over), Failed: perSecond(p.Failed, was.Failed, over),
		Retried: perSecond(p.Retried, was.Retried, over),
	}
	all := over * time.Duration(len(p.Workers))
	r.Starving = share(now.starving-then.starving, all)
	r.Blocked = share(now.blocked-then.blocked, all)
	r.Resting = share(now.resting-then.resting, all)
	r.Queued = share(now.queued-then.queued, all)
	r.InStep = max(0, 1-r.Starving-r.Blocked-r.Resting-r.Queued-share(now.gone-then.gone, all))
	return r
}

// spent is how the workers of a process have spent their time so far: the finished waits on
// their edges, and those that last.
type spent struct{ starving, blocked, resting, queued, gone time.Duration }

func (s Status) spent(p ProcessStatus) spent {
	t := spent{resting: p.Rested, queued: p.Queued, starving: p.Idled}
	for _, e := range s.Edges {
		from, to := e.link().processes()
		if from == p.Name {
			t.blocked += e.SendBlocked
		}
		if to == p.Name {
			t.starving += e.RecvBlocked
		}
	}
	for _, w := range p.Workers {
		switch w.Activity {
		case Starving:
			t.starving += w.For
		case Blocked:
			t.blocked += w.For
		case Resting:
			t.resting += w.For
		case Queued, Limited:
			t.queued += w.For
		case Gone:
			t.gone += w.For
		}
	}
	return t
}

func (e EdgeStatus) link() link { return link{e.From, e.To} }

func perSecond(now, before uint64, over time.Duration) float64 {
	if over <= 0 || now < before {
		return 0
	}
	return float64(now-before) / over.Seconds()
}

func part(d, of time.Duration) float64 {
	if of <= 0 {
		return 0
	}
	return max(0, float64(d)/float64(of))
}

func share(d, of time.Duration) float64 { return min(1, part(d, of)) }

// Process returns the rates of the process of that name, zero ones if there is none.
func (r Rates) Process(name string) ProcessRates {
	for _, p := range r.Processes {
		if p.Name == name {
			return p
		}
	}
	return ProcessRates{}
}

// Edge returns the rates of the edge between two ports, zero ones if there is none.
func (r Rates) Edge(from, to string) EdgeRates {
	for _, e := range r.Edges {
		if e.From == from && e.To == to {
			return e
		}
	}
	return EdgeRates{}
}

// Busiest is the process with the largest share in step: where everything moves, that which the
// others wait for. A source is passed over unless there are only sources: its function waits for what
// it is to give, and nobody can tell that from work. It is a zero one if there is none.
func (r Rates) Busiest() (busiest ProcessRates) {
	for i, p := range r.Processes {
		busier := p.InStep > busiest.InStep
		if p.gives() != busiest.gives() {
			busier = busiest.gives()
		}
		if i == 0 || busier {
			busiest = p
		}
	}
	return busiest
}

// gives tells whether it is a source.
func (r ProcessRates) gives() bool { return r.Kind == "source" }
