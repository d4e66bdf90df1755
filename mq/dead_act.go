package mq

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

var (
	deletable  = []DeadState{StateHeld, StateReplayed}
	restorable = []DeadState{StateDeleted, StateReplayed}
	purgeable  = []DeadState{StateHeld, StateReplayed, StateDeleted}
)

// Delete sets letters aside: those that f chooses, held ones unless f.State says otherwise. Restore
// takes it back, Purge makes it final. n is how many were deleted; those on which somebody else acted
// in the meantime do not count, and are errors only where f.Seqs names them.
func (d *DeadLetters) Delete(ctx context.Context, f Filter) (n int, err error) {
	f.State = cmp.Or(f.State, StateHeld)
	return d.mark(ctx, f, deletable, func(l *driver.Letter, n note) (driver.LetterState, note) {
		n.Was = l.State
		return driver.Deleted, n.with(d.event("deleted"))
	})
}

// Restore takes back what was done with letters: deleted ones get the state that they had before; those
// replayed, if f.State says so, are held again and can be replayed once more. n counts as in Delete.
func (d *DeadLetters) Restore(ctx context.Context, f Filter) (n int, err error) {
	f.State = cmp.Or(f.State, StateDeleted)
	return d.mark(ctx, f, restorable, func(l *driver.Letter, n note) (driver.LetterState, note) {
		to := driver.Held
		if l.State == driver.Deleted {
			to, n.Was = n.Was, driver.Held
		}
		return to, n.with(d.event("restored"))
	})
}

// Purge removes letters for good: those that f chooses, deleted ones unless f.State says otherwise. Those
// whose replay is not known to be done remain. n counts as in Delete.
func (d *DeadLetters) Purge(ctx context.Context, f Filter) (n int, err error) {
	f.State = cmp.Or(f.State, StateDeleted)
	return d.mark(ctx, f, purgeable, func(_ *driver.Letter, n note) (driver.LetterState, note) {
		return driver.Purged, n
	})
}

func (d *DeadLetters) event(action string) DeadEvent {
	return DeadEvent{Time: time.Now().Round(0), Action: action, By: d.who.by, Note: d.who.note}
}

// A change says where a letter goes, and with which note.
type change func(l *driver.Letter, n note) (driver.LetterState, note)

// mark changes the letters chosen, each if nobody else does, and counts them.
func (d *DeadLetters) mark(ctx context.Context, f Filter, may []DeadState, to change) (n int, err error) {
	if err := f.check(may); err != nil {
		return 0, d.wrap(err)
	}
	k, err := d.desk(ctx)
	if err != nil {
		return 0, err
	}
	var failed []error
	for l, err := range k.letters(ctx, f, may) {
		if err == nil {
			err = k.put(ctx, &l, to)
		}
		switch {
		case err == nil:
			n++
		case f.Seqs != nil && errors.Is(err, ErrLetter):
			failed = append(failed, err)
		case !errors.Is(err, ErrLetter):
			return n, errors.Join(append(failed, err)...)
		}
	}
	return n, errors.Join(failed...)
}

// put marks a letter that was read before. ErrLetter if it has changed since.
func (k *desk) put(ctx context.Context, l *driver.Letter, to change) error {
	if ctx.Err() != nil {
		return k.wrap(context.Cause(ctx))
	}
	state, n := to(l, noteOf(l))
	return k.wrap(k.morgue.MarkLetter(ctx, k.topic, l.Seq, l.Rev, state, n.encode()))
}
