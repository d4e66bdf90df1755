package pipe

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
)

// The state machines of the stages that look at the clock, without a clock.

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func after(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

func TestDeadlineWantsATimerThatEndsNoLater(t *testing.T) {
	for _, c := range []struct {
		due, ends time.Time
		want      bool
	}{
		{time.Time{}, time.Time{}, false},
		{time.Time{}, after(1), false},
		{after(1), time.Time{}, true},
		{after(2), after(1), false},
		{after(1), after(1), false},
		{after(1), after(2), true},
	} {
		d := deadline{c.due, c.ends}
		if got := d.wanting(); got != c.want {
			t.Errorf("%v: %v, want %v", d, got, c.want)
		}
	}
}

func TestDeadlineIsOverWhenItHasCome(t *testing.T) {
	for _, c := range []struct {
		due  time.Time
		over bool
		left time.Time
	}{
		{time.Time{}, false, time.Time{}},
		{after(4), true, time.Time{}},
		{after(5), true, time.Time{}},
		{after(6), false, after(6)},
	} {
		d := deadline{c.due, after(5)}
		if over := d.rang(after(5)); over != c.over || !d.due.Equal(c.left) || !d.ends.IsZero() {
			t.Errorf("%v: %v, then %v", c.due, over, d)
		}
	}
}

// The bound that the comment in alarm.go states: two timers within d, however many values come.
func TestAlarmStartsFewTimers(t *testing.T) {
	const d = 10 * time.Second
	synctest.Test(t, func(t *testing.T) {
		var a alarm
		started := map[*runnel.Chan[time.Time]]bool{}
		began := time.Now()
		for i := range 10_000 {
			a.set(time.Now().Add(d))
			started[a.timer] = true
			time.Sleep(time.Duration(i%17) * time.Millisecond)
			for a.timer.Len() > 0 {
				if a.heard(time.Now()) {
					t.Fatal("the deadline came, although it was moved")
				}
				started[a.timer] = true
			}
		}
		a.stop()
		if n, limit := len(started), 2*int(time.Since(began)/d)+2; n > limit {
			t.Errorf("%d timers in %v, want at most %d", n, time.Since(began), limit)
		}
	})
}

func TestAlarmMovesNearer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a alarm
		began := time.Now()
		a.set(began.Add(time.Hour))
		old := a.timer
		a.set(began.Add(time.Minute))
		if !old.Stats().Closed {
			t.Error("the timer that nobody waits for is still under way")
		}
		a.timer.Recv(t.Context())
		if d := time.Since(began); d != time.Minute || !a.heard(time.Now()) {
			t.Errorf("rang after %v", d)
		}
		if a.timer != nil || a.ring != nil {
			t.Error("a timer is under way without a deadline")
		}
		a.set(began.Add(time.Hour))
		timer := a.timer
		a.stop()
		if !timer.Stats().Closed || a.timer != nil {
			t.Error("stop has left the timer")
		}
	})
}

// If a value and the deadline are there at once, the deadline comes first, but for Timeout.
func TestTimedPrefersTheDeadlineUnlessLenient(t *testing.T) {
	for _, lenient := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			in := runnel.New[int](runnel.Buffer(1))
			s := newTimed[int, int](t.Context(), "", in, nil)
			if lenient {
				s = newTimeout(t.Context(), in, time.Second, nil).timed
			}
			s.set(time.Now().Add(time.Second))
			in.TrySend(7)
			time.Sleep(time.Second)
			synctest.Wait()
			v, err := s.take()
			if lenient && (v != 7 || err != nil) || !lenient && err != errDue {
				t.Errorf("lenient %v: %v, %v", lenient, v, err)
			}
			s.stop()
		})
	}
}

// A clock that was set back shows times that are over; then the time of the last value counts.
func TestWindowSurvivesAClockThatIsSetBack(t *testing.T) {
	w := newWindow(t.Context(), "", runnel.New[int](), Tumbling(time.Minute), nil)
	if now := w.now(0); time.Since(now) > time.Minute {
		t.Errorf("now is %v", now)
	}
	ahead := time.Now().Add(time.Hour).Round(0)
	w.raise(ahead)
	if now := w.now(0); !now.Equal(ahead) {
		t.Errorf("now is %v, want %v", now, ahead)
	}
}

// A timer that nobody waits for any more would keep its stage in memory until it ends.
func TestTimedStagesStopTheirTimers(t *testing.T) {
	for name, start := range map[string]func(in runnel.Receiver[int]) (*alarm, func()){
		"Batch": func(in runnel.Receiver[int]) (*alarm, func()) {
			b := &batcher[int]{timed: newTimed[int, []int](context.Background(), "", in, nil), size: 9, wait: time.Hour}
			return &b.alarm, func() { b.start(1, b.run).Recv(context.Background()) }
		},
		"Window": func(in runnel.Receiver[int]) (*alarm, func()) {
			w := newWindow(context.Background(), "", in, Tumbling(time.Hour), nil)
			w.at, w.byClock = w.now, true
			return &w.alarm, func() { w.start(1, w.run).Recv(context.Background()) }
		},
		"Debounce": func(in runnel.Receiver[int]) (*alarm, func()) {
			d := &debouncer[int]{timed: newTimed[int, int](context.Background(), "", in, nil), quiet: time.Hour}
			return &d.alarm, func() { d.start(1, d.run).Recv(context.Background()) }
		},
		"Timeout": func(in runnel.Receiver[int]) (*alarm, func()) {
			s := newTimeout(context.Background(), in, time.Hour, nil)
			return &s.alarm, func() { s.start(1, s.run).Recv(context.Background()) }
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			in := runnel.New[int]()
			a, run := start(in)
			runnel.Go(run)
			in.Send(t.Context(), 1)
			synctest.Wait()
			timer := a.timer
			in.Close()
			synctest.Wait()
			if timer == nil || !timer.Stats().Closed || a.timer != nil {
				t.Errorf("%s: a timer is left", name)
			}
		})
	}
}

// The memory that Batch uses again must not keep alive what it has sent.
func TestBatchKeepsNothingAlive(t *testing.T) {
	in := runnel.New[*int](runnel.Buffer(3))
	in.SendAll(t.Context(), []*int{new(int), new(int), new(int)})
	b := &batcher[*int]{timed: newTimed[*int, []*int](t.Context(), "", in, []runnel.Option{runnel.Buffer(1)}), size: 3}
	if err := b.gather(); err != nil || !b.pass() {
		t.Fatal("no batch")
	}
	for _, v := range b.held[:cap(b.held)] {
		if v != nil {
			t.Error("a value is kept alive")
		}
	}
}

func TestPaceCountsBackN(t *testing.T) {
	p := pace{n: 2, per: 10}
	for i, c := range []struct{ now, wait, left time.Duration }{
		{0, 0, 0},
		{1, 0, 4},
		{5, 5, 10},
		{11, 3, 20},
		{20, 0, 25},
		{29, 1, 30},
		{math.MaxInt64, 35 - math.MaxInt64, 0},
	} {
		if got := p.wait(c.now); got != c.wait {
			t.Errorf("value %d at %v: wait %v, want %v", i, c.now, int64(got), int64(c.wait))
		}
		p.left(c.left)
	}
	if forever := (&pace{n: 1, per: math.MaxInt64, past: []time.Duration{5}}).wait(6); forever != math.MaxInt64-1 {
		t.Errorf("the wait has overflown: %v", forever)
	}
}

func TestPanesForgetWhatWasTakenOut(t *testing.T) {
	p := panes[*int]{shape: Tumbling(time.Second)}
	p.add(after(0), new(int))
	p.add(after(1), new(int))
	p.raise(after(1))
	if n := p.ready(); n != 1 {
		t.Fatalf("%d ready, want 1", n)
	}
	all := p.open
	p.pop()
	if all[0].Values != nil {
		t.Error("a pane that was taken out is kept alive")
	}
	p.raise(after(0))
	if p.add(after(0), new(int)) {
		t.Error("the mark has gone back")
	}
}
