package flow_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// ledger is the crew of a random graph. Every value that is made anywhere has a number of its own,
// so the ledger knows from which output it came, and with that by which edge. At the end it is
// compared with the account of the flow:
//
//	for each edge     no value is seen twice, none that was not made for it, and in order
//	                  seen     = Received + Failed + those of Undelivered that had been received
//	                  Sent     = made for it + injected, the same for all edges of an output
//	                  Failed   = failures that name it
//	                  what an Ordered process gives is in the order of what it got by an edge,
//	                  what a Keyed one gives is so for each key
//	for each process  Done     = calls that returned nil or ErrDone
//	                  Failed   = failures that name it ≤ calls that failed; = - Retried, at a plain end
//	                  Failed   = Sent of each edge of its dead letters
//	                  Unheard  = made for outputs without an edge
//
// A value is its number times 16 and how far it has come.
type ledger struct {
	mu     sync.Mutex
	plan   *plan
	last   int            // number
	from   map[int]string // the output of a number, "" for the outside
	made   map[string]int // by output
	taken  map[string]int // by output of a source: emit has returned nil
	seen   map[pair]map[int]bool
	newest map[pair]int
	origin map[int]origin // of what a process with an order has made
	latest map[course]int
	loose  map[string]bool // processes with several workers, outputs that values are injected to
	calls  map[string]*calls
	inject map[pair]*calls
	buried map[pair]map[*flow.Failure]bool
	wrong  []string
}

// pair is an edge by what is known of it: an output and an input.
type pair struct{ from, to string }

// origin is the message of which a value was made, course is values that must have the order of
// those: on one edge, from one edge, of one key.
type origin struct {
	edge    pair
	key, id int
}

type course struct {
	edge, before pair
	key          int
}

// calls are counted by their end.
type calls struct{ begun, fine, done, failed int }

func newLedger(p *plan) *ledger {
	l := &ledger{
		plan: p, from: map[int]string{}, made: map[string]int{}, taken: map[string]int{},
		seen: map[pair]map[int]bool{}, newest: map[pair]int{},
		origin: map[int]origin{}, latest: map[course]int{}, loose: map[string]bool{},
		calls: map[string]*calls{}, inject: map[pair]*calls{}, buried: map[pair]map[*flow.Failure]bool{},
	}
	for _, proc := range p.procs {
		l.calls[proc.name] = &calls{}
		l.loose[proc.name] = proc.workers > 1
	}
	return l
}

func (l *ledger) say(format string, args ...any) {
	l.wrong = append(l.wrong, fmt.Sprintf(format, args...))
}

// Values wear out: after so many hops cycles let them out, and then swallow them.
const (
	rounds = 4
	worn   = 7
	hops   = 16
)

// number makes the next value.
func (l *ledger) number(port string, hop int, of *origin) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	if of != nil {
		l.origin[l.last] = *of
	}
	l.from[l.last] = port
	l.made[port]++
	return l.last*hops + min(hop, hops-1)
}

// injection makes a value that is injected to an input or an output.
func (l *ledger) injection(to string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	if l.isOutput(to) {
		l.from[l.last] = to
		l.loose[to] = true
	}
	return l.last * hops
}

func (l *ledger) isOutput(port string) bool {
	return slices.ContainsFunc(l.plan.wires, func(w wirePlan) bool { return w.from == port })
}

// injected counts an injection by its end.
func (l *ledger) injected(to string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.plan.wires {
		if w.from == to || w.from == "outside" && w.to == to {
			p := pair{w.from, w.to}
			if l.inject[p] == nil {
				l.inject[p] = &calls{}
			}
			l.inject[p].count(err)
		}
	}
}

func (c *calls) count(err error) {
	switch {
	case err == nil:
		c.fine++
	case errors.Is(err, flow.ErrDone):
		c.done++
	default:
		c.failed++
	}
}

// page is a job.
type page struct {
	aside bool // the call is none of a message
	l     *ledger
	p     *procPlan
	hop   int
	last  int     // value made
	of    *origin // if that is to keep an order
}

// gives implements crew.
func (l *ledger) gives(p *procPlan) job { return &page{l: l, p: p, aside: true} }

// takes implements crew.
func (l *ledger) takes(ctx context.Context, p *procPlan, in string, v int) (job, error) {
	call, of := l.sees(p, in, v)
	if p.takes > 0 {
		if p.stubborn {
			ctx = bg
		}
		if runnel.Sleep(ctx, p.takes) != nil {
			return &page{l: l, p: p, hop: v % hops, of: of}, context.Cause(ctx)
		}
	}
	j := &page{l: l, p: p, hop: v % hops, of: of}
	return j, j.fails(p.fails[call])
}

// sees notes that a function was called with a value.
func (l *ledger) sees(p *procPlan, in string, v int) (call int, of *origin) {
	l.mu.Lock()
	defer l.mu.Unlock()
	id := v / hops
	from, known := l.from[id]
	if from == "" {
		from = "outside"
	}
	e := pair{from, p.name + "." + in}
	if l.seen[e] == nil {
		l.seen[e] = map[int]bool{}
	}
	switch {
	case !known && from != "outside" || id > l.last || !l.plan.has(e):
		l.say("%v: %d came, which nobody sent there", e, id)
	case l.seen[e][id] && p.attempts < 2:
		l.say("%v: %d came twice", e, id)
	case id < l.newest[e] && !l.loose[p.name] && !l.loose[process(from)] && !l.loose[from] && from != "outside":
		l.say("%v: %d came after %d", e, id, l.newest[e])
	}
	l.seen[e][id] = true
	l.newest[e] = id
	l.course(p, e, id)
	l.calls[p.name].begun++
	return l.calls[p.name].begun, l.source(p, e, v)
}

// course compares the order of what came of an edge with that of what came by it.
func (l *ledger) course(p *procPlan, e pair, id int) {
	of, known := l.origin[id]
	if !known || l.loose[p.name] || l.loose[e.from] {
		return
	}
	c := course{e, of.edge, of.key}
	if of.id < l.latest[c] {
		l.say("%v: what came of %d by %v came after that of %d", e, of.id, of.edge, l.latest[c])
	}
	l.latest[c] = of.id
}

// source is the origin of what a process makes of v, if that keeps an order that is known.
func (l *ledger) source(p *procPlan, e pair, v int) *origin {
	if !p.ordered && !p.keyed || l.loose[process(e.from)] || l.loose[e.from] || e.from == "outside" {
		return nil
	}
	of := &origin{edge: e, id: v / hops}
	if p.keyed {
		of.key = keyOfPlan(v)
	}
	return of
}

func (p *plan) has(e pair) bool {
	return slices.ContainsFunc(p.wires, func(w wirePlan) bool { return w.from == e.from && w.to == e.to })
}

// hears implements crew.
func (l *ledger) hears(p *procPlan, _ int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls[p.name].fine++
	return nil
}

// buries implements crew. A failure has come to its edge once.
func (l *ledger) buries(p *procPlan, failure *flow.Failure) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := pair{failure.Process + ".failures", p.name + ".in"}
	if l.buried[e] == nil {
		l.buried[e] = map[*flow.Failure]bool{}
	}
	if l.buried[e][failure] || !l.plan.has(e) {
		l.say("%v: %v came twice, or by no edge", e, failure)
	}
	l.buried[e][failure] = true
	l.calls[p.name].fine++
	return nil
}

// told implements crew.
func (l *ledger) told(*procPlan, flow.Transition) error { return nil }

func (j *page) makes(v int) int {
	port := string(out)
	if j.p.kind == "loop" {
		port = string(j.way(v))
	}
	j.last = j.l.number(j.p.name+"."+port, j.hop+1, j.of)
	return j.last
}

func (j *page) way(int) flow.Out[int] {
	switch {
	case j.hop < rounds:
		return back
	case j.hop < worn:
		return out
	}
	return ""
}

func (j *page) gave(_ int, err error) {
	if err == nil {
		j.l.mu.Lock()
		defer j.l.mu.Unlock()
		j.l.taken[j.p.name+".out"]++
	}
}

func (j *page) ends(err error) error {
	j.l.mu.Lock()
	defer j.l.mu.Unlock()
	if !j.aside || err != nil {
		j.l.calls[j.p.name].count(err)
	}
	return err
}

func (j *page) fails(how string) error {
	switch how {
	case "error":
		return j.p.fault()
	case "panic":
		j.ends(errBad)
		panic(j.p.fault())
	case "exit":
		j.ends(errBad)
		runtime.Goexit()
	case "done":
		return flow.ErrDone
	}
	return nil
}

// audit compares the ledger with the accounts of a flow that has ended.
func (l *ledger) audit(s flow.Status, failures []*flow.Failure, err error) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wrong := balance(s); wrong != "" {
		l.say("%s", wrong)
	}
	byEdge, byProcess := map[string]int{}, map[string]int{}
	for _, failure := range failures {
		byEdge[failure.Edge]++
		byProcess[failure.Process]++
	}
	for _, e := range s.Edges {
		l.edge(e, byEdge[e.Name], s)
		if n := int(e.Dropped[runnel.Undelivered]); n > l.mayBeLeft(e) && err == nil && !l.anyDone() {
			l.say("a plain end, and %d were not delivered: %v", n, e.Stats)
		}
	}
	l.alike(s)
	for _, p := range s.Processes {
		l.process(p, byProcess[p.Name], err)
	}
	return l.wrong
}

// alike expects that every value has been sent on all edges of its output, or on none.
func (l *ledger) alike(s flow.Status) {
	first := map[string]flow.EdgeStatus{}
	for _, e := range s.Edges {
		if e.From == "" || l.loose[e.From] {
			continue
		}
		if f, known := first[e.From]; known && f.Sent != e.Sent {
			l.say("not alike: %v, %v", f.Stats, e.Stats)
		}
		first[e.From] = e
	}
}

func (l *ledger) anyDone() bool {
	for _, p := range l.plan.procs {
		for _, how := range p.fails {
			if how == "done" {
				return true
			}
		}
	}
	return false
}

func key(e flow.EdgeStatus) pair {
	if e.From == "" {
		return pair{"outside", e.To}
	}
	return pair{e.From, e.To}
}

// isNotes is whether an edge is for signals.
func isNotes(e flow.EdgeStatus) bool { return strings.HasSuffix(e.To, ".notes") }

// mayBeLeft is how many values may be undelivered at a plain end: those injected to an output may
// come after the end of an edge, and signals after that of the process.
func (l *ledger) mayBeLeft(e flow.EdgeStatus) int {
	if in := l.inject[key(e)]; in != nil && e.From != "" || isNotes(e) {
		return int(e.Sent)
	}
	return 0
}

func (l *ledger) edge(e flow.EdgeStatus, failures int, s flow.Status) {
	if isNotes(e) {
		return
	}
	key := key(e)
	if strings.HasSuffix(e.From, ".failures") {
		l.letters(e, len(l.buried[key]), s.Process(process(e.From)))
		return
	}
	seen, failed, undelivered := len(l.seen[key]), int(e.Dropped[runnel.Failed]), int(e.Dropped[runnel.Undelivered])
	through := int(e.Received) + failed
	if seen < through || seen > through+undelivered {
		l.say("%d values were seen: %v", seen, e.Stats)
	}
	if failures != failed {
		l.say("%d failures: %v", failures, e.Stats)
	}
	least, most := l.made[e.From], l.made[e.From]
	if l.plan.find(process(e.From)) != nil && l.plan.find(process(e.From)).kind == "source" {
		least = l.taken[e.From]
	}
	if in := l.inject[key]; in != nil {
		least, most = least+in.fine, most+in.fine+in.done+in.failed
	}
	if sent := int(e.Sent); sent < least || sent > most {
		l.say("between %d and %d were made for it: %v", least, most, e.Stats)
	}
}

// letters compares an edge of dead letters.
func (l *ledger) letters(e flow.EdgeStatus, seen int, p flow.ProcessStatus) {
	if e.Sent != p.Failed || seen < int(e.Received) || seen > int(e.Received+e.Dropped[runnel.Undelivered]) {
		l.say("%d failed, %d buried: %v", p.Failed, seen, e.Stats)
	}
}

func (l *ledger) process(p flow.ProcessStatus, failures int, err error) {
	c, done := l.calls[p.Name], int(p.Done)
	switch p.Kind {
	case "source":
	case "step": // what it has returned may not be wanted
		flat := l.plan.find(p.Name).kind == "flat"
		if done > c.fine+c.done || flat && done != c.fine+c.done {
			l.say("%s: %d done, calls %+v", p.Name, done, *c)
		}
	default:
		if done != c.fine+c.done {
			l.say("%s: %d done, calls %+v", p.Name, done, *c)
		}
	}
	all := err == nil && !l.anyDone() && p.Kind != "source" // each is a failure, none an answer to the end
	if failures != int(p.Failed) || failures > c.failed || all && failures+int(p.Retried) != c.failed {
		l.say("%s: %d failed, %d retried, %d failures, calls %+v", p.Name, p.Failed, p.Retried, failures, *c)
	}
	unheard := 0
	for port, n := range l.made {
		if process(port) == p.Name && !l.isOutput(port) {
			unheard += n
		}
	}
	if int(p.Unheard) != unheard {
		l.say("%s: %d unheard, %d made for no edge", p.Name, p.Unheard, unheard)
	}
}
