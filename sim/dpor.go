package sim

import "github.com/runnel-go/runnel/internal/hook"

// Dynamic partial order reduction: of the schedules that differ only in the order of moves that
// do not touch the same things, one is run.
//
// A move is what a task does from one decision to the next. Two moves depend on each other if
// their footprints meet (footprint.go), and one happens before the other if it had to
// (clocks.go). Whenever two moves turn out to be a race, which are dependent moves of which
// neither had to come first, the other order is to be tried: at the earlier of the two, a task
// is put on the list of those to be tried that leads to the later move without the earlier.
// A task that has been tried there need not be tried again until something has happened that
// its move depends on; until then it sleeps. Choices among cases are all tried.
//
//	tried ∩ todo = ∅, and both ⊆ enabled
//	when a move is taken off the stack, every schedule that begins with the moves below it is
//	equivalent to one that has been run
//
// Sources: Flanagan, Godefroid: Dynamic Partial-Order Reduction for Model Checking Software,
// POPL 2005. Abdulla, Aronis, Jonsson, Sagonas: Optimal Dynamic Partial Order Reduction, POPL
// 2014: races by vector clocks. Godefroid: Partial-Order Methods for the Verification of
// Concurrent Systems, 1996: sleep sets.
type dpor struct {
	moves  []move // the run so far, or what is to be replayed and then changed in its last move
	depth  int    // moves made in this run
	fresh  int    // the first move of this run that differs from the last run
	runs   int    // that were begun
	forks  int    // choices made in the move under way
	tasks  [maxTasks]taskState
	places []place // by key
	all    []int   // moves that touch everything

	rivalry, races []int // kept for their memory

	late     bool         // T.Context may be made when the body has ended
	cleanups bool         // tasks call T.Cleanup
	observed map[int]bool // IDs of objects of which more than the order is seen, see footprint.go
	contexts []watched
	stacks   map[stack]struct{} // that are known not to be opaque
	endedAt  bool               // a context has ended in this run

	// Why there is nothing to be said about all schedules:
	timed    bool // there are timers: a clock that moves at any time has more schedules
	tooLong  bool // a run came near the limit of steps
	tooMany  bool // tasks
	diverged bool // a run did not repeat what an earlier one had done
	opaque   bool // tasks share what the world does not see
	native   bool // something waited without the world's knowing

	ended   bool // all has been run, and it may be said
	restart bool // an object is observed that had been taken for one that is not
	blocked bool // this run came to where all tasks sleep: it is equivalent to another one
	free    bool // the rest of this run is not looked at
}

// set is a set of tasks, by number: 0 is the clock, the body is 1.
type set uint64

const maxTasks = 64

func (s set) has(p int) bool { return s&(1<<p) != 0 }
func (s *set) add(p int)     { *s |= 1 << p }

// move is one step of the run, and what is still to be tried in its place.
type move struct {
	task    int // who makes it
	enabled set
	todo    set // to be tried in its place
	tried   set // the one that makes it, and those before
	asleep  set
	sleep   []sleeper // who sleeps there, with what they would touch
	forks   []fork    // the choices made in it
	was     sign
	anew    bool         // it has not been made by this task
	object  *hook.Object // the first of its operation, or nil

	print  footprint // what it touches
	whole  footprint // with all its choices so far
	clock  vector    // what happens before it, itself included
	after  vector    // what happens before the next move of its task
	marks  []mark    // entries made in places
	number int       // among the moves of its task, from 1
	before int       // the last move of its task, or -1
	closed bool      // the five above are set
	waker  int       // the move that made it possible, or -1
	kind   moveKind
	waits  bool // its task has parked
	goesOn bool // what follows its operation, up to the next one, touches something, too
	quiet  bool // it was made when nobody could go on
}

// sign is what must be the same when a move is made again.
type sign struct {
	op      hook.Kind
	object  int
	enabled set
}

type sleeper struct {
	task  int
	print footprint
}

type fork struct{ n, taken int }

// moveKind is how a task came to its move.
type moveKind uint8

const (
	arrival  moveKind = iota // it comes to an operation
	birth                    // it begins
	resumed                  // it was blocked, and somebody has woken it
	givingUp                 // it was blocked, and its context has ended
)

// taskState is what is known of a task in this run.
type taskState struct {
	last  int // its last move that is closed, or -1; survives the run
	kind  moveKind
	waker int
}

func newDPOR() *dpor {
	d := &dpor{observed: map[int]bool{}, stacks: map[stack]struct{}{}}
	d.forget()
	return d
}

// forget takes everything back that has been learned from moves.
func (d *dpor) forget() {
	for len(d.moves) > 0 {
		d.pop()
	}
}

// begin prepares for a run.
func (d *dpor) begin() {
	d.depth, d.forks, d.fresh = 0, 0, max(len(d.moves)-1, 0)
	d.contexts, d.endedAt, d.blocked = d.contexts[:0], false, false
	d.free = false
	d.runs++
	for i := range d.tasks {
		d.tasks[i].kind, d.tasks[i].waker = arrival, -1
		if len(d.moves) == 0 {
			d.tasks[i].last = -1
		}
	}
}

func (d *dpor) name() string  { return "dpor" }
func (d *dpor) prepare(int)   {}
func (d *dpor) born(*task)    {}
func (d *dpor) arrived(*task) {}
func (d *dpor) goes(*task)    {}

func number(t *task) int { return t.id + 1 }

// pick implements strategy: it closes the last move and decides about the next.
func (d *dpor) pick(w *world, clock bool) *task {
	if d.close(w); d.free {
		return w.usual(w.current)
	}
	enabled := d.enabled(w, clock)
	if d.depth < len(d.moves) {
		if t := d.again(w, enabled); t != nil {
			return t
		}
		d.diverged, d.free = true, true // the body does not depend on the schedule alone
		return w.usual(w.current)
	}
	m := d.push(enabled)
	if clock { // it can be stopped, and so must be tried wherever it can move
		m.todo.add(0)
	}
	t := d.awake(w, m)
	if t == nil {
		d.blocked, d.free = true, true
		d.moves = d.moves[:len(d.moves)-1]
		return w.usual(w.current) // to its end, as programs are not made to be left anywhere
	}
	m.todo &^= 1 << number(t)
	d.make(m, t, true)
	return t
}

// enabled is who can go on.
func (d *dpor) enabled(w *world, clock bool) (s set) {
	for _, t := range w.ready {
		if number(t) >= maxTasks {
			d.tooMany = true
			continue
		}
		s.add(number(t))
	}
	if clock {
		s.add(0)
	}
	return s
}

// again makes the move that is on the stack; nil if that cannot be.
func (d *dpor) again(w *world, enabled set) *task {
	m := &d.moves[d.depth]
	t := &w.ticker
	for _, r := range w.ready {
		if number(r) == m.task {
			t = r
		}
	}
	if number(t) != m.task || enabled != m.enabled {
		return nil
	}
	d.make(m, t, m.anew)
	if m.was != signOf(t, enabled) {
		return nil
	}
	return t
}

// awake is whom to try first: who would go on without a reason to switch, or the next one in
// the order of creation, but nobody who sleeps.
func (d *dpor) awake(w *world, m *move) *task {
	if w.current == nil {
		return w.ready[0]
	}
	usual := w.usual(w.current)
	if !m.asleep.has(number(usual)) {
		return usual
	}
	var best *task
	for _, t := range w.ready {
		if !m.asleep.has(number(t)) && (best == nil || later(usual, t) < later(usual, best)) {
			best = t
		}
	}
	if best == nil && m.todo.has(0) && !m.asleep.has(0) {
		return &w.ticker
	}
	return best
}

// later is how far t comes after another task, round robin.
func later(than, t *task) int { return (t.id - than.id + maxTasks) % maxTasks }

// quiet says that t goes on because nobody else can.
func (w *world) quiet(t *task) {
	if w.dpor != nil {
		w.dpor.quiet(w, t)
	}
}

// quiet takes note that t goes on because nobody else can. Everything so far has happened
// before, and there is nothing to decide.
func (d *dpor) quiet(w *world, t *task) {
	if d.close(w); d.free {
		return
	}
	var only set
	only.add(number(t) % maxTasks)
	if d.depth == len(d.moves) {
		d.push(only)
	}
	m := &d.moves[d.depth]
	d.diverged = d.diverged || m.enabled != only
	m.quiet = true
	d.make(m, t, true)
}

// halts says that no task can go on.
func (w *world) halts() {
	if w.dpor != nil {
		w.dpor.halts(w)
	}
}

// halts sees to it that the clock, if it is one that moves at any time, is tried at earlier
// moments, too: as if it moved now and had not waited for this moment.
func (d *dpor) halts(w *world) {
	d.close(w)
	if d.free || d.depth < len(d.moves) || !w.mayTickNow() {
		return
	}
	d.make(d.push(1), &w.ticker, true)
	d.close(w)
	d.pop()
	d.depth--
}

// make makes t do move m; anew if it was not the one that did so before.
func (d *dpor) make(m *move, t *task, anew bool) {
	p := number(t) % maxTasks
	s := &d.tasks[p]
	m.task, m.kind, m.waker = p, s.kind, s.waker
	m.tried.add(p)
	s.kind, s.waker = arrival, -1
	if anew {
		m.was, m.anew = signOf(t, m.enabled), false
	}
	m.object = nil
	if len(t.op.objects) > 0 && m.kind != birth {
		m.object = t.op.objects[0]
	}
	d.depth++
	d.forks = 0
	if d.recording() {
		m.print.reset()
		m.goesOn = false
		d.treads(m, t)
	}
}

// recording tells whether the move under way is not yet known.
func (d *dpor) recording() bool { return !d.free && d.depth > d.fresh }

// current is the move under way, nil at the beginning.
func (d *dpor) current() *move {
	if d.depth == 0 {
		return nil
	}
	return &d.moves[d.depth-1]
}

func signOf(t *task, enabled set) sign {
	s := sign{op: t.op.kind, enabled: enabled}
	if len(t.op.objects) > 0 {
		s.object = t.op.objects[0].ID
	}
	return s
}

// choose implements strategy.
func (d *dpor) choose(n int) int {
	if d.free {
		return 0
	}
	m := d.current()
	k := d.forks
	d.forks++
	if k == len(m.forks) {
		m.forks = append(m.forks, fork{n: n})
	}
	if f := m.forks[k]; f.n == n {
		return f.taken
	}
	d.diverged, d.free = true, true
	return 0
}

// push puts a move on the stack that nobody has made.
func (d *dpor) push(enabled set) *move {
	if n := len(d.moves); n < cap(d.moves) {
		d.moves = d.moves[:n+1]
	} else {
		d.moves = append(d.moves, move{})
	}
	i := len(d.moves) - 1
	m := &d.moves[i]
	*m = move{
		enabled: enabled, sleep: m.sleep[:0], forks: m.forks[:0], clock: m.clock[:0], after: m.after[:0],
		marks: m.marks[:0], print: m.print, whole: m.whole,
	}
	m.print.reset()
	m.whole.reset()
	if i > 0 {
		m.inherit(&d.moves[i-1])
	}
	return m
}

// inherit lets those sleep on who slept before the move m and do not depend on it.
func (next *move) inherit(m *move) {
	for i := range m.sleep {
		s := &m.sleep[i]
		if s.task != m.task && !s.print.meets(&m.print) {
			next.goesToSleep(s.task, &s.print)
		}
	}
}

// goesToSleep keeps a copy: memory of moves is used again.
func (m *move) goesToSleep(task int, f *footprint) {
	if n := len(m.sleep); n < cap(m.sleep) {
		m.sleep = m.sleep[:n+1]
	} else {
		m.sleep = append(m.sleep, sleeper{})
	}
	s := &m.sleep[len(m.sleep)-1]
	s.task = task
	s.print.reset()
	s.print.join(f)
	m.asleep.add(task)
}

// finish ends a run.
func (d *dpor) finish(w *world) {
	d.close(w)
	if w.failure == nil && !d.blocked && d.depth < len(d.moves) {
		d.diverged = true
	}
	if w.clock.strayed() {
		d.native = true
	}
	if len(w.tasks) >= maxTasks {
		d.tooMany = true
	}
}

// advance changes the last move of the stack for which something is left to be tried. It
// returns false if there is none: all schedules have been explored.
func (d *dpor) advance() bool {
	if d.restart {
		d.restart = false
		d.forget()
		return true
	}
	for len(d.moves) > 0 {
		m := &d.moves[len(d.moves)-1]
		d.open(len(d.moves) - 1)
		m.whole.join(&m.print)
		if m.chooseNext() || m.switchTask() {
			return true
		}
		d.pop()
	}
	return false
}

// chooseNext makes the last choice in m that has another possibility.
func (m *move) chooseNext() bool {
	for n := len(m.forks); n > 0; n-- {
		f := &m.forks[n-1]
		if f.taken+1 < f.n {
			f.taken++
			m.forks = m.forks[:n]
			return true
		}
	}
	return false
}

// switchTask lets another task make the move.
func (m *move) switchTask() bool {
	m.goesToSleep(m.task, &m.whole)
	m.forks = m.forks[:0]
	m.whole.reset()
	left := m.todo &^ m.asleep
	if left == 0 {
		return false
	}
	for p := range maxTasks {
		if q := (p + 1) % maxTasks; left.has(q) { // the clock last
			m.todo &^= 1 << q
			m.task, m.anew = q, true
			return true
		}
	}
	return false
}

// complete tells whether what has been run stands for all schedules.
func (d *dpor) complete() bool {
	return !(d.tooLong || d.tooMany || d.diverged || d.opaque || d.native)
}
