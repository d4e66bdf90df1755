package mq

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// hand is what others may know and do of a worker whose handler runs.
//
//	running and not stuck ⇒ the keeper extends the leases of ds, and the worker settles them
//	stuck                 ⇒ the keeper has settled them, and what the handler returns has no effect
//	ctx has ended         ⇒ ended and cause tell when and why, or base has ended
type hand struct {
	mu      runnel.Mutex
	running bool
	stuck   bool
	ds      []driver.Delivery // the worker's; it does not touch them while running
	lost    []bool            // by message: somebody else has it; nil if none
	began   time.Time
	until   time.Time // the earliest end of their leases
	ctx     context.Context
	cancel  context.CancelCauseFunc
	ended   time.Time // zero: it has not
	cause   error
}

func (h *hand) renew(base context.Context) {
	h.ctx, h.cancel = context.WithCancelCause(base)
	h.ended, h.cause = time.Time{}, nil
}

// begin says that a turn runs. False: nothing may begin any more. Who has shut and taken mu since knows
// of all that run: no turn that he does not see running comes after.
func (h *hand) begin(ds []driver.Delivery, now time.Time, shut *flag) (context.Context, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if shut.Load() {
		return nil, false
	}
	h.running, h.ds, h.began, h.until = true, ds, now, ds[0].Until
	for i := 1; i < len(ds); i++ {
		if ds[i].Until.Before(h.until) {
			h.until = ds[i].Until
		}
	}
	if h.ended.IsZero() && h.ctx.Err() != nil {
		h.ended, h.cause = now, context.Cause(h.ctx)
	}
	return h.ctx, true
}

// ending is how a turn ended, besides its errors.
type ending struct {
	began time.Time
	stuck bool
	lost  []bool
	cause error
}

// end says that the handler has returned. The next turn gets another context if this one's has ended.
func (h *hand) end(base context.Context) ending {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := ending{h.began, h.stuck, h.lost, h.cause}
	h.running, h.stuck, h.ds, h.lost = false, false, nil, nil
	if !h.ended.IsZero() {
		h.renew(base)
	}
	return e
}

// passThrough waits for who is about to begin or to end a turn.
func (h *hand) passThrough() {
	h.mu.Lock()
	defer h.mu.Unlock()
}

// stop ends the context of the handler that runs. The caller holds mu.
func (h *hand) stop(now time.Time, cause error) {
	if h.running && h.ended.IsZero() {
		h.ended, h.cause = now, cause
		h.cancel(cause)
	}
}

// due adds what is to be extended. The caller holds mu.
func (h *hand) due(all []driver.Settlement) []driver.Settlement {
	for i := range h.ds {
		if h.lost == nil || !h.lost[i] {
			all = append(all, driver.Settlement{Seq: h.ds[i].Seq, Token: h.ds[i].Token, Verb: driver.Extend})
		}
	}
	return all
}

// lease names one.
type lease struct{ seq, token uint64 }

// extended notes what has become of the leases of the turn, if it still runs, and adds them to held.
// When all are lost, its context ends.
func (h *hand) extended(results map[lease]error, held map[lease]bool, now, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.running || h.stuck {
		return
	}
	for i := range h.ds {
		l := lease{h.ds[i].Seq, h.ds[i].Token}
		err, asked := results[l]
		held[l] = true
		if asked {
			h.until = until
		}
		if errors.Is(err, ErrLeaseLost) {
			h.lose(i)
		}
	}
	if h.allLost() {
		h.stop(now, fmt.Errorf("mq: message %d: %w: somebody else has it", h.ds[0].Seq, ErrLeaseLost))
	}
}

func (h *hand) lose(i int) {
	if h.lost == nil {
		h.lost = make([]bool, len(h.ds))
	}
	h.lost[i] = true
}

func (h *hand) allLost() bool {
	for _, lost := range h.lost {
		if !lost {
			return false
		}
	}
	return h.lost != nil
}
