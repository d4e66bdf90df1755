package fan

import (
	"context"
	"time"

	"github.com/runnel-go/runnel"
)

// delivery gives one value after the other to a number of taps. It belongs to the goroutine
// that runs a hub.
//
//	taps    = those that the value is for; empty between two values
//	pending ⊆ taps: those that were open and full when the value was offered to them, and have
//	neither taken it nor left since
//	a tap that was offered a value takes it, or has it counted as Undelivered, exactly once
//
// A value goes first to all taps that can take it at once, so nobody waits for the slow ones
// but the slow ones themselves, and the next value. Then it waits for all pending taps at the
// same time. Each time something happens all of them are tried again: this is how a tap that
// has left is noticed, and it saves a wait for each tap that has found room in the meantime.
type delivery[T any] struct {
	taps    []*Tap[T]
	pending []*Tap[T]
	cases   []runnel.Case // woken, the clock, then one case for each pending tap
	woken   *runnel.RecvCase[struct{}]
	clock   clock
	mu      *runnel.Mutex // of the hub
}

const fixedCases = 2 // woken and the clock

func newDelivery[T any](mu *runnel.Mutex, wake *runnel.Chan[struct{}]) *delivery[T] {
	return &delivery[T]{mu: mu, woken: runnel.RecvFrom(wake)}
}

// deliver gives v to d.taps. It blocks until each of them has taken v or has left. If ctx ends
// first, it gives up and returns the cause. Nobody has heard of v if all taps have left before
// it was offered to them.
func (d *delivery[T]) deliver(ctx context.Context, v T) (heard bool, err error) {
	heard = d.offer(v)
	if len(d.pending) > 0 {
		err = d.wait(ctx, v)
	}
	clear(d.taps)
	d.taps = d.taps[:0]
	return heard, err
}

// offer gives v to the taps that can take it at once. The others are pending, but for those
// that are closed.
func (d *delivery[T]) offer(v T) (heard bool) {
	for _, t := range d.taps {
		switch t.offer(v) {
		case nil:
			heard = true
		case runnel.ErrFull:
			heard = true
			d.pending = append(d.pending, t)
		}
	}
	return heard
}

// wait gives v to the pending taps, each as soon as it can take it.
func (d *delivery[T]) wait(ctx context.Context, v T) error {
	d.clock.start()
	for len(d.pending) > 0 {
		chosen, err := runnel.Select(ctx, d.choices(v)...)
		if err != nil {
			d.giveUp(v)
			return apart(err)
		}
		d.settle(chosen, v)
		if d.clock.rang(chosen) {
			d.evict(v)
		}
	}
	return nil
}

// choices are the cases to wait for. They are the same ones, in the same order, as long as the
// same taps are pending, so that Select knows them again.
func (d *delivery[T]) choices(v T) []runnel.Case {
	d.cases = append(d.cases[:0], d.woken, d.alarm())
	for _, t := range d.pending {
		d.cases = append(d.cases, t.ready(v))
	}
	return d.cases
}

// alarm sets the clock for the pending tap that is to be evicted first, if any.
func (d *delivery[T]) alarm() runnel.Case {
	return d.clock.alarm(d.shortest())
}

// shortest is the least patience of a pending tap, 0 if none is to be evicted.
func (d *delivery[T]) shortest() (first time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, t := range d.pending {
		if p := t.patience; p > 0 && (first == 0 || p < first) {
			first = p
		}
	}
	return first
}

// settle keeps the taps that are still full.
func (d *delivery[T]) settle(chosen runnel.Case, v T) {
	d.keep(func(t *Tap[T]) bool {
		switch t.outcome(chosen, v) {
		case nil:
			return false
		case runnel.ErrFull:
			return true
		}
		t.lose(v)
		return false
	})
}

// evict closes the pending taps whose time is up.
func (d *delivery[T]) evict(v T) {
	waited := d.clock.waited()
	d.keep(func(t *Tap[T]) bool {
		if !d.isOver(t, waited) {
			return true
		}
		t.ch.CloseWith(ErrEvicted)
		t.lose(v)
		return false
	})
}

// isOver tells whether t has been waited for as long as it may be.
func (d *delivery[T]) isOver(t *Tap[T], waited time.Duration) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return t.patience > 0 && waited >= t.patience
}

// giveUp accounts for v on the taps that it is still on its way to.
func (d *delivery[T]) giveUp(v T) {
	d.keep(func(t *Tap[T]) bool {
		t.lose(v)
		return false
	})
}

// keep takes those taps off pending for which stays is false.
func (d *delivery[T]) keep(stays func(*Tap[T]) bool) {
	kept := d.pending[:0]
	for _, t := range d.pending {
		if stays(t) {
			kept = append(kept, t)
		} else {
			t.forget()
		}
	}
	clear(d.pending[len(kept):])
	clear(d.cases[fixedCases:])
	d.pending = kept
}
