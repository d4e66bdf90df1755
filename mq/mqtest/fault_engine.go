package mqtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mem"
)

// FaultEngine is a memory engine that has [Faults].
type FaultEngine struct {
	faults Faults
	store  *mem.Store
	healed atomic.Bool
	closed atomic.Bool

	mu    sync.Mutex // for constant work only
	inner *mem.Engine
}

// Heal ends the faults, so that what is left can be settled in peace.
func (e *FaultEngine) Heal() { e.healed.Store(true) }

// Unwrap returns the engine that stores: it counts, lists, and keeps dead letters.
func (e *FaultEngine) Unwrap() driver.Engine { return e.now() }

func (e *FaultEngine) now() *mem.Engine {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.inner
}

// Restart ends all connections, as the fault of that name does.
func (e *FaultEngine) Restart() {
	e.mu.Lock()
	old := e.inner
	e.inner = e.store.Open()
	closed := e.closed.Load()
	e.mu.Unlock()
	old.Crash()
	if closed { // meanwhile
		e.now().Close()
	}
}

// Publish implements driver.Engine.
func (e *FaultEngine) Publish(ctx context.Context, t *driver.Topic, rs []driver.Record) (int, error) {
	e.perhapsRestart()
	if e.strike(PublishFails) {
		return 0, failed("Publish", "nothing is stored")
	}
	n, err := e.now().Publish(ctx, t, rs)
	if n == len(rs) && n > 0 && e.strike(PublishStored) {
		return 0, failed("Publish", "it is stored all the same")
	}
	return n, e.trouble(err)
}

func failed(what, so string) error { return fmt.Errorf("mqtest: %s: %w: %s", what, ErrFault, so) }

// trouble makes ErrFault of the end of a connection. The engine itself is closed by Close only.
func (e *FaultEngine) trouble(err error) error {
	if errors.Is(err, driver.ErrClosed) && !e.closed.Load() {
		return failed("engine", "the connection is lost")
	}
	return err
}

func (e *FaultEngine) perhapsRestart() {
	if !e.closed.Load() && e.strike(Restart) {
		e.Restart()
	}
}

// Subscribe implements driver.Engine.
func (e *FaultEngine) Subscribe(ctx context.Context, t *driver.Topic, s driver.Subscription) (driver.Source, error) {
	src := &faultSource{engine: e, topic: *t, sub: s, until: map[uint64]time.Time{}}
	if _, err := src.connect(ctx); err != nil {
		return nil, e.trouble(err)
	}
	return src, nil
}

// Close implements driver.Engine.
func (e *FaultEngine) Close() error {
	e.closed.Store(true)
	return e.now().Close()
}

// faultSource is a source that connects again when its connection is lost.
type faultSource struct {
	engine *FaultEngine
	topic  driver.Topic
	sub    driver.Subscription
	closed atomic.Bool

	mu    sync.Mutex // for constant work only
	on    *mem.Engine
	inner driver.Source
	until map[uint64]time.Time // by token: when its lease ends
}

// connect returns the source on the engine that is there now.
func (s *faultSource) connect(ctx context.Context) (driver.Source, error) {
	e := s.engine.now()
	s.mu.Lock()
	inner, same := s.inner, s.on == e
	s.mu.Unlock()
	if same || s.closed.Load() {
		return inner, nil
	}
	inner, err := e.Subscribe(ctx, &s.topic, s.sub)
	if err != nil {
		return nil, err
	}
	return s.connected(e, inner)
}

// connected keeps a new connection, unless another call was faster, or the source has been closed.
func (s *faultSource) connected(e *mem.Engine, inner driver.Source) (driver.Source, error) {
	s.mu.Lock()
	kept, useless := s.inner, s.on == e || s.closed.Load()
	if !useless {
		s.on, s.inner = e, inner
	}
	s.mu.Unlock()
	if useless {
		return kept, inner.Close()
	}
	return inner, nil
}

// Fetch implements driver.Source.
func (s *faultSource) Fetch(ctx context.Context, into []driver.Delivery) (int, error) {
	s.engine.perhapsRestart()
	if !s.closed.Load() && s.engine.strike(FetchFails) {
		return 0, failed("Fetch", "nothing is leased")
	}
	inner, err := s.connect(ctx)
	if err != nil {
		return 0, s.trouble(err)
	}
	n, err := inner.Fetch(ctx, into)
	s.note(into[:n])
	return n, s.trouble(err)
}

func (s *faultSource) trouble(err error) error {
	if s.closed.Load() {
		return err
	}
	return s.engine.trouble(err)
}

// note keeps when leases end.
func (s *faultSource) note(ds []driver.Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range ds {
		s.until[d.Token] = d.Until
	}
}

// Settle implements driver.Source.
func (s *faultSource) Settle(ctx context.Context, ss []driver.Settlement) error {
	inner, err := s.connect(ctx)
	if err != nil {
		return s.trouble(err)
	}
	if err := s.late(ctx, ss); err != nil {
		return err
	}
	out, back := s.twisted(ss)
	err = inner.Settle(ctx, out)
	for i, at := range back {
		ss[at].Err = out[i].Err
	}
	return s.trouble(err)
}

// twisted returns what is really settled, and which of ss each of it is: without those whose
// process has died, which believe that all is well.
func (s *faultSource) twisted(ss []driver.Settlement) (out []driver.Settlement, back []int) {
	for i := range ss {
		ss[i].Err = nil
		if ss[i].Verb == driver.Ack && s.engine.strike(Crash) {
			continue
		}
		out, back = append(out, ss[i]), append(back, i)
		if ss[i].Verb == driver.Ack && s.engine.strike(Duplicate) {
			out[len(out)-1].Verb = driver.Release
		}
	}
	return out, back
}

// late waits until the first lease of ss has ended, if an ack is late.
func (s *faultSource) late(ctx context.Context, ss []driver.Settlement) error {
	acks := slices.ContainsFunc(ss, func(s driver.Settlement) bool { return s.Verb == driver.Ack })
	if !acks || !s.engine.strike(LateAck) {
		s.forget(ss)
		return nil
	}
	return runnel.Sleep(ctx, time.Until(s.forget(ss))+time.Millisecond)
}

// forget drops the times of leases that end now, and returns the first one.
func (s *faultSource) forget(ss []driver.Settlement) (first time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range ss {
		if t, ok := s.until[one.Token]; ok && (first.IsZero() || t.Before(first)) {
			first = t
		}
		if one.Verb != driver.Extend {
			delete(s.until, one.Token)
		}
	}
	return first
}

// Close implements driver.Source.
func (s *faultSource) Close() error {
	s.closed.Store(true)
	s.mu.Lock()
	inner := s.inner
	s.mu.Unlock()
	return inner.Close()
}
