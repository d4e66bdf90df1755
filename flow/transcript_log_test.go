package flow_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// role is what a transcript knows of a process: what its function is to do, and what it has done.
type role struct {
	*procPlan
	calls   int
	next    []string               // how the next calls fail
	held    *runnel.Chan[struct{}] // closed when calls may go on, nil if they may
	entries []*entry               // of this moment
	gone    bool
}

// entry is a message that is worked on, as it is told.
type entry struct {
	st      *stage
	p       *procPlan // as it was when the call began: Swap makes another one
	r       *role
	subject string // the message; "gives" for a source
	later   bool   // it has been told of before
	made    []string
	end     string
	over    bool
}

func (e *entry) String() string {
	text := e.subject
	if e.later && e.subject != "gives" {
		text = "… " + text
	}
	if e.subject == "gives" {
		return strings.Join(append([]string{text}, e.made...), " ") + e.end
	}
	if len(e.made) > 0 {
		text += " -> " + strings.Join(e.made, " ")
	}
	if !e.over {
		text += " …"
	}
	return text + e.end
}

// empty is whether nothing has happened to the entry in this moment.
func (e *entry) empty() bool {
	return len(e.made) == 0 && e.end == "" && (e.subject == "gives" || e.later && !e.over)
}

func (e *entry) makes(v int) int {
	switch {
	case e.p.kind == "loop" && v > 0:
		return v - 1
	case e.p.f != "":
		return functions[e.p.f](v)
	}
	return v
}

func (e *entry) way(v int) flow.Out[int] {
	if v > 0 {
		return back
	}
	return out
}

func (e *entry) gave(v int, err error) {
	e.st.mu.Lock()
	defer e.st.mu.Unlock()
	text := strconv.Itoa(v)
	if err != nil {
		text += " (refused)"
	}
	e.made = append(e.made, text)
}

func (e *entry) ends(err error) error {
	e.ended("")
	return err
}

func (e *entry) ended(how string) {
	e.st.mu.Lock()
	defer e.st.mu.Unlock()
	e.over = true
	e.end += how
}

// gives implements crew.
func (st *stage) gives(p *procPlan) job {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.enter(p, "gives")
}

// enter needs the lock.
func (st *stage) enter(p *procPlan, subject string) *entry {
	r := st.roles[p.name]
	r.calls++
	e := &entry{st: st, p: p, r: r, subject: subject}
	r.entries = append(r.entries, e)
	return e
}

// takes implements crew.
func (st *stage) takes(ctx context.Context, p *procPlan, _ string, v int) (job, error) {
	e, held, how := st.begin(p, v)
	if p.reports {
		_ = flow.Report(ctx, fmt.Sprint("at ", v))
	}
	if p.stubborn {
		ctx = bg
	}
	if held != nil && held.Stats().Closed == false {
		if held.Recv(ctx); ctx.Err() != nil {
			e.ended(" gave up")
			return e, context.Cause(ctx)
		}
	}
	if p.takes > 0 && runnel.Sleep(ctx, p.takes) != nil {
		e.ended(" gave up")
		return e, context.Cause(ctx)
	}
	return e, e.fails(how)
}

// begin notes a call, and finds out what it is to do.
func (st *stage) begin(p *procPlan, v int) (e *entry, held *runnel.Chan[struct{}], how string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	e = st.enter(p, strconv.Itoa(v))
	how = p.fails[e.r.calls]
	if len(e.r.next) > 0 {
		how, e.r.next = e.r.next[0], e.r.next[1:]
	}
	return e, e.r.held, how
}

// fails fails in one way or another.
func (e *entry) fails(how string) error {
	switch how {
	case "error":
		e.ended(" failed")
		return e.p.fault()
	case "panic":
		e.ended(" panicked")
		panic(e.p.fault())
	case "exit":
		e.ended(" exited")
		runtime.Goexit()
	case "done":
		e.ended(" said done")
		return flow.ErrDone
	}
	return nil
}

// hears implements crew.
func (st *stage) hears(p *procPlan, v int) error {
	st.note(p, fmt.Sprint("hears ", v))
	return nil
}

// buries implements crew.
func (st *stage) buries(p *procPlan, failure *flow.Failure) error {
	st.note(p, fmt.Sprintf("%s %v %s", failure.Process, failure.Message, result(failure.Err)))
	return nil
}

// note writes down what is over at once.
func (st *stage) note(p *procPlan, what string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	r := st.roles[p.name]
	r.entries = append(r.entries, &entry{st: st, r: r, subject: what, over: true})
}

// told implements crew.
func (st *stage) told(p *procPlan, what flow.Transition) error {
	st.note(p, "told "+what.String())
	return nil
}

// happened is all that has happened since it was called last.
func (st *stage) happened() (lines []string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.flow == nil {
		return nil
	}
	for _, p := range st.plan.procs {
		lines = append(lines, st.roles[p.name].happened()...)
	}
	lines = append(lines, st.failures()...)
	lines = append(lines, st.reports()...)
	s := st.flow.Status()
	lines = append(lines, st.endings(s)...)
	lines = append(lines, st.returned()...)
	lines = append(lines, st.accounts(s)...)
	lines = append(lines, st.state(s)...)
	return append(lines, st.logged()...)
}

// happened takes what has happened in this moment. What is not over goes on in the next one.
func (r *role) happened() (lines []string) {
	var did []string
	entries := r.entries
	r.entries = nil
	for _, e := range entries {
		if !e.empty() {
			did = append(did, e.String())
		}
		if !e.over {
			e.later, e.made = true, nil
			r.entries = append(r.entries, e)
		}
	}
	if r.drawn {
		slices.Sort(did)
	}
	if len(did) > 0 {
		lines = append(lines, r.name+": "+strings.Join(did, ", "))
	}
	return lines
}

func (st *stage) failures() (lines []string) {
	for {
		failure, err := st.flow.Failures().TryRecv()
		if err != nil {
			slices.Sort(lines)
			return lines
		}
		cause, _, _ := strings.Cut(failure.Err.Error(), "\n")
		line := "failure of " + failure.Process
		if failure.Edge != "" {
			line += fmt.Sprintf(" on %v", failure.Message)
		}
		if failure.Attempts > 1 {
			line += fmt.Sprintf(" in %d attempts", failure.Attempts)
		}
		lines = append(lines, line+": "+cause)
	}
}

func (st *stage) reports() (lines []string) {
	for {
		r, err := st.flow.Reports().TryRecv()
		if err != nil {
			slices.Sort(lines)
			return lines
		}
		lines = append(lines, fmt.Sprintf("report of %s: %v", r.Process, r.Value))
	}
}

// logged is what the log has told.
func (st *stage) logged() (lines []string) {
	text := st.log.String()
	st.log.Reset()
	for line := range strings.Lines(text) {
		lines = append(lines, "log: "+strings.TrimSpace(line))
	}
	slices.Sort(lines)
	return lines
}

// endings tells of processes that have ended.
func (st *stage) endings(s flow.Status) (lines []string) {
	var gone []string
	for _, p := range s.Processes {
		r := st.roles[p.Name]
		if r.gone || slices.ContainsFunc(p.Workers, func(w flow.WorkerStatus) bool { return w.Activity != flow.Gone }) {
			continue
		}
		r.gone = true
		gone = append(gone, p.Name)
	}
	if len(gone) > 0 {
		lines = append(lines, "ended: "+strings.Join(gone, ", "))
	}
	return lines
}

// returned tells of commands that wait, or have returned.
func (st *stage) returned() (lines []string) {
	for _, e := range st.errands {
		switch {
		case e.done && !e.told && (e.result != "nil" || e.waits):
			lines = append(lines, e.name+" returns "+e.result)
		case !e.done && !e.waits:
			lines = append(lines, e.name+" waits")
			e.waits = true
		}
		e.told = e.done
	}
	return lines
}

// accounts tells the accounts that have changed.
func (st *stage) accounts(s flow.Status) (lines []string) {
	for i, e := range s.Edges {
		line := e.Stats.String()
		if e.SendersWaiting > 0 {
			line += fmt.Sprintf(", senders waiting %d", e.SendersWaiting)
		}
		if line != st.last[i] {
			lines = append(lines, line)
		}
		st.last[i] = line
	}
	return lines
}

func (st *stage) state(s flow.Status) (lines []string) {
	if s.State == st.was {
		return nil
	}
	st.was = s.State
	if s.State == flow.Over {
		return []string{"the flow is over; Wait returns " + result(st.flow.Wait())}
	}
	return []string{"the flow is " + s.State.String()}
}

// result tells an error in one line.
func result(err error) string {
	if err == nil {
		return "nil"
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return text
}
