package runnel

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/runnel-go/runnel/xf"
)

// Stress: goroutines do random operations of every sort on channels of every kind while
// contexts end and channels are closed, and an account is kept of every single value.
// When all have ended, the laws must hold exactly:
//
//	a value that was accepted has been received once, or was dropped with a reason, counted,
//	and told to OnDrop if somebody listened; a value that was refused has been neither;
//	sent = received + buffered + dropped on every channel; nobody waits any more
//
// The choices follow from a seed, the interleaving does not; RUNNEL_SEED=n repeats the
// choices of a run that failed.

// stressVal is a value that knows where it came from.
type stressVal struct{ lane, seq, pipe int32 }

// The marks of a value, added up in lane.fates. Two bits are left to each, so that a value
// received twice shows.
const (
	accepted = 1 << (2 * iota)
	refused
	gotten  // received
	told    // given to OnDrop
	removed // by the transducer's filter
)

// lane is a series of values whose sends follow one another: what the goroutine sends that
// blocks, or what it sends by callback.
type lane struct {
	id    int32
	to    []int32 // the pipe of each value
	fates []atomic.Uint32
}

// stressPipe is a channel, or the two ends of one with a transducer.
type stressPipe struct {
	id      int32
	what    string
	in      Sender[stressVal]
	out     Receiver[stressVal]
	listens bool // OnDrop is set
}

type stress struct {
	t      *testing.T
	seed   uint64
	lanes  []*lane
	pipes  []*stressPipe                // all there ever were
	mu     sync.Mutex                   // of pipes
	open   []atomic.Pointer[stressPipe] // those in use
	kinds  []func(*stressPipe) string
	shared atomic.Pointer[stressCtx]
	steps  atomic.Int64 // progress
	left   atomic.Int64 // callbacks that have not been called
}

type stressCtx struct {
	context.Context
	cancel context.CancelFunc
}

func stressSeed(t *testing.T) uint64 {
	seed := rand.Uint64()
	if s := os.Getenv("RUNNEL_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = n
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("to repeat the choices: RUNNEL_SEED=%d", seed)
		}
	})
	return seed
}

// within fails with all stacks if f has not ended after a time that no machine needs.
func within(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(60 * time.Second):
		stacks := make([]byte, 1<<20)
		t.Fatalf("no end in sight\n%s", stacks[:runtime.Stack(stacks, true)])
	}
}

// settled waits until no more goroutines run than before.
func settled(t *testing.T, before int) {
	t.Helper()
	within(t, func() {
		for runtime.NumGoroutine() > before+1 { // the one that counts
			runtime.Gosched()
		}
	})
}

func plainKind(what string, opts ...Option) func(*stressPipe) string {
	return func(p *stressPipe) string {
		c := New[stressVal](opts...)
		p.in, p.out = c, c
		return what
	}
}

func policyKind(p *stressPipe) string {
	c := NewBuffered[stressVal](&leaky[stressVal]{room: 3})
	p.in, p.out = c, c
	return "policy"
}

// leaky is a policy that is full at room values, but gives up its oldest at every 8th push.
type leaky[T any] struct {
	vals       []T
	room, push int
}

func (l *leaky[T]) Len() int   { return len(l.vals) }
func (l *leaky[T]) Cap() int   { return 3 }
func (l *leaky[T]) Full() bool { return len(l.vals) >= l.room }

func (l *leaky[T]) Push(v T, drop func(T, Reason)) {
	l.vals = append(l.vals, v)
	if l.push++; l.push%8 == 0 {
		drop(l.Pop(), DroppedOldest)
	}
}

func (l *leaky[T]) Pop() T {
	v := l.vals[0]
	l.vals = l.vals[1:]
	return v
}

func (s *stress) viaKind(what string, opts ...Option) func(*stressPipe) string {
	return func(p *stressPipe) string {
		steps := []xf.Step[stressVal, stressVal]{s.filter(p)}
		if p.id%3 == 0 {
			steps = append(steps, xf.Take[stressVal](50))
		}
		p.in, p.out = NewVia(xf.Compose(steps...), opts...)
		return what
	}
}

func (s *stress) filter(p *stressPipe) xf.Step[stressVal, stressVal] {
	return xf.Filter(func(v stressVal) bool {
		if v.seq%5 != 0 {
			return true
		}
		s.mark(v, removed)
		return false
	})
}

func (s *stress) rendezvous() []func(*stressPipe) string {
	return []func(*stressPipe) string{plainKind("rendezvous")}
}

func (s *stress) everyKind() []func(*stressPipe) string {
	return append(s.rendezvous(),
		plainKind("Buffer(1)", Buffer(1)), plainKind("Buffer(2)", Buffer(2)), plainKind("Buffer(64)", Buffer(64)),
		plainKind("Dropping(2)", Dropping(2)), plainKind("Sliding(2)", Sliding(2)), plainKind("Unbounded", Unbounded()),
		plainKind("named", Name("stress")), policyKind,
		s.viaKind("via Buffer(1)", Buffer(1)), s.viaKind("via Buffer(3)", Buffer(3)),
		s.viaKind("via Sliding(2)", Sliding(2)), s.viaKind("via Dropping(2)", Dropping(2)))
}

func (s *stress) renew(r *rand.Rand, slot int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &stressPipe{id: int32(len(s.pipes)), listens: r.IntN(2) == 0}
	p.what = s.kinds[r.IntN(len(s.kinds))](p)
	if p.listens {
		f := func(v stressVal, _ Reason) { s.mark(v, told) }
		p.in.sendEnd().OnDrop(f)
		p.out.OnDrop(f)
	}
	s.pipes = append(s.pipes, p)
	s.open[slot].Store(p)
}

func (s *stress) mark(v stressVal, what uint32) { s.lanes[v.lane].fates[v.seq].Add(what) }

func (s *stress) outcome(v stressVal, err error) {
	if err == nil {
		s.mark(v, accepted)
	} else {
		s.mark(v, refused)
	}
}

// actor is one goroutine that does random operations.
type actor struct {
	*stress
	rand      *rand.Rand
	blocking  *lane
	callbacks *lane
	last      map[[2]int32]int32 // the last value received, by pipe and lane

	cases  []Case
	values map[Case]stressVal // of the send cases
	pipes  map[Case]*stressPipe
	rounds int // for which the cases are still used
}

func (a *actor) pipe() *stressPipe { return a.open[a.rand.IntN(len(a.open))].Load() }

func (l *lane) value(p *stressPipe) stressVal {
	v := stressVal{l.id, int32(len(l.to)), p.id}
	l.to = append(l.to, p.id)
	return v
}

// ctx returns a context that is sure to end some day.
func (a *actor) ctx() context.Context {
	shared := a.shared.Load()
	if a.rand.IntN(4) > 0 {
		return shared
	}
	own, cancel := context.WithCancel(shared)
	go cancel()
	return own
}

// received checks a value, and that values of one lane come in order to one receiver.
func (a *actor) received(p *stressPipe, v stressVal, err error) {
	if err != nil {
		return
	}
	a.mark(v, gotten)
	if v.pipe != p.id {
		a.t.Errorf("%s %d gave a value of %d", p.what, p.id, v.pipe)
	}
	key := [2]int32{v.pipe, v.lane}
	if last, seen := a.last[key]; seen && v.seq <= last {
		a.t.Errorf("%s: value %d of lane %d came after %d", p.what, v.seq, v.lane, last)
	}
	a.last[key] = v.seq
}

func (a *actor) step() {
	p := a.pipe()
	switch a.rand.IntN(11) {
	case 0:
		v := a.blocking.value(p)
		a.outcome(v, p.in.Send(a.ctx(), v))
	case 1:
		v, err := p.out.Recv(a.ctx())
		a.received(p, v, err)
	case 2:
		v := a.blocking.value(p)
		a.outcome(v, p.in.TrySend(v))
	case 3:
		v, err := p.out.TryRecv()
		a.received(p, v, err)
	case 4:
		a.sendAll(p)
	case 5:
		a.recvUpTo(p)
	case 6:
		a.callback(p)
	default:
		a.selectOne()
	}
}

func (a *actor) sendAll(p *stressPipe) {
	vs := make([]stressVal, a.rand.IntN(9))
	for i := range vs {
		vs[i] = a.blocking.value(p)
	}
	n, err := p.in.SendAll(a.ctx(), vs)
	if (err == nil) != (n == len(vs)) {
		a.t.Errorf("SendAll of %d values: %d, %v", len(vs), n, err)
	}
	for i, v := range vs {
		if i < n {
			a.outcome(v, nil)
		} else {
			a.outcome(v, err)
		}
	}
}

func (a *actor) recvUpTo(p *stressPipe) {
	buf := make([]stressVal, 1+a.rand.IntN(8))
	n, err := p.out.RecvUpTo(a.ctx(), buf)
	if (err == nil) != (n > 0) {
		a.t.Errorf("RecvUpTo: %d, %v", n, err)
	}
	for _, v := range buf[:n] {
		a.received(p, v, nil)
	}
}

func (a *actor) callback(p *stressPipe) {
	a.left.Add(1)
	if a.rand.IntN(2) == 0 {
		v := a.callbacks.value(p)
		p.in.SendFunc(v, func(err error) {
			a.outcome(v, err)
			a.left.Add(-1)
		})
		return
	}
	p.out.RecvFunc(func(v stressVal, err error) {
		if err == nil {
			a.mark(v, gotten)
		}
		a.left.Add(-1)
	})
}

func (a *actor) selectOne() {
	if a.rounds--; a.rounds <= 0 {
		a.newCases()
	}
	a.newValues()
	cases := a.cases
	if a.rand.IntN(3) == 0 { // another set: one of them switched off
		cases = append([]Case(nil), cases...)
		cases[a.rand.IntN(len(cases))] = nil
	}
	var chosen Case
	switch a.rand.IntN(4) {
	case 0:
		chosen, _ = TrySelect(cases...)
	case 1:
		chosen, _ = SelectPriority(a.ctx(), cases...)
	default:
		chosen, _ = Select(a.ctx(), cases...)
	}
	a.chosen(chosen)
}

func (a *actor) chosen(chosen Case) {
	switch c := chosen.(type) {
	case *RecvCase[stressVal]:
		v, err := c.Value()
		a.received(a.pipes[c], v, err)
	case *SendCase[stressVal]:
		a.outcome(a.values[c], c.Err())
		delete(a.values, c)
	}
}

// newValues gives the send cases values that are younger than all sent before. What has
// not been sent was refused.
func (a *actor) newValues() {
	a.refuseUnsent()
	for _, c := range a.cases {
		if c, ok := c.(*SendCase[stressVal]); ok {
			a.values[c] = a.blocking.value(a.pipes[c])
			c.Set(a.values[c])
		}
	}
}

func (a *actor) refuseUnsent() {
	for _, v := range a.values {
		a.mark(v, refused)
	}
	clear(a.values)
}

func (a *actor) newCases() {
	a.cases, a.pipes = nil, map[Case]*stressPipe{}
	a.rounds = 1 + a.rand.IntN(20)
	for range 1 + a.rand.IntN(5) {
		p := a.pipe()
		var c Case = RecvFrom(p.out)
		if a.rand.IntN(2) == 0 {
			c = SendTo(p.in, stressVal{})
		}
		a.pipes[c] = p
		a.cases = append(a.cases, c)
	}
}

// end ends a pipe in one of the ways there are. What is then pending is for receivers to
// take out, but for Cancel.
func (s *stress) end(r *rand.Rand, p *stressPipe) {
	switch r.IntN(4) {
	case 0:
		p.in.Close()
	case 1:
		p.in.CloseWith(errors.New("cause"))
	case 2:
		p.out.Cancel(nil)
	case 3:
		p.out.Cancel(errors.New("cause"))
	}
}

func (s *stress) drain(p *stressPipe) {
	for {
		v, err := p.out.TryRecv()
		if err != nil {
			return
		}
		s.mark(v, gotten)
	}
}

func (s *stress) run(actors, steps, pipes int) {
	r := rand.New(rand.NewPCG(s.seed, 0))
	s.open = make([]atomic.Pointer[stressPipe], pipes)
	for i := range s.open {
		s.renew(r, i)
	}
	s.shareContext()
	all := make([]*actor, actors)
	for i := range all {
		all[i] = s.newActor(i, steps)
	}
	var wg sync.WaitGroup
	for _, a := range all {
		wg.Go(func() { a.run(steps) })
	}
	stop := make(chan struct{})
	var helpers sync.WaitGroup
	helpers.Go(func() { s.cancelContexts(stop) })
	helpers.Go(func() { s.endPipes(stop, int64(actors*steps/20)) })
	wg.Wait()
	close(stop)
	helpers.Wait()
	s.shared.Load().cancel()
	s.endAll(r)
}

func (a *actor) run(steps int) {
	for range steps {
		a.step()
		a.steps.Add(1)
	}
	a.refuseUnsent()
}

func (s *stress) newActor(i, steps int) *actor {
	a := &actor{stress: s, rand: rand.New(rand.NewPCG(s.seed, uint64(i)+1)), last: map[[2]int32]int32{}, values: map[Case]stressVal{}}
	for _, l := range []**lane{&a.blocking, &a.callbacks} {
		*l = &lane{id: int32(len(s.lanes)), fates: make([]atomic.Uint32, 10*steps+10)}
		s.lanes = append(s.lanes, *l)
	}
	return a
}

func (s *stress) shareContext() {
	ctx, cancel := context.WithCancel(context.Background())
	s.shared.Store(&stressCtx{ctx, cancel})
}

// cancelContexts ends the context that all share and makes another one, as soon as nothing
// has happened for a while, or much.
func (s *stress) cancelContexts(stop chan struct{}) {
	for until := s.steps.Load() + 300; ; until = s.steps.Load() + 300 {
		for quiet, last := 0, int64(-1); quiet < 100 && s.steps.Load() < until; quiet++ {
			if n := s.steps.Load(); n != last {
				quiet, last = 0, n
			}
			select {
			case <-stop:
				return
			default:
				runtime.Gosched()
			}
		}
		old := s.shared.Load()
		s.shareContext()
		old.cancel()
	}
}

// endPipes puts a new pipe in the place of one, every so many steps, and ends the old one.
func (s *stress) endPipes(stop chan struct{}, every int64) {
	r := rand.New(rand.NewPCG(s.seed, 1<<32))
	for next := every; ; {
		select {
		case <-stop:
			return
		default:
			runtime.Gosched()
		}
		if s.steps.Load() < next {
			continue
		}
		next += every
		slot := r.IntN(len(s.open))
		old := s.open[slot].Load()
		s.renew(r, slot)
		s.end(r, old)
	}
}

func (s *stress) endAll(r *rand.Rand) {
	for _, p := range s.pipes {
		if r.IntN(2) == 0 {
			s.drain(p)
		}
		s.end(r, p)
		s.drain(p)
		p.out.Cancel(nil)
	}
}

// tally counts what happened to the values of one pipe.
type tally struct{ accepted, gotten, told, removed uint64 }

func (s *stress) audit() {
	if n := s.left.Load(); n != 0 {
		s.t.Errorf("%d callbacks were never called", n)
	}
	tallies := make([]tally, len(s.pipes))
	for _, l := range s.lanes {
		for seq, id := range l.to {
			tallies[id].add(l.fates[seq].Load())
			s.auditValue(l, seq)
		}
	}
	for i, p := range s.pipes {
		s.auditPipe(p, tallies[i])
	}
}

func (n *tally) add(fate uint32) {
	for _, c := range []struct {
		mark  uint32
		count *uint64
	}{{accepted, &n.accepted}, {gotten, &n.gotten}, {told, &n.told}, {removed, &n.removed}} {
		if fate&c.mark != 0 {
			*c.count++
		}
	}
}

// auditValue checks that what happened to a value is one of the few things that may.
func (s *stress) auditValue(l *lane, seq int) {
	p := s.pipes[l.to[seq]]
	switch fate := l.fates[seq].Load(); {
	case fate == refused, fate == accepted|gotten, fate == accepted|removed:
	case fate == accepted|told && p.listens:
	case fate == accepted && !p.listens: // dropped, as the sums will tell
	default:
		s.t.Errorf("%s: value %d of lane %d: %s", p.what, seq, l.id, fateString(fate))
	}
}

func fateString(fate uint32) string {
	text := ""
	for i, what := range []string{"accepted", "refused", "received", "told", "removed"} {
		text += fmt.Sprintf("%s %d times ", what, fate>>(2*i)&3)
	}
	return text
}

func (s *stress) auditPipe(p *stressPipe, n tally) {
	in, out := p.in.Stats(), p.out.Stats()
	dropped := in.Dropped.Total()
	if p.in.sendEnd() != p.out.recvEnd() {
		dropped += out.Dropped.Total()
	}
	if in.Sent != n.accepted || out.Received != n.gotten || n.accepted != n.gotten+n.removed+dropped {
		s.t.Errorf("%s: %+v, but the channel says %+v, %+v", p.what, n, in, out)
	}
	if p.listens && n.told != dropped {
		s.t.Errorf("%s: %d values dropped, %d told", p.what, dropped, n.told)
	}
	s.auditEnd(p, in)
	s.auditEnd(p, out)
}

func (s *stress) auditEnd(p *stressPipe, e Stats) {
	if e.Len != 0 || e.Sent != e.Received+e.Dropped.Total() {
		s.t.Errorf("%s: the account does not balance: %+v", p.what, e)
	}
	if e.SendersWaiting != 0 || e.ReceiversWaiting != 0 || !e.Closed {
		s.t.Errorf("%s: somebody waits on a channel that has ended: %+v", p.what, e)
	}
}

// stressed runs actors on pipes of the given kinds and audits the outcome.
func stressed(t *testing.T, actors, steps, pipes int, kinds func(*stress) []func(*stressPipe) string) {
	if testing.Short() {
		steps /= 8
	}
	before := runtime.NumGoroutine()
	s := &stress{t: t, seed: stressSeed(t)}
	s.kinds = kinds(s)
	within(t, func() { s.run(actors, steps, pipes) })
	if t.Failed() {
		return
	}
	s.audit()
	settled(t, before)
}

func TestStressLawsHoldOnEveryKind(t *testing.T) {
	stressed(t, 8, 8000, 6, (*stress).everyKind)
}

func TestStressLawsHoldWhenSelectsMeet(t *testing.T) {
	stressed(t, 6, 6000, 2, (*stress).rendezvous)
}

func TestStressLawsHoldOnOneChannel(t *testing.T) {
	stressed(t, 4, 6000, 1, (*stress).everyKind)
}

func TestStressLawsHoldForManyGoroutines(t *testing.T) {
	stressed(t, 64, 800, 8, (*stress).everyKind)
}
