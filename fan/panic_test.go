package fan_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
)

// The user's functions that run within Run, given to OnDrop and OnClose, may panic or end
// their goroutine. The panic goes to who called Run, and nobody else is left waiting.

// leaving are the ways to leave a function without returning.
var leaving = map[string]func(){
	"panic":  func() { panic(errFull) },
	"Goexit": func() { runtime.Goexit() },
}

// left runs f on a goroutine of its own, which f must end, and returns what f panicked with.
func left(t *testing.T, f func()) (value any) {
	t.Helper()
	returned := false
	done := runnel.New[any](runnel.Buffer(1))
	go func() {
		defer func() { done.Send(bg, recover()) }()
		f()
		returned = true
	}()
	value, _ = done.Recv(bg)
	if returned {
		t.Error("Run returned")
	}
	return value
}

// mustSayLeft checks the error that tells the others.
func mustSayLeft(t *testing.T, err error) {
	t.Helper()
	if err == nil || errors.Is(err, runnel.ErrClosed) || !strings.Contains(err.Error(), "Run was left by a panic") {
		t.Errorf("the end is told as %v", err)
	}
}

// mustPass checks that the panic of the function has reached the caller.
func mustPass(t *testing.T, how string, value any) {
	t.Helper()
	if how == "panic" && value != errFull || how != "panic" && value != nil {
		t.Errorf("%s: the caller of Run got %v", how, value)
	}
}

func eachWay(t *testing.T, test func(t *testing.T, how string, leave func())) {
	for how, leave := range leaving {
		t.Run(how, func(t *testing.T) {
			bubble(t, func(t *testing.T) { test(t, how, leave) })
		})
	}
}

func TestMultIsLeftInAHookOfATap(t *testing.T) {
	eachWay(t, func(t *testing.T, how string, leave func()) {
		in := runnel.New[int](runnel.Buffer(4))
		m := fan.NewMult(in)
		before, tap, after := m.Tap(runnel.Buffer(4)), m.Tap(runnel.Sliding(1)), m.Tap(runnel.Buffer(4))
		tap.OnDrop(func(int, runnel.Reason) { leave() })
		mustSend(t, in, 1, 2, 3, 4)
		mustPass(t, how, left(t, func() { m.Run(bg) }))
		mustSayLeft(t, in.Err())
		mustBalance(t, in.Stats(), 4)
		mustDrop(t, in.Stats(), runnel.Undelivered, 2)
		for _, tap := range []*fan.Tap[int]{before, tap, after, m.Tap()} {
			mustSayLeft(t, tap.Err())
		}
		mustHold(t, before, 1, 2)
		mustHold(t, tap, 2)
		mustHold(t, after, 1)
	})
}

// The functions of the input run when values are rejected, and at the end.
func TestPubIsLeftInAHookOfItsInput(t *testing.T) {
	eachWay(t, func(t *testing.T, how string, leave func()) {
		in := runnel.New[int](runnel.Buffer(4))
		p := fan.NewPub(in, parity)
		even := p.Sub("even")
		in.OnDrop(func(int, runnel.Reason) { leave() })
		mustSend(t, in, 1, 2, 3)
		mustPass(t, how, left(t, func() { p.Run(bg) }))
		mustSayLeft(t, in.Err())
		mustSayLeft(t, even.Err())
		mustBalance(t, in.Stats(), 3)
	})
}

func TestTapsAreClosedThoughHooksOfOthersPanic(t *testing.T) {
	eachWay(t, func(t *testing.T, how string, leave func()) {
		in := runnel.New[int]()
		m := fan.NewMult(in)
		var taps []*fan.Tap[int]
		var order []int
		for i := range 5 {
			tap := m.Tap()
			taps = append(taps, tap)
			tap.OnClose(func(error) {
				order = append(order, i)
				if i%2 == 1 {
					leave()
				}
			})
		}
		in.CloseWith(errStop)
		mustPass(t, how, left(t, func() { m.Run(bg) }))
		for _, tap := range taps {
			mustBeOver(t, tap, errStop)
		}
		for i := range taps {
			if len(order) != 5 || order[i] != i {
				t.Fatalf("closed in the order %v", order)
			}
		}
	})
}

// The taps are closed also if the input cannot be cancelled in peace.
func TestTapsAreClosedThoughAHookOfTheInputPanics(t *testing.T) {
	eachWay(t, func(t *testing.T, how string, leave func()) {
		in := runnel.New[int]()
		in.OnClose(func(error) { leave() })
		m := fan.NewMult(in)
		a, b := m.Tap(runnel.Sliding(1)), m.Tap()
		a.OnDrop(func(int, runnel.Reason) { leave() })
		done := runnel.New[any](runnel.Buffer(1))
		go func() {
			defer func() { done.Send(bg, recover()) }()
			m.Run(bg)
		}()
		mustSend(t, in, 1)
		mustGet(t, b, 1)
		mustSend(t, in, 2)
		value, _ := done.Recv(bg)
		mustPass(t, how, value)
		mustSayLeft(t, a.Err())
		mustSayLeft(t, b.Err())
	})
}

func TestMixIsLeftInAHookOfItsOutput(t *testing.T) {
	eachWay(t, func(t *testing.T, how string, leave func()) {
		x := newMixed(t, 2, runnel.Sliding(1))
		x.out.OnDrop(func(int, runnel.Reason) { leave() })
		mustSend(t, x.in[0], 1, 2, 3)
		mustPass(t, how, left(t, func() { x.Run(bg) }))
		mustHaveBeenLeft(t, x)
		mustHold(t, x.out, 2)
		mustBalance(t, x.in[0].Stats(), 3)
		mustDrop(t, x.in[0].Stats(), runnel.Undelivered, 1) // 2 was sent
	})
}

// mustHaveBeenLeft checks that the inputs and the output have ended and no change hangs.
func mustHaveBeenLeft(t *testing.T, x *mixed) {
	t.Helper()
	mustSayLeft(t, x.out.Err())
	for _, in := range x.in {
		mustSayLeft(t, in.Err())
	}
	x.Close()
	for _, err := range []error{
		x.Set(fan.Setting[int]{In: x.in[0], Mode: fan.Mute}), x.Remove(x.in[0]), x.Add(runnel.New[int]()),
		x.SoloMode(fan.Pause),
	} {
		if err != fan.ErrEnded {
			t.Errorf("a change after the end: %v", err)
		}
	}
	if all := x.Settings(); all != nil {
		t.Errorf("settings after the end: %v", all)
	}
}

// The functions of an input run, on the goroutine of Run, when a change drops what it has
// received. The call that waits for the change is let go.
func TestMixIsLeftWithinAChange(t *testing.T) {
	changes := map[string]func(x *mixed) error{
		"mute":   func(x *mixed) error { return x.Set(fan.Setting[int]{In: x.in[0], Mode: fan.Mute}) },
		"remove": func(x *mixed) error { return x.Remove(x.in[0]) },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			eachWay(t, func(t *testing.T, how string, leave func()) {
				x := newMixed(t, 2)
				x.in[0].OnDrop(func(int, runnel.Reason) { leave() })
				mustSend(t, x.in[0], 1)
				mustSend(t, x.in[1], 2)
				changed := runnel.New[error](runnel.Buffer(1))
				runnel.Go(func() {
					synctest.Wait() // until 1 or 2 is received
					x.must(x.Set(fan.Setting[int]{In: x.in[1], Mode: fan.Pause}))
					synctest.Wait()
					changed.Send(bg, change(x))
				})
				mustPass(t, how, left(t, func() { x.Run(bg) }))
				if err, _ := changed.Recv(bg); err != fan.ErrEnded {
					t.Errorf("the change returned %v", err)
				}
				if name == "remove" {
					mustSend(t, x.in[0], 3) // it was removed before
					x.in = x.in[1:]
				}
				mustHaveBeenLeft(t, x)
			})
		})
	}
}

// At the end, each input is cancelled and the output closed, whatever their functions do.
func TestMixEndsThoughHooksPanic(t *testing.T) {
	eachWay(t, func(t *testing.T, how string, leave func()) {
		x := newMixed(t, 4)
		for _, in := range x.in[:3] {
			in.OnDrop(func(int, runnel.Reason) { leave() })
			in.OnClose(func(error) { leave() })
			mustSend(t, in, 1, 2)
		}
		runnel.Go(func() {
			synctest.Wait()
			x.out.Cancel(errStop)
		})
		mustPass(t, how, left(t, func() { x.Run(bg) }))
		for _, in := range x.in {
			mustBeRefused(t, in, errStop)
			mustBalance(t, in.Stats(), in.Stats().Sent)
			if n := in.Stats().Len; n != 0 {
				t.Errorf("%d values are left", n)
			}
		}
		if err := x.Set(); err != fan.ErrEnded {
			t.Errorf("a change after the end: %v", err)
		}
	})
}
