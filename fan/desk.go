package fan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/runnel-go/runnel"
)

// Mode says what a [Mix] does with the values of an input.
type Mode uint8

const (
	// Play: they go to the output.
	Play Mode = iota
	// Mute: they are received and discarded, counted on the input as [runnel.Unheard].
	Mute
	// Pause: they are not received, so the senders of the input wait or drop, as its policy says.
	Pause
)

// String names the mode.
func (m Mode) String() string {
	if m <= Pause {
		return [...]string{"play", "mute", "pause"}[m]
	}
	return fmt.Sprintf("Mode(%d)", uint8(m))
}

// Setting is what is to become of one input of a [Mix].
type Setting[T any] struct {
	In   runnel.Receiver[T]
	Mode Mode

	// Solo: this input plays, whatever its Mode is, and those without Solo do not; see
	// [Mix.SoloMode]. Several inputs may play solo. When the last of them has ended, the
	// others play again, with whatever they have buffered.
	Solo bool
}

// strip is one input on the desk, as the strips of knobs on a mixing desk.
type strip[T any] struct {
	in    runnel.Receiver[T]
	mode  Mode // as set
	solo  bool
	now   Mode // as it results from all settings
	value T
	holds bool // value has been received and is not sent yet

	idle *runnel.RecvCase[T] // to receive while nothing waits for the output
	busy *runnel.RecvCase[T] // to receive while something does
}

func newStrip[T any](in runnel.Receiver[T]) *strip[T] {
	return &strip[T]{in: in, idle: runnel.RecvFrom(in), busy: runnel.RecvFrom(in)}
}

// reject takes the value that the strip holds from it, if any.
func (s *strip[T]) reject(why runnel.Reason) {
	if s.holds {
		s.in.Reject(s.release(), why)
	}
}

func (s *strip[T]) release() T {
	var none T
	v := s.value
	s.value, s.holds = none, false
	return v
}

// desk is the inputs of a [Mix] and how they are set. It belongs to one goroutine at a time.
//
//	somebody plays solo:  now = Play          for those who do
//	                      now = Pause         for others, if they or soloMode say so, else Mute
//	nobody does:          now = mode
//	s.holds ⇒ s.now ≠ Mute
//	hand = some s of strips with s.holds and s.now = Play, nil if there is none
//
// Hence a value that was received from an input that has been paused since waits there, and
// nothing is received from an input that holds a value: it is in hand, or the input is paused.
type desk[T any] struct {
	strips   []*strip[T]
	soloMode Mode
	closed   bool  // no input will be added
	cause    error // the first with which an input has ended
	hand     *strip[T]
	changed  func(*desk[T]) // called after every change
}

// isOver tells whether all inputs have ended and there will be no others.
func (d *desk[T]) isOver() bool { return d.closed && len(d.strips) == 0 }

func (d *desk[T]) find(in runnel.Receiver[T]) int {
	return slices.IndexFunc(d.strips, func(s *strip[T]) bool { return s.in == in })
}

// add puts inputs on the desk, all of them or none.
func (d *desk[T]) add(ins []runnel.Receiver[T]) error {
	if d.closed {
		return fmt.Errorf("fan: Add after Close: %w", runnel.ErrClosed)
	}
	for i, in := range ins {
		if in == nil {
			return fmt.Errorf("fan: Add: %s", describe(in, i))
		}
		if d.find(in) >= 0 || slices.Index(ins, in) < i {
			return fmt.Errorf("%w: Add: %s", ErrAdded, describe(in, i))
		}
	}
	for _, in := range ins {
		d.strips = append(d.strips, newStrip(in))
	}
	d.settle()
	return nil
}

// set changes settings, all of them or none.
func (d *desk[T]) set(settings []Setting[T]) error {
	for i, s := range settings {
		if d.find(s.In) < 0 {
			return fmt.Errorf("%w: Set: %s", ErrUnknown, describe(s.In, i))
		}
		if s.Mode > Pause {
			return fmt.Errorf("fan: Set: %s: there is no %v", describe(s.In, i), s.Mode)
		}
	}
	for _, s := range settings {
		strip := d.strips[d.find(s.In)]
		strip.mode, strip.solo = s.Mode, s.Solo
	}
	d.settle()
	return nil
}

// remove takes an input off the desk, and what it holds with it.
func (d *desk[T]) remove(in runnel.Receiver[T]) error {
	i := d.find(in)
	if i < 0 {
		return fmt.Errorf("%w: Remove: %s", ErrUnknown, describe(in, 0))
	}
	s := d.strips[i]
	d.strips = slices.Delete(d.strips, i, i+1)
	s.reject(runnel.Undelivered)
	d.settle()
	return nil
}

func (d *desk[T]) setSoloMode(m Mode) error {
	if m != Mute && m != Pause {
		return fmt.Errorf("fan: SoloMode(%v): want Mute or Pause", m)
	}
	d.soloMode = m
	d.settle()
	return nil
}

func (d *desk[T]) close() error {
	d.closed = true
	return nil
}

// end takes an input off that has ended.
func (d *desk[T]) end(s *strip[T]) {
	d.cause = cmp.Or(d.cause, s.in.Err())
	i := slices.Index(d.strips, s)
	d.strips = slices.Delete(d.strips, i, i+1)
	d.settle()
}

// settle makes the invariants hold after a change.
func (d *desk[T]) settle() {
	solo := slices.ContainsFunc(d.strips, func(s *strip[T]) bool { return s.solo })
	for _, s := range d.strips {
		if s.now = d.effective(s, solo); s.now == Mute {
			s.reject(runnel.Unheard)
		}
	}
	d.hand = d.next()
	d.changed(d)
}

// effective is the mode of s, given whether somebody plays solo.
func (d *desk[T]) effective(s *strip[T], solo bool) Mode {
	switch {
	case s.solo:
		return Play
	case !solo:
		return s.mode
	case s.mode == Pause || d.soloMode == Pause:
		return Pause
	}
	return Mute
}

// next returns a strip whose value can be sent, or nil.
func (d *desk[T]) next() *strip[T] {
	i := slices.IndexFunc(d.strips, func(s *strip[T]) bool { return s.holds && s.now == Play })
	if i < 0 {
		return nil
	}
	return d.strips[i]
}

// describe tells an input apart from others in an error: by its name, else by its position
// among the arguments, from 0.
func describe[T any](in runnel.Receiver[T], i int) string {
	if in == nil {
		return fmt.Sprintf("argument %d is nil", i+1)
	}
	if name := in.Stats().Name; name != "" {
		return fmt.Sprintf("input %q", name)
	}
	return fmt.Sprintf("argument %d (an input without a name)", i+1)
}
