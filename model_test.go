package runnel_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/runnel-go/runnel"
)

// model is what a channel is meant to do, written for reading: slices, no concurrency, no
// thought of speed.
type model struct {
	name    string
	cap     int  // as Chan.Cap tells it
	room    int  // values that may be buffered, -1 for any number
	forever bool // a promise
	evict   func(m *model) (v int, why runnel.Reason, evicts bool)
	refuses func(v int) bool // a policy that drops such values
	next    func(buf []int) int
	passes  bool // values for a receiver that waits go through the buffer

	buf       []int
	senders   []waiting
	receivers []waiting
	closed    bool
	cause     error
	account   runnel.Stats

	outcome func(string)
	told    bool
	dropped func(int, runnel.Reason)
}

type waiting struct{ id, v int }

const kinds = 10

// newKind makes a channel and its model.
func newKind(b byte) (*runnel.Chan[int], *model) {
	n := int(b>>4&1) + 1
	m := &model{room: n, cap: n}
	switch b % 16 % kinds {
	case 0:
		m.name, m.room, m.cap = "a rendezvous", 0, 0
		return runnel.New[int](), m
	case 1, 2, 3:
		m.room = int(b % 16 % kinds)
		m.name, m.cap = fmt.Sprintf("Buffer(%d)", m.room), m.room
		return runnel.New[int](runnel.Buffer(m.room)), m
	case 4, 5:
		m.name, m.evict = fmt.Sprintf("Dropping(%d)", n), newest
		return runnel.New[int](runnel.Dropping(n)), m
	case 6, 7:
		m.name, m.evict = fmt.Sprintf("Sliding(%d)", n), oldest
		return runnel.New[int](runnel.Sliding(n)), m
	case 8:
		if n == 1 {
			m.name, m.room, m.cap = "Unbounded", -1, 0
			return runnel.New[int](runnel.Unbounded()), m
		}
		m.name, m.room, m.cap, m.forever, m.passes, m.evict = "a promise", 1, 1, true, true, newest
		return runnel.NewPromise[int](), m
	default:
		m.name, m.room, m.cap, m.passes = "a policy", 2, 2, true
		m.next, m.refuses = mostUrgent, isUnlucky
		return runnel.NewBuffered(&urgentFirst{}), m
	}
}

func newest(m *model) (v int, why runnel.Reason, evicts bool) {
	last := len(m.buf) - 1
	v, m.buf = m.buf[last], m.buf[:last]
	return v, runnel.DroppedNewest, true
}

func oldest(m *model) (v int, why runnel.Reason, evicts bool) {
	v, m.buf = m.buf[0], m.buf[1:]
	return v, runnel.DroppedOldest, true
}

func isUnlucky(v int) bool { return v%8 == 7 }

// mostUrgent is the index of the first value with the greatest remainder by 4.
func mostUrgent(buf []int) (best int) {
	for i, v := range buf {
		if v%4 > buf[best]%4 {
			best = i
		}
	}
	return best
}

// urgentFirst is the policy of the model: two values, the most urgent first, no unlucky ones.
type urgentFirst struct{ values []int }

func (p *urgentFirst) Len() int   { return len(p.values) }
func (p *urgentFirst) Cap() int   { return 2 }
func (p *urgentFirst) Full() bool { return len(p.values) >= 2 }

func (p *urgentFirst) Push(v int, drop func(int, runnel.Reason)) {
	if isUnlucky(v) {
		drop(v, runnel.DroppedNewest)
		return
	}
	p.values = append(p.values, v)
}

func (p *urgentFirst) Pop() int {
	i := mostUrgent(p.values)
	v := p.values[i]
	p.values = slices.Delete(p.values, i, i+1)
	return v
}

// full tells whether a sender has to wait if no receiver waits.
func (m *model) full() bool { return m.room >= 0 && m.evict == nil && len(m.buf) >= m.room }

func (m *model) ready(send bool) bool {
	if send {
		return m.closed || !m.full() || len(m.receivers) > 0
	}
	return m.closed || len(m.buf) > 0 || len(m.senders) > 0
}

// send is a send that gives up with the error late if it would have to wait.
func (m *model) send(v int, late error) error {
	switch {
	case m.closed:
		return m.sendError(m.cause)
	case !m.ready(true):
		return late
	case len(m.receivers) > 0 && !m.passes:
		m.account.Sent++
		m.give(v)
	default:
		m.store(v)
		for len(m.receivers) > 0 && len(m.buf) > 0 {
			m.give(m.takeOut())
		}
	}
	return nil
}

func (m *model) sendError(cause error) error {
	if cause == nil {
		return runnel.ErrClosed
	}
	return fmt.Errorf("%w: %w", runnel.ErrClosed, cause)
}

// give completes the first receiver that waits.
func (m *model) give(v int) {
	m.account.Received++
	m.outcome(receivedAs(m.receivers[0].id, v, nil))
	m.receivers = m.receivers[1:]
}

// store buffers v, which may cost a value.
func (m *model) store(v int) {
	m.account.Sent++
	if m.refuses != nil && m.refuses(v) {
		m.drop(v, runnel.DroppedNewest)
		return
	}
	m.buf = append(m.buf, v)
	if m.room >= 0 && len(m.buf) > m.room {
		v, why, _ := m.evict(m)
		m.drop(v, why)
	}
	m.account.HighWater = max(m.account.HighWater, len(m.buf))
}

func (m *model) drop(v int, why runnel.Reason) {
	m.account.Dropped[why]++
	if m.told {
		m.dropped(v, why)
	}
}

// takeOut removes the value that is to be received next.
func (m *model) takeOut() int {
	if m.forever {
		return m.buf[0]
	}
	i := 0
	if m.next != nil {
		i = m.next(m.buf)
	}
	v := m.buf[i]
	m.buf = slices.Delete(m.buf, i, i+1)
	return v
}

// recv is a receive that gives up with the error late if it would have to wait.
func (m *model) recv(late error) (v int, err error) {
	switch {
	case len(m.buf) > 0:
		v = m.takeOut()
		for len(m.senders) > 0 && !m.full() {
			m.store(m.release(nil))
		}
	case len(m.senders) > 0:
		m.account.Sent++
		v = m.release(nil)
	case m.closed && m.cause != nil:
		return 0, m.cause
	case m.closed:
		return 0, runnel.ErrClosed
	default:
		return 0, late
	}
	m.account.Received++
	return v, nil
}

// release completes the first sender that waits and returns its value.
func (m *model) release(err error) int {
	s := m.senders[0]
	m.senders = m.senders[1:]
	m.outcome(sentAs(s.id, err))
	return s.v
}

func (m *model) sendFunc(id int, vs []int) {
	if !m.ready(true) {
		m.senders = append(m.senders, waiting{id, vs[0]})
		return
	}
	m.outcome(sentAs(id, m.send(vs[0], nil)))
}

func (m *model) recvFunc(id int, _ []int) {
	if !m.ready(false) {
		m.receivers = append(m.receivers, waiting{id: id})
		return
	}
	v, err := m.recv(nil)
	m.outcome(receivedAs(id, v, err))
}

func (m *model) sendAll(id int, vs []int) {
	for n, v := range vs {
		if err := m.send(v, context.Canceled); err != nil {
			m.outcome(fmt.Sprint(id, ": ", n, " sent ", err))
			return
		}
	}
	m.outcome(fmt.Sprint(id, ": ", len(vs), " sent ", nil))
}

func (m *model) recvUpTo(id int, vs []int) {
	var got []int
	for range vs {
		v, err := m.recv(context.Canceled)
		if err != nil && len(got) == 0 {
			m.outcome(fmt.Sprint(id, ": received ", []int{}, err))
			return
		}
		if err != nil {
			break
		}
		got = append(got, v)
	}
	m.outcome(fmt.Sprint(id, ": received ", got, nil))
}

func (m *model) close(cause error) {
	if m.closed {
		return
	}
	m.closed, m.cause = true, cause
	for _, r := range m.receivers {
		v, err := m.recv(nil)
		m.outcome(receivedAs(r.id, v, err))
	}
	m.receivers = nil
}

func (m *model) cancel(cause error) {
	before := m.closed
	m.close(cause)
	refusal := m.sendError(cause)
	if before && cause == nil {
		refusal = m.sendError(m.cause)
	}
	for len(m.senders) > 0 {
		m.release(refusal)
	}
	for len(m.buf) > 0 && !m.forever {
		m.drop(m.takeOut(), runnel.Undelivered)
	}
}

func (m *model) stats() runnel.Stats {
	s := m.account
	s.Len, s.Cap, s.Closed = len(m.buf), m.cap, m.closed
	s.SendersWaiting, s.ReceiversWaiting = len(m.senders), len(m.receivers)
	return s
}
