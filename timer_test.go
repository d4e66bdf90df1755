package runnel_test

import (
	"context"
	"io"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/runnel-go/runnel"
)

func TestAfterSendsTheTimeOnceAndCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		c := runnel.After(90 * time.Second)
		at, err := c.Recv(bg)
		if err != nil || at.Sub(start) != 90*time.Second || time.Since(start) != 90*time.Second {
			t.Error("received", at.Sub(start), err, "after", time.Since(start))
		}
		if _, err := c.Recv(bg); err != runnel.ErrClosed {
			t.Error("the end:", err)
		}
	})
}

func TestAfterIsHeldForALateReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		c := runnel.After(time.Second)
		time.Sleep(time.Hour)
		if at, err := c.TryRecv(); err != nil || at.Sub(start) != time.Second {
			t.Error("received", at.Sub(start), err)
		}
		mustEnd(t, c, runnel.ErrClosed)
	})
}

func TestAtSendsAtTheMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		soon := runnel.At(start.Add(time.Minute))
		if at, err := soon.Recv(bg); err != nil || at.Sub(start) != time.Minute {
			t.Error("received", at.Sub(start), err)
		}
		past := runnel.At(start)
		if at, err := past.Recv(bg); err != nil || at.Sub(start) != time.Minute {
			t.Error("a moment that is past:", at.Sub(start), err)
		}
	})
}

func TestTimersAreIndependent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		a, b := runnel.After(time.Second), runnel.After(time.Second)
		c := runnel.After(2 * time.Second)
		a.Close()
		mustEnd(t, a, runnel.ErrClosed)
		for want, c := range map[time.Duration]*runnel.Chan[time.Time]{time.Second: b, 2 * time.Second: c} {
			if at, err := c.Recv(bg); err != nil || at.Sub(start) != want {
				t.Error("received", at.Sub(start), err, "want", want)
			}
		}
	})
}

func TestCancelStopsATimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, start := range map[string]func(time.Duration) *runnel.Chan[time.Time]{
			"After": runnel.After,
			"At":    func(d time.Duration) *runnel.Chan[time.Time] { return runnel.At(time.Now().Add(d)) },
			"Tick":  runnel.Tick,
		} {
			c := start(time.Second)
			waits := begin(func() {
				_, err := c.Recv(bg)
				mustBe(t, name, err, io.ErrClosedPipe)
			})
			c.Cancel(io.ErrClosedPipe)
			if !waits() {
				t.Error(name, "still waits")
			}
			time.Sleep(10 * time.Second)
			mustBalance(t, c.Stats(), 0, 0, runnel.Drops{})
		}
	})
}

// A stopped timer lets go of its channel; one that went on would hold it for an hour.
func TestCancelledTimerIsCollected(t *testing.T) {
	var stopped []weak.Pointer[runnel.Chan[time.Time]]
	for _, end := range []func(*runnel.Chan[time.Time]){
		(*runnel.Chan[time.Time]).Close, func(c *runnel.Chan[time.Time]) { c.Cancel(nil) },
	} {
		c := runnel.After(time.Hour)
		stopped = append(stopped, weak.Make(c))
		end(c)
	}
	collected(t, func() bool { return stopped[0].Value() == nil && stopped[1].Value() == nil })
}

func TestTickSendsEveryPeriodWithoutDrift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		c := runnel.Tick(time.Second)
		for i := range 5 {
			at, err := c.Recv(bg)
			if want := time.Duration(i+1) * time.Second; err != nil || at.Sub(start) != want {
				t.Errorf("tick %d at %v, %v", i, at.Sub(start), err)
			}
			time.Sleep(300 * time.Millisecond) // the receiver is busy, but no period long
		}
		c.Cancel(nil)
	})
}

func TestTicksThatNobodyReceivesGiveWayAndAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		c := runnel.Tick(time.Second)
		time.Sleep(4500 * time.Millisecond)
		if at, err := c.TryRecv(); err != nil || at.Sub(start) != 4*time.Second {
			t.Error("the last tick was at", at.Sub(start), err)
		}
		mustBalance(t, c.Stats(), 4, 1, runnel.Drops{runnel.DroppedOldest: 3})
		c.Close()
		time.Sleep(10 * time.Second)
		mustBalance(t, c.Stats(), 4, 1, runnel.Drops{runnel.DroppedOldest: 3})
	})
}

// An abandoned ticker is collected, and with that it stops. Outside a bubble, since there
// the collector would have to wait for time to pass.
func TestAbandonedTickerIsCollected(t *testing.T) {
	var tickers []weak.Pointer[runnel.Chan[time.Time]]
	for range 20 {
		tickers = append(tickers, weak.Make(runnel.Tick(time.Millisecond)))
	}
	collected(t, func() bool {
		for _, c := range tickers {
			if c.Value() != nil {
				return false
			}
		}
		return true
	})
}

func TestTickerInUseIsNotCollected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.Tick(time.Minute)
		for range 3 {
			runtime.GC()
			if _, err := c.Recv(bg); err != nil {
				t.Error(err)
			}
		}
		c.Cancel(nil)
	})
}

func TestTimersWorkInSelect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ticker := runnel.Tick(3 * time.Second)
		tick, stop := runnel.RecvFrom(ticker), runnel.RecvFrom(runnel.After(10*time.Second))
		ticks := 0
		for {
			c, err := runnel.Select(bg, tick, stop)
			if c == stop {
				break
			}
			if c != tick || err != nil {
				t.Fatal("Select:", c, err)
			}
			ticks++
		}
		if ticks != 3 || time.Since(start) != 10*time.Second {
			t.Error(ticks, "ticks in", time.Since(start))
		}
		ticker.Cancel(nil)
	})
}

func TestSleepEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := runnel.Sleep(bg, time.Second); err != nil || time.Since(start) != time.Second {
			t.Error("slept", time.Since(start), err)
		}
		ctx, cancel := context.WithTimeoutCause(bg, time.Second, io.EOF)
		defer cancel()
		if err := runnel.Sleep(ctx, time.Hour); err != io.EOF || time.Since(start) != 2*time.Second {
			t.Error("slept", time.Since(start), err)
		}
	})
}

// Not to sleep makes no timer: in a bubble, two timers that are due at once on two processors share
// what the race detector has for one thread, and the program dies in it (golang/go#78156).
func TestSleepForNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var wg runnel.WaitGroup
		for range 8 {
			wg.Go(func() {
				for i := range 3000 {
					if err := runnel.Sleep(bg, time.Duration(-i%2)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if d := time.Since(start); d != 0 {
			t.Error("slept", d)
		}
	})
	ctx, cancel := context.WithCancelCause(bg)
	cancel(io.EOF)
	if err := runnel.Sleep(ctx, 0); err != io.EOF {
		t.Error(err)
	}
}
