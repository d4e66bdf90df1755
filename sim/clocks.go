package sim

import (
	"slices"

	"github.com/runnel-go/runnel/internal/hook"
)

// vector is a vector clock: of each task, how many of its moves happen before.
//
//	a happens before b  ⇔  b.clock[a.task] ≥ a.number
//
// A move happens after the last one of its task, after the one that made it possible (which
// woke its task, or made it), and after those before it that its footprint meets. It takes more
// for what comes after a Recv, a Send or a Lock to happen: the value, the room, that the lock
// was given up. These are no races, as the other order does not exist; they count for the next
// moves of the task only, since the operation itself could have come earlier, to wait.
type vector []int32

func (v vector) at(p int) int32 {
	if p < len(v) {
		return v[p]
	}
	return 0
}

func (v *vector) set(p int, n int32) {
	for len(*v) <= p {
		*v = append(*v, 0)
	}
	(*v)[p] = n
}

func (v *vector) join(u vector) {
	for p, n := range u {
		if n > v.at(p) {
			v.set(p, n)
		}
	}
}

func (m *move) happensBefore(v vector) bool { return v.at(m.task) >= int32(m.number) }

// place is an object as the moves see it.
type place struct {
	uses  []usage  // moves that touch it, as they came
	sides [2][]int // of a channel: its Sends, its Recvs; of a Mutex: moves that got it, Unlocks
	whole int      // uses of both parts
}

// usage is a move on an object.
type usage struct {
	move  int
	parts uint64
}

// mark is an entry in a place: a use, or in one of its sides.
type mark struct{ key, side int }

const aUse = -1

func (d *dpor) place(key int) *place {
	for len(d.places) <= key {
		d.places = append(d.places, place{})
	}
	return &d.places[key]
}

// close works out what the move under way, which has ended, happens after.
func (d *dpor) close(w *world) {
	m := d.current()
	if m == nil || d.free || d.recording() && m.closed {
		return
	}
	d.endsContexts(m)
	if !d.recording() {
		return
	}
	m.waits = m.task > 0 && w.tasks[m.task-1].state == blocked
	if m.goesOn && m.object != nil && m.object.Queue {
		d.observe(m.object)
	}
	m.print.all = m.print.all || m.quiet || len(w.invariants) > 0
	i := d.depth - 1
	m.closed = true
	m.before = d.tasks[m.task].last
	m.number = 1
	m.clock = m.clock[:0]
	if m.before >= 0 {
		m.number = d.moves[m.before].number + 1
		m.clock.join(d.moves[m.before].after)
	}
	if m.waker >= 0 {
		m.clock.join(d.moves[m.waker].clock)
	}
	races := d.order(m)
	m.clock.set(m.task, int32(m.number))
	d.tasks[m.task].last = i
	m.after = append(m.after[:0], m.clock...)
	d.synchronize(i, m)
	d.enter(i, m)
	for _, e := range races {
		d.reverse(e, i)
	}
}

// order lets m happen after the moves that it depends on, and returns those with which it is a
// race.
func (d *dpor) order(m *move) (races []int) {
	races = d.races[:0]
	for _, e := range d.rivals(m) {
		r := &d.moves[e]
		if r.happensBefore(m.clock) {
			continue
		}
		m.clock.join(r.clock)
		if !m.quiet {
			races = append(races, e)
		}
	}
	d.races = races
	return races
}

// rivals are the moves that m depends on, the last one first, without those that happen before
// another of them anyway.
func (d *dpor) rivals(m *move) []int {
	rs := d.rivalry[:0]
	if m.print.all {
		for p := range d.tasks {
			if last := d.tasks[p].last; last >= 0 && p != m.task {
				rs = append(rs, last)
			}
		}
	} else {
		if n := len(d.all); n > 0 {
			rs = append(rs, d.all[n-1])
		}
		for _, t := range m.print.touches {
			rs = d.place(t.key).rivals(t.parts, rs)
		}
	}
	slices.SortFunc(rs, func(a, b int) int { return b - a })
	d.rivalry = rs
	return rs
}

// rivals adds the last moves that touch these parts.
func (p *place) rivals(parts uint64, rs []int) []int {
	for k := len(p.uses) - 1; k >= 0 && parts != 0; k-- {
		if u := p.uses[k]; u.parts&parts != 0 {
			rs = append(rs, u.move)
			parts &^= u.parts
		}
	}
	return rs
}

// enter makes the entries of m, which are taken back when it is opened again.
func (d *dpor) enter(i int, m *move) {
	if m.print.all {
		d.all = append(d.all, i)
	}
	for _, t := range m.print.touches {
		p := d.place(t.key)
		p.uses = append(p.uses, usage{i, t.parts})
		if t.parts == whole {
			p.whole++
		}
		m.marks = append(m.marks, mark{t.key, aUse})
	}
}

func (d *dpor) enterSide(i int, m *move, key, side int) {
	p := d.place(key)
	p.sides[side] = append(p.sides[side], i)
	m.marks = append(m.marks, mark{key, side})
}

// open takes back what close has done to others. Moves are opened from the last one on.
func (d *dpor) open(i int) {
	m := &d.moves[i]
	if !m.closed {
		return
	}
	m.closed = false
	for _, k := range slices.Backward(m.marks) {
		p := d.place(k.key)
		if k.side != aUse {
			p.sides[k.side] = p.sides[k.side][:len(p.sides[k.side])-1]
			continue
		}
		if p.uses[len(p.uses)-1].parts == whole {
			p.whole--
		}
		p.uses = p.uses[:len(p.uses)-1]
	}
	m.marks = m.marks[:0]
	if m.print.all {
		d.all = d.all[:len(d.all)-1]
	}
	d.tasks[m.task].last = m.before
}

// pop takes the last move off the stack.
func (d *dpor) pop() {
	d.open(len(d.moves) - 1)
	d.moves = d.moves[:len(d.moves)-1]
}

// synchronize lets what follows m in its task happen after what m needed to be completed.
// What woke a task counts anyway.
func (d *dpor) synchronize(i int, m *move) {
	if m.object == nil || d.observed[m.object.ID] {
		return
	}
	key := keyOf(m.object)
	p := d.place(key)
	switch {
	case m.object.Type == "Mutex":
		d.locks(i, m, p, key)
	case m.kind != arrival || !m.object.Queue || p.whole > 0 || d.endedAt:
	case m.was.op == hook.Send:
		n := len(p.sides[0]) - m.object.Room
		m.needs(d, p.sides[1], n)
		d.enterSide(i, m, key, 0)
	case m.was.op == hook.Recv:
		m.needs(d, p.sides[0], len(p.sides[1]))
		d.enterSide(i, m, key, 1)
	}
}

// needs lets what follows m happen after the n-th of these, if that has been.
func (m *move) needs(d *dpor, side []int, n int) {
	if n >= 0 && n < len(side) {
		m.after.join(d.moves[side[n]].clock)
	}
}

// locks: who gets a lock goes on after the Unlock before. An Unlock by somebody else than who
// has it, or had to hear of that, might come too early: then the order counts.
func (d *dpor) locks(i int, m *move, p *place, key int) {
	const got, unlocked = 0, 1
	switch m.was.op {
	case hook.Lock:
		if m.waits {
			return
		}
		m.needs(d, p.sides[unlocked], len(p.sides[unlocked])-1)
		d.enterSide(i, m, key, got)
	case hook.Unlock:
		if n := len(p.sides[got]); n == 0 || !d.moves[p.sides[got][n-1]].happensBefore(m.clock) {
			d.observe(m.object)
		}
		d.enterSide(i, m, key, unlocked)
	}
}

// reverse sees to it that the order of the moves e and i, which are a race, will be tried the
// other way round: from before e, what does not happen after e leads to i. Somebody who can be
// the first to go there must be tried there.
func (d *dpor) reverse(e, i int) {
	at := &d.moves[e]
	firsts := d.firsts(e, i)
	if firsts&(at.todo|at.tried|at.asleep) != 0 {
		return
	}
	if p := d.moves[i].task; firsts.has(p) {
		firsts = 0
		firsts.add(p)
	}
	if firsts &= at.enabled; firsts == 0 {
		at.todo |= at.enabled &^ at.tried
		return
	}
	at.todo |= firsts & -firsts
}

// firsts are the tasks that can make the first of the moves that lead from before e to i: of
// those that i needs. (With those that it does not need they would be a source set, of which a
// part suffices; but that rests on what i touches, which may be another thing without e.)
func (d *dpor) firsts(e, i int) (firsts set) {
	var seen set
	var begins [maxTasks]*move
	var order [maxTasks]int
	n := 0
	for k := e + 1; k <= i; k++ {
		m := &d.moves[k]
		if seen.has(m.task) || k < i && (d.moves[e].happensBefore(m.clock) || !m.happensBefore(d.moves[i].clock)) {
			continue
		}
		first := true
		for _, p := range order[:n] {
			if begins[p].happensBefore(m.clock) {
				first = false
				break
			}
		}
		seen.add(m.task)
		begins[m.task], order[n] = m, m.task
		n++
		if first {
			firsts.add(m.task)
		}
	}
	return firsts
}
