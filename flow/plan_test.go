package flow_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// plan is a graph as text, a process or an edge a line. Transcripts are written in it, random
// graphs are made and told in it.
//
//	numbers source 1 2 3          a source, then the values that it gives: "1 2", "1..9", "forever"
//	twice   flat 2 skip           a process, its kind, how it is, in any order
//	store   sink takes 1s
//	numbers -> twice              an edge: each value is handed over
//	twice -> store sliding 1      with its policy
//	outside -> twice buffer 4     from outside
//
// The kinds are source, step (with a function: double, pass), flat n (gives each value n times),
// sink, loop (inputs fresh and again, outputs back and out: counts down, and what has come to 0
// is out), join (reads again when fresh has ended, and tells that by a value), sum (gives the sum of
// all when its input has ended; listens to notes), grave (a sink of failures) and text (one of
// strings). All other values are int.
type plan struct {
	procs []*procPlan
	wires []wirePlan
}

type procPlan struct {
	name, kind string
	f          string   // of a step
	values     []string // of a source
	n          int      // of flat
	workers    int      // 0 if nothing is said
	every      time.Duration
	takes      time.Duration
	stubborn   bool           // does not heed its context
	reports    bool           // each message
	attempts   int            // of each call, 0 if nothing is said
	backoff    time.Duration  // between them
	fails      map[int]string // by call, or value of a source, from 1: error, panic, exit, done
	opts       []flow.ProcOption
	ordered    bool
	keyed      bool // by the tens digit: see keyOfPlan
	drawn      bool // messages come in an order that is left to chance
}

type wirePlan struct {
	from, to string
	opts     []runnel.Option
}

// parsePlan reads the lines of a plan. The error names the line by its number, from 0.
func parsePlan(lines []string) (p *plan, at int, err error) {
	p = &plan{}
	for at, line := range lines {
		words := &words{strings.Fields(line)}
		if words.left() == 0 {
			continue
		}
		if err := p.line(words); err != nil {
			return nil, at, err
		}
	}
	p.draw()
	return p, 0, nil
}

// draw finds out where chance decides on an order: in a process with several edges or workers,
// and in all that come after one.
func (p *plan) draw() {
	for range p.procs {
		edges := map[string]int{}
		for _, w := range p.wires {
			edges[process(w.to)]++
			if from := p.find(process(w.from)); from != nil && from.drawn {
				edges[process(w.to)]++
			}
		}
		for _, proc := range p.procs {
			proc.drawn = proc.drawn || edges[proc.name] > 1
		}
	}
}

func (p *plan) find(name string) *procPlan {
	for _, proc := range p.procs {
		if proc.name == name {
			return proc
		}
	}
	return nil
}

// words are what is left of a line.
type words struct{ all []string }

func (w *words) left() int { return len(w.all) }

func (w *words) next() string {
	if len(w.all) == 0 {
		return ""
	}
	word := w.all[0]
	w.all = w.all[1:]
	return word
}

func (w *words) number(after string) (int, error) {
	word := w.next()
	n, err := strconv.Atoi(word)
	if err != nil {
		return 0, fmt.Errorf("want a number after %q, not %q", after, word)
	}
	return n, nil
}

func (w *words) duration(after string) (time.Duration, error) {
	word := w.next()
	d, err := time.ParseDuration(word)
	if err != nil || d <= 0 || d%tick != 0 {
		return 0, fmt.Errorf("want a duration after %q, a multiple of %v, not %q", after, tick, word)
	}
	return d, nil
}

func (p *plan) line(w *words) error {
	first := w.next()
	if len(w.all) > 0 && w.all[0] == "->" {
		w.next()
		return p.wire(first, w)
	}
	proc := &procPlan{name: first, kind: w.next(), fails: map[int]string{}}
	if makers[proc.kind] == nil {
		return fmt.Errorf("%q is no kind of process", proc.kind)
	}
	p.procs = append(p.procs, proc)
	for w.left() > 0 {
		if err := proc.word(w.next(), w); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) wire(from string, w *words) error {
	wire := wirePlan{from: from, to: w.next()}
	for w.left() > 0 {
		o, err := policy(w)
		if err != nil {
			return err
		}
		wire.opts = append(wire.opts, o)
	}
	p.wires = append(p.wires, wire)
	return nil
}

func policy(w *words) (runnel.Option, error) {
	word := w.next()
	if word == "unbounded" {
		return runnel.Unbounded(), nil
	}
	o := map[string]func(int) runnel.Option{"buffer": runnel.Buffer, "sliding": runnel.Sliding, "dropping": runnel.Dropping}[word]
	if o == nil {
		return nil, fmt.Errorf("%q is no policy of an edge", word)
	}
	n, err := w.number(word)
	if err != nil {
		return nil, err
	}
	return o(n), nil
}

// word reads one property of a process.
func (p *procPlan) word(word string, w *words) (err error) {
	switch word {
	case "skip":
		p.opts = append(p.opts, flow.Skip())
	case "restart":
		p.opts = append(p.opts, flow.Restart())
	case "retry":
		p.attempts, err = w.number(word)
	case "after":
		p.backoff, err = w.duration(word)
	case "ordered":
		p.ordered = true
		p.opts = append(p.opts, flow.Ordered())
	case "keyed":
		p.keyed = true
		p.opts = append(p.opts, flow.Keyed(keyOfPlan))
	case "computes":
		p.opts = append(p.opts, flow.Workload(flow.Compute))
	case "prefer":
		p.opts = append(p.opts, flow.Prefer(w.next()))
	case "reports":
		p.reports = true
	case "parallel":
		var n int
		n, err = w.number(word)
		p.opts = append(p.opts, flow.Parallel(n))
		p.workers, p.drawn = n, n > 1
	case "timeout":
		var d time.Duration
		d, err = w.duration(word)
		p.opts = append(p.opts, flow.Timeout(d))
	case "takes":
		p.takes, err = w.duration(word)
	case "every":
		p.every, err = w.duration(word)
	case "stubborn":
		p.stubborn = true
	case "fails":
		var call int
		call, err = w.number(word)
		p.fails[call] = w.next()
	default:
		err = p.argument(word)
	}
	return err
}

// keyOfPlan tells messages apart by their tens: 11 and 12 have one key, 21 has another.
func keyOfPlan(v int) int { return v / 10 % 3 }

// again is the policy of a process; p.fault() makes each of its waits whole.
func (p *procPlan) again() flow.ProcOption {
	return flow.Retry(runnel.Backoff{Attempts: max(p.attempts, 1), First: p.backoff, Max: p.backoff})
}

// fault is the error with which a function fails.
func (p *procPlan) fault() error { return runnel.RetryAfter(p.backoff, errBad) }

// argument reads what belongs to the kind of a process.
func (p *procPlan) argument(word string) error {
	_, err := strconv.Atoi(word)
	switch {
	case p.kind == "step" && functions[word] != nil:
		p.f = word
	case p.kind == "source" && (err == nil || word == "forever" || strings.Contains(word, "..")):
		p.values = append(p.values, word)
	case p.kind == "flat" && err == nil:
		p.n, _ = strconv.Atoi(word)
	default:
		return fmt.Errorf("a %s has no %q", p.kind, word)
	}
	return nil
}

var functions = map[string]func(int) int{
	"double": func(v int) int { return 2 * v },
	"pass":   func(v int) int { return v },
}

// each calls f for all values of a source, until it fails.
func (p *procPlan) each(f func(int) error) error {
	for _, word := range p.values {
		first, last, _ := strings.Cut(word, "..")
		from, _ := strconv.Atoi(first)
		to, err := strconv.Atoi(last)
		if err != nil {
			to = from
		}
		if word == "forever" {
			from, to = 1, 1<<62
		}
		for v := from; v <= to; v++ {
			if err := f(v); err != nil {
				return err
			}
		}
	}
	return nil
}

// crew does the work of the processes of a plan.
type crew interface {
	// takes begins with a message. Its error is that of the function.
	takes(ctx context.Context, p *procPlan, in string, v int) (job, error)
	// gives is told that a source has begun.
	gives(p *procPlan) job
	// hears is called with a signal, buries with a dead letter.
	hears(p *procPlan, v int) error
	buries(p *procPlan, failure *flow.Failure) error
	// told is a transition.
	told(p *procPlan, what flow.Transition) error
}

// job is a message that is worked on, or the call of a source.
type job interface {
	// makes is the value that becomes of v, as the function computes it.
	makes(v int) int
	// way is the output of a cycle for v: back, out, or "" if it is worn out.
	way(v int) flow.Out[int]
	// fails fails in one of the ways of a plan, or returns nil.
	fails(how string) error
	// gave is told of the end of a send.
	gave(v int, err error)
	// ends is told that the function returns.
	ends(err error) error
}

// graph builds the graph.
func (p *plan) graph(name string, c crew) *flow.Graph {
	g := flow.New(name)
	for _, proc := range p.procs {
		g.Add(proc.name, makers[proc.kind](proc, c), append(proc.opts, proc.again())...)
	}
	for _, w := range p.wires {
		if w.from == "outside" {
			g.Open(w.to, w.opts...)
		} else {
			g.Connect(w.from, w.to, w.opts...)
		}
	}
	return g
}

var makers = map[string]func(*procPlan, crew) flow.Proc{
	"source": sourceOf, "text": textOf, "grave": graveOf, "step": stepOf, "flat": flatOf, "sink": sinkOf, "loop": loopOf, "sum": sumOf, "join": joinOf,
}

func sourceOf(p *procPlan, c crew) flow.Proc {
	var given atomic.Int64 // in all calls
	return flow.Source(func(ctx context.Context, emit func(int) error) error {
		j := c.gives(p)
		return j.ends(p.each(func(v int) error {
			if err := j.fails(p.fails[int(given.Add(1))]); err != nil {
				return err
			}
			if p.every > 0 {
				if err := runnel.Sleep(ctx, p.every); err != nil {
					return context.Cause(ctx)
				}
			}
			v = j.makes(v)
			err := emit(v)
			j.gave(v, err)
			return err
		}))
	})
}

func stepOf(p *procPlan, c crew) flow.Proc {
	return flow.Step(func(ctx context.Context, v int) (int, error) {
		j, err := c.takes(ctx, p, "in", v)
		if err == nil {
			v = j.makes(v)
			j.gave(v, nil)
		}
		return v, j.ends(err)
	})
}

func flatOf(p *procPlan, c crew) flow.Proc {
	return flow.FlatStep(func(ctx context.Context, v int, emit func(int) error) error {
		j, err := c.takes(ctx, p, "in", v)
		for i := 0; i < p.n && err == nil; i++ {
			r := j.makes(v)
			err = emit(r)
			j.gave(r, err)
		}
		return j.ends(err)
	})
}

func sinkOf(p *procPlan, c crew) flow.Proc {
	return flow.Sink(func(ctx context.Context, v int) error {
		j, err := c.takes(ctx, p, "in", v)
		return j.ends(err)
	})
}

// graveOf is a sink of failures.
func graveOf(p *procPlan, c crew) flow.Proc {
	return flow.Sink(func(_ context.Context, failure *flow.Failure) error { return c.buries(p, failure) })
}

// note is a signal.
type note int

// textOf is a sink of other values, for mistakes.
func textOf(*procPlan, crew) flow.Proc {
	return flow.Sink(func(context.Context, string) error { return nil })
}

// loopOf is a process of a cycle: it counts down, and 0 is out.
func loopOf(p *procPlan, c crew) flow.Proc {
	handle := func(x *flow.Turn, in string, v int) error {
		j, err := c.takes(x, p, in, v)
		if err != nil {
			return j.ends(err)
		}
		to := j.way(v)
		if to == "" {
			return j.ends(nil)
		}
		r := j.makes(v)
		err = to.Send(x, r)
		j.gave(r, err)
		return j.ends(err)
	}
	return flow.Stateful[int]{
		Handlers: []flow.Handler[int]{
			flow.On(fresh, func(x *flow.Turn, _ *int, v int) error { return handle(x, "fresh", v) }),
			flow.On(again, func(x *flow.Turn, _ *int, v int) error { return handle(x, "again", v) }),
		},
		Outs:       []flow.Port{back, out},
		Transition: func(_ *flow.Turn, _ *int, what flow.Transition) error { return c.told(p, what) },
	}.Proc()
}

// joinOf reads one input to its end, says so, and then passes on what comes by the other.
func joinOf(p *procPlan, c crew) flow.Proc {
	give := func(x *flow.Turn, j job, v int) error {
		v = j.makes(v)
		err := out.Send(x, v)
		j.gave(v, err)
		return j.ends(err)
	}
	return flow.Stateful[bool]{
		Handlers: []flow.Handler[bool]{
			flow.On(fresh, func(x *flow.Turn, _ *bool, v int) error {
				j, err := c.takes(x, p, "fresh", v)
				return j.ends(err)
			}).Ended(func(x *flow.Turn, over *bool) error { *over = true; return give(x, c.gives(p), 0) }),
			flow.On(again, func(x *flow.Turn, _ *bool, v int) error {
				j, err := c.takes(x, p, "again", v)
				if err != nil {
					return j.ends(err)
				}
				return give(x, j, v)
			}),
		},
		Outs:       []flow.Port{out},
		Wants:      func(over *bool, input string) bool { return *over == (input == "again") },
		Transition: func(_ *flow.Turn, _ *bool, what flow.Transition) error { return c.told(p, what) },
	}.Proc()
}

// sumOf adds up, and gives the sum when its input has ended.
func sumOf(p *procPlan, c crew) flow.Proc {
	return flow.Stateful[int]{
		Handlers: []flow.Handler[int]{flow.On("in", func(x *flow.Turn, sum *int, v int) error {
			j, err := c.takes(x, p, "in", v)
			if err == nil {
				*sum += v
			}
			return j.ends(err)
		}), flow.Listen("notes", func(_ *flow.Turn, _ *int, v note) error { return c.hears(p, int(v)) })},
		Outs: []flow.Port{flow.Optional(out)},
		Transition: func(x *flow.Turn, sum *int, what flow.Transition) error {
			if err := c.told(p, what); err != nil || what != flow.Ended {
				return err
			}
			j := c.gives(p)
			v := j.makes(*sum)
			err := out.Send(x, v)
			j.gave(v, err)
			return j.ends(err)
		},
	}.Proc()
}
