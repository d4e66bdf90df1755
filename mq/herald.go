package mq

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// herald tells OnDead of letters, one after the other, apart from those who settle.
//
//	something waits ⇒ somebody is telling
//	len(waiting) <= maxUntold: an OnDead that hangs must not keep all messages in memory
//
// A nil herald tells nobody.
type herald struct {
	plan *plan

	mu      runnel.Mutex
	telling bool
	waiting []DeadLetter
	untold  int // letters there was no room for, not logged yet
	cancel  context.CancelCauseFunc
	quiet   *runnel.Chan[struct{}] // rung when nothing waits any more
}

const maxUntold = 1000

func newHerald(plan *plan) *herald {
	if plan.onDead == nil {
		return nil
	}
	return &herald{plan: plan, quiet: newBell()}
}

// tell takes the letters of a batch that the engine has settled.
func (h *herald) tell(base context.Context, batch []driver.Settlement) {
	if h == nil {
		return
	}
	for i := range batch {
		if s := &batch[i]; s.Verb == driver.Dead && s.Err == nil {
			h.add(base, deadLetterOf(h.plan.topic.Name, s.Letter))
		}
	}
}

func (h *herald) add(base context.Context, d DeadLetter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.waiting) == maxUntold {
		h.untold++
		return
	}
	h.waiting = append(h.waiting, d)
	if h.telling {
		return
	}
	h.telling = true
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(base))
	h.cancel = cancel
	runnel.Go(func() { h.work(ctx) })
}

// work tells until nothing waits. A call that ends its goroutine ends this one; another one goes on.
func (h *herald) work(ctx context.Context) {
	normal := false
	defer func() {
		if !normal {
			runnel.Go(func() { h.work(ctx) })
		}
	}()
	for d, more := h.next(); more; d, more = h.next() {
		h.call(ctx, d)
	}
	normal = true
}

func (h *herald) next() (d DeadLetter, more bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.untold > 0 {
		h.plan.log.silent(h.untold, errors.New("it is too slow for so many letters"))
		h.untold = 0
	}
	if len(h.waiting) == 0 {
		h.telling, h.waiting = false, nil
		h.cancel(nil)
		ring(h.quiet)
		return d, false
	}
	d, h.waiting = h.waiting[0], h.waiting[1:]
	return d, true
}

func (h *herald) call(ctx context.Context, d DeadLetter) {
	defer func() {
		if p := recover(); p != nil {
			h.plan.log.silent(1, fmt.Errorf("panic: %v", p))
		}
	}()
	h.plan.onDead(ctx, d)
}

// end waits until all is told, for grace; then it ends the context of the call, and waits for grace again.
func (h *herald) end(grace time.Duration) error {
	if h == nil || h.quietWithin(grace) {
		return nil
	}
	h.mu.Lock()
	h.cancel(errDrained)
	h.mu.Unlock()
	if h.quietWithin(grace) {
		return nil
	}
	return fmt.Errorf("OnDead: %w", ErrStuck)
}

func (h *herald) quietWithin(d time.Duration) bool {
	limit := runnel.After(d)
	defer limit.Cancel(nil)
	quiet, late := runnel.RecvFrom(h.quiet), runnel.RecvFrom(limit)
	for h.tells() {
		if got, _ := runnel.Select(context.Background(), quiet, late); got == late {
			return !h.tells()
		}
	}
	return true
}

func (h *herald) tells() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.telling
}
