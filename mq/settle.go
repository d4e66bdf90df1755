package mq

import (
	"context"
	"errors"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// settler gives settlements to the engine, together where they come together.
//
//	something waits ⇒ somebody is settling
//
// Who brings one and finds nobody settling does it, also for all that come meanwhile; the others go on
// with their work. So nothing lingers, and a slow engine gets few large lists.
type settler struct {
	p   *pool
	src driver.Source

	mu       runnel.Mutex
	settling bool
	waiting  []driver.Settlement
	spare    []driver.Settlement
	quiet    *runnel.Cond // nobody is settling; its lock is mu
}

func newSettler(p *pool, src driver.Source) *settler {
	s := &settler{p: p, src: src}
	s.quiet = runnel.NewCond(&s.mu)
	return s
}

// add settles all, now or soon.
func (s *settler) add(all []driver.Settlement) {
	if len(all) == 0 {
		return
	}
	s.mu.Lock()
	s.waiting = append(s.waiting, all...)
	if s.settling {
		s.mu.Unlock()
		return
	}
	s.settling = true
	for len(s.waiting) > 0 {
		batch := s.waiting
		s.waiting, s.spare = s.spare, nil
		s.mu.Unlock()
		s.settle(batch)
		clear(batch)
		s.mu.Lock()
		s.spare = batch[:0]
	}
	s.settling = false
	s.quiet.Broadcast()
	s.mu.Unlock()
}

// wait waits until all that was added is settled.
func (s *settler) wait() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.settling {
		s.quiet.Wait()
	}
}

// settle tries until it succeeds, or the consumer gives up.
func (s *settler) settle(batch []driver.Settlement) {
	for n := 1; ; n++ {
		err := s.src.Settle(context.Background(), batch)
		if err == nil {
			s.p.settled(batch)
			return
		}
		if !s.p.again(n, "settle", err) {
			s.p.unsettled(len(batch), err)
			return
		}
	}
}

// permanent tells whether an error of an engine will be the same the next time.
func permanent(err error) bool {
	for _, p := range []error{ErrClosed, ErrConflict, ErrUnsupported, ErrUnknownTopic, ErrTooLarge} {
		if errors.Is(err, p) {
			return true
		}
	}
	return false
}

// engineBackoff is how often an engine in trouble is asked again.
var engineBackoff = runnel.Backoff{Attempts: 1 << 30, First: 50 * time.Millisecond, Max: 5 * time.Second}
