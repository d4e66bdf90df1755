package fan_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
)

const patience = 200 * time.Millisecond

// at checks how much time has passed in the bubble since start.
func at(t *testing.T, start time.Time, want time.Duration) {
	t.Helper()
	if d := time.Since(start); d != want {
		t.Errorf("it is %v, want %v", d, want)
	}
}

func TestStuckTapIsEvicted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int](runnel.Buffer(9))
		m := fan.NewMult(in)
		stuck := m.Tap(runnel.Buffer(2)).EvictAfter(patience)
		other := m.Tap(runnel.Buffer(9))
		start := time.Now()
		mustSend(t, in, numbers(5)...)
		in.Close()
		done := running(m.Run, bg)
		mustHold(t, other, 0, 1, 2)
		mustEnd(t, done, nil)
		at(t, start, patience)
		mustHold(t, other, 3, 4)
		mustGet(t, stuck, 0, 1)
		mustBeOver(t, stuck, fan.ErrEvicted)
		mustBalance(t, stuck.Stats(), 3)
		mustDrop(t, stuck.Stats(), runnel.Undelivered, 1)
	})
}

// What counts is the wait for one value, not the sum of all waits.
func TestSlowTapWithinItsPatienceIsNotEvicted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int]()
		m := fan.NewMult(in)
		slow := m.Tap().EvictAfter(patience)
		done := running(m.Run, bg)
		sent := began(func() error {
			_, err := in.SendAll(bg, numbers(50))
			in.Close()
			return err
		})
		for i := range 50 {
			runnel.Sleep(bg, patience-1)
			mustGet(t, slow, i)
		}
		mustEnd(t, sent, nil)
		mustEnd(t, done, nil)
		mustBeOver(t, slow, nil)
	})
}

// A wait that begins while the timer of an earlier one is running gets its full time, no less
// and no more.
func TestEvictionIsMeasuredFromTheBeginningOfTheWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int]()
		m := fan.NewMult(in)
		slow := m.Tap().EvictAfter(patience)
		done := running(m.Run, bg)
		mustSend(t, in, 1)
		runnel.Sleep(bg, patience/4)
		mustGet(t, slow, 1)
		runnel.Sleep(bg, patience/4)
		start := time.Now()
		mustSend(t, in, 2)
		in.Close()
		mustEnd(t, done, nil)
		at(t, start, patience)
		mustBeOver(t, slow, fan.ErrEvicted)
		mustBalance(t, slow.Stats(), 2)
	})
}

// The timer of a wait may ring while nobody waits any more.
func TestTimerThatRingsBetweenTwoWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int]()
		m := fan.NewMult(in)
		slow := m.Tap().EvictAfter(patience)
		done := running(m.Run, bg)
		mustSend(t, in, 1)
		synctest.Wait()
		mustGet(t, slow, 1)
		runnel.Sleep(bg, 3*patience)
		start := time.Now()
		mustSend(t, in, 2)
		runnel.Sleep(bg, patience-1)
		mustGet(t, slow, 2)
		mustSend(t, in, 3)
		in.Close()
		mustEnd(t, done, nil)
		at(t, start, 2*patience-1)
		mustBeOver(t, slow, fan.ErrEvicted)
	})
}

func TestEachTapHasItsOwnPatience(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int]()
		m := fan.NewMult(in)
		long, short := m.Tap().EvictAfter(3*patience), m.Tap().EvictAfter(patience)
		ever, middle := m.Tap(), m.Tap().EvictAfter(2*patience)
		done := running(m.Run, bg)
		start := time.Now()
		for i, tap := range []*fan.Tap[int]{short, middle, long} {
			closed := runnel.New[struct{}]()
			tap.OnClose(func(error) { closed.Close() })
			if i == 0 {
				mustSend(t, in, 1)
			}
			closed.Recv(bg)
			at(t, start, time.Duration(i+1)*patience)
			mustBeOver(t, tap, fan.ErrEvicted)
		}
		mustGet(t, ever, 1)
		in.Close()
		mustEnd(t, done, nil)
		mustBeOver(t, ever, nil)
	})
}

// A tap with less patience joins while the timer is set for one with more.
func TestTimerIsSetForwardForAnImpatientTap(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int]()
		m := fan.NewMult(in)
		long := m.Tap().EvictAfter(10 * patience)
		done := running(m.Run, bg)
		mustSend(t, in, 1)
		synctest.Wait()
		mustGet(t, long, 1)
		short := m.Tap().EvictAfter(patience)
		start := time.Now()
		mustSend(t, in, 2)
		synctest.Wait()
		mustGet(t, long, 2)
		mustSend(t, in, 3)
		at(t, start, patience)
		mustBeOver(t, short, fan.ErrEvicted)
		mustGet(t, long, 3)
		in.Close()
		mustEnd(t, done, nil)
	})
}

func TestEvictAfterChangesAWaitThatHasBegun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int]()
		m := fan.NewMult(in)
		a, b := m.Tap(), m.Tap().EvictAfter(patience)
		done := running(m.Run, bg)
		start := time.Now()
		mustSend(t, in, 1)
		runnel.Sleep(bg, patience/2)
		a.EvictAfter(patience / 4) // over already
		b.EvictAfter(0)            // taken back
		synctest.Wait()
		at(t, start, patience/2)
		mustBeOver(t, a, fan.ErrEvicted)
		runnel.Sleep(bg, 10*patience)
		mustGet(t, b, 1)
		in.Close()
		mustEnd(t, done, nil)
		mustBeOver(t, b, nil)
	})
}

func TestTapThatNeverBlocksIsNeverEvicted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[int]()
		m := fan.NewMult(in)
		taps := []*fan.Tap[int]{m.Tap(runnel.Sliding(1)), m.Tap(runnel.Dropping(1)), m.Tap(runnel.Unbounded())}
		for _, tap := range taps {
			tap.EvictAfter(1)
		}
		done := running(m.Run, bg)
		for i := range 10 {
			mustSend(t, in, i)
			runnel.Sleep(bg, patience)
		}
		in.Close()
		mustEnd(t, done, nil)
		for _, tap := range taps {
			if err := tap.Err(); err != nil {
				t.Error(err)
			}
		}
	})
}

// A tap that leaves, or finds room, in the moment of its eviction is one or the other.
func TestEvictionMeetsLeaving(t *testing.T) {
	for range 30 {
		bubble(t, func(t *testing.T) {
			in := runnel.New[int]()
			m := fan.NewMult(in)
			a, b, c := m.Tap().EvictAfter(patience), m.Tap().EvictAfter(patience), m.Tap().EvictAfter(patience)
			done := running(m.Run, bg)
			mustSend(t, in, 1)
			in.Close()
			runnel.Sleep(bg, patience)
			a.Leave()
			b.Cancel(errStop)
			c.TryRecv()
			mustEnd(t, done, nil)
			for _, tap := range []*fan.Tap[int]{a, b, c} {
				mustBalance(t, tap.Stats(), 1)
			}
		})
	}
}
