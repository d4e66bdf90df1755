package drivertest

import (
	"context"
	"sync"
	"testing"

	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
)

// fault breaks the reference engine in one way. Each field that is set stands between the suite and
// the engine.
type fault struct {
	publish   func(ctx context.Context, e driver.Engine, t *driver.Topic, rs []driver.Record) (int, error)
	subscribe func(t *driver.Topic, s *driver.Subscription)
	fetch     func(ctx context.Context, s *brokenSource, into []driver.Delivery) (int, error)
	settle    func(ctx context.Context, s *brokenSource, ss []driver.Settlement) error
	end       func(s *brokenSource) error
	close     func(e *brokenEngine) error
	account   func(a *driver.Account)
	letters   func([]driver.Letter) []driver.Letter
	mark      func(ctx context.Context, m driver.Morgue, topic string, seq, rev uint64, to driver.LetterState, note []byte) error
	crash     func(e *brokenEngine)
	restart   func()
	features  func(f *driver.Features)
	madeUp    bool // there is an account of every topic
}

// brokenEngine is a handle on the reference engine that has a fault.
type brokenEngine struct {
	*mem.Engine
	*fault
	mu      sync.Mutex
	sources []*brokenSource
	closed  int
}

func (e *brokenEngine) Publish(ctx context.Context, t *driver.Topic, rs []driver.Record) (int, error) {
	if e.publish == nil {
		return e.Engine.Publish(ctx, t, rs)
	}
	def := *t
	return e.publish(ctx, e.Engine, &def, rs)
}

func (e *brokenEngine) Subscribe(ctx context.Context, t *driver.Topic, s driver.Subscription) (driver.Source, error) {
	def := *t
	if e.subscribe != nil {
		e.subscribe(&def, &s)
	}
	src, err := e.Engine.Subscribe(ctx, &def, s)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	b := &brokenSource{Source: src, fault: e.fault, sub: s, held: map[uint64]driver.Delivery{}}
	e.sources = append(e.sources, b)
	return b, nil
}

func (e *brokenEngine) Close() error {
	if e.close != nil {
		return e.close(e)
	}
	return e.Engine.Close()
}

func (e *brokenEngine) Features() driver.Features {
	f := e.Engine.Features()
	if e.features != nil {
		e.features(&f)
	}
	return f
}

func (e *brokenEngine) Account(ctx context.Context, topic string) (driver.Account, error) {
	a, err := e.Engine.Account(ctx, topic)
	if e.madeUp {
		err = nil
	}
	if err == nil && e.account != nil {
		e.account(&a)
	}
	return a, err
}

func (e *brokenEngine) Letters(ctx context.Context, topic, group string, after uint64, limit int) ([]driver.Letter, error) {
	ls, err := e.Engine.Letters(ctx, topic, group, after, limit)
	if err == nil && e.letters != nil {
		ls = e.letters(ls)
	}
	return ls, err
}

func (e *brokenEngine) MarkLetter(ctx context.Context, topic string, seq, rev uint64, to driver.LetterState, note []byte) error {
	if e.mark != nil {
		return e.mark(ctx, e.Engine, topic, seq, rev, to, note)
	}
	return e.Engine.MarkLetter(ctx, topic, seq, rev, to, note)
}

// brokenSource is a source of a brokenEngine.
type brokenSource struct {
	driver.Source
	*fault
	sub driver.Subscription

	mu   sync.Mutex
	held map[uint64]driver.Delivery // what was fetched last, by Seq
	n    int                        // calls of Fetch
}

func (s *brokenSource) Fetch(ctx context.Context, into []driver.Delivery) (n int, err error) {
	if s.fetch == nil {
		n, err = s.Source.Fetch(ctx, into)
	} else {
		n, err = s.fetch(ctx, s, into)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	for _, d := range into[:n] {
		s.held[d.Seq] = d
	}
	return n, err
}

func (s *brokenSource) Settle(ctx context.Context, ss []driver.Settlement) error {
	if s.settle != nil {
		return s.settle(ctx, s, ss)
	}
	return s.Source.Settle(ctx, ss)
}

func (s *brokenSource) Close() error {
	if s.end != nil {
		return s.end(s)
	}
	return s.Source.Close()
}

// brokenBroker makes brokers whose engines have the fault.
func brokenBroker(f *fault) func(testing.TB) Broker {
	return func(testing.TB) Broker {
		var mu sync.Mutex
		var open []*brokenEngine
		store := mem.NewStore(nil)
		return Broker{
			Open: func() (driver.Engine, error) {
				mu.Lock()
				defer mu.Unlock()
				open = append(open, &brokenEngine{Engine: store.Open(), fault: f})
				return open[len(open)-1], nil
			},
			Crash: func(e driver.Engine) {
				if f.crash != nil {
					f.crash(e.(*brokenEngine))
				}
				e.(*brokenEngine).Crash()
			},
			Restart: func() error {
				mu.Lock()
				defer mu.Unlock()
				for _, e := range open {
					e.Crash()
				}
				if open = nil; f.restart != nil {
					f.restart()
				}
				return nil
			},
		}
	}
}
