package runnel

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel/internal/hook"
	"github.com/runnel-go/runnel/internal/step"
)

// selection is a set of cases that wait together; at most one of them is ever chosen.
//
//	word = epoch<<1 | active.   A wait begins by activating, with a new epoch, and ends when
//	somebody takes the active bit away: whoever completes one of the cases, the watch of the
//	context, or the selection itself. Only who took the bit may touch the outcome.
//
//	waits safely ⇔ active, every case lies in its channel's queue, and no channel was ready
//	at some moment after activation
//
// Cases are put into the queues while the selection is inactive. Others who meet them there
// skip them and take them off, so after activation every case is looked at once more: its
// channel may have become ready, or the case may have been taken off, before others could
// see that the selection waits. This needs no lock that spans several channels, and it lets
// the cases lie in the queues from one Select to the next: a loop over many channels queues
// only the one case that was chosen the last time. (docs/design/0004-select.md)
type selection struct {
	word     step.Uint64
	watch    watch
	armed    step.Uint64  // id of the registration that may cancel the wait, 0 for none
	winner   int          // index of the case that was completed, cancelled if the context ended
	cases    []*caseCore  // nil where the caller gave a nil case
	lead     int          // index of the first case that can fire
	byID     []*caseCore  // in locking order; made when first needed
	waits    int          // how often it has waited
	turn     int          // where beginLocked begins to queue: of two cases on one channel the first is served
	inOrder  bool         // the first in order is to be served first
	sticky   bool         // cases stay in the queues between waits
	timed    bool         // some channel is
	fleeting bool         // some case is fleeting
	since    atomic.Int64 // when the wait began, if timed
	task     hook.Task    // not nil: a task of a simulation waits, instead of a goroutine
	parker
}

const (
	cancelled = -1
	retry     = -2
)

// wake tells whoever waits with s that the wait has ended.
func (s *selection) wake() {
	if s.task != nil {
		s.task.Wake()
		return
	}
	s.parker.wake()
}

func (s *selection) waiting() bool { return s.word.Load()&1 != 0 }

// claim ends the wait in favour of a case. It fails if the selection does not wait.
func (s *selection) claim(index int) bool { return s.take(s.word.Load(), index) }

func (s *selection) take(w uint64, winner int) bool {
	if w&1 == 0 || !s.word.CompareAndSwap(w, w&^1) {
		return false
	}
	s.winner = winner
	return true
}

// cancelWait implements cancellable. The word is read before armed: if both belong to the
// same wait, and only then, the claim can succeed.
func (s *selection) cancelWait(id uint64) {
	if w := s.word.Load(); s.armed.Load() == id && s.take(w, cancelled) {
		s.wake()
	}
}

func (s *selection) activate() {
	if s.timed {
		s.since.Store(int64(s.now()))
	}
	s.word.Store((s.word.Load()>>1+1)<<1 | 1)
}

// now is the time by which the waits of s are measured.
func (s *selection) now() time.Duration {
	for _, c := range s.cases {
		if c != nil && c.object != nil {
			return c.object.World.Now().Sub(epoch)
		}
	}
	return now()
}

// deactivate ends the wait without an outcome. It fails if there is one.
func (s *selection) deactivate() bool {
	w := s.word.Load()
	return w&1 != 0 && s.word.CompareAndSwap(w, w&^1)
}

// selectionOf returns the selection of these cases, which g has looked at, made anew if the
// first of them leads another one.
func selectionOf(cases []Case, g glance) *selection {
	first := coreOf(cases[g.lead])
	if g.known {
		return first.leads
	}
	if first.leads == nil {
		first.leads = &selection{}
	} else {
		first.leads.release()
	}
	first.leads.lead = g.lead
	first.leads.adopt(cases)
	return first.leads
}

// coreOf returns the core of a case that can fire, else nil.
func coreOf(c Case) *caseCore {
	if c == nil {
		return nil
	}
	if core := c.core(); core != nil && core.state != nil {
		return core
	}
	return nil
}

// adopt makes the cases those of s.
func (s *selection) adopt(cases []Case) {
	s.byID, s.waits, s.timed, s.fleeting = nil, 0, false, false
	clear(s.cases) // so that no case is kept alive
	s.cases = slices.Grow(s.cases[:0], len(cases))
	for i, c := range cases {
		core := coreOf(c)
		s.cases = append(s.cases, core)
		if core == nil || slices.Index(s.cases, core) < i {
			continue // nil, or given twice
		}
		if core.sel != nil && core.sel != s {
			core.op.unlink(core.sel) // but not its fellows, which somebody else may be using
		}
		core.sel = s
		s.timed = core.op.join(s, i) || s.timed
		s.fleeting = core.fleeting || s.fleeting
	}
}

// release takes the cases off their queues, but for those that another selection has adopted
// and that another goroutine may be using. It may run in a cleanup.
func (s *selection) release() {
	for _, c := range s.cases {
		if c != nil {
			c.op.unlink(s)
		}
	}
}

// releaseFleeting takes those off that must not stay.
func (s *selection) releaseFleeting() {
	for _, c := range s.cases {
		if c != nil && c.fleeting {
			c.op.unlink(s)
		}
	}
}

// impatience is how often a Select tries to begin its wait without locking all its channels
// at once. More is of no use: two selections can go on disturbing each other for ever, each
// taking the other's case off while that one is inactive, or finding it ready just before.
const impatience = 3

// begin makes s wait: true. False means that a case has become ready instead. This Select has
// been told so before as often as retries says, and found it gone.
func (s *selection) begin(retries int) bool {
	for range impatience - retries {
		if !s.linkAll() {
			return false
		}
		s.activate()
		if s.verify() {
			return true
		}
		if !s.deactivate() {
			return true // chosen meanwhile; the wake is on its way
		}
	}
	return s.beginLocked()
}

// linkAll puts the cases into the queues; false if one of them is ready. Of two cases on one
// channel the one that queues first is served first, so they take turns, unless order counts.
func (s *selection) linkAll() bool {
	turn := 0
	if !s.inOrder {
		turn = int(s.word.Load() >> 1 % uint64(len(s.cases)))
	}
	for i := range s.cases {
		c := s.cases[(i+turn)%len(s.cases)]
		if c != nil && !c.isQueued() && c.op.link() {
			return false
		}
	}
	return true
}

// verify tells whether s waits safely. The word is read before the marks: who takes a
// case off does both under the lock, so if the word is seen without the lock, either that
// happened before and the mark tells, or the selection will be seen to wait.
func (s *selection) verify() bool {
	for _, c := range s.cases {
		if c == nil {
			continue
		}
		w := c.state.Load()
		if w&locked != 0 {
			w = c.state.await()
		}
		if w&c.ready != 0 || c.marks.Load()&pruned != 0 {
			return false
		}
	}
	return true
}

// beginLocked is begin with the locks of all channels held, in order. Nothing but looking
// and queueing is done under them.
func (s *selection) beginLocked() bool {
	s.lockAll()
	defer s.unlockAll()
	if s.anyReady() {
		return false
	}
	for i := range s.byID {
		s.byID[(i+s.turn)%len(s.byID)].op.push()
	}
	s.activate()
	return true
}

// readyLocked tells whether a case is ready, all of them seen at one moment. Cases looked at
// one after the other may each be found wanting although one was ready at any time.
func (s *selection) readyLocked() bool {
	s.lockAll()
	defer s.unlockAll()
	return s.anyReady()
}

func (s *selection) anyReady() bool {
	for _, c := range s.byID {
		if c.op.prepare() {
			return true
		}
	}
	return false
}

func (s *selection) lockAll() {
	s.sortByID()
	for i, c := range s.byID {
		if i == 0 || c.id != s.byID[i-1].id {
			c.op.lock()
		}
	}
}

func (s *selection) unlockAll() {
	var rest []func()
	for i, c := range s.byID {
		if i > 0 && c.id == s.byID[i-1].id {
			continue
		}
		if f := c.op.unlock(); f != nil {
			rest = append(rest, f)
		}
	}
	for _, f := range rest {
		f()
	}
}

func (s *selection) sortByID() {
	if s.byID != nil {
		return
	}
	for _, c := range s.cases {
		if c != nil && !slices.Contains(s.byID, c) {
			s.byID = append(s.byID, c)
		}
	}
	slices.SortStableFunc(s.byID, func(a, b *caseCore) int { return cmp.Compare(a.id, b.id) })
}

// wait makes s wait and parks until a case is chosen or ctx ends. It returns the index of
// the case, cancelled, or retry if a case has become ready.
func (s *selection) wait(ctx context.Context, handle Case, inOrder bool, retries int) int {
	s.inOrder = inOrder
	done := ctx.Done()
	if done != nil && !s.watch.covers(done) {
		register(ctx, &s.watch, s)
	}
	id := s.watch.idFor(done)
	if s.armed.Load() != id {
		s.armed.Store(id)
	}
	if !s.begin(retries) {
		s.watch.disarm()
		if !s.sticky {
			s.release() // the cases that were queued before one was found ready
		}
		return retry
	}
	if id != 0 && ctx.Err() != nil { // its end may have come before s was waiting
		s.cancelWait(id)
	}
	s.park()
	s.watch.disarm()
	s.settle(handle)
	return s.winner
}

// settle decides whether the cases stay in their queues. They do from the second wait on: a
// set of cases that is used once leaves nothing behind, and one that is used in a loop pays
// only for what changes. When the user drops the cases, a cleanup takes them off.
func (s *selection) settle(handle Case) {
	s.waits++
	if s.winner != cancelled {
		won := s.cases[s.winner]
		won.queued = false
		if s.timed {
			won.op.waited(time.Duration(s.since.Load()))
		}
	}
	switch {
	case s.winner == cancelled || s.waits == 1:
		s.release()
	case !s.sticky:
		s.sticky = true
		handle.onCollect(s)
	}
	if s.fleeting {
		s.releaseFleeting()
	}
}
