package pipe_test

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// A stretch is a pane with times in whole milliseconds since some beginning.
type stretch struct {
	start, end int64
	values     []int
}

// stretches turns panes into stretches since began.
func stretches(began time.Time, panes []pipe.Pane[int]) (ss []stretch) {
	for _, p := range panes {
		ss = append(ss, stretch{p.Start.Sub(began).Milliseconds(), p.End.Sub(began).Milliseconds(), p.Values})
	}
	return ss
}

func TestWindowSendsPanesWhenTheClockReachesTheirEnd(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		began := time.Now()
		in := arriving(errLost, 1*ms, 9*ms, 12*ms, 45*ms, 52*ms)
		var panes []pipe.Pane[int]
		got, end := recorded(pipe.Window(bg, in, pipe.Tumbling(10*ms)))
		for _, e := range got {
			panes = append(panes, e.v)
		}
		mustEqual(t, "panes", stretches(began, panes), "[{0 10 [0 1]} {10 20 [2]} {40 50 [3]} {50 60 [4]}]")
		mustEqual(t, "times", times(got), "[10ms 20ms 50ms 52ms]")
		mustEqual(t, "end", end, "52ms: lost")
		mustBalance(t, "in", in.Stats(), 5, 5, runnel.Drops{})
	})
}

func times[T any](events []event[T]) (at []time.Duration) {
	for _, e := range events {
		at = append(at, e.at)
	}
	return at
}

// While the stage waits for its consumer it takes nothing, and what it takes then arrives then.
func TestWindowTakesNothingWhileItSends(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		began := time.Now()
		in := runnel.New[int](runnel.Buffer(9))
		out := pipe.Window(bg, in, pipe.Tumbling(10*ms))
		in.Send(bg, 1)
		time.Sleep(12 * ms)
		in.SendAll(bg, []int{2, 3})
		time.Sleep(11 * ms)
		mustBalance(t, "in", in.Stats(), 3, 1, runnel.Drops{})
		a, _ := out.Recv(bg)
		b, _ := out.Recv(bg)
		mustEqual(t, "panes", stretches(began, []pipe.Pane[int]{a, b}), "[{0 10 [1]} {20 30 [2 3]}]")
		mustEqual(t, "time", time.Since(began), 30*ms)
		out.Cancel(nil)
	})
}

// aShape is a shape and the same for the plain models below, in milliseconds.
type aShape struct {
	pipe.Shape
	size, every, gap int64
}

func shapesAtRandom(intn func(int) int) aShape {
	size := 1 + intn(20)
	every := 1 + intn(size)
	gap := 1 + intn(12)
	d := func(n int) time.Duration { return time.Duration(n) * ms }
	switch intn(3) {
	case 0:
		return aShape{pipe.Tumbling(d(size)), int64(size), int64(size), 0}
	case 1:
		return aShape{pipe.Sliding(d(size), d(every)), int64(size), int64(every), 0}
	default:
		return aShape{pipe.Session(d(gap)), 0, 0, int64(gap)}
	}
}

// windowModel is WindowBy by brute force: it keeps the values that were not late, all of them,
// and finds the panes anew after each value.
type windowModel struct {
	aShape
	origin  int64   // milliseconds from the beginning of year 1 to the moment 0
	at      []int64 // of all values
	pending []int   // sessions: those that have not been sent
	aligned []stretch
	began   bool
	mark    int64
	sent    map[[2]int64]bool
	want    []stretch
	late    []int
}

// millisecondsTo counts from the beginning of year 1.
func millisecondsTo(t time.Time) int64 { return (t.Unix() - time.Time{}.Unix()) * 1000 }

func (m *windowModel) add(i int) {
	if !m.fits(i) {
		m.late = append(m.late, i)
		return
	}
	m.pending = append(m.pending, i)
	for _, start := range m.covering(m.at[i]) {
		if !m.began || start+m.size > m.mark {
			m.put(start, i)
		}
	}
}

func (m *windowModel) put(start int64, i int) {
	for at := range m.aligned {
		if m.aligned[at].start == start {
			m.aligned[at].values = append(m.aligned[at].values, i)
			return
		}
	}
	m.aligned = append(m.aligned, stretch{start, start + m.size, []int{i}})
}

func (m *windowModel) fits(i int) bool {
	t := m.at[i]
	if !m.began {
		return true
	}
	if m.gap == 0 {
		return slices.ContainsFunc(m.covering(t), func(start int64) bool { return start+m.size > m.mark })
	}
	return t+m.gap > m.mark || slices.ContainsFunc(m.pending, func(j int) bool { return max(t-m.at[j], m.at[j]-t) < m.gap })
}

// covering are the beginnings of the panes that cover t, looking at every millisecond.
func (m *windowModel) covering(t int64) (starts []int64) {
	if m.gap > 0 {
		return nil
	}
	for start := t - m.size + 1; start <= t; start++ {
		if (m.origin+start)%m.every == 0 {
			starts = append(starts, start)
		}
	}
	return starts
}

func (m *windowModel) raise(mark int64) {
	if !m.began || mark > m.mark {
		m.began, m.mark = true, mark
	}
	var ready []stretch
	for _, s := range m.panes() {
		if s.end <= m.mark && !m.sent[[2]int64{s.start, s.end}] {
			m.sent[[2]int64{s.start, s.end}] = true
			ready = append(ready, s)
			if m.gap > 0 {
				m.pending = slices.DeleteFunc(m.pending, func(i int) bool { return slices.Contains(s.values, i) })
				m.sent = map[[2]int64]bool{}
			}
		}
	}
	slices.SortFunc(ready, func(a, b stretch) int { return cmp.Or(cmp.Compare(a.end, b.end), cmp.Compare(a.start, b.start)) })
	m.want = append(m.want, ready...)
}

func (m *windowModel) panes() []stretch {
	if m.gap > 0 {
		return m.sessions()
	}
	return m.aligned
}

func (m *windowModel) sessions() (ss []stretch) {
	byTime := slices.Clone(m.pending)
	slices.SortFunc(byTime, func(i, j int) int { return cmp.Compare(m.at[i], m.at[j]) })
	for _, i := range byTime {
		t := m.at[i]
		if n := len(ss); n > 0 && t < ss[n-1].end {
			ss[n-1].end = t + m.gap
			ss[n-1].values = append(ss[n-1].values, i)
		} else {
			ss = append(ss, stretch{t, t + m.gap, []int{i}})
		}
	}
	for _, s := range ss {
		slices.Sort(s.values) // arrived in this order
	}
	return ss
}

// plainWindows says what WindowBy must send, and which values are late. A late value counts for
// the time, too. A pane that was sent keeps the values that it had then.
func plainWindows(shape aShape, began time.Time, at []int64, lateness int64) (want []stretch, late []int) {
	m := &windowModel{aShape: shape, origin: millisecondsTo(began), at: at, sent: map[[2]int64]bool{}}
	for i, t := range at {
		m.add(i)
		m.raise(t - lateness)
	}
	m.raise(1 << 50)
	return m.want, m.late
}

func TestWindowByDoesWhatBruteForceSays(t *testing.T) {
	rnd := seeded(t)
	began := time.Unix(0, 0) // so that there are times before 1970
	for range 400 {
		shape := shapesAtRandom(rnd.IntN)
		at := make([]int64, rnd.IntN(40))
		spread := 1 + rnd.IntN(30)
		for i := range at {
			at[i] = int64(i*rnd.IntN(8) - rnd.IntN(spread) - 50)
		}
		lateness := int64(rnd.IntN(40))
		in := filled(nil, upTo(len(at))...)
		lost := rejected(in)
		got, end := drain(pipe.WindowBy(bg, in, shape.Shape, func(i int) time.Time {
			return began.Add(time.Duration(at[i]) * ms)
		}, time.Duration(lateness)*ms))
		want, late := plainWindows(shape, began, at, lateness)
		what := fmt.Sprintf("%+v %v lateness %d", shape, at, lateness)
		mustEqual(t, what, stretches(began, got), want)
		mustEqual(t, what+": late", *lost, late)
		mustBalance(t, what, in.Stats(), uint64(len(at)), uint64(len(at)-len(late)), dropped(runnel.Late, uint64(len(late))))
		mustBe(t, what, end, nil)
		if t.Failed() {
			return
		}
	}
}

func TestWindowDoesWhatBruteForceSays(t *testing.T) {
	rnd := seeded(t)
	for range 150 {
		shape := shapesAtRandom(rnd.IntN)
		at := randomMoments(rnd.IntN, rnd.IntN(40))
		if shape.gap > 0 { // a deadline that is a whole gap after a value must not meet another
			shape.Shape = pipe.Session(time.Duration(shape.gap)*ms - ms/4)
		}
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			in := arriving(nil, at...)
			got, _ := recorded(pipe.Window(bg, in, shape.Shape))
			mustEqual(t, fmt.Sprint(shape, at), eventsOf(got, began), plainArrivals(shape, began, at))
			mustBalance(t, "in", in.Stats(), uint64(len(at)), uint64(len(at)), runnel.Drops{})
		})
	}
}

// eventsOf writes panes with their times in full.
func eventsOf(got []event[pipe.Pane[int]], began time.Time) (es []string) {
	for _, e := range got {
		es = append(es, fmt.Sprint(e.at, e.v.Start.Sub(began), e.v.End.Sub(began), e.v.Values))
	}
	return es
}

// plainArrivals says what Window must send, and when, for values that arrive then.
func plainArrivals(shape aShape, began time.Time, at []time.Duration) (want []string) {
	if len(at) == 0 {
		return nil
	}
	m := &windowModel{aShape: shape, origin: millisecondsTo(began), sent: map[[2]int64]bool{}}
	for i, t := range at {
		m.at = append(m.at, t.Milliseconds())
		m.add(i)
	}
	m.raise(1 << 50)
	for _, s := range m.want {
		start, end := time.Duration(s.start)*ms, time.Duration(s.end)*ms
		if shape.gap > 0 { // the half that the times of values end with, and the quarter
			start, end = at[s.values[0]], at[s.values[len(s.values)-1]]+time.Duration(shape.gap)*ms-ms/4
		}
		want = append(want, fmt.Sprint(min(end, at[len(at)-1]), start, end, s.values))
	}
	return want
}

func TestPanesAreAlignedToAbsoluteTime(t *testing.T) {
	zone := time.FixedZone("east", 5*3600+1800)
	for _, c := range []struct {
		shape pipe.Shape
		at    time.Time
		start string
	}{
		{pipe.Tumbling(24 * time.Hour), time.Date(2026, 11, 23, 3, 0, 0, 0, zone), "2026-11-22 00:00:00 +0000 UTC"},
		{pipe.Tumbling(7 * 24 * time.Hour), time.Date(2026, 11, 29, 23, 59, 59, 0, time.UTC), "2026-11-23 00:00:00 +0000 UTC"}, // a Monday
		{pipe.Tumbling(time.Hour), time.Date(1969, 12, 31, 23, 30, 0, 0, time.UTC), "1969-12-31 23:00:00 +0000 UTC"},
		{pipe.Tumbling(time.Hour), time.Date(-7, 1, 1, 0, 59, 0, 0, time.UTC), "-0007-01-01 00:00:00 +0000 UTC"},
		{pipe.Tumbling(time.Hour), time.Date(1960, 1, 1, 5, 0, 0, 0, time.UTC), "1960-01-01 05:00:00 +0000 UTC"},
		{pipe.Sliding(time.Hour, 7*time.Minute), time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC), "1959-12-31 23:05:00 +0000 UTC"},
		{pipe.Session(time.Hour), time.Date(2026, 11, 23, 3, 0, 0, 1, zone), "2026-11-22 21:30:00.000000001 +0000 UTC"},
	} {
		panes, _ := drain(pipe.WindowBy(bg, filled(nil, c.at), c.shape, func(t time.Time) time.Time { return t }, 0))
		mustEqual(t, "start", panes[0].Start, c.start)
	}
}

// Times can be compared with ==: they carry no zone and no reading of the monotonic clock.
func TestPanesHavePlainTimes(t *testing.T) {
	for _, shape := range []pipe.Shape{pipe.Tumbling(time.Hour), pipe.Session(time.Hour)} {
		in := filled(nil, time.Now())
		panes, _ := drain(pipe.WindowBy(bg, in, shape, func(t time.Time) time.Time { return t }, 0))
		if p := panes[0]; p.Start != p.Start.Round(0).UTC() || p.End != p.End.Round(0).UTC() {
			t.Errorf("times %v and %v", p.Start, p.End)
		}
	}
}

// A value without a time of its own, and panes that stay open side by side.
func TestWindowByTakesAnyTime(t *testing.T) {
	at := []time.Time{{}, time.Now(), {}}
	in := filled(nil, 0, 1, 2)
	panes, _ := drain(pipe.WindowBy(bg, in, pipe.Tumbling(time.Hour), func(i int) time.Time { return at[i] }, time.Minute))
	mustEqual(t, "panes", len(panes), 2)
	mustBalance(t, "in", in.Stats(), 3, 2, dropped(runnel.Late, 1))
}

func failAt(v int, how func()) func(int) time.Time {
	return func(i int) time.Time {
		if i == v {
			how()
		}
		return secondOf2000(i)
	}
}

// When at fails, what was there before comes first, then the error.
func TestWindowByEndsWhenAtFails(t *testing.T) {
	for name, how := range map[string]func(){
		"panic": func() { panic(errBad) }, "Goexit": runtime.Goexit,
	} {
		bubble(t, name, func(t *testing.T) {
			in := holding(1, 2, 12, 13, 14)
			lost := rejected(in)
			out := pipe.WindowBy(bg, in, pipe.Tumbling(10*time.Second), failAt(13, how), time.Minute)
			panes, end := drain(out)
			mustEqual(t, "panes", stretches(secondOf2000(0), panes), "[{0 10000 [1 2]} {10000 20000 [12]}]")
			if name == "panic" {
				mustHavePanicked(t, end, errBad)
			} else {
				mustEqual(t, "end", end, "pipe: the function of the stage called runtime.Goexit")
			}
			synctest.Wait() // the input hears of it after the receivers of the output
			mustBe(t, "in", in.Err(), end)
			mustEqual(t, "lost", *lost, "[13 14]")
			want := dropped(runnel.Failed, 1)
			want[runnel.Undelivered] = 1
			mustBalance(t, "in", in.Stats(), 5, 3, want)
		})
	}
}

// A pane that was not complete when the stage was stopped is accounted for like one that was.
func TestStoppedWindowAccountsForEveryPane(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		ctx, end := context.WithCancelCause(bg)
		in := holding(1, 2, 15, 45, 46, 55)
		out := pipe.WindowBy(ctx, in, pipe.Tumbling(10*time.Second), secondOf2000, 10*time.Second)
		var lost []pipe.Pane[int]
		out.OnDrop(func(p pipe.Pane[int], why runnel.Reason) {
			mustEqual(t, "reason", why, runnel.Undelivered)
			lost = append(lost, p)
		})
		synctest.Wait() // it sends the first pane
		end(errStop)
		synctest.Wait()
		mustEqual(t, "lost", stretches(secondOf2000(0), lost), "[{0 10000 [1 2]} {10000 20000 [15]} {40000 50000 [45]}]")
		mustBalance(t, "out", out.Stats(), 3, 0, dropped(runnel.Undelivered, 3))
		mustBalance(t, "in", in.Stats(), 6, 4, dropped(runnel.Undelivered, 2))
		mustBe(t, "in", in.Err(), errStop)
	})
}
