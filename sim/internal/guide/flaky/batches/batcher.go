// Package batches stores readings many at a time.
package batches

import (
	"context"
	"time"

	"github.com/runnel-go/runnel"
)

// Batcher gathers readings, and stores them when there are enough, or when it is time.
type Batcher struct {
	size  int
	store func([]int)
	full  *runnel.Chan[[]int]
	tick  *runnel.Chan[time.Time]

	mu      runnel.Mutex
	pending []int
}

// NewBatcher makes a batcher of a size that looks at the clock every so often.
func NewBatcher(size int, every time.Duration, store func([]int)) *Batcher {
	b := &Batcher{size: size, store: store, full: runnel.New[[]int](runnel.Name("full")), tick: runnel.Tick(every)}
	runnel.Go(b.write)
	return b
}

// Add takes a reading.
func (b *Batcher) Add(ctx context.Context, reading int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pending = append(b.pending, reading)
	if len(b.pending) < b.size {
		return nil
	}
	batch := b.pending
	b.pending = nil
	return b.full.Send(ctx, batch)
}

// write stores batches that are full, and on every tick what is pending.
func (b *Batcher) write() {
	defer b.tick.Cancel(nil)
	full, due := runnel.RecvFrom(b.full), runnel.RecvFrom(b.tick)
	for {
		if c, _ := runnel.Select(context.Background(), full, due); c == due {
			b.flush()
			continue
		}
		batch, err := full.Value()
		if err != nil {
			return
		}
		b.store(batch)
	}
}

func (b *Batcher) flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.pending) > 0 {
		b.store(b.pending)
		b.pending = nil
	}
}

// Close ends the batcher.
func (b *Batcher) Close() { b.full.Close() }
