package sim_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
	"github.com/runnel-go/runnel/xf"
)

// tangle is a small random program on channels and locks, that may end in any way: its outcome
// is what each operation returned. Unlike a program it is not run really, so it may misuse
// things, and it is drawn so that many channels are only sent to and received from.
type tangle struct {
	seed  uint64
	chans []kindOfChannel
	tasks [][]knot
}

// knot is an operation of a tangle.
type knot struct {
	do       string
	ch, b, v int
}

// Profiles are the operations of which some tangles consist.
var profiles = [][]string{
	{"send", "recv"},
	{"send", "recv", "close"},
	{"send", "recv", "close", "cancel"},
	{"send", "recv", "lock"},
	{"send", "recv", "tryrecv"},
	{"send", "recv", "select"},
	{"select", "trysend"},
	{"select", "trysend", "tryrecv"},
	{"send", "recv", "select", "priority", "tryselect", "close"},
	{"lock", "lock2", "send", "recv"},
	{"lock", "trylock", "send"},
	{"lock", "unlock", "send", "recv"},
	{"add", "done", "wait", "send", "recv"},
	{"add", "done", "wait"},
	{"once", "send", "recv", "lock"},
	{"rlock", "wlock", "send", "recv"},
	{"condwait", "signal", "broadcast", "lock"},
	{"condwait", "signal", "send", "recv"},
	{"csend", "crecv", "end", "send"},
	{"csend", "crecv", "end", "cselect", "recv"},
	{"send", "recv", "sleep"},
	{"sleep", "trysend", "tryrecv"},
	{"sleep", "timeout", "send"},
	{"after", "now", "trysend"},
	{"after", "settle", "now", "trysend"},
	{"cleanup", "send", "recv"},
	{"list", "name"},
	{"close", "look", "send"},
	{"onclose", "close", "cancel"},
	{"send", "recv", "go"},
	{"sendall", "recvupto", "send", "recv"},
	{"sendfunc", "recvfunc", "send", "recv"},
	{"send", "recv", "choose", "len"},
	{"via", "viarecv", "send", "viacancel"},
	{"produce", "unproduce", "recv", "send"},
	{"send", "recv", "trysend", "tryrecv", "close", "cancel", "select", "tryselect", "priority", "len", "lock", "point",
		"csend", "end", "stats", "discard", "err"},
}

func newTangle(seed uint64, tasks, knots int) tangle {
	r := rand.New(rand.NewPCG(seed, 7))
	p := tangle{seed: seed}
	kinds := len(kindsOfChannel)
	if r.IntN(2) == 0 {
		kinds = 3 // those that only queue
	}
	for range 1 + r.IntN(2) {
		p.chans = append(p.chans, kindsOfChannel[r.IntN(kinds)])
	}
	profile := profiles[r.IntN(len(profiles))]
	value := 0
	for range 2 + r.IntN(tasks-1) {
		var task []knot
		for range 1 + r.IntN(knots) {
			value++
			task = append(task, knot{profile[r.IntN(len(profile))], r.IntN(len(p.chans)), r.IntN(len(p.chans)), value})
		}
		p.tasks = append(p.tasks, task)
	}
	return p
}

func (p tangle) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "tangle %d:", p.seed)
	for i, c := range p.chans {
		fmt.Fprintf(&b, " %c=%s", 'a'+i, c.name)
	}
	for i, task := range p.tasks {
		fmt.Fprintf(&b, "\n  task %d:", i)
		for _, s := range task {
			fmt.Fprintf(&b, " %s %c%c %d;", s.do, 'a'+s.ch, 'a'+s.b, s.v)
		}
	}
	return b.String()
}

// doubling sends each value two times.
var doubling = xf.FlatMap(func(v int) []int { return []int{v, v} })

// tangled is a run of a tangle.
type tangled struct {
	t       *sim.T
	chans   []*runnel.Chan[int]
	in      runnel.Sender[int]
	out     runnel.Receiver[int]
	ps      []*runnel.Producer[int]
	mu, mu2 runnel.Mutex
	rw      runnel.RWMutex
	wg      runnel.WaitGroup
	once    runnel.Once
	cond    *runnel.Cond
	ctx     context.Context
	end     context.CancelFunc
	results map[int]string

	done     <-chan struct{} // of the first channel, if somebody looks
	cleanups int
}

// body returns a body, and what tells the outcome of its last run.
func (p tangle) body() (func(*sim.T), func() string) {
	var u *tangled
	return func(t *sim.T) {
			u = &tangled{t: t, results: map[int]string{}}
			u.cond = runnel.NewCond(&u.mu)
			u.ctx, u.end = context.WithCancel(bg)
			for _, k := range p.chans {
				c := k.make()
				u.chans = append(u.chans, c)
				if p.uses("produce") {
					u.ps = append(u.ps, c.AddProducer())
				}
			}
			if p.uses("look") {
				u.done = u.chans[0].Done()
			}
			if p.uses("via") {
				u.in, u.out = runnel.NewVia(doubling, runnel.Buffer(1))
			}
			for _, task := range p.tasks {
				runnel.Go(func() {
					for _, s := range task {
						u.do(s)
					}
				})
			}
		}, func() string {
			return fmt.Sprint(u.results)
		}
}

func (p tangle) uses(what string) bool { return strings.Contains(p.String(), what) }

func (u *tangled) do(s knot) {
	u.results[s.v] = "pending"
	r := u.carryOut(s, u.chans[s.ch], u.chans[s.b])
	if r == "" {
		r = u.carryOutMore(s)
	}
	u.results[s.v] = r
}

func (u *tangled) carryOut(s knot, c, b *runnel.Chan[int]) string {
	cases := func() []runnel.Case { return []runnel.Case{runnel.RecvFrom(c), runnel.SendTo(b, s.v)} }
	switch s.do {
	case "send":
		return sent(c.Send(bg, s.v))
	case "recv":
		return received(c.Recv(bg))
	case "csend":
		return sent(c.Send(u.ctx, s.v))
	case "crecv":
		return received(c.Recv(u.ctx))
	case "trysend":
		return sent(c.TrySend(s.v))
	case "tryrecv":
		return received(c.TryRecv())
	case "close":
		c.Close()
	case "cancel":
		c.Cancel(nil)
	case "select":
		return u.chosen(runnel.Select(bg, cases()...))
	case "cselect":
		return u.chosen(runnel.Select(u.ctx, cases()...))
	case "priority":
		return u.chosen(runnel.SelectPriority(bg, cases()...))
	case "tryselect":
		return u.chosen(runnel.TrySelect(cases()...))
	case "len":
		return fmt.Sprint(c.Len())
	case "err":
		return fmt.Sprint(c.Err())
	case "stats":
		return account(c.Stats())
	case "discard":
		c.Discard(s.v, runnel.Undelivered)
	case "sendall":
		n, err := c.SendAll(bg, []int{s.v, -s.v})
		return fmt.Sprint(n, err)
	case "recvupto":
		buf := make([]int, 2)
		n, err := c.RecvUpTo(bg, buf)
		return fmt.Sprint(buf[:n], err)
	case "sendfunc":
		c.SendFunc(s.v, func(err error) { u.results[s.v+20] = sent(err); b.TrySend(s.v) })
	case "recvfunc":
		c.RecvFunc(func(v int, err error) { u.results[s.v+20] = received(v, err); b.TrySend(s.v) })
	case "produce":
		return sent(u.ps[s.ch].Send(bg, s.v))
	case "unproduce":
		u.ps[s.ch].Close()
	default:
		return ""
	}
	return "done"
}

func (u *tangled) chosen(c runnel.Case, err error) string {
	switch c := c.(type) {
	case *runnel.SendCase[int]:
		return "send " + sent(c.Err())
	case *runnel.RecvCase[int]:
		return "recv " + received(c.Value())
	}
	return sent(err)
}

func (u *tangled) carryOutMore(s knot) string {
	switch s.do {
	case "lock":
		u.mu.Lock()
		u.chans[s.ch].Send(bg, s.v)
		u.mu.Unlock()
	case "lock2":
		u.mu2.Lock()
		u.mu.Lock()
		u.mu.Unlock()
		u.mu2.Unlock()
	case "trylock":
		if !u.mu.TryLock() {
			return "locked"
		}
		u.chans[s.ch].TrySend(s.v)
		u.mu.Unlock()
	case "unlock":
		u.mu.Unlock()
	case "rlock":
		u.rw.RLock()
		u.chans[s.ch].Send(bg, s.v)
		u.rw.RUnlock()
	case "wlock":
		u.rw.Lock()
		u.chans[s.ch].Recv(bg)
		u.rw.Unlock()
	case "add":
		u.wg.Add(1)
	case "done":
		u.wg.Done()
	case "wait":
		u.wg.Wait()
	case "once":
		r := "not me"
		u.once.Do(func() { r = sent(u.chans[s.ch].Send(bg, s.v)) })
		return r
	case "condwait":
		u.mu.Lock()
		u.cond.Wait()
		u.mu.Unlock()
	case "signal":
		u.cond.Signal()
	case "broadcast":
		u.cond.Broadcast()
	case "end":
		u.end()
	default:
		return u.carryOutRest(s)
	}
	return "done"
}

func (u *tangled) carryOutRest(s knot) string {
	switch s.do {
	case "point":
		u.t.Point()
	case "choose":
		if u.t.Choose(2) == 1 {
			return received(u.chans[s.ch].Recv(bg))
		}
	case "go":
		runnel.Go(func() { u.results[s.v+20] = sent(u.chans[s.b].Send(bg, s.v)) })
		return received(u.chans[s.ch].Recv(bg))
	case "via":
		return sent(u.in.Send(bg, s.v))
	case "viarecv":
		return received(u.out.Recv(bg))
	case "viacancel":
		u.out.Cancel(nil)
	default:
		return u.carryOutInTime(s)
	}
	return "done"
}

func (u *tangled) carryOutInTime(s knot) string {
	c := u.chans[s.ch]
	switch s.do {
	case "sleep":
		runnel.Sleep(bg, time.Duration(1+s.b))
	case "after":
		runnel.After(time.Duration(1 + s.b))
	case "timeout":
		timeout := runnel.RecvFrom(runnel.After(1))
		if chosen, _ := runnel.Select(bg, runnel.RecvFrom(c), timeout); chosen == timeout {
			return "timeout"
		}
	case "now":
		return fmt.Sprint(u.t.Now().UnixNano())
	case "settle":
		u.t.Wait()
	case "cleanup":
		u.t.Cleanup(func() { u.results[s.v] = fmt.Sprint("cleanup after ", u.cleanups); u.cleanups++ })
	case "name":
		runnel.New[int](runnel.Name(fmt.Sprint(s.v)))
	case "list":
		return fmt.Sprint(len(runnel.Channels()))
	case "onclose":
		c.OnClose(func(error) { u.results[s.v+20] = "closed" })
	case "look":
		return u.look()
	default:
		panic(s.do)
	}
	return "done"
}

// look sees without an operation whether something has ended.
func (u *tangled) look() string {
	seen := fmt.Sprint("body ended: ", u.t.Context().Err() != nil)
	select {
	case <-u.done:
		return seen + ", channel closed"
	default:
		return seen
	}
}
