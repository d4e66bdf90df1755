package flow

import (
	"time"

	"github.com/runnel-go/runnel"
)

// Patience is how long a wait or a step must have lasted for [Status.Explain] to speak of it.
const Patience = time.Second

// least is the shortest time that two readings may be apart to confirm anything: a worker that could
// go on may have to wait for a processor for so long.
const least = 10 * time.Millisecond

// Explanation is why a flow, or a part of it, does not move: see [Status.Explain].
type Explanation struct {
	Graph   string        `json:"graph"`
	State   State         `json:"state"`
	Age     time.Duration `json:"age_ns"`   // of the flow
	After   time.Duration `json:"after_ns"` // waits and steps that are younger are not spoken of
	Cycles  []Cycle       `json:"cycles"`
	Causes  []Cause       `json:"causes"`  // those that hold up most come first
	Outside []Wait        `json:"outside"` // for values from outside
	Paused  []string      `json:"paused"`  // processes
	Busiest ProcessRates  `json:"busiest"` // see Rates.Busiest
	Fullest EdgeRates     `json:"fullest"` // the edge whose senders have waited most
	Err     error         `json:"-"`       // why the flow did not come to a plain end

	// Values that edges have dropped up to now. Those that are Lost nobody has chosen to drop: they
	// are Undelivered, or have Failed where that ends the flow. The others are Dropped as the graph
	// says, by policies of edges and by processes that go on after failures.
	Lost    runnel.Drops `json:"-"`
	Dropped runnel.Drops `json:"-"`
	buried  uint64       // those of Dropped that have Failed and became dead letters
	empty   bool         // there are no processes
}

// Cause is a process that waits for no other one, and that others wait for, or that has been in
// one step for long. Its worker is in a function, retries or rests.
type Cause struct {
	Process  string   `json:"process"`
	Kind     string   `json:"kind"`
	Activity Activity `json:"activity"`
	Workers  int      `json:"workers"`      // that do so
	On       string   `json:"on,omitempty"` // the channel that it waits for: "failures", "reports"

	// For is for how long, by the age of the oldest: it has been so for that long at most, and
	// for AtLeast at least. They differ where the beginning of a step was not timed.
	For     time.Duration `json:"for_ns"`
	AtLeast time.Duration `json:"at_least_ns"`

	// Waits are those of others that end here, directly or by way of each other, the nearest first.
	Waits []Wait `json:"waits"`

	ending bool // the flow drains or stops
}

// Cycle is a ring of processes of which each waits for the next, and the last for the first: none
// of them can go on. They wait for room on edges as a rule.
type Cycle struct {
	Waits  []Wait `json:"waits"`  // of the processes in the cycle
	Behind []Wait `json:"behind"` // of others that wait for them
}

// Wait is a wait of a process.
type Wait struct {
	Process  string        `json:"process"`  // "" is outside: a call of Inject
	Activity Activity      `json:"activity"` // Blocked, Starving or Limited
	Edge     string        `json:"edge"`     // on which it waits for room, or for values; "" if Limited
	Len      int           `json:"len"`      // of the edge
	Cap      int           `json:"cap"`
	For      time.Duration `json:"for_ns"` // of the oldest, if several of its workers wait there
	distance int
}

// Explain tells what holds up the flow: it goes from each wait to those who could end it, until it
// comes to a process that waits for nobody, which is the cause, or back to where it was, which is a
// cycle. All that it needs is in s; no process is asked.
//
// It speaks only of what has lasted for [Patience]: what waits for less long is part of a flow
// that moves. All waits of a cycle that it reports lasted at the moment when s was taken. A cause in its
// step has lasted for AtLeast; one that nobody waits for, and whose step was not timed, one reading
// finds late, and two at once: see ExplainSince.
func (s Status) Explain() Explanation { return s.ExplainSince(Status{}) }

// ExplainSince is Explain where there is an earlier reading of the same flow. It speaks of what
// has lasted since then, if that is shorter than Patience, but for 10 ms at least, and knows of a
// worker that is still in the same step. Busiest and Fullest are those since then.
func (s Status) ExplainSince(earlier Status) Explanation {
	e := Explanation{Graph: s.Graph, State: s.State, Age: s.Age, After: Patience, Err: s.Err, Lost: s.lost()}
	e.Dropped, e.buried, e.empty = s.chosen(), s.buried(), len(s.Processes) == 0
	rates := s.Since(earlier)
	e.Busiest = rates.Busiest()
	for _, one := range rates.Edges {
		if one.Blocked > e.Fullest.Blocked {
			e.Fullest = one
		}
	}
	if earlier.Age > 0 {
		e.After = min(Patience, max(rates.Over, least))
	}
	if s.State == Over {
		return e
	}
	x := newExplainer(s, earlier, e.After)
	x.explain(&e)
	return e
}

// Explain is [Flow.Status] and [Status.Explain].
func (f *Flow) Explain() Explanation { return f.Status().Explain() }

// Moves tells whether nothing holds up the flow, as far as is known.
func (e Explanation) Moves() bool { return len(e.Cycles) == 0 && len(e.Causes) == 0 }
