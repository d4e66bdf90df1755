package fan_test

import (
	"context"
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
		synctest.Wait()
		mustBeGone(t, "an input that was removed", removed)
		mustBeGone(t, "an input that has ended", ended)
		mustBeGone(t, "a value that was sent", v)
		x.Close()
		stays.Close()
		mustEnd(t, done, nil)
	})
}

// A value that was in hand, waiting for the output, is gone when it is not to be sent any more.
func TestValueInHandThatIsNotSentIsNotKept(t *testing.T) {
	type value = *[64]int
	ways := map[string]func(x *fan.Mix[value], in *runnel.Chan[value], cancel func()){
		"mute": func(x *fan.Mix[value], in *runnel.Chan[value], _ func()) {
			x.Set(fan.Setting[value]{In: in, Mode: fan.Mute})
		},
		"mute by solo": func(x *fan.Mix[value], in *runnel.Chan[value], _ func()) {
			star := runnel.New[value]()
			x.Add(star)
			x.Set(fan.Setting[value]{In: star, Solo: true})
		},
		"pause and remove": func(x *fan.Mix[value], in *runnel.Chan[value], _ func()) {
			x.Set(fan.Setting[value]{In: in, Mode: fan.Pause})
			x.Remove(in)
		},
		"remove": func(x *fan.Mix[value], in *runnel.Chan[value], _ func()) { x.Remove(in) },
		"end":    func(_ *fan.Mix[value], _ *runnel.Chan[value], cancel func()) { cancel() },
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(bg)
				in, out := runnel.New[value](), runnel.New[value]()
				x := fan.NewMix(out)
				x.Add(in)
				done := running(x.Run, ctx)
				v := sendNew(t, in)
				way(x, in, cancel)
				synctest.Wait()
				mustBeGone(t, "the value", v)
				cancel()
				done.Recv(bg)
				runtime.KeepAlive(x)
				runtime.KeepAlive(in)
			})
		})
	}
}

func TestInputsAreNotKeptAfterTheEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(bg)
		x := fan.NewMix(runnel.New[int]())
		in := func() weak.Pointer[runnel.Chan[int]] {
			in := runnel.New[int]()
			x.Add(in)
			return weak.Make(in)
		}()
		done := running(x.Run, ctx)
		cancel()
		mustEnd(t, done, context.Canceled)
		mustBeGone(t, "an input", in)
		runtime.KeepAlive(x)
	})
}
