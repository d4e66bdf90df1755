package sim_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/internal/oracle"
	"github.com/runnel-go/runnel/xf"
)

// program is a small random program on a few channels. It is run by the exported operations,
// really and in simulations, and its outcomes are worked out by a plain model.
type program struct {
	seed  uint64
	chans []kindOfChannel
	tasks [][]step
	ctx   bool // operations that wait do it under a context that some task may end
}

// step is one operation of a task.
type step struct {
	do    action
	ch    int
	vs    []int // to be sent; as many as are received at most
	cases []alternative
	who   int // which producer
}

// alternative is a case of a Select.
type alternative struct {
	send     bool
	producer int // that sends, or −1
	ch, v    int
}

type action int

const (
	send action = iota
	recv
	trySend
	tryRecv
	sendAll
	recvUpTo
	sendFunc
	recvFunc
	closes
	closesWith
	cancels
	selects
	selectsInOrder
	trySelects
	looks
	producerSends
	producerEnds
	discards
	endsContext
	actions
)

var actionNames = [actions]string{
	"Send", "Recv", "TrySend", "TryRecv", "SendAll", "RecvUpTo", "SendFunc", "RecvFunc", "Close", "CloseWith",
	"Cancel", "Select", "SelectPriority", "TrySelect", "Len", "Producer.Send", "Producer.Close", "Discard",
	"end the context",
}

// weights says how often each action is drawn. Those that move values come most often.
var weights = [actions]int{10, 10, 5, 5, 4, 4, 3, 3, 2, 1, 2, 8, 4, 4, 2, 3, 3, 1, 3}

type kindOfChannel struct {
	name string
	make func() *runnel.Chan[int]
	rules
	via func() (runnel.Sender[int], runnel.Receiver[int]) // instead of make
}

// rules is what the model knows of a kind.
type rules struct {
	cap    int // −1 for any number
	full   fullness
	latest bool // the value sent last is received first
	passes bool // a value for a receiver that waits goes through the buffer
}

type fullness int

const (
	waits fullness = iota // the sender does
	dropsNewest
	dropsOldest
	keepsFirst // for ever
)

var kindsOfChannel = []kindOfChannel{
	{name: "rendezvous", make: func() *runnel.Chan[int] { return runnel.New[int]() }, rules: rules{cap: 0}},
	{name: "Buffer(1)", make: func() *runnel.Chan[int] { return runnel.New[int](runnel.Buffer(1)) }, rules: rules{cap: 1}},
	{name: "Buffer(2)", make: func() *runnel.Chan[int] { return runnel.New[int](runnel.Buffer(2)) }, rules: rules{cap: 2}},
	{name: "Dropping(1)", make: func() *runnel.Chan[int] { return runnel.New[int](runnel.Dropping(1)) }, rules: rules{cap: 1, full: dropsNewest}},
	{name: "Sliding(1)", make: func() *runnel.Chan[int] { return runnel.New[int](runnel.Sliding(1)) }, rules: rules{cap: 1, full: dropsOldest}},
	{name: "Sliding(2)", make: func() *runnel.Chan[int] { return runnel.New[int](runnel.Sliding(2)) }, rules: rules{cap: 2, full: dropsOldest}},
	{name: "Unbounded", make: func() *runnel.Chan[int] { return runnel.New[int](runnel.Unbounded()) }, rules: rules{cap: -1}},
	{name: "promise", make: func() *runnel.Chan[int] { return runnel.NewPromise[int]() }, rules: rules{cap: 1, full: keepsFirst, passes: true}},
	{name: "stack", make: func() *runnel.Chan[int] { return runnel.NewBuffered(&stack{}) }, rules: rules{cap: 2, latest: true, passes: true}},
}

// transduced are channels with a transducer, which the model does not know.
var transduced = []kindOfChannel{
	{name: "twice over Buffer(1)", via: transducer(twice, runnel.Buffer(1))},
	{name: "twice over Sliding(2)", via: transducer(twice, runnel.Sliding(2))},
	{name: "even over Dropping(1)", via: transducer(even, runnel.Dropping(1))},
	{name: "even over Buffer(1)", via: transducer(even, runnel.Buffer(1))},
	{name: "twice over Unbounded", via: transducer(twice, runnel.Unbounded())},
	{name: "even over Buffer(2)", via: transducer(even, runnel.Buffer(2))},
}

var (
	twice = xf.FlatMap(func(v int) []int { return []int{v, v} })
	even  = xf.Filter(func(v int) bool { return v%2 == 0 })
)

func transducer(x xf.Step[int, int], buffer runnel.Option) func() (runnel.Sender[int], runnel.Receiver[int]) {
	return func() (runnel.Sender[int], runnel.Receiver[int]) { return runnel.NewVia(x, buffer) }
}

// stack is a policy: what came last is received first.
type stack struct{ vs []int }

func (s *stack) Len() int                               { return len(s.vs) }
func (s *stack) Cap() int                               { return 2 }
func (s *stack) Full() bool                             { return len(s.vs) >= 2 }
func (s *stack) Push(v int, _ func(int, runnel.Reason)) { s.vs = append(s.vs, v) }

func (s *stack) Pop() int {
	v := s.vs[len(s.vs)-1]
	s.vs = s.vs[:len(s.vs)-1]
	return v
}

// newProgram draws a program: so many tasks and steps of each at most.
func newProgram(seed uint64, tasks, steps int, kinds []kindOfChannel) program {
	p := drawProgram(rand.New(rand.NewPCG(seed, uint64(tasks*100+steps))), tasks, steps, kinds)
	p.seed = seed
	return p
}

// drawer is where a program is drawn from.
type drawer interface{ IntN(n int) int }

func drawProgram(r drawer, tasks, steps int, kinds []kindOfChannel) program {
	p := program{ctx: r.IntN(3) == 0}
	for range 1 + r.IntN(3) {
		p.chans = append(p.chans, kinds[r.IntN(len(kinds))])
	}
	value := 0
	for range 2 + r.IntN(tasks-1) {
		var task []step
		for range 1 + r.IntN(steps) {
			task = append(task, p.newStep(r, &value))
		}
		p.tasks = append(p.tasks, task)
	}
	return p
}

func (p *program) newStep(r drawer, value *int) step {
	s := step{do: p.drawAction(r), ch: r.IntN(len(p.chans)), who: r.IntN(2)}
	n := 1
	switch s.do {
	case sendAll, recvUpTo:
		n = 2
	case selects, selectsInOrder, trySelects:
		for range 1 + r.IntN(3) {
			*value++
			a := alternative{send: r.IntN(2) == 0, producer: r.IntN(6) - 4, ch: r.IntN(len(p.chans)), v: *value}
			if a.producer < 0 {
				a.producer = -1
			}
			s.cases = append(s.cases, a)
		}
	}
	for range n {
		*value++
		s.vs = append(s.vs, *value)
	}
	return s
}

func (p *program) drawAction(r drawer) action {
	total := 0
	for _, w := range weights {
		total += w
	}
	n := r.IntN(total)
	for a, w := range weights {
		if n -= w; n >= 0 {
			continue
		}
		if action(a) == endsContext && !p.ctx {
			return send
		}
		return action(a)
	}
	panic("unreachable")
}

func (p program) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "program %d:", p.seed)
	for i, c := range p.chans {
		fmt.Fprintf(&b, " %c=%s", 'a'+i, c.name)
	}
	if p.ctx {
		b.WriteString(", under a context")
	}
	for i, task := range p.tasks {
		fmt.Fprintf(&b, "\n  task %d: ", i)
		for j, s := range task {
			if j > 0 {
				b.WriteString("; ")
			}
			b.WriteString(s.String())
		}
	}
	return b.String()
}

func (s step) String() string {
	if s.do == endsContext {
		return actionNames[s.do]
	}
	if len(s.cases) == 0 {
		return fmt.Sprintf("%s %c %v (%d)", actionNames[s.do], 'a'+s.ch, s.vs, s.who)
	}
	var cs []string
	for _, c := range s.cases {
		if c.send {
			cs = append(cs, fmt.Sprintf("%c<-%d (%d)", 'a'+c.ch, c.v, c.producer))
		} else {
			cs = append(cs, fmt.Sprintf("<-%c", 'a'+c.ch))
		}
	}
	return fmt.Sprintf("%s {%s}", actionNames[s.do], strings.Join(cs, ", "))
}

// inUse is a program that is running.
type inUse struct {
	program
	ctx       context.Context
	end       context.CancelFunc
	in        []runnel.Sender[int]
	out       []runnel.Receiver[int]
	producers [][]runnel.Sender[int]
	results   [][]string // of each task, of each step
	over      bool       // the outcome has been taken down
}

const pending = "pending"

var errCause = errors.New("cause")

// run runs the program until no task can go on, and returns the outcome: what every operation
// returned and the accounts of the channels. Then it ends what is left. before is called
// before each step.
func (p program) run(in oracle.Place, before func(step)) string {
	u := &inUse{program: p, ctx: context.Background(), end: func() {}}
	if p.ctx {
		u.ctx, u.end = context.WithCancel(u.ctx)
	}
	for _, k := range p.chans {
		u.open(k)
	}
	for _, task := range p.tasks {
		u.results = append(u.results, make([]string, len(task)))
	}
	for i, task := range p.tasks {
		in.Go(func() { u.runTask(u.results[i], task, before) })
	}
	in.Wait()
	outcome := u.outcome()
	u.over = true
	u.end()
	for _, c := range u.out {
		c.Cancel(nil)
	}
	in.Wait()
	return outcome
}

func (u *inUse) open(k kindOfChannel) {
	if k.via != nil {
		in, out := k.via()
		u.in, u.out = append(u.in, in), append(u.out, out)
		u.producers = append(u.producers, []runnel.Sender[int]{in, in})
		return
	}
	c := k.make()
	u.in, u.out = append(u.in, c), append(u.out, c)
	ps := c.Producers(2)
	u.producers = append(u.producers, []runnel.Sender[int]{ps[0], ps[1]})
}

func (u *inUse) runTask(results []string, task []step, before func(step)) {
	for i, s := range task {
		before(s)
		results[i] = pending
		r := u.do(s, func(r string) { results[i] = r })
		if u.over {
			return
		}
		if r != "" {
			results[i] = r
		}
	}
}

func (u *inUse) outcome() string {
	var b strings.Builder
	for _, rs := range u.results {
		fmt.Fprintf(&b, "%q ", rs)
	}
	for i, c := range u.out {
		b.WriteString("| " + account(c.Stats()))
		if u.program.chans[i].via != nil {
			b.WriteString("behind " + account(u.in[i].Stats()))
		}
	}
	return b.String()
}

func account(s runnel.Stats) string {
	return fmt.Sprintf("len %d high %d sent %d received %d dropped %v waiting %d %d closed %v ",
		s.Len, s.HighWater, s.Sent, s.Received, s.Dropped, s.SendersWaiting, s.ReceiversWaiting, s.Closed)
}

// do carries out a step and returns its result, empty if later tells it.
func (u *inUse) do(s step, later func(string)) string {
	in, out := u.in[s.ch], u.out[s.ch]
	switch s.do {
	case send:
		return sent(in.Send(u.ctx, s.vs[0]))
	case recv:
		return received(out.Recv(u.ctx))
	case trySend:
		return sent(in.TrySend(s.vs[0]))
	case tryRecv:
		return received(out.TryRecv())
	case sendAll:
		n, err := in.SendAll(u.ctx, s.vs)
		return fmt.Sprint(n, " ", sent(err))
	case recvUpTo:
		buf := make([]int, len(s.vs))
		n, err := out.RecvUpTo(u.ctx, buf)
		if err != nil {
			return sent(err)
		}
		return fmt.Sprint(buf[:n])
	case sendFunc:
		in.SendFunc(s.vs[0], func(err error) { later(sent(err)) })
		return ""
	case recvFunc:
		out.RecvFunc(func(v int, err error) { later(received(v, err)) })
		return ""
	case looks:
		return fmt.Sprint("len ", out.Len())
	case producerSends:
		return sent(u.producers[s.ch][s.who].Send(u.ctx, s.vs[0]))
	}
	return u.doMore(s)
}

func (u *inUse) doMore(s step) string {
	in, out := u.in[s.ch], u.out[s.ch]
	switch s.do {
	case closes:
		in.Close()
	case closesWith:
		in.CloseWith(errCause)
	case cancels:
		out.Cancel(nil)
	case producerEnds:
		u.producers[s.ch][s.who].Close()
	case discards:
		in.Discard(s.vs[0], runnel.Undelivered)
	case endsContext:
		u.end()
	default:
		return u.choose(s)
	}
	return "done"
}

func (u *inUse) choose(s step) string {
	var cases []runnel.Case
	for _, a := range s.cases {
		in, out := u.in[a.ch], u.out[a.ch]
		switch {
		case a.send && a.producer >= 0:
			cases = append(cases, runnel.SendTo(u.producers[a.ch][a.producer], a.v))
		case a.send:
			cases = append(cases, runnel.SendTo(in, a.v))
		default:
			cases = append(cases, runnel.RecvFrom(out))
		}
	}
	var chosen runnel.Case
	var err error
	switch s.do {
	case selects:
		chosen, err = runnel.Select(u.ctx, cases...)
	case selectsInOrder:
		chosen, err = runnel.SelectPriority(u.ctx, cases...)
	default:
		chosen, err = runnel.TrySelect(cases...)
	}
	if err != nil {
		return sent(err)
	}
	r := ""
	switch c := chosen.(type) {
	case *runnel.SendCase[int]:
		r = sent(c.Err())
	case *runnel.RecvCase[int]:
		r = received(c.Value())
	}
	return fmt.Sprint("case ", slices.Index(cases, chosen), " ", r)
}

func sent(err error) string {
	switch err {
	case nil:
		return "sent"
	case runnel.ErrFull:
		return "full"
	case runnel.ErrEmpty:
		return "empty"
	case runnel.ErrClosed:
		return "closed"
	case runnel.ErrNotReady:
		return "not ready"
	case context.Canceled:
		return "cancelled"
	case errCause:
		return "cause"
	}
	if errors.Is(err, runnel.ErrClosed) && errors.Is(err, errCause) {
		return "closed by cause"
	}
	return "unexpected: " + err.Error()
}

func received(v int, err error) string {
	if err != nil {
		return sent(err)
	}
	return fmt.Sprint("got ", v)
}
