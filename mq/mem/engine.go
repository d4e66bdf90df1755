package mem

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/runnel-go/runnel/mq/driver"
)

// Engine is a connection to a store.
type Engine struct {
	store  *Store
	closed atomic.Bool

	mu      sync.Mutex
	sources map[*source]bool
}

var errDeleted = errors.New("the topic has just been deleted")

// Publish implements driver.Engine.
func (e *Engine) Publish(ctx context.Context, def *driver.Topic, records []driver.Record) (n int, err error) {
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if err := e.store.before(ctx, trouble); err != nil {
		return 0, err
	}
	for {
		if e.closed.Load() {
			return n, e.isClosed()
		}
		t, err := e.store.topic(def)
		if err != nil {
			return n, err
		}
		k, err := t.publish(ctx, e, records[n:])
		n += k
		if err != errDeleted {
			return n, err
		}
	}
}

// Subscribe implements driver.Engine.
func (e *Engine) Subscribe(ctx context.Context, def *driver.Topic, sub driver.Subscription) (driver.Source, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := checkSubscription(def, &sub); err != nil {
		return nil, err
	}
	for {
		if e.closed.Load() {
			return nil, e.isClosed()
		}
		t, err := e.store.topic(def)
		if err != nil {
			return nil, err
		}
		s, err := t.subscribe(e, sub)
		if err != errDeleted {
			return s, err
		}
	}
}

func checkSubscription(def *driver.Topic, sub *driver.Subscription) error {
	switch {
	case sub.Group == "":
		return errors.New("the subscription's Group is empty")
	case sub.Lease <= 0:
		return fmt.Errorf("group %q: Lease %v: want more than 0", sub.Group, sub.Lease)
	case sub.Order > driver.Strict:
		return fmt.Errorf("group %q: Order %v: %w", sub.Group, sub.Order, driver.ErrUnsupported)
	}
	return nil
}

// Close implements driver.Engine.
func (e *Engine) Close() error {
	e.end(true)
	return nil
}

// Crash ends the engine as the death of its process would: calls end with ErrClosed, but nothing
// is handed back. Leases run until they lapse.
func (e *Engine) Crash() { e.end(false) }

func (e *Engine) end(handBack bool) {
	if e.closed.Swap(true) {
		return
	}
	e.mu.Lock()
	var sources []*source
	for s := range e.sources {
		sources = append(sources, s)
	}
	e.sources = nil
	e.mu.Unlock()
	slices.SortFunc(sources, func(a, b *source) int { return int(a.id) - int(b.id) })
	for _, s := range sources {
		s.close(handBack)
	}
	for _, t := range e.store.all() {
		t.wakePublishers(e)
	}
}

// add makes s end with e. It tells whether e is still open.
func (e *Engine) add(s *source) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.sources == nil {
		return false
	}
	e.sources[s] = true
	return true
}

func (e *Engine) remove(s *source) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.sources, s)
}

// ended is nil if e is open.
func (e *Engine) ended() error {
	if !e.closed.Load() {
		return nil
	}
	return e.isClosed()
}

func (e *Engine) isClosed() error { return fmt.Errorf("engine: %w", driver.ErrClosed) }
