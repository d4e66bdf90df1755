package pipe

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/runnel-go/runnel"
)

// Batch gathers the values of in into slices: one is sent when it has size values, or when wait
// has passed since the first of them was taken. With wait = 0 only the size counts. Every slice
// is fresh, as long as it needs to be, and belongs to whoever receives it.
//
// While a batch waits for room in the output, no further value is taken: the stage never holds
// more than size values.
//
// When in ends, with an error or without, the batch that was begun is delivered before the
// output closes. When the consumer cancels the output, or ctx ends, the batch that was begun or
// could not be sent is counted on the output as Undelivered: one slice.
func Batch[T any](ctx context.Context, in runnel.Receiver[T], size int, wait time.Duration, opts ...runnel.Option) runnel.Receiver[[]T] {
	requireAtLeast(1, "Batch", "size", size)
	require(wait >= 0, "Batch", fmt.Sprintf("wait is %v, want 0 or a positive duration", wait))
	b := &batcher[T]{timed: newTimed[T, []T](ctx, "Batch", in, opts), size: size, wait: wait}
	return b.start(1, b.run)
}

// batcher is the stage of Batch.
//
//	received = sent in batches + len(held), len(held) ≤ size
//	a deadline is set ⇔ wait > 0 and len(held) > 0; it is wait after the first one was taken
type batcher[T any] struct {
	timed[T, []T]
	size int
	wait time.Duration
	held []T // memory that is used again; what is sent is a copy
}

func (b *batcher[T]) run() {
	defer b.stop()
	for {
		err := b.gather()
		switch {
		case err == nil || err == errDue:
			if !b.pass() {
				return
			}
		default:
			if len(b.held) == 0 || b.pass() {
				b.leave(err)
			}
			return
		}
	}
}

// gather goes on with the batch until it is complete.
func (b *batcher[T]) gather() error {
	for len(b.held) < b.size {
		if err := b.more(); err != nil {
			return err
		}
	}
	return nil
}

func (b *batcher[T]) more() error {
	if b.wait == 0 {
		return b.several()
	}
	v, err := b.take()
	if err != nil {
		return err
	}
	if len(b.held) == 0 {
		b.set(time.Now().Add(b.wait))
	}
	b.held = append(b.held, v)
	return nil
}

// several takes what is there, under one lock. It cannot be used with a deadline: between a
// look that finds values and the receive, another receiver may have taken them.
func (b *batcher[T]) several() error {
	have := len(b.held)
	b.held = slices.Grow(b.held, 1)
	n, err := b.in.RecvUpTo(b.ctx, b.held[have:min(cap(b.held), b.size)])
	b.held = b.held[:have+n]
	return err
}

// pass sends the batch and begins a new one.
func (b *batcher[T]) pass() bool {
	batch := slices.Clone(b.held)
	clear(b.held)
	b.held = b.held[:0]
	b.clear()
	return b.send(batch)
}
