package fan_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
)

func TestMultGivesEveryValueToEveryTap(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int]()
		m := fan.NewMult(in)
		taps := []*fan.Tap[int]{
			m.Tap(), m.Tap(runnel.Buffer(3)), m.Tap(runnel.Unbounded()), m.Tap(runnel.Sliding(200)),
		}
		done := running(m.Run, bg)
		got := make([]*runnel.Chan[error], len(taps))
		for i, tap := range taps {
			got[i] = began(func() error {
				if all := slices.Collect(tap.All(bg)); !slices.Equal(all, numbers(100)) {
					t.Errorf("tap %d: %v", i, all)
				}
				return tap.Err()
			})
		}
		mustSend(t, in, numbers(100)...)
		in.Close()
		mustEnd(t, done, nil)
		for i := range got {
			mustEnd(t, got[i], nil)
			mustBalance(t, taps[i].Stats(), 100)
		}
		mustBalance(t, in.Stats(), 100)
	})
}

// The slowest tap of core.async's mult blocks the next value for everybody.
func TestSlowTapThatDropsHoldsUpNobody(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int]()
		m := fan.NewMult(in)
		newest, oldest := m.Tap(runnel.Dropping(2)), m.Tap(runnel.Sliding(2))
		all := m.Tap(runnel.Unbounded())
		quick := m.Tap(runnel.Buffer(1))
		done := running(m.Run, bg)
		for i := range 10 {
			mustSend(t, in, i)
			mustGet(t, quick, i)
		}
		in.Close()
		mustEnd(t, done, nil)
		mustHold(t, newest, 0, 1)
		mustHold(t, oldest, 8, 9)
		mustHold(t, all, numbers(10)...)
		for _, tap := range []*fan.Tap[int]{newest, oldest, all, quick} {
			mustBeOver(t, tap, nil)
			mustBalance(t, tap.Stats(), 10)
		}
	})
}

func TestLagTellsWhatWasMissed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int]()
		m := fan.NewMult(in)
		newest, oldest, none := m.Tap(runnel.Dropping(2)), m.Tap(runnel.Sliding(3)), m.Tap(runnel.Unbounded())
		var missed []int
		oldest.OnDrop(func(v int, why runnel.Reason) { missed = append(missed, v) })
		done := running(m.Run, bg)
		mustSend(t, in, numbers(10)...)
		synctest.Wait()
		if a, b, c := newest.Lag(), oldest.Lag(), none.Lag(); a != 8 || b != 7 || c != 0 {
			t.Errorf("lags are %d, %d, %d, want 8, 7, 0", a, b, c)
		}
		if !slices.Equal(missed, numbers(7)) {
			t.Errorf("missed %v", missed)
		}
		oldest.Cancel(nil) // what is dropped by it was not missed by being slow
		if n := oldest.Lag(); n != 7 {
			t.Errorf("lag is %d after Cancel, want 7", n)
		}
		in.Close()
		mustEnd(t, done, nil)
	})
}

// Full taps are waited for in parallel: each gets the value when it has room, whatever the
// others do, and the next value comes when all have it.
func TestFullTapsAreServedAsTheyCome(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int](runnel.Buffer(4))
		m := fan.NewMult(in)
		a, b, c := m.Tap(), m.Tap(runnel.Buffer(1)), m.Tap()
		quick := m.Tap(runnel.Buffer(10))
		mustSend(t, in, 1, 2, 3)
		done := running(m.Run, bg)
		mustHold(t, quick, 1) // 1 waits for a and c only
		mustGet(t, c, 1)
		if _, err := c.TryRecv(); err != runnel.ErrEmpty {
			t.Error("c was served before a had the value before")
		}
		mustGet(t, a, 1)
		mustHold(t, quick, 2) // b had room for 1 but not for 2
		mustGet(t, c, 2)
		mustGet(t, b, 1)
		mustGet(t, a, 2)
		mustHold(t, quick, 3)
		in.Close()
		mustGet(t, a, 3)
		mustGet(t, c, 3)
		mustGet(t, b, 2, 3)
		mustEnd(t, done, nil)
		for _, tap := range []*fan.Tap[int]{a, b, c, quick} {
			mustBalance(t, tap.Stats(), 3)
		}
	})
}

// A tap of core.async that is never read wedges the source even after untap.
func TestStuckTapCannotHoldUpTheSourceAfterItLeft(t *testing.T) {
	ways := map[string]struct {
		leave func(*fan.Tap[int])
		end   error
		held  []int // what can still be received
	}{
		"leave":  {(*fan.Tap[int]).Leave, nil, []int{0, 1}},
		"cancel": {func(t *fan.Tap[int]) { t.Cancel(errStop) }, errStop, nil},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				in := runnel.New[int](runnel.Buffer(10))
				m := fan.NewMult(in)
				stuck, other := m.Tap(runnel.Buffer(2)), m.Tap(runnel.Buffer(10))
				mustSend(t, in, numbers(6)...)
				done := running(m.Run, bg)
				mustHold(t, other, 0, 1, 2) // 2 is on its way to the stuck one
				way.leave(stuck)
				mustHold(t, other, 3, 4, 5)
				mustHold(t, stuck, way.held...)
				mustBeOver(t, stuck, way.end)
				mustBalance(t, stuck.Stats(), 3)
				mustDrop(t, stuck.Stats(), runnel.Undelivered, uint64(3-len(way.held)))
				in.Close()
				mustEnd(t, done, nil)
			})
		})
	}
}

// The value that is on its way is lost to the tap that left, not to the others that it is on
// its way to as well.
func TestTapLeavesWhileSeveralAreFull(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int](runnel.Buffer(2))
		m := fan.NewMult(in)
		a, b, c := m.Tap(), m.Tap(), m.Tap()
		mustSend(t, in, 1, 2)
		done := running(m.Run, bg)
		b.Leave()
		mustStillRun(t, done)
		mustGet(t, c, 1)
		mustGet(t, a, 1)
		in.Close()
		mustGet(t, a, 2)
		mustGet(t, c, 2)
		mustEnd(t, done, nil)
		mustBalance(t, b.Stats(), 1)
		mustDrop(t, b.Stats(), runnel.Undelivered, 1)
		mustBalance(t, a.Stats(), 2)
		mustBalance(t, c.Stats(), 2)
	})
}

func TestTapsJoinAndLeaveAtAnyTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int]()
		m := fan.NewMult(in)
		early := m.Tap(runnel.Buffer(9))
		early.Leave()
		first := m.Tap(runnel.Buffer(9))
		done := running(m.Run, bg)
		mustSend(t, in, 1)
		synctest.Wait()
		full := m.Tap() // joins while Run waits for input
		mustSend(t, in, 2)
		synctest.Wait()
		late := m.Tap(runnel.Buffer(9)) // joins while Run waits for a tap
		mustGet(t, full, 2)
		full.Leave()
		mustSend(t, in, 3)
		synctest.Wait()
		first.Leave()
		mustSend(t, in, 4)
		in.Close()
		mustEnd(t, done, nil)

		mustHold(t, early)
		mustHold(t, first, 1, 2, 3)
		mustHold(t, full)
		mustHold(t, late, 3, 4)
		for tap, n := range map[*fan.Tap[int]]uint64{early: 0, first: 3, full: 1, late: 2} {
			mustBeOver(t, tap, nil)
			mustBalance(t, tap.Stats(), n)
		}
	})
}

func TestTapsListsThoseThatAreThere(t *testing.T) {
	m := fan.NewMult(runnel.New[int]())
	a, b, c := m.Tap(runnel.Buffer(1)), m.Tap(), m.Tap()
	mustHave := func(want ...*fan.Tap[int]) {
		t.Helper()
		got := m.Taps()
		if len(got) != len(want) {
			t.Fatalf("%d taps, want %d", len(got), len(want))
		}
		for _, tap := range want {
			if !slices.Contains(got, tap) {
				t.Errorf("%p is missing in %v", tap, got)
			}
		}
	}
	mustHave(a, b, c)
	a.Leave()
	a.Leave()
	a.Cancel(nil)
	mustHave(b, c)
	c.Cancel(nil)
	mustHave(b)
	b.Leave()
	mustHave()
}

func TestMultWithoutTapsCountsValuesAsUnheard(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int]()
		var unheard []int
		in.OnDrop(func(v int, why runnel.Reason) {
			if why == runnel.Unheard {
				unheard = append(unheard, v)
			}
		})
		m := fan.NewMult(in)
		done := running(m.Run, bg)
		mustSend(t, in, 1, 2)
		synctest.Wait()
		tap := m.Tap(runnel.Buffer(1))
		mustSend(t, in, 3)
		synctest.Wait()
		tap.Leave() // the last one; the source goes on
		mustSend(t, in, 4)
		mustStillRun(t, done)
		in.Close()
		mustEnd(t, done, nil)
		if !slices.Equal(unheard, []int{1, 2, 4}) {
			t.Errorf("unheard: %v", unheard)
		}
		mustBalance(t, in.Stats(), 4)
		mustDrop(t, in.Stats(), runnel.Unheard, 3)
		mustHold(t, tap, 3)
	})
}

func TestMultInputEndsWithAnError(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int](runnel.Buffer(2))
		m := fan.NewMult(in)
		a, b := m.Tap(runnel.Buffer(2)), m.Tap(runnel.Buffer(1))
		mustSend(t, in, 1, 2)
		in.CloseWith(errFull)
		done := running(m.Run, bg)
		mustGet(t, b, 1, 2)
		mustBeOver(t, b, errFull)
		mustEnd(t, done, errFull)
		mustGet(t, a, 1, 2)
		mustBeOver(t, a, errFull)
		if n := len(m.Taps()); n != 0 {
			t.Errorf("%d taps are left", n)
		}
	})
}

func TestTapAfterTheEndIsClosedAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, cause := range []error{nil, errFull} {
			in := runnel.New[int]()
			in.CloseWith(cause)
			m := fan.NewMult(in)
			mustEnd(t, running(m.Run, bg), cause)
			tap := m.Tap(runnel.Buffer(1))
			mustBeOver(t, tap, cause)
			if err := tap.Err(); err != cause {
				t.Errorf("tap ended with %v, want %v", err, cause)
			}
			tap.Leave()
			if n := len(m.Taps()); n != 0 {
				t.Errorf("%d taps are there", n)
			}
		}
	})
}

func TestMultContextEndsWhileItWaitsForInput(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(bg)
		in := runnel.New[int]()
		m := fan.NewMult(in)
		tap := m.Tap(runnel.Buffer(1))
		done := running(m.Run, ctx)
		mustSend(t, in, 1)
		synctest.Wait()
		cancel(errStop)
		mustEnd(t, done, errStop)
		mustBeRefused(t, in, errStop)
		mustGet(t, tap, 1)
		mustBeOver(t, tap, errStop)
	})
}

func TestMultContextEndsWhileItWaitsForTaps(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(bg)
		in := runnel.New[int](runnel.Buffer(4))
		m := fan.NewMult(in)
		a, b, c := m.Tap(), m.Tap(runnel.Buffer(4)), m.Tap(runnel.Buffer(1))
		mustSend(t, in, 1, 2, 3, 4)
		done := running(m.Run, ctx)
		mustGet(t, a, 1)
		synctest.Wait() // 2 is on its way to a and c
		cancel(errStop)
		mustEnd(t, done, errStop)
		mustBeRefused(t, in, errStop)
		mustBalance(t, in.Stats(), 4)
		mustDrop(t, in.Stats(), runnel.Undelivered, 2)

		mustHold(t, a)
		mustHold(t, b, 1, 2)
		mustHold(t, c, 1)
		for tap, lost := range map[*fan.Tap[int]]uint64{a: 1, b: 0, c: 1} {
			mustBeOver(t, tap, errStop)
			mustBalance(t, tap.Stats(), 2)
			mustDrop(t, tap.Stats(), runnel.Undelivered, lost)
		}
	})
}

func TestMultWithAContextThatHasEnded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(bg)
		cancel(errStop)
		in := runnel.New[int](runnel.Buffer(1))
		mustSend(t, in, 1)
		m := fan.NewMult(in)
		tap := m.Tap(runnel.Buffer(1))
		mustEnd(t, running(m.Run, ctx), errStop)
		mustBeOver(t, tap, errStop)
		mustBeRefused(t, in, errStop)
		mustDrop(t, in.Stats(), runnel.Undelivered, 1)
	})
}

func TestMultInputIsCancelledBySomebodyElse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int]()
		m := fan.NewMult(in)
		tap := m.Tap()
		done := running(m.Run, bg)
		mustSend(t, in, 1)
		in.Cancel(errStop)
		mustStillRun(t, done) // 1 was received and is still for the tap
		mustGet(t, tap, 1)
		mustEnd(t, done, errStop)
		mustBeOver(t, tap, errStop)
	})
}

func TestSecondRunHasNoEffect(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(bg)
		cancel()
		in, other := runnel.New[int](), runnel.New[int]()
		m := fan.NewMult(in)
		p := fan.NewPub(other, func(v int) int { return v })
		tap, sub := m.Tap(runnel.Buffer(1)), p.Sub(1, runnel.Buffer(1))
		done, done2 := running(m.Run, bg), running(p.Run, bg)
		mustEnd(t, running(m.Run, ctx), fan.ErrStarted)
		mustEnd(t, running(p.Run, ctx), fan.ErrStarted)
		mustSend(t, in, 1)
		mustSend(t, other, 1)
		mustGet(t, tap, 1)
		mustGet(t, sub, 1)
		in.Close()
		other.Close()
		mustEnd(t, done, nil)
		mustEnd(t, done2, nil)
		mustEnd(t, running(m.Run, bg), fan.ErrStarted)
	})
}

// A function given to OnDrop runs in the middle of a delivery and may join and leave.
func TestTapsJoinAndLeaveFromOnDrop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int]()
		m := fan.NewMult(in)
		lossy, other := m.Tap(runnel.Dropping(1)), m.Tap(runnel.Buffer(9))
		var joined *fan.Tap[int]
		lossy.OnDrop(func(int, runnel.Reason) {
			if joined == nil {
				joined = m.Tap(runnel.Buffer(9))
				other.Leave()
			}
		})
		done := running(m.Run, bg)
		mustSend(t, in, 1, 2, 3)
		in.Close()
		mustEnd(t, done, nil)
		mustHold(t, joined, 3)
		if s := other.Stats(); s.Sent > 2 {
			t.Errorf("a tap that has left was given %d values", s.Sent)
		}
	})
}

func TestTapIsAReceiverForSelect(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int]()
		m := fan.NewMult(in)
		a, b := m.Tap(), m.Tap()
		done := running(m.Run, bg)
		mustSend(t, in, 7)
		fromA, fromB := runnel.RecvFrom(a), runnel.RecvFrom(b)
		sum := 0
		for range 2 {
			chosen, err := runnel.Select(bg, fromA, fromB)
			if err != nil {
				t.Fatal(err)
			}
			v, _ := chosen.(*runnel.RecvCase[int]).Value()
			sum += v
		}
		if sum != 14 {
			t.Errorf("the sum is %d", sum)
		}
		in.Close()
		mustEnd(t, done, nil)
	})
}

func TestConstructorsRefuseNil(t *testing.T) {
	in := runnel.New[int]()
	for name, f := range map[string]func(){
		"fan: NewMult: nil Receiver":    func() { fan.NewMult[int](nil) },
		"fan: NewPub: nil Receiver":     func() { fan.NewPub(nil, func(v int) int { return v }) },
		"fan: NewPub: nil key function": func() { fan.NewPub[int](in, nil) },
		"fan: NewMix: nil Sender":       func() { fan.NewMix[int](nil) },
		"fan: EvictAfter(-1ns): the time must not be negative": func() {
			fan.NewMult(in).Tap().EvictAfter(-1)
		},
	} {
		if got := panicOf(f); got != name {
			t.Errorf("panics with %v, want %q", got, name)
		}
	}
}

func panicOf(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

func TestErrorsAreDifferent(t *testing.T) {
	all := []error{fan.ErrStarted, fan.ErrEvicted, fan.ErrEnded, fan.ErrUnknown, fan.ErrAdded}
	for i, a := range all {
		for j, b := range all {
			if (i == j) != errors.Is(a, b) {
				t.Errorf("%v, %v", a, b)
			}
		}
	}
}
