package pipe

import (
	"fmt"
	"slices"
	"sort"
	"time"
)

// Shape says how [Window] and [WindowBy] cut time into panes. Make one with [Tumbling],
// [Sliding] or [Session].
type Shape struct {
	size, every time.Duration // tumbling: the same
	gap         time.Duration // of a session, else 0
}

// Tumbling is the shape of panes that follow one another: each is size long and begins where
// the one before ends. They are aligned to absolute time: every Start is a multiple of size
// since midnight of January 1 of year 1, UTC, a Monday, as for [time.Time.Truncate]. So panes
// of 24h begin at midnight UTC and those of 7·24h on Mondays, whatever the zone of the values.
func Tumbling(size time.Duration) Shape {
	requirePositive("Tumbling", "size", size)
	return Shape{size: size, every: size}
}

// Sliding is the shape of panes that overlap: one that is size long begins at each multiple of
// every, aligned as for [Tumbling]. A value is in each pane that covers it, in size/every of
// them. It panics if every is greater than size: then there would be values in no pane.
func Sliding(size, every time.Duration) Shape {
	requirePositive("Sliding", "size", size)
	requirePositive("Sliding", "every", every)
	require(every <= size, "Sliding", fmt.Sprintf("every is %v, want at most the size, %v", every, size))
	return Shape{size: size, every: every}
}

// Session is the shape of panes that follow the values: a pane begins with a value and ends gap
// after its last one, so between two panes nothing comes for at least gap.
func Session(gap time.Duration) Shape {
	requirePositive("Session", "gap", gap)
	return Shape{gap: gap}
}

// Pane is the values of one stretch of time, in the order in which they arrived. Start belongs
// to the stretch and End does not. Both are in UTC.
type Pane[T any] struct {
	Start, End time.Time
	Values     []T
}

// panes sorts values into panes. It knows no clock: what time it is tells mark.
//
//	open is in the order of End, which is that of Start, too; End > mark for each of them
//	a pane that is not open is one without values, or End ≤ mark
//	sessions: the open ones do not overlap, and any two values less than gap apart are in one
//
// mark only grows. So a pane that has been taken out is not opened again, and panes are taken
// out in the order of End.
type panes[T any] struct {
	shape   Shape
	open    []openPane[T]
	mark    time.Time
	marked  bool   // mark has a meaning
	arrived uint64 // values so far
}

// openPane is a pane that still takes values.
type openPane[T any] struct {
	Pane[T]
	order []uint64 // of a session: the number of each value, for joining it with another one
}

// add puts v into the panes that cover t. It reports false if v is late: there would have been
// panes for it, and none of them takes values any more.
func (p *panes[T]) add(t time.Time, v T) (ok bool) {
	t = t.UTC() // also drops the reading of the monotonic clock
	if p.shape.gap > 0 {
		return p.addToSession(t, v)
	}
	return p.addAligned(t, v)
}

// addAligned looks at the panes that cover t from the last to the first.
func (p *panes[T]) addAligned(t time.Time, v T) (ok bool) {
	for start := t.Truncate(p.shape.every); ; start = start.Add(-p.shape.every) {
		end := start.Add(p.shape.size)
		if !end.After(t) || p.passed(end) {
			return ok
		}
		pane := p.at(start, end)
		pane.Values = append(pane.Values, v)
		ok = true
	}
}

// at returns the pane, which it opens if need be.
func (p *panes[T]) at(start, end time.Time) *openPane[T] {
	i := p.endingAfter(start.Add(p.shape.size - 1))
	if i == len(p.open) || !p.open[i].Start.Equal(start) {
		p.open = slices.Insert(p.open, i, openPane[T]{Pane: Pane[T]{Start: start, End: end}})
	}
	return &p.open[i]
}

// addToSession puts v into the session that t makes alone, joined with those that it overlaps.
func (p *panes[T]) addToSession(t time.Time, v T) (ok bool) {
	end := t.Add(p.shape.gap)
	i := p.endingAfter(t)
	j := i
	for j < len(p.open) && p.open[j].Start.Before(end) {
		j++
	}
	if i == j {
		if p.passed(end) {
			return false
		}
		p.open = slices.Insert(p.open, i, openPane[T]{Pane: Pane[T]{Start: t, End: end}})
		j++
	}
	s := &p.open[i]
	for _, next := range p.open[i+1 : j] {
		s.join(next)
	}
	p.open = slices.Delete(p.open, i+1, j)
	s.cover(t, end)
	s.push(v, p.arrived)
	p.arrived++
	return true
}

// join adds the values of another session, those of both in the order of their arrival.
func (s *openPane[T]) join(other openPane[T]) {
	a, b := *s, other
	s.Values = make([]T, 0, len(a.Values)+len(b.Values))
	s.order = make([]uint64, 0, cap(s.Values))
	for len(a.order)+len(b.order) > 0 {
		if len(b.order) == 0 || len(a.order) > 0 && a.order[0] < b.order[0] {
			a, b = b, a
		}
		s.push(b.Values[0], b.order[0])
		b.Values, b.order = b.Values[1:], b.order[1:]
	}
	s.cover(other.Start, other.End)
}

func (s *openPane[T]) push(v T, number uint64) {
	s.Values = append(s.Values, v)
	s.order = append(s.order, number)
}

// cover makes s reach from start to end at least.
func (s *openPane[T]) cover(start, end time.Time) {
	if start.Before(s.Start) {
		s.Start = start
	}
	if end.After(s.End) {
		s.End = end
	}
}

// endingAfter returns the index of the first open pane with End > t.
func (p *panes[T]) endingAfter(t time.Time) int {
	return sort.Search(len(p.open), func(i int) bool { return p.open[i].End.After(t) })
}

// passed tells whether a pane that ends at end takes no more values.
func (p *panes[T]) passed(end time.Time) bool { return p.marked && !end.After(p.mark) }

// raise moves the mark to t, unless it is there already.
func (p *panes[T]) raise(t time.Time) {
	if !p.marked || t.After(p.mark) {
		p.mark, p.marked = t.UTC(), true
	}
}

// ready tells how many of the open panes, the first ones, are to be taken out, once there is a
// mark.
func (p *panes[T]) ready() int { return p.endingAfter(p.mark) }

// pop takes out the first open pane.
func (p *panes[T]) pop() Pane[T] {
	first := p.open[0].Pane
	p.open[0] = openPane[T]{} // not kept alive by what is left of the slice
	p.open = p.open[1:]
	return first
}
