package fan_test

import (
	"runtime"
	"testing"
	"testing/synctest"
	"weak"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
)

// What has been delivered, and who has left, is not kept from the garbage collector by what
// goes on.

// mustBeGone checks that nothing keeps the object.
func mustBeGone[T any](t *testing.T, what string, p weak.Pointer[T]) {
	t.Helper()
	for range 5 {
		runtime.GC()
		if p.Value() == nil {
			return
		}
	}
	t.Errorf("%s is kept in memory", what)
}

// sendNew sends a new value that nobody else keeps.
func sendNew(t *testing.T, in *runnel.Chan[*[64]int]) weak.Pointer[[64]int] {
	v := new([64]int)
	mustSend(t, in, v)
	synctest.Wait()
	return weak.Make(v)
}

func TestDeliveredValuesAndTapsThatLeftAreNotKept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in := runnel.New[*[64]int]()
		m := fan.NewMult(in)
		done := running(m.Run, bg)
		full, buffered := m.Tap(), m.Tap(runnel.Buffer(3))

		v := sendNew(t, in)
		full.Recv(bg)
		buffered.Recv(bg)
		synctest.Wait()
		mustBeGone(t, "a value that was delivered", v)

		left := []weak.Pointer[fan.Tap[*[64]int]]{
			leftWhileFull(m, (*fan.Tap[*[64]int]).Leave), leftWhileFull(m, func(t *fan.Tap[*[64]int]) { t.Cancel(nil) }),
			leftWhileFull(m, func(t *fan.Tap[*[64]int]) { t.EvictAfter(1) }),
		}
		v = sendNew(t, in)
		runnel.Sleep(bg, 5)
		full.Recv(bg)
		buffered.Recv(bg)
		synctest.Wait()
		for _, p := range left {
			mustBeGone(t, "a tap that has left", p)
		}
		mustBeGone(t, "a value on its way to taps that have left", v)
		runtime.KeepAlive(full)
		in.Close()
		mustEnd(t, done, nil)
	})
}

// leftWhileFull makes a tap that leaves while a value waits for it.
func leftWhileFull(m *fan.Mult[*[64]int], leave func(*fan.Tap[*[64]int])) weak.Pointer[fan.Tap[*[64]int]] {
	tap := m.Tap()
	runnel.Go(func() {
		runnel.Sleep(bg, 1)
		leave(tap)
	})
	return weak.Make(tap)
}

func TestInputsThatWereRemovedAreNotKept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		out := runnel.New[*[64]int]()
		x := fan.NewMix(out)
		stays := runnel.New[*[64]int]()
		x.Add(stays)
		done := running(x.Run, bg)
		removed := func() weak.Pointer[runnel.Chan[*[64]int]] {
			in := runnel.New[*[64]int]()
			x.Add(in)
			sendNew(t, in)
			x.Remove(in)
			return weak.Make(in)
		}()
		ended := func() weak.Pointer[runnel.Chan[*[64]int]] {
			in := runnel.New[*[64]int]()
			x.Add(in)
			in.Close()
			synctest.Wait()
			return weak.Make(in)
		}()
		v := sendNew(t, stays)
		out.Recv(bg)
		sendNew(t, stays) // the case of the input keeps what it received last
		out.Recv(bg)
		synctest.Wait()
		mustBeGone(t, "an input that was removed", removed)
		mustBeGone(t, "an input that has ended", ended)
		mustBeGone(t, "a value that was sent", v)
		x.Close()
		stays.Close()
		mustEnd(t, done, nil)
	})
}
