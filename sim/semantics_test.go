package sim_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/runnel-go/runnel"
)

// The meaning of a program, worked out: every order of the steps in which its tasks may go on,
// on a model of the channels. A step is what an operation does at one moment, under the lock:
//
//	an operation under a context    looks at the context, then acts
//	a producer's send               looks whether the producer has ended, then is a send
//	a producer's end                ends the producer, then, if it was the last, the channel
//	SendAll                         sends what fits, again and again
//	SelectPriority                  looks at its cases one after the other; waits at one moment
//	everything else                 acts
//
// An operation that waits is completed by a step of another task, or withdraws once its context
// has ended.

// situation is one state of a program.
type situation struct {
	p      *program
	chans  []modelled
	tasks  []progress
	ended  bool // the context
	others []situation
}

// progress is how far a task has come.
type progress struct {
	pc      int
	phase   phase
	at      int // the case of a SelectPriority that is looked at next
	n       int // values that a SendAll has sent
	waits   bool
	results []string
}

type phase int

const (
	begins phase = iota
	looksAtContext
	acts
	closesChannel
)

type modelled struct {
	rules
	buf                []int
	senders, receivers []waiting
	closed, caused     bool
	open               int // producers that have not ended
	gone               [2]bool
	sent, received     int
	drops              runnel.Drops
	high               int
}

// waiting is an operation in a queue: of a task, or a callback.
type waiting struct {
	task, pc int
	alt      int // the case, −1 if it is not one of a Select
	v        int
	callback bool
}

// outcomes works out all outcomes; false if there are more than limit situations.
func (p *program) outcomes(limit int) (map[string]bool, bool) {
	first := situation{p: p}
	for _, k := range p.chans {
		first.chans = append(first.chans, modelled{rules: k.rules, open: 2})
	}
	for _, task := range p.tasks {
		first.tasks = append(first.tasks, progress{results: make([]string, len(task))})
	}
	all, seen, open := map[string]bool{}, map[string]bool{}, []situation{first}
	for len(open) > 0 {
		s := open[len(open)-1]
		open = open[:len(open)-1]
		key := s.key()
		if seen[key] {
			continue
		}
		if seen[key] = true; len(seen) > limit {
			return nil, false
		}
		next := s.next()
		if len(next) == 0 {
			all[s.outcome()] = true
		}
		open = append(open, next...)
	}
	return all, true
}

func (s *situation) key() string {
	var b []byte
	add := func(ns ...int) {
		for _, n := range ns {
			b = append(b, byte(n))
		}
	}
	bit := func(x bool) int {
		if x {
			return 1
		}
		return 0
	}
	add(bit(s.ended))
	for _, t := range s.tasks {
		add(t.pc, int(t.phase), t.at, t.n, bit(t.waits))
		for _, r := range t.results {
			b = append(append(b, r...), 0)
		}
	}
	for i := range s.chans {
		c := &s.chans[i]
		add(len(c.buf))
		add(c.buf...)
		for _, q := range [][]waiting{c.senders, c.receivers} {
			add(len(q))
			for _, w := range q {
				add(w.task, w.pc, w.alt, bit(w.callback))
			}
		}
		add(bit(c.closed), bit(c.caused), c.open, bit(c.gone[0]), bit(c.gone[1]), c.sent, c.received, c.high)
		add(int(c.drops[0]), int(c.drops[1]), int(c.drops[2]))
	}
	return string(b)
}

func (s *situation) outcome() string {
	var b strings.Builder
	for _, t := range s.tasks {
		fmt.Fprintf(&b, "%q ", t.results)
	}
	for _, c := range s.chans {
		b.WriteString("| " + account(runnel.Stats{
			Len: len(c.buf), HighWater: c.high, Sent: uint64(c.sent), Received: uint64(c.received),
			Dropped: c.drops, SendersWaiting: len(c.senders), ReceiversWaiting: len(c.receivers), Closed: c.closed,
		}))
	}
	return b.String()
}

func (s *situation) clone() *situation {
	d := *s
	d.others = nil
	d.chans = slices.Clone(s.chans)
	for i := range d.chans {
		c := &d.chans[i]
		c.buf, c.senders, c.receivers = slices.Clone(c.buf), slices.Clone(c.senders), slices.Clone(c.receivers)
	}
	d.tasks = slices.Clone(s.tasks)
	for i := range d.tasks {
		d.tasks[i].results = slices.Clone(d.tasks[i].results)
	}
	return &d
}

// next returns the situations that one step leads to.
func (s *situation) next() (all []situation) {
	for i := range s.tasks {
		t := &s.tasks[i]
		if t.pc >= len(s.p.tasks[i]) {
			continue
		}
		d := s.clone()
		switch {
		case !t.waits:
			d.advance(i)
		case s.p.ctx && s.ended:
			d.withdraw(i)
			d.failed(i, "cancelled")
		default:
			continue
		}
		all = append(append(all, *d), d.others...)
	}
	return all
}

func (s *situation) step(i int) step { return s.p.tasks[i][s.tasks[i].pc] }

// finish gives the operation of task i its result.
func (s *situation) finish(i int, result string) {
	t := &s.tasks[i]
	t.results[t.pc] = result
	*t = progress{pc: t.pc + 1, results: t.results}
}

// failed is finish for an operation that has not sent or received.
func (s *situation) failed(i int, why string) {
	if s.step(i).do == sendAll {
		why = fmt.Sprint(s.tasks[i].n, " ", why)
	}
	s.finish(i, why)
}

// advance does the next step of task i.
func (s *situation) advance(i int) {
	t, op := &s.tasks[i], s.step(i)
	t.results[t.pc] = pending
	c := &s.chans[op.ch]
	switch t.phase {
	case begins:
		switch {
		case op.do == producerSends && c.gone[op.who]:
			s.finish(i, "closed")
		case op.do == producerSends:
			t.phase = looksAtContext
		case s.p.ctx && slices.Contains(underContext, op.do):
			s.lookAtContext(i)
		default:
			s.act(i)
		}
	case looksAtContext:
		s.lookAtContext(i)
	case acts:
		s.act(i)
	case closesChannel:
		s.close(c, false)
		s.finish(i, "done")
	}
}

// underContext are the actions that look at the context before they act.
var underContext = []action{send, recv, sendAll, recvUpTo, selects, selectsInOrder}

func (s *situation) lookAtContext(i int) {
	if s.tasks[i].phase = acts; s.ended {
		s.failed(i, "cancelled")
	}
}

func (s *situation) act(i int) {
	op := s.step(i)
	c := &s.chans[op.ch]
	w := waiting{task: i, pc: s.tasks[i].pc, alt: -1, v: op.vs[0]}
	switch op.do {
	case send, producerSends:
		s.finishOrWait(i, s.put(c, w.v), "full", &c.senders, w)
	case recv:
		s.finishOrWait(i, s.take(c), "empty", &c.receivers, w)
	case trySend:
		s.finish(i, s.put(c, w.v))
	case tryRecv:
		s.finish(i, s.take(c))
	case sendAll:
		s.sendAll(i, c, w)
	case recvUpTo:
		s.recvUpTo(i, c, w)
	case sendFunc:
		s.callback(i, s.put(c, w.v), "full", &c.senders, w)
	case recvFunc:
		s.callback(i, s.take(c), "empty", &c.receivers, w)
	case looks:
		s.finish(i, fmt.Sprint("len ", len(c.buf)))
	case selects, selectsInOrder, trySelects:
		s.choose(i)
	default:
		s.end(i, c)
	}
}

func (s *situation) end(i int, c *modelled) {
	op := s.step(i)
	switch op.do {
	case closes:
		s.close(c, false)
	case closesWith:
		s.close(c, true)
	case cancels:
		s.cancel(c)
	case discards:
		c.sent++
		c.drops[runnel.Undelivered]++
	case endsContext:
		s.ended = true
	case producerEnds:
		if !c.gone[op.who] {
			c.gone[op.who] = true
			if c.open--; c.open == 0 {
				s.tasks[i].phase = closesChannel
				return
			}
		}
	}
	s.finish(i, "done")
}

func (s *situation) finishOrWait(i int, result, blocked string, q *[]waiting, w waiting) {
	if result != blocked {
		s.finish(i, result)
		return
	}
	*q = append(*q, w)
	s.tasks[i].waits = true
}

func (s *situation) callback(i int, result, blocked string, q *[]waiting, w waiting) {
	if result == blocked {
		w.callback = true
		*q = append(*q, w)
		result = pending
	}
	s.finish(i, result)
}

func (s *situation) sendAll(i int, c *modelled, w waiting) {
	t, vs := &s.tasks[i], s.step(i).vs
	before := t.n
	for t.n < len(vs) {
		result := s.put(c, vs[t.n])
		if result == "full" && t.n == before {
			w.v = vs[t.n]
			c.senders = append(c.senders, w)
			t.waits = true
			return
		}
		if result == "full" {
			t.phase = begins
			return
		}
		if result != "sent" {
			s.failed(i, result)
			return
		}
		t.n++
	}
	s.finish(i, fmt.Sprint(t.n, " sent"))
}

func (s *situation) recvUpTo(i int, c *modelled, w waiting) {
	var got []int
	for range s.step(i).vs {
		v, result := s.takeValue(c)
		if result != "" {
			if len(got) == 0 {
				s.finishOrWait(i, result, "empty", &c.receivers, w)
				return
			}
			break
		}
		got = append(got, v)
	}
	s.finish(i, fmt.Sprint(got))
}

// choose is a Select, at one moment; or the look at one case of a SelectPriority.
func (s *situation) choose(i int) {
	t, op := &s.tasks[i], s.step(i)
	if op.do == selectsInOrder && t.at < len(op.cases) {
		if s.isReady(op.cases[t.at]) {
			s.carryOut(i, t.at)
		} else {
			t.at++
		}
		return
	}
	var ready []int
	for k, a := range op.cases {
		if s.isReady(a) {
			ready = append(ready, k)
		}
	}
	switch {
	case op.do == selectsInOrder && len(ready) > 0:
		t.at = 0
	case len(ready) > 0:
		for _, k := range ready[1:] {
			other := s.clone()
			other.carryOut(i, k)
			s.others = append(s.others, *other)
		}
		s.carryOut(i, ready[0])
	case op.do == trySelects:
		s.finish(i, "not ready")
	default:
		s.queueCases(i)
	}
}

// queueCases makes a Select wait. Of its cases on one channel any may be served first; in order
// the first is.
func (s *situation) queueCases(i int) {
	op := s.step(i)
	turns := 1
	if op.do == selects && len(op.cases) > 1 {
		turns = len(op.cases)
	}
	for turn := turns - 1; turn >= 0; turn-- {
		d := s
		if turn > 0 {
			d = s.clone()
		}
		for k := range op.cases {
			k = (k + turn) % len(op.cases)
			a := op.cases[k]
			c := &d.chans[a.ch]
			w := waiting{task: i, pc: d.tasks[i].pc, alt: k, v: a.v}
			if a.send {
				c.senders = append(c.senders, w)
			} else {
				c.receivers = append(c.receivers, w)
			}
		}
		d.tasks[i].waits = true
		if turn > 0 {
			s.others = append(s.others, *d)
		}
	}
}

func (s *situation) isReady(a alternative) bool {
	c := &s.chans[a.ch]
	if a.send {
		return a.producer >= 0 && c.gone[a.producer] || c.closed || c.hasRoom() || len(c.receivers) > 0
	}
	return c.closed || len(c.buf) > 0 || len(c.senders) > 0
}

func (s *situation) carryOut(i, k int) {
	a := s.step(i).cases[k]
	c := &s.chans[a.ch]
	result := "closed"
	if !a.send {
		result = s.take(c)
	} else if a.producer < 0 || !c.gone[a.producer] {
		result = s.put(c, a.v)
	}
	s.finish(i, fmt.Sprint("case ", k, " ", result))
}

// withdraw takes the operation of task i off all queues.
func (s *situation) withdraw(i int) {
	mine := func(w waiting) bool { return w.task == i && !w.callback }
	for k := range s.chans {
		c := &s.chans[k]
		c.senders = slices.DeleteFunc(c.senders, mine)
		c.receivers = slices.DeleteFunc(c.receivers, mine)
	}
}

// complete ends the wait of w, the first of its queue: with a value or another result.
func (s *situation) complete(q *[]waiting, got int, result string) waiting {
	w := (*q)[0]
	*q = (*q)[1:]
	if w.callback {
		s.tasks[w.task].results[w.pc] = result
		return w
	}
	s.withdraw(w.task)
	t := &s.tasks[w.task]
	switch op := s.step(w.task); {
	case w.alt >= 0:
		s.finish(w.task, fmt.Sprint("case ", w.alt, " ", result))
	case op.do == sendAll && result == "sent" && t.n+1 < len(op.vs):
		*t = progress{pc: t.pc, n: t.n + 1, results: t.results}
	case op.do == sendAll && result == "sent":
		s.finish(w.task, fmt.Sprint(t.n+1, " sent"))
	case op.do == recvUpTo && got >= 0:
		s.finish(w.task, fmt.Sprint([]int{got}))
	default:
		s.failed(w.task, result)
	}
	return w
}
