package fan

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"

	"github.com/runnel-go/runnel"
)

// hub is what [Mult] and [Pub] have in common: it gives the values of in to the taps of their
// key. A Mult has one key.
//
//	taps[k] is not empty for any k; taps[k][t.place] = t for all t of taps[k]
//	t.place = absent ⇔ t is in no taps[k]
//	a tap that is closed has been taken off taps, or is about to be by who closed it
//	ended ⇒ taps is empty, and stays so
//
// The lock is held while a map and slices are changed, never during an operation on a channel.
type hub[K comparable, T any] struct {
	in   runnel.Receiver[T]
	key  func(T) K
	wake *runnel.Chan[struct{}] // tells a Run that waits for taps that something has changed

	mu      runnel.Mutex
	taps    map[K][]*Tap[T]
	joined  uint64 // how many taps have ever joined
	started bool
	ended   bool
	cause   error // of the end
}

func newHub[K comparable, T any](in runnel.Receiver[T], key func(T) K) *hub[K, T] {
	return &hub[K, T]{
		in:   in,
		key:  key,
		wake: runnel.New[struct{}](runnel.Dropping(1)),
		taps: map[K][]*Tap[T]{},
	}
}

func (h *hub[K, T]) nudge() { h.wake.TrySend(struct{}{}) }

// tap makes a tap for the values of key. However it is closed, it leaves at once, and a Run
// that waits for it is told.
func (h *hub[K, T]) tap(key K, opts []runnel.Option) *Tap[T] {
	t := newTap[T](&h.mu, h.nudge, opts)
	t.ch.OnClose(func(error) {
		h.leave(key, t)
		h.nudge()
	})
	if !h.join(key, t) {
		t.ch.CloseWith(h.cause)
	}
	return t
}

// join adds the tap, unless the hub has ended.
func (h *hub[K, T]) join(key K, t *Tap[T]) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return false
	}
	h.joined++
	t.number, t.place = h.joined, len(h.taps[key])
	h.taps[key] = append(h.taps[key], t)
	return true
}

// leave takes the tap off; the last one of the key takes its place.
func (h *hub[K, T]) leave(key K, t *Tap[T]) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t.place == absent {
		return
	}
	all := h.taps[key]
	last := len(all) - 1
	all[t.place] = all[last]
	all[t.place].place = t.place
	all[last] = nil
	t.place = absent
	if last == 0 {
		delete(h.taps, key)
	} else {
		h.taps[key] = all[:last]
	}
}

// of returns the taps of a key now.
func (h *hub[K, T]) of(key K) []*Tap[T] {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.taps[key])
}

// keys returns the keys that have taps now.
func (h *hub[K, T]) keys() []K {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Keys(h.taps))
}

// run moves values until the input or ctx ends, or the key function fails; then everybody is
// told.
func (h *hub[K, T]) run(ctx context.Context) (cause error) {
	if !h.start() {
		return ErrStarted
	}
	cause = errLeft // unless move returns
	defer func() { h.finish(cause) }()
	cause = h.move(ctx)
	return cause
}

// finish tells both sides. An input that has ended by itself does not notice.
func (h *hub[K, T]) finish(cause error) {
	taps := h.end(cause)
	defer each(taps, func(t *Tap[T]) { t.ch.CloseWith(cause) })
	h.in.Cancel(cause)
}

func (h *hub[K, T]) start() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	first := !h.started
	h.started = true
	return first
}

// end lets no tap join any more and returns those that are there, to be closed in the order
// in which they joined.
func (h *hub[K, T]) end(cause error) []*Tap[T] {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended, h.cause = true, cause
	all := slices.Concat(slices.Collect(maps.Values(h.taps))...)
	for _, t := range all {
		t.place = absent
	}
	slices.SortFunc(all, func(a, b *Tap[T]) int { return cmp.Compare(a.number, b.number) })
	h.taps = nil
	return all
}

// move is run without what comes before and after.
func (h *hub[K, T]) move(ctx context.Context) error {
	d := newDelivery[T](&h.mu, h.wake)
	defer d.clock.stop()
	for {
		v, err := h.in.Recv(ctx)
		if err != nil {
			return h.ending(ctx, err)
		}
		if err = h.pass(ctx, d, v); err != nil {
			return err
		}
	}
}

// ending is the cause of the end of which the error of a receive tells: that of the input or that
// of ctx. Both may have ended by now.
func (h *hub[K, T]) ending(ctx context.Context, err error) error {
	plain := err == runnel.ErrClosed && context.Cause(ctx) != err
	if plain || ctx.Err() == nil {
		return h.in.Err()
	}
	return apart(err)
}

// pass gives v to the taps of its key.
func (h *hub[K, T]) pass(ctx context.Context, d *delivery[T], v T) error {
	taps, err := h.find(v, d.taps)
	if err != nil {
		h.in.Reject(v, runnel.Failed)
		return err
	}
	d.taps = taps
	heard, err := d.deliver(ctx, v)
	if !heard {
		h.in.Reject(v, runnel.Unheard)
	}
	return err
}

// find appends the taps that v is for. To look up a key is a part of the user's code: one that
// has no hash panics.
func (h *hub[K, T]) find(v T, taps []*Tap[T]) (found []*Tap[T], err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if value := recover(); value != nil {
			err = &runnel.PanicError{Value: value, Stack: debug.Stack()}
			return
		}
		h.in.Reject(v, runnel.Failed)
	}()
	key := h.key(v)
	h.mu.Lock()
	defer h.mu.Unlock()
	found = append(taps, h.taps[key]...)
	returned = true
	return found, nil
}

// mustHave panics if the constructor that calls was given nothing for what it needs.
func mustHave(present bool, call, what string) {
	if !present {
		panic(fmt.Sprintf("fan: %s: nil %s", call, what))
	}
}
