package mq

import (
	"context"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// stub is the least engine there is: one topic, one group, no order, no leases that lapse. It can be
// told to fail.
type stub struct {
	mu      runnel.Mutex
	bell    *runnel.Chan[struct{}]
	closed  *runnel.Chan[struct{}]
	ready   []driver.Delivery
	leased  map[uint64]driver.Delivery
	seq     uint64
	token   uint64
	settled map[driver.Verb]int
	letters []*driver.Letter
	fail    func(what string) error
}

func newStub() *stub {
	return &stub{bell: newBell(), closed: newBell(), leased: map[uint64]driver.Delivery{}, settled: map[driver.Verb]int{}}
}

func (s *stub) trouble(what string) error {
	if s.fail == nil {
		return nil
	}
	return s.fail(what)
}

func (s *stub) Publish(_ context.Context, _ *driver.Topic, rs []driver.Record) (int, error) {
	s.mu.Lock()
	for i := range rs {
		s.seq++
		rs[i].Seq = s.seq
		s.ready = append(s.ready, driver.Delivery{Record: rs[i]})
	}
	s.mu.Unlock()
	ring(s.bell)
	return len(rs), nil
}

func (s *stub) Subscribe(context.Context, *driver.Topic, driver.Subscription) (driver.Source, error) {
	return stubSource{s}, s.trouble("subscribe")
}

func (s *stub) Close() error { s.closed.Close(); return nil }

type stubSource struct{ *stub }

func (s stubSource) Fetch(ctx context.Context, into []driver.Delivery) (int, error) {
	bell, over := runnel.RecvFrom(s.bell), runnel.RecvFrom(s.closed)
	for {
		if err := s.trouble("fetch"); err != nil {
			return 0, err
		}
		s.mu.Lock()
		n := copy(into, s.ready)
		s.ready = s.ready[n:]
		for i := range into[:n] {
			s.token++
			into[i].Token, into[i].Until = s.token, time.Now().Add(30*time.Second)
			s.leased[into[i].Seq] = into[i]
		}
		s.mu.Unlock()
		if n > 0 {
			return n, nil
		}
		got, err := runnel.Select(ctx, over, bell)
		if err != nil {
			return 0, context.Cause(ctx)
		}
		if got == over {
			return 0, ErrClosed
		}
	}
}

func (s stubSource) Settle(_ context.Context, sets []driver.Settlement) error {
	if err := s.trouble("settle"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range sets {
		sets[i].Err = s.one(&sets[i])
	}
	return nil
}

func (s stubSource) one(x *driver.Settlement) error {
	d, ok := s.leased[x.Seq]
	if !ok || d.Token != x.Token {
		return ErrLeaseLost
	}
	s.settled[x.Verb]++
	if x.Verb == driver.Extend {
		return nil
	}
	delete(s.leased, x.Seq)
	switch x.Verb {
	case driver.Dead:
		s.letters = append(s.letters, x.Letter)
	case driver.Release:
		s.ready = append(s.ready, d)
		ring(s.bell)
	case driver.Retry:
		d.Attempts, d.State = x.Attempts, x.State
		wait := time.Until(x.At)
		runnel.Go(func() {
			runnel.Sleep(context.Background(), wait)
			s.mu.Lock()
			s.ready = append(s.ready, d)
			s.mu.Unlock()
			ring(s.bell)
		})
	}
	return nil
}

func (s stubSource) Close() error { return nil }
