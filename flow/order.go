package flow

import "github.com/runnel-go/runnel"

// Ordered lets what the workers of a [Parallel] process give leave in the order in which their
// messages were taken, whatever edges they came by. A worker that is ready before its turn waits
// for it with its message in hand, before its first output, and has it until the message is
// done with. A message that fails, or gives nothing, passes its turn on.
//
// So one slow message holds up what comes behind it, and at most n are in the process: with
// messages that take unequal time give Parallel more workers than run at once.
func Ordered() ProcOption { return func(s *settings) { s.ordered = true } }

// lineup puts the messages that the workers of a process have in hand into lines: one for all of
// them (Ordered), or one for each key (Keyed).
//
//	the order in a line is that of receipt: who receives has the role from before the receipt until
//	                                        its message is in line, and one worker at a time has it
//	first of a line ⇔ its turn: to give values (Ordered), to be worked on at all (Keyed)
//	count = Σ length of the lines ≤ workers;  a message in hand is in line, or its worker has the role
//
// A message leaves its line, wherever it stands there, when it has been carried through, rejected
// or skipped. The lock is never held during an operation on a channel or in the user's code.
//
// In a cycle the process counts as one, since its workers cannot all look at the inputs: it gets
// nothing from outside any more as soon as
//
//	who has the role has seen the end of all inputs from outside, and count = 0
type lineup struct {
	p    *process
	role *runnel.Chan[struct{}] // holds a value while nobody has the role
	all  line                   // that of Ordered
	keys any                    // of Keyed: a sorter, whatever its types

	mu      runnel.Mutex
	count   int
	sealed  bool // nothing comes from outside of the cycle any more
	settled bool // and the cycle has been told
}

// line is a queue of workers.
type line struct {
	first, last *rank
	emptied     func() // under the lock of the lineup, or nil
}

// rank is a worker in a lineup.
type rank struct {
	*lineup
	w             *worker
	has           bool // the role
	line          *line
	before, after *rank
	first         bool                   // as far as this worker knows; it stays so
	waits         bool                   // for its turn
	called        *runnel.Chan[struct{}] // tells that the turn has come
}

func newLineup(p *process) *lineup {
	if !p.set.ordered && p.set.keyed == nil {
		return nil
	}
	l := &lineup{p: p, role: runnel.New[struct{}](runnel.Buffer(1))}
	l.role.TrySend(struct{}{})
	if p.set.keyed != nil {
		l.keys = p.set.keyed.sorter()
	}
	return l
}

// rank gives a worker its place, nil without a lineup.
func (l *lineup) rank(w *worker) *rank {
	if l == nil {
		return nil
	}
	return &rank{lineup: l, w: w, called: runnel.New[struct{}](runnel.Buffer(1))}
}

// ranked puts the messages of an input into line before f gets them.
func ranked[A any](w *worker, f func(A) error) func(A) error {
	r := w.rank
	if r == nil {
		return f
	}
	if keys, ok := r.keys.(sorter[A]); ok {
		return func(v A) error {
			if r.line == nil {
				keys.sort(r, v)
			}
			if err := r.start(); err != nil {
				return err
			}
			return f(v)
		}
	}
	return func(v A) error {
		if r.line == nil {
			r.joinAll()
		}
		return f(v)
	}
}

// receives waits for the role. It reports false if the worker must not wait any more.
func (r *rank) receives() bool {
	if _, err := r.role.TryRecv(); err != nil {
		return r.waitsForRole()
	}
	r.has = true
	return true
}

func (r *rank) waitsForRole() bool {
	r.w.idles()
	_, err := r.role.Recv(r.w.ctx)
	r.p.idled.Add(int64(r.p.f.now() - r.w.stamped))
	r.has = err == nil
	return r.has
}

func (r *rank) joinAll() {
	r.mu.Lock()
	r.join(&r.all)
	r.mu.Unlock()
	r.yield()
}

// join goes to the end of a line. The lock is held.
func (r *rank) join(l *line) {
	r.line, r.before = l, l.last
	if l.last == nil {
		l.first = r
	} else {
		l.last.after = r
	}
	l.last = r
	r.count++
}

// yield gives the role back.
func (r *rank) yield() {
	if r.has {
		r.has = false
		r.role.TrySend(struct{}{})
	}
}

// await waits until it is the turn of the worker, unless it is. An error tells that the flow
// stops.
func (r *rank) await() (waited bool, err error) {
	if r.first || r.line == nil {
		return false, nil
	}
	r.mu.Lock()
	r.first = r.line.first == r
	r.waits = !r.first
	r.mu.Unlock()
	if r.first {
		return false, nil
	}
	r.w.waits(queued, nil)
	_, err = r.called.Recv(r.p.f.hard)
	r.w.resumes()
	r.first = err == nil
	return true, err
}

// start is await before the user's function begins: it does not in a pause.
func (r *rank) start() error {
	if waited, err := r.await(); err != nil || !waited {
		return err
	}
	return r.w.starts()
}

// leave is what follows the end of a message, or of the worker: the next one has its turn.
func (r *rank) leave() {
	r.yield()
	if r.line == nil {
		return
	}
	r.mu.Lock()
	next := r.unlink()
	r.count--
	r.mu.Unlock()
	r.line, r.first, r.waits = nil, false, false
	if next != nil {
		next.called.TrySend(struct{}{})
	}
	r.settle()
}

// unlink takes the worker out of its line, and returns who is to be told that it is first now.
// The lock is held.
func (r *rank) unlink() (next *rank) {
	l := r.line
	if r.before == nil {
		l.first = r.after
	} else {
		r.before.after = r.after
	}
	if r.after == nil {
		l.last = r.before
	} else {
		r.after.before = r.before
	}
	r.before, r.after = nil, nil
	switch {
	case l.first == nil:
		if l.emptied != nil {
			l.emptied()
		}
	case l.first.waits:
		l.first.waits = false
		return l.first
	}
	return nil
}

// seal notes that nothing comes from outside of the cycle any more.
func (l *lineup) seal() {
	l.mu.Lock()
	l.sealed = true
	l.mu.Unlock()
	l.settle()
}

// settle tells the cycle, once, if the process will get nothing from outside of it any more.
func (l *lineup) settle() {
	if l.p.ring == nil {
		return
	}
	l.mu.Lock()
	due := l.sealed && l.count == 0 && !l.settled
	l.settled = l.settled || due
	l.mu.Unlock()
	if due {
		l.p.ring.unsettled.Add(-1)
		l.p.ring.settle()
	}
}

// settlers is for how many the process counts in its cycle.
func (p *process) settlers() int64 {
	if p.lineup != nil {
		return 1
	}
	return int64(len(p.gate.workers))
}
