//go:build steps

package step

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/runnel-go/runnel/internal/hook"
)

// IsStepped tells whether ctx was made by WithCancel.
func IsStepped(ctx context.Context) bool {
	_, is := ctx.(*stepped)
	return is
}

// stepped is a context whose end goes step by step, as that of package context does: first Err
// tells, and Done; then one after the other those are told who asked for it, each in a task of
// its own, unless they have meanwhile changed their minds.
type stepped struct {
	word
	mu    sync.Mutex // for a cleanup, which is no task, may stop a registration
	cause error
	done  chan struct{}
	calls []*func()
}

// WithCancel makes a context, for a task, that ends with the cause that cancel is called with.
// Only the first call counts.
func WithCancel() (ctx context.Context, cancel func(cause error)) {
	c := &stepped{word: word{name: "context"}, done: make(chan struct{})}
	return c, c.cancel
}

// Registered is the number of functions that wait for the end of ctx, which is of WithCancel.
func Registered(ctx context.Context) int {
	c := ctx.(*stepped)
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.calls)
}

func (c *stepped) Deadline() (at time.Time, has bool) { return at, false }
func (c *stepped) Done() <-chan struct{}              { return c.done }
func (c *stepped) Value(any) any                      { return nil }

// Err is a step.
func (c *stepped) Err() error {
	c.come(hook.Load)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause
}

func (c *stepped) cancel(cause error) {
	c.come(hook.Store)
	if !c.end(cause) {
		return
	}
	for f := c.next(); f != nil; f = c.next() {
		hook.Current().Spawn(f)
	}
}

// end tells that c has ended, and whether it had not before.
func (c *stepped) end(cause error) (first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return false
	}
	c.cause = cause
	close(c.done)
	return true
}

// next takes off the next function that is to be called.
func (c *stepped) next() (f func()) {
	c.come(hook.Update)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.calls) == 0 {
		return nil
	}
	f = *c.calls[0]
	c.calls = slices.Delete(c.calls, 0, 1)
	return f
}

// AfterFunc is [context.AfterFunc]; in a task, under a context of WithCancel, f runs in a task.
func AfterFunc(ctx context.Context, f func()) (stop func() bool) {
	c, is := ctx.(*stepped)
	if !is {
		return context.AfterFunc(ctx, f)
	}
	if c.register(&f) {
		return func() bool { return c.stop(&f) }
	}
	hook.Current().Spawn(f)
	return func() bool { return false }
}

// register fails if c has ended.
func (c *stepped) register(f *func()) bool {
	c.come(hook.Update)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return false
	}
	c.calls = append(c.calls, f)
	return true
}

func (c *stepped) stop(f *func()) bool {
	c.come(hook.Update)
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.calls, f)
	if i < 0 {
		return false
	}
	c.calls = slices.Delete(c.calls, i, i+1)
	return true
}
