package sim

import (
	"context"
	"runtime"
	"slices"
	"strings"

	"github.com/runnel-go/runnel/internal/hook"
)

// footprint is what a move touches.
//
//	moves whose footprints do not meet can change places: each does the same, and the same
//	state results, as far as anybody ever sees
//
// It is collected while the move is made, not announced: what a move touches may depend on the
// state, and whatever the move does goes through the world. Its parts are:
//
//   - the objects of its operation, as published before
//   - the channels of a Select that it wakes, since that waits there no more
//   - where its task parks, if that is elsewhere (Cond.Wait unlocks first)
//   - the clock, if a timer is set or stopped: timers of one moment fire in the order of setting
//   - the list of T.Cleanup
//   - everything, if a task went on after T.Point, if a context ended in it, or was seen for the
//     first time so that it is not known where it might end, and while there are invariants,
//     which see all
//
// A channel that only queues has two ends. Sends touch its tail and receives its head, so they
// do not depend on each other: the n-th value sent is the n-th received, whoever comes first
// and waits for the other. All other operations touch both, and those that see who was first
// (Try forms, Select, Len, batches and callbacks, which differ in who calls) make the channel
// an observed one, where sends and receives touch both ends, too. In the same way Unlock of a
// Mutex that is never tried touches nothing. Loads of a word (package step) touch a part that
// belongs to their task, so that they depend on what writes the word but not on each other. But
// whether a Send or the Recv that takes its value comes first decides whose task goes on with it
// at once: if that touches anything before its next decision, the channel is an observed one as
// well. What turns out to be observed when it has been
// treated otherwise makes the enumeration begin anew.
type footprint struct {
	all     bool
	touches []touch
}

// touch is a part of an object.
type touch struct {
	key   int
	parts uint64
}

const (
	tail  uint64 = 1<<32 - 1
	head         = ^tail
	whole        = tail | head
)

// The keys of what is no object.
const (
	timeKey       = iota
	cleanupsKey   // what is to be called when the body has ended
	waitGroupsKey // all of them: a WaitGroup is touched before its operation, perhaps before it is known
	listKey       // of channels
	objectsKey
)

func (f *footprint) reset() { f.all, f.touches = false, f.touches[:0] }

// meets tells whether two moves depend on each other.
func (f *footprint) meets(g *footprint) bool {
	if f.all || g.all {
		return true
	}
	for _, a := range f.touches {
		for _, b := range g.touches {
			if a.key == b.key && a.parts&b.parts != 0 {
				return true
			}
		}
	}
	return false
}

func (f *footprint) touch(key int, parts uint64) {
	for i := range f.touches {
		if f.touches[i].key == key {
			f.touches[i].parts |= parts
			return
		}
	}
	f.touches = append(f.touches, touch{key, parts})
}

// join makes f touch what g touches.
func (f *footprint) join(g *footprint) {
	f.all = f.all || g.all
	for _, t := range g.touches {
		f.touch(t.key, t.parts)
	}
}

func keyOf(o *hook.Object) int {
	switch {
	case o.Type == "WaitGroup":
		return waitGroupsKey
	case o.Type == "Channels":
		return listKey
	case o.Twin != nil:
		return objectsKey + min(o.ID, o.Twin.ID)
	}
	return objectsKey + o.ID
}

// treads notes what t touches by what it is about to do in m.
func (d *dpor) treads(m *move, t *task) {
	switch {
	case number(t) == 0:
		m.print.all = true
	case m.quiet, m.kind == birth:
	case m.kind == resumed:
		d.resumes(m, &t.op)
	case m.kind == givingUp: // it takes itself off the queues
		m.print.touchAll(t.op.objects)
	default:
		d.carriesOut(m, &t.op)
	}
}

func (f *footprint) touchAll(objects []*hook.Object) {
	for _, o := range objects {
		f.touch(keyOf(o), whole)
	}
}

// resumes: whoever waits for a channel has got it already, and only clears up. (But the time
// that it has waited, which channels with a name keep, is now added, and what lies in a queue
// before a transducer delays its end.) Whoever waits for a lock looks again.
func (d *dpor) resumes(m *move, o *op) {
	for _, x := range o.objects {
		if x.Channel != nil && (x.Queue || x.Twin == nil && o.kind != hook.Select) && (x.Name == "" || !d.observed[x.ID]) {
			continue
		}
		if o.kind == hook.Load { // it waited for the word to change
			m.print.touch(keyOf(x), 1<<m.task)
			continue
		}
		m.print.touch(keyOf(x), whole)
	}
}

// carriesOut notes what an operation touches to which a task has come.
func (d *dpor) carriesOut(m *move, o *op) {
	if o.kind == hook.Point {
		m.print.all = true
		return
	}
	for _, x := range o.objects {
		if observes(o.kind) {
			d.observe(x)
		}
		if parts := d.partsOf(m.task, o.kind, x); parts != 0 {
			m.print.touch(keyOf(x), parts)
		}
	}
}

// partsOf is what an operation of this kind, by this task, touches of x.
func (d *dpor) partsOf(task int, k hook.Kind, x *hook.Object) uint64 {
	if d.observed[x.ID] {
		return whole
	}
	switch {
	case k == hook.Send && x.Queue:
		return tail
	case k == hook.Recv && x.Queue:
		return head
	case k == hook.Load:
		return 1 << task
	case k == hook.Unlock && x.Type == "Mutex":
		return 0
	}
	return whole
}

// observes tells of operations that see more of an object than the order of those on its side.
func observes(k hook.Kind) bool {
	switch k {
	case hook.TrySend, hook.TryRecv, hook.Select, hook.TrySelect, hook.Look, hook.TryLock,
		hook.SendAll, hook.RecvUpTo, hook.SendFunc, hook.RecvFunc:
		return true
	}
	return false
}

// observe makes x an observed object.
func (d *dpor) observe(x *hook.Object) {
	if !d.observed[x.ID] {
		d.observed[x.ID] = true
		d.restart = true
	}
}

// enables takes note that t becomes ready, by the move under way.
func (d *dpor) enables(t *task) {
	p := number(t)
	if p >= maxTasks {
		d.tooMany = true
		return
	}
	s := &d.tasks[p]
	s.waker = d.depth - 1
	switch {
	case t.state != blocked:
		s.kind = birth
	case t.givenUp:
		s.kind = givingUp
	default:
		s.kind = resumed
	}
}

// wakes takes note that the wait of t has an end: with a Select that waits elsewhere, too.
func (d *dpor) wakes(t *task) {
	if m := d.current(); m != nil && d.recording() && t.op.kind == hook.Select {
		m.print.touchAll(t.op.objects)
	}
}

// arrives takes note that the task that runs has come to an operation. It counts for a
// WaitGroup from that moment on.
func (d *dpor) arrives(o *op) {
	if m := d.current(); m != nil && d.recording() && (o.kind == hook.Add || o.kind == hook.Wait) {
		m.print.touchAll(o.objects)
		m.goesOn = true
	}
}

// opaque are the packages of ours that share state in ways that the world does not see: behind
// native locks and in atomic variables.
var opaque = []string{"/runnel/flow.", "/runnel/mq."}

// makes takes note that the task that runs makes a channel or a task, as these packages do
// before they share anything.
func (d *dpor) makes(s stack) {
	if _, known := d.stacks[s]; d.opaque || known {
		return
	}
	d.stacks[s] = struct{}{}
	d.opaque = isOpaque(s[:])
}

// stack is where something was called, up to the first 0.
type stack [48]uintptr

func callers() (s stack) {
	runtime.Callers(3, s[:])
	return s
}

// isOpaque tells whether one of them is at work.
func isOpaque(pcs []uintptr) bool {
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		for _, name := range opaque {
			if strings.Contains(f.Function, name) {
				return true
			}
		}
		if !more {
			return false
		}
	}
}

// parks takes note that t parks.
func (d *dpor) parks(t *task) {
	if t.ctx != nil {
		d.under(t.ctx)
	}
	m := d.current()
	if m == nil || !d.recording() {
		return
	}
	for _, x := range t.op.objects {
		if !slices.ContainsFunc(m.print.touches, func(u touch) bool { return u.key == keyOf(x) }) {
			m.print.touch(keyOf(x), whole)
		}
	}
}

// Touch implements hook.World.
func (w *world) Touch(objects ...*hook.Object) {
	if w.dpor == nil {
		return
	}
	if m := w.dpor.current(); m != nil && w.dpor.recording() {
		m.print.touchAll(objects)
		m.goesOn = true
	}
}

func (d *dpor) touchesTime() {
	d.timed = true
	d.touches(timeKey)
}

func (d *dpor) touches(key int) {
	if m := d.current(); m != nil && d.recording() {
		m.print.touch(key, whole)
		m.goesOn = true
	}
}

// touchesCleanups says that the task that runs works on the list of what is to be called when
// the body has ended. That matters only if tasks other than the body do so.
func (w *world) touchesCleanups() {
	d := w.dpor
	if d == nil {
		return
	}
	if w.current.id != 0 {
		d.learn(&d.cleanups)
	}
	if d.cleanups {
		d.touches(cleanupsKey)
	}
}

// learn takes note of something that matters to moves that have been made already.
func (d *dpor) learn(that *bool) { d.restart, *that = d.restart || !*that, true }

// watched is a context under which an operation was carried out.
type watched struct {
	ctx   context.Context
	ended bool
}

// Under implements hook.World.
func (w *world) Under(ctx context.Context) {
	w.expect(ctx)
	if w.dpor != nil {
		w.dpor.under(ctx)
	}
}

// uses takes note of T.Context when it is asked for the first time, which is when it is made,
// but on threads. If nobody does, its end makes no move depend on others.
func (d *dpor) uses(t *T) {
	if slices.ContainsFunc(d.contexts, func(c watched) bool { return c.ctx == t.ctx }) {
		return
	}
	d.contexts = append(d.contexts, watched{t.ctx, t.ended})
	d.endedAt = d.endedAt || t.ended
	if t.ended {
		d.learn(&d.late)
	}
}

// bodyEnds takes note of the end of T.Context, even if it is made only later.
func (d *dpor) bodyEnds() {
	if m := d.current(); m != nil && d.late {
		m.printsAll(d)
	}
}

// under takes note of a context. Contexts are told apart by their Done, since they need not be
// comparable. Under one that is new anything may have happened before, and whoever ends it
// before it is known cannot be recognised, so the move depends on everything.
func (d *dpor) under(ctx context.Context) {
	m := d.current()
	if m == nil || ctx.Done() == nil {
		return
	}
	for _, c := range d.contexts {
		if c.ctx.Done() == ctx.Done() {
			return
		}
	}
	m.printsAll(d)
	ended := ctx.Err() != nil
	d.contexts = append(d.contexts, watched{ctx, ended})
	d.endedAt = d.endedAt || ended
}

// printsAll notes that what follows the operation of m depends on everything.
func (m *move) printsAll(d *dpor) {
	if d.recording() {
		m.print.all, m.goesOn = true, true
	}
}

// endsContexts looks whether contexts have ended in the move m.
func (d *dpor) endsContexts(m *move) {
	for i := range d.contexts {
		if c := &d.contexts[i]; !c.ended && c.ctx.Err() != nil {
			c.ended, d.endedAt = true, true
			m.printsAll(d)
		}
	}
}
