package fan_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
)

func (m *mixed) mustBeSet(want ...fan.Setting[int]) {
	m.t.Helper()
	if got := m.Settings(); !slices.Equal(got, want) {
		m.t.Errorf("the settings are %v, want %v", got, want)
	}
}

// setting is one of input i.
func (m *mixed) setting(i int, mode fan.Mode, solo bool) fan.Setting[int] {
	return fan.Setting[int]{In: m.in[i], Mode: mode, Solo: solo}
}

func TestSettingsTellWhatWasSet(t *testing.T) {
	bubble(t, func(t *testing.T) {
		newMixed(t, 0).mustBeSet()
		x := newMixed(t, 3, runnel.Buffer(9))
		x.mustBeSet(x.setting(0, fan.Play, false), x.setting(1, fan.Play, false), x.setting(2, fan.Play, false))
		x.set(2, fan.Pause) // before Run, too
		done := running(x.Run, bg)
		x.set(0, fan.Mute)
		x.solo(1, fan.Pause)
		x.mustBeSet(x.setting(0, fan.Mute, false), x.setting(1, fan.Pause, true), x.setting(2, fan.Pause, false))

		// That the others are silent while somebody plays solo is no setting of theirs.
		x.set(0, fan.Play)
		x.must(x.SoloMode(fan.Pause))
		x.mustBeSet(x.setting(0, fan.Play, false), x.setting(1, fan.Pause, true), x.setting(2, fan.Pause, false))

		all := x.Settings()
		all[0].Mode = fan.Mute // the caller's
		x.mustBeSet(x.setting(0, fan.Play, false), x.setting(1, fan.Pause, true), x.setting(2, fan.Pause, false))
		x.must(x.Set(all...))
		x.mustBeSet(x.setting(0, fan.Mute, false), x.setting(1, fan.Pause, true), x.setting(2, fan.Pause, false))

		x.in[1].Close()
		synctest.Wait()
		x.must(x.Remove(x.in[0]))
		x.must(x.Add(x.in[0])) // last now, and as if it had never been there
		x.mustBeSet(x.setting(2, fan.Pause, false), x.setting(0, fan.Play, false))
		x.Close()
		x.set(2, fan.Play)
		x.closeInputs()
		mustEnd(t, done, nil)
		x.mustBeSet()
	})
}

// A mute button knows only its input: each press turns what is set over.
func TestMuteButton(t *testing.T) {
	bubble(t, func(t *testing.T) {
		x := newMixed(t, 2)
		press := func(in runnel.Receiver[int]) {
			t.Helper()
			all := x.Settings()
			s := &all[slices.IndexFunc(all, func(s fan.Setting[int]) bool { return s.In == in })]
			if s.Mode == fan.Mute {
				s.Mode = fan.Play
			} else {
				s.Mode = fan.Mute
			}
			x.must(x.Set(*s))
		}
		x.solo(0, fan.Play)
		done := running(x.Run, bg) // which waits for the output with a value in hand below
		mustSend(t, x.in[0], 1)
		synctest.Wait()
		press(x.in[1])
		x.mustBeSet(x.setting(0, fan.Play, true), x.setting(1, fan.Mute, false))
		press(x.in[0]) // solo stays, and is stronger
		mustHold(t, x.out, 1)
		x.set(0, fan.Play)
		mustSend(t, x.in[1], 2)
		mustHold(t, x.out)
		mustDrop(t, x.in[1].Stats(), runnel.Unheard, 1)
		press(x.in[1])
		mustSend(t, x.in[1], 3)
		mustHold(t, x.out, 3)
		x.Close()
		x.closeInputs()
		mustEnd(t, done, nil)
	})
}
