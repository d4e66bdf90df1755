package flow_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// tick divides all durations of a transcript: an advance stops so often to see what has happened.
const tick = 100 * time.Millisecond

// stage is where a transcript plays.
type stage struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	plan   *plan
	graph  *flow.Graph
	flow   *flow.Flow
	began  time.Time
	last   map[int]string // accounts of edges
	was    flow.State
	log    bytes.Buffer

	mu      sync.Mutex // for what functions and commands write down
	roles   map[string]*role
	errands []*errand
}

// errand is a command that may wait.
type errand struct {
	name              string
	done, waits, told bool
	result            string
}

func newStage(ctx context.Context) *stage {
	st := &stage{}
	st.ctx, st.cancel = context.WithCancelCause(ctx)
	return st
}

// command carries out one command, and tells what happened. An error is about the line at.
func (st *stage) command(lines []string) (happened []string, at int, err error) {
	w := &words{strings.Fields(lines[0])}
	name := w.next()
	if name == "graph" {
		return st.setUp(w, lines[1:])
	}
	c, known := commands[name]
	switch {
	case !known:
		return nil, 0, fmt.Errorf("there is no command %q", name)
	case st.plan == nil:
		return nil, 0, errors.New("there is no graph yet")
	case st.flow == nil && !c.before:
		return nil, 0, errors.New("the flow has not been started")
	}
	happened, err = c.run(st, w)
	if err == nil && w.left() > 0 {
		err = fmt.Errorf("%q is left over", w.next())
	}
	synctest.Wait()
	if happened = append(happened, st.happened()...); len(happened) == 0 {
		happened = []string{"nothing"}
	}
	return happened, 0, err
}

// setUp reads a graph and checks it.
func (st *stage) setUp(w *words, lines []string) (happened []string, at int, err error) {
	if st.flow != nil {
		if wrong := st.close(); wrong != "" {
			return nil, 0, errors.New(wrong)
		}
	}
	name := w.next()
	plan, at, err := parsePlan(lines)
	if err != nil {
		return nil, at + 1, err
	}
	st.plan, st.flow, st.graph = plan, nil, plan.graph(name, st)
	st.roles, st.last, st.was = map[string]*role{}, map[int]string{}, flow.Running
	for _, p := range plan.procs {
		st.roles[p.name] = &role{procPlan: p}
	}
	if err := st.graph.Check(); err != nil {
		return strings.Split(strings.ReplaceAll(err.Error(), "\t", "  "), "\n"), 0, nil
	}
	return []string{"fine"}, 0, nil
}

// commands are the words that a transcript may use. What they return has happened at once.
var commands = map[string]struct {
	before bool // also before start
	run    func(*stage, *words) ([]string, error)
}{
	"start":   {true, (*stage).start},
	"fail":    {true, (*stage).fail},
	"hold":    {true, (*stage).hold},
	"release": {true, (*stage).release},
	"inject":  {false, (*stage).inject},
	"pause":   {false, (*stage).pause},
	"resume":  {false, (*stage).resume},
	"drain":   {false, (*stage).drain},
	"stop":    {false, (*stage).stop},
	"cancel":  {false, (*stage).end},
	"advance": {false, (*stage).advance},
	"status":  {false, (*stage).status},
	"scale":   {false, (*stage).scale},
	"swap":    {false, (*stage).swap},
	"cast":    {false, (*stage).cast},
	"explain": {false, (*stage).explain},
}

// start [paused] [logged] starts the flow.
func (st *stage) start(w *words) ([]string, error) {
	var opts []flow.StartOption
	if w.left() > 0 && w.all[0] == "paused" {
		w.next()
		opts = append(opts, flow.StartPaused())
	}
	if w.left() > 0 && w.all[0] == "logged" {
		w.next()
		opts = append(opts, flow.Log(slog.New(slog.NewTextHandler(&st.log, &slog.HandlerOptions{ReplaceAttr: bare}))))
	}
	if w.left() > 0 {
		return nil, nil
	}
	f, err := st.graph.Start(st.ctx, opts...)
	if err != nil {
		return []string{"start returns " + result(err)}, nil
	}
	st.flow, st.began = f, time.Now()
	for i, e := range f.Status().Edges {
		st.last[i] = runnel.Stats{Name: e.Name}.String()
	}
	return nil, nil
}

// bare leaves out what the log says of times.
func bare(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey || a.Value.Kind() == slog.KindDuration || a.Key == "flow" {
		return slog.Attr{}
	}
	return a
}

// role reads the name of a process.
func (st *stage) role(w *words) (*role, error) {
	name := w.next()
	r := st.roles[name]
	if r == nil {
		return nil, fmt.Errorf("there is no process %q", name)
	}
	return r, nil
}

// fail P N [panic|exit|done] lets the next N calls of the function of P fail.
func (st *stage) fail(w *words) ([]string, error) {
	r, err := st.role(w)
	if err != nil {
		return nil, err
	}
	n, err := w.number("fail")
	how := "error"
	if w.left() > 0 {
		how = w.next()
	}
	if err == nil && !slices.Contains([]string{"error", "panic", "exit", "done"}, how) {
		err = fmt.Errorf("no function fails by %q", how)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	for range n {
		r.next = append(r.next, how)
	}
	return nil, err
}

// hold P lets the function of P wait in the middle of a message.
func (st *stage) hold(w *words) ([]string, error) {
	r, err := st.role(w)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if r.held == nil {
		r.held = runnel.New[struct{}]()
	}
	return nil, nil
}

// release P lets it go on.
func (st *stage) release(w *words) ([]string, error) {
	r, err := st.role(w)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if r.held != nil {
		r.held.Close()
		r.held = nil
	}
	return nil, nil
}

// errand does in a goroutine what may wait.
func (st *stage) errand(name string, do func() string) {
	e := &errand{name: name}
	st.errands = append(st.errands, e)
	go func() {
		result := do()
		st.mu.Lock()
		defer st.mu.Unlock()
		e.done, e.result = true, result
	}()
}

// inject PORT V... injects values.
func (st *stage) inject(w *words) ([]string, error) {
	name := "inject " + strings.Join(w.all, " ")
	to := w.next()
	var values []any
	for w.left() > 0 {
		v, err := w.number(to)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	st.errand(name, func() string { return result(st.flow.Inject(bg, to, values...)) })
	return nil, nil
}

// rest takes all words that are left.
func (w *words) rest() []string {
	all := w.all
	w.all = nil
	return all
}

// pause [P...] pauses processes.
func (st *stage) pause(w *words) ([]string, error) {
	names := w.rest()
	st.errand("pause", func() string { return result(st.flow.Pause(names...)) })
	return nil, nil
}

// resume [P...] lets them go on.
func (st *stage) resume(w *words) ([]string, error) {
	names := w.rest()
	st.errand("resume", func() string { return result(st.flow.Resume(names...)) })
	return nil, nil
}

// limit reads "within D": a context that ends then.
func (st *stage) limit(w *words) (ctx context.Context, cancel context.CancelFunc, err error) {
	if w.left() == 0 || w.all[0] != "within" {
		return bg, func() {}, nil
	}
	w.next()
	d, err := w.duration("within")
	ctx, cancel = context.WithTimeout(bg, d)
	return ctx, cancel, err
}

// drain [within D] drains the flow.
func (st *stage) drain(w *words) ([]string, error) {
	ctx, cancel, err := st.limit(w)
	st.errand("drain", func() string {
		defer cancel()
		return result(st.flow.Drain(ctx))
	})
	return nil, err
}

// stop [now|within D] stops the flow.
func (st *stage) stop(w *words) ([]string, error) {
	ctx, cancel, err := st.limit(w)
	if w.left() > 0 && w.all[0] == "now" {
		w.next()
		ctx, cancel = context.WithCancel(bg)
		cancel()
	}
	st.errand("stop", func() string {
		defer cancel()
		return "an account: dropped " + st.flow.Stop(ctx).Dropped().String()
	})
	return nil, err
}

// cancel ends the context of the flow.
func (st *stage) end(*words) ([]string, error) {
	st.cancel(errors.New("the context has ended"))
	return nil, nil
}

// advance D lets time pass.
func (st *stage) advance(w *words) (all []string, err error) {
	d, err := w.duration("advance")
	for ; err == nil && d > 0; d -= tick {
		time.Sleep(tick)
		synctest.Wait()
		if lines := st.happened(); len(lines) > 0 {
			all = append(all, "at "+time.Since(st.began).String())
			all = append(all, lines...)
		}
	}
	return all, err
}

// scale P N changes how many workers P has.
func (st *stage) scale(w *words) ([]string, error) {
	r, err := st.role(w)
	if err != nil {
		return nil, err
	}
	n, err := w.number("scale")
	st.mu.Lock()
	r.drawn = true
	st.plan.draw()
	st.mu.Unlock()
	st.errand("scale", func() string { return result(st.flow.Scale(r.name, n)) })
	return nil, err
}

// swap P WORD... puts a process in the place of P that is described by the words.
func (st *stage) swap(w *words) ([]string, error) {
	r, err := st.role(w)
	if err != nil {
		return nil, err
	}
	p, _, err := parsePlan([]string{r.name + " " + strings.Join(w.rest(), " ")})
	if err != nil {
		return nil, err
	}
	to := makers[p.procs[0].kind](p.procs[0], st)
	st.errand("swap", func() string { return result(st.flow.Swap(r.name, to)) })
	return nil, nil
}

// cast V gives a note to all that listen.
func (st *stage) cast(w *words) ([]string, error) {
	v, err := w.number("cast")
	return []string{fmt.Sprintf("%d listening", flow.Cast(st.flow, note(v)))}, err
}

// explain tells why nothing moves.
func (st *stage) explain(*words) ([]string, error) {
	return strings.Split(st.flow.Explain().String(), "\n"), nil
}

// status tells what every worker does, and all accounts.
func (st *stage) status(*words) (lines []string, err error) {
	s := st.flow.Status()
	for _, p := range s.Processes {
		line := fmt.Sprintf("%s: done %d, failed %d", p.Name, p.Done, p.Failed)
		if p.Paused {
			line += ", paused"
		}
		for _, w := range p.Workers {
			line += "; " + activity(w)
		}
		lines = append(lines, line)
	}
	for i := range s.Edges {
		lines = append(lines, st.last[i])
	}
	return lines, nil
}

func activity(w flow.WorkerStatus) string {
	text := w.Activity.String()
	if w.Activity != flow.Gone {
		text += " for " + w.For.String()
	}
	if w.On != "" {
		text += " on " + w.On
	}
	return text
}

// close is what is wrong at the end: a transcript goes on until its flow is over.
func (st *stage) close() string {
	if st.flow == nil {
		return ""
	}
	return balance(st.flow.Status())
}

// clear leaves nothing behind, also after an error.
func (st *stage) clear() {
	st.cancel(nil)
	for _, r := range st.roles {
		if r.held != nil {
			r.held.Close()
		}
	}
	if st.flow != nil {
		st.flow.Wait()
	}
}
