package fan_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
)

// mixed is a Mix under test: inputs and output.
type mixed struct {
	*fan.Mix[int]
	t   *testing.T
	in  []*runnel.Chan[int]
	out *runnel.Chan[int]
}

// newMixed makes a Mix of n inputs, added already, and an output with this buffer.
func newMixed(t *testing.T, n int, buffer ...runnel.Option) *mixed {
	m := &mixed{t: t, out: runnel.New[int](buffer...)}
	m.Mix = fan.NewMix(m.out)
	for range n {
		in := runnel.New[int](runnel.Buffer(9))
		m.in = append(m.in, in)
		m.must(m.Add(in))
	}
	return m
}

func (m *mixed) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *mixed) set(i int, mode fan.Mode) {
	m.t.Helper()
	m.must(m.Set(fan.Setting[int]{In: m.in[i], Mode: mode}))
}

func (m *mixed) solo(i int, mode fan.Mode) {
	m.t.Helper()
	m.must(m.Set(fan.Setting[int]{In: m.in[i], Mode: mode, Solo: true}))
}

func (m *mixed) closeInputs() {
	for _, in := range m.in {
		in.Close()
	}
}

// core.async's mix never closes its output.
func TestMixClosesItsOutput(t *testing.T) {
	bubble(t, func(t *testing.T) {
		x := newMixed(t, 3, runnel.Buffer(99))
		done := running(x.Run, bg)
		for i, in := range x.in {
			mustSend(t, in, i, 10+i, 20+i)
			in.Close()
		}
		mustStillRun(t, done) // others may be added
		late := runnel.New[int]()
		x.must(x.Add(late))
		x.Close()
		x.Close()
		mustStillRun(t, done)
		mustSend(t, late, 3)
		late.Close()
		mustEnd(t, done, nil)
		var got []int
		for v := range x.out.All(bg) {
			got = append(got, v)
		}
		for i := range x.in {
			own := slices.DeleteFunc(slices.Clone(got), func(v int) bool { return v%10 != i })
			if !slices.Equal(own, []int{i, 10 + i, 20 + i}) {
				t.Errorf("input %d: %v", i, own)
			}
		}
		if len(got) != 10 || got[9] != 3 {
			t.Errorf("received %v", got)
		}
		mustBeOver(t, x.out, nil)
	})
}

func TestMixOfNothingEndsWithClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		x := newMixed(t, 0)
		x.Close()
		mustEnd(t, running(x.Run, bg), nil)
		mustBeOver(t, x.out, nil)

		x = newMixed(t, 1)
		done := running(x.Run, bg)
		x.Close()
		x.must(x.Remove(x.in[0])) // the last one goes
		mustEnd(t, done, nil)
		mustBeOver(t, x.out, nil)
		mustSend(t, x.in[0], 1) // and is not closed
	})
}

func TestMixInputsEndWithErrors(t *testing.T) {
	bubble(t, func(t *testing.T) {
		x := newMixed(t, 4, runnel.Buffer(9))
		x.Close()
		done := running(x.Run, bg)
		for i, cause := range []error{nil, errFull, errStop} {
			x.in[i].CloseWith(cause)
			synctest.Wait()
		}
		mustSend(t, x.in[3], 7) // goes on
		x.in[3].Close()
		mustEnd(t, done, errFull)
		mustGet(t, x.out, 7)
		mustBeOver(t, x.out, errFull)
	})
}

func TestMuteDiscardsAndPauseDoesNotReceive(t *testing.T) {
	bubble(t, func(t *testing.T) {
		x := newMixed(t, 3, runnel.Buffer(9))
		x.set(0, fan.Mute) // before Run, too
		done := running(x.Run, bg)
		x.set(1, fan.Pause)
		for i, in := range x.in {
			mustSend(t, in, i, 10+i)
		}
		mustHold(t, x.out, 2, 12)
		mustDrop(t, x.in[0].Stats(), runnel.Unheard, 2)
		if n := x.in[1].Len(); n != 2 {
			t.Errorf("%d values are left in the paused input, want 2", n)
		}
		x.set(0, fan.Play)
		x.set(1, fan.Play)
		mustHold(t, x.out, 1, 11)
		mustSend(t, x.in[0], 20)
		mustHold(t, x.out, 20)
		x.Close()
		x.closeInputs()
		mustEnd(t, done, nil)
		for i, in := range x.in {
			mustBalance(t, in.Stats(), []uint64{3, 2, 2}[i])
		}
	})
}

// While a value waits for the output, what is muted still flows, and nothing else does.
func TestMutedInputFlowsWhileTheOutputIsFull(t *testing.T) {
	bubble(t, func(t *testing.T) {
		x := newMixed(t, 3)
		x.set(0, fan.Mute)
		done := running(x.Run, bg)
		mustSend(t, x.in[1], 1)
		synctest.Wait()
		mustSend(t, x.in[2], 2)
		mustSend(t, x.in[0], numbers(20)...)
		synctest.Wait()
		mustDrop(t, x.in[0].Stats(), runnel.Unheard, 20)
		if n := x.in[2].Len(); n != 1 {
			t.Errorf("%d values are left, want 1", n)
		}
		mustGet(t, x.out, 1, 2)
		x.in[0].Close()
		mustStillRun(t, done)
		x.must(x.Remove(x.in[1]))
		x.must(x.Remove(x.in[2]))
		x.Close()
		mustEnd(t, done, nil)
	})
}

// A value that was received before its input is paused, muted or removed waits for the output.
func TestValueThatWaitsWhenItsInputIsChanged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		x := newMixed(t, 2)
		a, b := x.in[0], x.in[1]
		done := running(x.Run, bg)
		mustSend(t, a, 1, 2)
		synctest.Wait()
		x.set(0, fan.Pause)
		mustHold(t, x.out) // 1 is kept
		mustSend(t, b, 7)
		mustHold(t, x.out, 7)
		x.set(0, fan.Play)
		mustHold(t, x.out, 1, 2) // and comes first

		mustSend(t, a, 3)
		mustSend(t, b, 8)
		synctest.Wait()
		x.must(x.Set(fan.Setting[int]{In: a, Mode: fan.Pause}, fan.Setting[int]{In: b, Mode: fan.Pause}))
		mustHold(t, x.out)
		x.set(0, fan.Mute)
		x.set(1, fan.Mute)
		synctest.Wait()
		mustDrop(t, a.Stats(), runnel.Unheard, 1)
		mustDrop(t, b.Stats(), runnel.Unheard, 1)
		x.set(0, fan.Play)
		x.set(1, fan.Play)
		mustHold(t, x.out)

		mustSend(t, a, 4, 5)
		synctest.Wait()
		x.must(x.Remove(a))
		mustHold(t, x.out)
		mustDrop(t, a.Stats(), runnel.Undelivered, 1)
		mustGet(t, a, 5) // the caller's again
		mustBalance(t, a.Stats(), 5)
		x.must(x.Add(a))
		mustSend(t, a, 6)
		mustHold(t, x.out, 6)
		x.Close()
		x.closeInputs()
		mustEnd(t, done, nil)
		mustBalance(t, a.Stats(), 6)
		mustBalance(t, b.Stats(), 2)
	})
}

// Several inputs may be paused with a value received.
func TestPausedInputsKeepAValueEach(t *testing.T) {
	bubble(t, func(t *testing.T) {
		x := newMixed(t, 3)
		done := running(x.Run, bg)
		for i, in := range x.in {
			mustSend(t, in, i, 10+i)
			synctest.Wait()
			x.set(i, fan.Pause)
		}
		mustHold(t, x.out)
		if a, b := x.in[0].Len(), x.in[2].Len(); a != 1 || b != 1 {
			t.Errorf("%d and %d values are left, want 1", a, b)
		}
		x.must(x.Set(
			fan.Setting[int]{In: x.in[0]}, fan.Setting[int]{In: x.in[2]}, fan.Setting[int]{In: x.in[1]},
		))
		var got []int
		for range 6 {
			v, _ := x.out.Recv(bg)
			got = append(got, v)
		}
		if first := got[:3]; !slices.Equal(slices.Sorted(slices.Values(first)), []int{0, 1, 2}) {
			t.Errorf("received %v: those that were kept should come first", got)
		}
		for i := range 3 {
			if slices.Index(got, i) > slices.Index(got, 10+i) {
				t.Errorf("received %v: out of order", got)
			}
		}
		x.Close()
		x.closeInputs()
		mustEnd(t, done, nil)
	})
}

// What becomes of inputs 0 to 3, of which 0 plays, 1 is muted, 2 is paused, while 3 plays solo
// in each of the ways.
func TestSolo(t *testing.T) {
	cases := []struct {
		name     string
		soloMode fan.Mode
		solo     fan.Mode // the mode of input 3 itself
		left     []int    // values that are left in the inputs
	}{
		{"others muted", fan.Mute, fan.Play, []int{0, 0, 2, 0}},
		{"others paused", fan.Pause, fan.Play, []int{2, 2, 2, 0}},
		{"solo beats mute", fan.Mute, fan.Mute, []int{0, 0, 2, 0}},
		{"solo beats pause", fan.Pause, fan.Pause, []int{2, 2, 2, 0}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				x := newMixed(t, 4, runnel.Buffer(9))
				done := running(x.Run, bg)
				x.set(1, fan.Mute)
				x.set(2, fan.Pause)
				x.must(x.SoloMode(c.soloMode))
				x.solo(3, c.solo)
				for i, in := range x.in {
					mustSend(t, in, i, 10+i)
				}
				mustHold(t, x.out, 3, 13)
				for i, in := range x.in {
					if in.Len() != c.left[i] {
						t.Errorf("%d values left in input %d, want %d", in.Len(), i, c.left[i])
					}
				}
				x.must(x.Remove(x.in[3])) // nobody plays solo any more
				synctest.Wait()
				if got, want := x.out.Len(), c.left[0]; got != want {
					t.Errorf("%d values after the solo, want %d", got, want)
				}
				x.set(2, fan.Play)
				x.Close()
				x.closeInputs()
				mustEnd(t, done, nil)
			})
		})
	}
}

func TestSeveralPlaySolo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		x := newMixed(t, 3, runnel.Buffer(9))
		done := running(x.Run, bg)
		x.must(x.SoloMode(fan.Pause))
		x.solo(0, fan.Play)
		x.solo(1, fan.Play)
		mustSend(t, x.in[2], 2)
		mustSend(t, x.in[0], 0)
		mustHold(t, x.out, 0)
		mustSend(t, x.in[1], 1)
		mustHold(t, x.out, 1)
		x.set(0, fan.Play)
		mustSend(t, x.in[0], 10)
		mustHold(t, x.out)
		x.must(x.SoloMode(fan.Mute)) // takes effect at once
		mustHold(t, x.out)
		mustDrop(t, x.in[0].Stats(), runnel.Unheard, 1)
		mustDrop(t, x.in[2].Stats(), runnel.Unheard, 1)
		x.in[1].Close() // the last solo ends
		synctest.Wait()
		mustSend(t, x.in[2], 12)
		mustHold(t, x.out, 12)
		x.Close()
		x.closeInputs()
		mustEnd(t, done, nil)
	})
}

func TestMixConsumerStops(t *testing.T) {
	for name, waiting := range map[string]bool{"while it sends": true, "while it receives": false} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				for _, cause := range []error{errStop, nil} {
					x := newMixed(t, 3)
					x.Add(runnel.New[int]())
					done := running(x.Run, bg)
					mustSend(t, x.in[2], 5)
					synctest.Wait()
					x.set(2, fan.Pause) // with a value received
					if waiting {
						mustSend(t, x.in[0], 1, 2)
						synctest.Wait()
					}
					x.out.Cancel(cause)
					mustEnd(t, done, cause)
					for _, in := range x.in {
						mustBeRefused(t, in, cause)
					}
					mustDrop(t, x.in[2].Stats(), runnel.Undelivered, 1)
					if waiting {
						mustDrop(t, x.in[0].Stats(), runnel.Undelivered, 2)
						mustBalance(t, x.in[0].Stats(), 2)
					}
				}
			})
		})
	}
}

// Somebody else closes the output, gracefully; its buffer is full.
func TestMixOutputIsClosedBySomebodyElse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		x := newMixed(t, 1, runnel.Buffer(1))
		mustSend(t, x.in[0], 1, 2, 3)
		done := running(x.Run, bg)
		x.out.CloseWith(errFull)
		mustEnd(t, done, errFull)
		mustBeRefused(t, x.in[0], errFull)
		mustDrop(t, x.in[0].Stats(), runnel.Undelivered, 2)
		mustGet(t, x.out, 1)
		mustBeOver(t, x.out, errFull)
	})
}

func TestMixOutputWasClosedBefore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		x := newMixed(t, 1)
		mustSend(t, x.in[0], 1)
		x.out.Cancel(errStop)
		mustEnd(t, running(x.Run, bg), errStop)
		mustBeRefused(t, x.in[0], errStop)
		mustDrop(t, x.in[0].Stats(), runnel.Undelivered, 1)
	})
}

func TestMixContextEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(bg)
		x := newMixed(t, 3, runnel.Buffer(1))
		done := running(x.Run, ctx)
		mustSend(t, x.in[0], 1, 2, 3)
		synctest.Wait() // 2 waits for the output
		x.set(1, fan.Pause)
		mustSend(t, x.in[1], 4)
		cancel(errStop)
		mustEnd(t, done, errStop)
		for _, in := range x.in {
			mustBeRefused(t, in, errStop)
		}
		mustDrop(t, x.in[0].Stats(), runnel.Undelivered, 2)
		mustDrop(t, x.in[1].Stats(), runnel.Undelivered, 1)
		mustBalance(t, x.in[0].Stats(), 3)
		mustGet(t, x.out, 1)
		mustBeOver(t, x.out, errStop)
		mustEnd(t, running(x.Run, bg), fan.ErrStarted)
	})
}

func TestMixWithAProducerAsOutput(t *testing.T) {
	bubble(t, func(t *testing.T) {
		out := runnel.New[int](runnel.Buffer(9))
		ends := out.Producers(2)
		x, in := fan.NewMix(ends[0]), runnel.New[int](runnel.Buffer(1))
		x.Add(in)
		x.Close()
		mustSend(t, in, 1)
		in.Close()
		mustEnd(t, running(x.Run, bg), nil)
		mustSend(t, ends[1], 2) // it has closed its own end only
		ends[1].Close()
		mustGet(t, out, 1, 2)
		mustBeOver(t, out, nil)
	})
}

func TestMixDrawsEvenly(t *testing.T) {
	bubble(t, func(t *testing.T) {
		out := runnel.New[int](runnel.Unbounded())
		x := fan.NewMix(out)
		const n = 2000
		for i := range 4 {
			in := runnel.New[int](runnel.Unbounded())
			for range n {
				mustSend(t, in, i)
			}
			x.Add(in)
		}
		ctx, cancel := context.WithCancel(bg)
		defer cancel()
		done := running(x.Run, ctx)
		var counts [4]int
		for range n {
			v, _ := out.Recv(bg)
			counts[v]++
		}
		for i, c := range counts {
			if c < n/4-200 || c > n/4+200 { // ten standard deviations
				t.Errorf("of %d values %d are from input %d", n, c, i)
			}
		}
		cancel()
		<-done.Done()
	})
}

func TestMixSaysWhatItDoesNotKnow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		out := runnel.New[int](runnel.Buffer(9))
		x := fan.NewMix(out)
		a, b := runnel.New[int](runnel.Name("guitar")), runnel.New[int](runnel.Buffer(1))
		stray := runnel.New[int]()
		check := func(when string) {
			t.Helper()
			for message, err := range map[string]error{
				`fan: an input of the mix already: Add: input "guitar"`:                       x.Add(stray, a),
				`fan: an input of the mix already: Add: argument 1 (an input without a name)`: x.Add(b, stray),
				`fan: an input of the mix already: Add: argument 3 (an input without a name)`: x.Add(stray, out, stray),
				`fan: Add: argument 2 is nil`:                                                 x.Add(stray, nil),
				`fan: not an input of the mix: Remove: argument 1 (an input without a name)`:  x.Remove(stray),
				`fan: not an input of the mix: Remove: argument 1 is nil`:                     x.Remove(nil),
				`fan: not an input of the mix: Set: argument 2 (an input without a name)`:     x.Set(fan.Setting[int]{In: a, Mode: fan.Mute}, fan.Setting[int]{In: stray}),
				`fan: Set: argument 2 (an input without a name): there is no Mode(3)`:         x.Set(fan.Setting[int]{In: a, Mode: fan.Mute}, fan.Setting[int]{In: b, Mode: fan.Pause + 1}),
				`fan: SoloMode(play): want Mute or Pause`:                                     x.SoloMode(fan.Play),
				`fan: SoloMode(Mode(7)): want Mute or Pause`:                                  x.SoloMode(7),
			} {
				if err == nil || err.Error() != message {
					t.Errorf("%s: %v, want %s", when, err, message)
				}
			}
		}
		if err := x.Add(a, b); err != nil {
			t.Fatal(err)
		}
		check("before Run")
		done := running(x.Run, bg)
		check("during Run")
		mustSend(t, a, 1) // it is not muted: all or nothing
		mustHold(t, out, 1)
		if err := x.Remove(stray); !errors.Is(err, fan.ErrUnknown) {
			t.Error(err)
		}
		if err := x.Add(a); !errors.Is(err, fan.ErrAdded) {
			t.Error(err)
		}
		a.Close()
		synctest.Wait()
		if err := x.Set(fan.Setting[int]{In: a}); !errors.Is(err, fan.ErrUnknown) {
			t.Errorf("an input that has ended: %v", err)
		}
		x.Close()
		if err := x.Add(stray); !errors.Is(err, runnel.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
		b.Close()
		mustEnd(t, done, nil)
		for what, err := range map[string]error{
			"Add": x.Add(stray), "Set": x.Set(), "Remove": x.Remove(b), "SoloMode": x.SoloMode(fan.Mute),
		} {
			if err != fan.ErrEnded {
				t.Errorf("%s after the end: %v", what, err)
			}
		}
		x.Close()
	})
}

// Calls that wait for Run are let go when it ends.
func TestMixEndsWhileItIsBeingChanged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for range 20 {
			ctx, cancel := context.WithCancel(bg)
			x := newMixed(t, 2, runnel.Buffer(1))
			done := began(func() error { return x.Run(ctx) })
			changes := began(func() error {
				for {
					if err := x.Set(fan.Setting[int]{In: x.in[0], Mode: fan.Mute}); err != nil {
						return err
					}
					runtime.Gosched() // or the two keep one processor to themselves
				}
			})
			mustSend(t, x.in[0], 1)
			cancel()
			mustEnd(t, changes, fan.ErrEnded)
			mustEnd(t, done, context.Canceled)
		}
	})
}

// A function given to OnClose of an input is called when the Mix has ended already.
func TestMixIsToldToChangeAtItsEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		x := newMixed(t, 2)
		var errs []error
		x.in[0].OnClose(func(error) { errs = append(errs, x.Remove(x.in[1])) })
		x.out.OnClose(func(error) { errs = append(errs, x.Add(runnel.New[int]())) })
		ctx, cancel := context.WithCancel(bg)
		done := running(x.Run, ctx)
		cancel()
		mustEnd(t, done, context.Canceled)
		if !slices.Equal(errs, []error{fan.ErrEnded, fan.ErrEnded}) {
			t.Errorf("%v", errs)
		}
	})
}

func TestModesHaveNames(t *testing.T) {
	for mode, name := range map[fan.Mode]string{
		fan.Play: "play", fan.Mute: "mute", fan.Pause: "pause", fan.Pause + 1: "Mode(3)",
	} {
		if mode.String() != name {
			t.Errorf("%v, want %s", mode, name)
		}
	}
}
