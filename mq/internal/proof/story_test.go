package proof_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
	"github.com/runnel-go/runnel/mq/mqtest"
	"github.com/runnel-go/runnel/sim"
)

// Each fault by itself, in the least world that shows what it means. Timers are punctual, so that
// nothing but the fault is to blame; and it must have happened in some schedule.

// story is one run.
type story struct {
	*sim.T
	engine *mqtest.FaultEngine
	client *mq.Client
	topic  mq.Topic[string]

	mu      sync.Mutex // for constant work only
	effects []effect
	shown   *int // how often the fault has been seen
}

// effect is what a handler has done, outside of the broker.
type effect struct {
	value   string
	attempt int
	at      time.Time
}

const aLease = 6 * time.Second

// tell explores a story.
func tell(t *testing.T, kind mqtest.Fault, body func(s *story), opts ...mq.TopicOption) {
	t.Helper()
	shown := 0
	topic := mq.NewTopic[string]("t", append(opts, mq.Groups("g"))...)
	sim.Test(t, func(t *sim.T) {
		e := mqtest.Faults{Kinds: []mqtest.Fault{kind}, Choose: t.Choose, Rarity: 3}.Open()
		s := &story{T: t, engine: e, topic: topic, shown: &shown,
			client: mq.Open(e, &mq.Options{Logger: slog.New(slog.DiscardHandler)})}
		body(s)
		s.client.Close()
	}, sim.Punctual(), sim.Seed(1), sim.For(0), sim.Exhaustive(0), sim.Schedules(max(60, scale(120))))
	if shown == 0 {
		t.Fatalf("%v has not happened in any schedule", kind)
	}
}

// publish publishes until that succeeds.
func (s *story) publish(values []string, opts ...mq.PublishOption) {
	for _, v := range values {
		for s.topic.Publish(context.Background(), s.client, v, opts...) != nil {
			runnel.Sleep(context.Background(), time.Second)
		}
	}
}

// consume runs a consumer; handler may be nil.
func (s *story) consume(c *mq.Consumer[string], handler func(m *mq.Message[string]) error) (end func()) {
	c.Topic, c.Group, c.Lease = s.topic, "g", aLease
	c.Handler = func(_ context.Context, m *mq.Message[string]) error {
		s.mu.Lock()
		s.effects = append(s.effects, effect{m.Value, m.Attempt, time.Now()})
		s.mu.Unlock()
		if handler == nil {
			return nil
		}
		return handler(m)
	}
	over := start(s.T, s.client, c)
	return func() {
		err := over()
		s.Assert(err == nil || errors.Is(err, mqtest.ErrFault), "Run: %v", err)
	}
}

// settle waits until all is settled, and returns the account.
func (s *story) settle() (a driver.GroupAccount) {
	s.engine.Heal()
	for range 100 {
		if a = group(s.T, s.client, "t"); a.InFlight+a.Waiting == 0 {
			return a
		}
		runnel.Sleep(context.Background(), 2*time.Second)
	}
	s.Fatalf("not settled: %+v", a)
	return a
}

// of returns the effects of a value.
func (s *story) of(value string) (all []effect) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.effects {
		if e.value == value {
			all = append(all, e)
		}
	}
	return all
}

// run publishes, consumes, and settles. It returns the account.
func (s *story) run(c *mq.Consumer[string], handler func(m *mq.Message[string]) error, values ...string) driver.GroupAccount {
	end := s.consume(c, handler)
	s.publish(values)
	a := s.settle()
	end()
	s.Assert(a.Published == int64(len(values)) && a.Acked == a.Published, "account %+v", a)
	return a
}

// once checks that each value had its effect once.
func (s *story) once(values ...string) {
	for _, v := range values {
		s.Assert(len(s.of(v)) == 1, "%q had its effect %d times", v, len(s.of(v)))
	}
}

// The process dies after the effect, before the ack: the message comes again, when its lease has ended.
func TestCrashAfterEffect(t *testing.T) {
	tell(t, mqtest.Crash, func(s *story) {
		a := s.run(&mq.Consumer[string]{}, nil, "a", "b")
		s.Assert(a.Redelivered == int64(len(s.effects)-2), "%d effects, %d deliveries more than once", len(s.effects), a.Redelivered)
		for _, v := range []string{"a", "b"} {
			all := s.of(v)
			for i := 1; i < len(all); i++ {
				*s.shown++
				s.Assert(all[i].at.Sub(all[i-1].at) >= aLease && all[i].attempt == 1, "%q again: %+v", v, all)
			}
		}
	})
}

// What was acked comes again at once: an effect for each fault, and no more.
func TestDuplicate(t *testing.T) {
	tell(t, mqtest.Duplicate, func(s *story) {
		a := s.run(&mq.Consumer[string]{}, nil, "a", "b")
		s.Assert(a.Redelivered == int64(len(s.effects)-2), "%d effects, %d deliveries more than once", len(s.effects), a.Redelivered)
		*s.shown += len(s.effects) - 2
	})
}

// Groups that are Unordered get messages in another order, each once.
func TestReorder(t *testing.T) {
	tell(t, mqtest.Reorder, func(s *story) {
		s.publish([]string{"a", "b", "c"})
		s.run3(&mq.Consumer[string]{Prefetch: 3})
		if s.sequence() != "abc" {
			*s.shown++
		}
	})
}

// PerKey is in order all the same, and so is Strict.
func TestReorderKeepsKeys(t *testing.T) {
	for _, order := range []driver.Order{mq.PerKey, mq.Strict} {
		tell(t, mqtest.Reorder, func(s *story) {
			s.publish([]string{"a", "b", "c"}, mq.Key("k"))
			s.run3(&mq.Consumer[string]{Prefetch: 3, Workers: 3, Order: order})
			s.Assert(s.sequence() == "abc", "%v: %s", order, s.sequence())
			*s.shown++
		}, mq.Keyed())
	}
}

func (s *story) run3(c *mq.Consumer[string]) {
	end := s.consume(c, nil)
	for len(s.sequence()) < 3 {
		runnel.Sleep(context.Background(), time.Second)
	}
	s.settle()
	end()
	s.once("a", "b", "c")
}

func (s *story) sequence() (all string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.effects {
		all += e.value
	}
	return all
}

// An ack takes until the lease has ended: another consumer may have the message by then. It is acked once.
func TestLateAck(t *testing.T) {
	tell(t, mqtest.LateAck, func(s *story) {
		end := s.consume(&mq.Consumer[string]{}, nil)
		s.run(&mq.Consumer[string]{}, nil, "a", "b")
		end()
		for _, v := range []string{"a", "b"} {
			s.Assert(len(s.of(v)) >= 1, "%q is lost", v)
			*s.shown += len(s.of(v)) - 1
		}
	})
}

// An ack that is lost is repeated, and the message is not.
func TestAckLost(t *testing.T) { tellOfAcks(t, mqtest.AckLost) }

// An ack that is done, and fails all the same, is repeated without effect.
func TestAckDone(t *testing.T) { tellOfAcks(t, mqtest.AckDone) }

func tellOfAcks(t *testing.T, kind mqtest.Fault) {
	tell(t, kind, func(s *story) {
		from := time.Now()
		s.run(&mq.Consumer[string]{}, nil, "a", "b")
		s.once("a", "b")
		if time.Since(from) > 0 { // somebody has waited before he tried again
			*s.shown++
		}
	})
}

// A topic that says it is full: the publisher is told, nothing is stored, and trying again works.
func TestFull(t *testing.T) {
	tell(t, mqtest.TopicFull, func(s *story) {
		for _, v := range []string{"a", "b"} {
			err := s.topic.Publish(context.Background(), s.client, v)
			for ; err != nil; err = s.topic.Publish(context.Background(), s.client, v) {
				s.Assert(errors.Is(err, mq.ErrFull), "Publish: %v", err)
				*s.shown++
			}
		}
		end := s.consume(&mq.Consumer[string]{}, nil)
		s.settle()
		end()
		s.once("a", "b")
	}, mq.MaxMessages(100), mq.Overflow(mq.Reject))
}

// A slow engine and a handler slower than its lease, which is extended as long as it runs: once each.
func TestSlowConsumer(t *testing.T) {
	tell(t, mqtest.Slow, func(s *story) {
		from := time.Now()
		s.run(&mq.Consumer[string]{}, func(*mq.Message[string]) error { return runnel.Sleep(context.Background(), 3*aLease) }, "a", "b")
		s.once("a", "b")
		if took := time.Since(from); took%(6*aLease) != 0 {
			*s.shown++
		}
	})
}

// The engine restarts, and all connections are lost: the consumer goes on, nothing is lost, and a
// message keeps its attempts.
func TestRestart(t *testing.T) {
	tell(t, mqtest.Restart, func(s *story) {
		s.run(&mq.Consumer[string]{}, func(m *mq.Message[string]) error {
			if m.Attempt == 1 {
				s.engine.Restart()
				return fmt.Errorf("not yet")
			}
			return nil
		}, "a", "b")
		for _, v := range []string{"a", "b"} {
			all := s.of(v)
			s.Assert(slices.IsSortedFunc(all, func(x, y effect) int { return x.attempt - y.attempt }), "attempts fall: %+v", all)
			s.Assert(all[len(all)-1].attempt == 2, "%+v", all)
			*s.shown++
		}
	})
}

// A publish that fails, but was stored: who tries again sends twice, unless the message has a DedupID.
func TestPublishStored(t *testing.T) {
	tell(t, mqtest.PublishStored, func(s *story) {
		end := s.consume(&mq.Consumer[string]{}, nil)
		s.publish([]string{"a"})
		s.publish([]string{"b"}, mq.DedupID("b"))
		s.settle()
		end()
		s.once("b")
		*s.shown += len(s.of("a")) - 1
	})
}

// Publish and Fetch fail without effect: everybody tries again, and each message has its effect once.
func TestTrouble(t *testing.T) {
	for _, kind := range []mqtest.Fault{mqtest.PublishFails, mqtest.FetchFails} {
		tell(t, kind, func(s *story) {
			from := time.Now()
			s.run(&mq.Consumer[string]{}, nil, "a", "b")
			s.once("a", "b")
			if time.Since(from) > 0 {
				*s.shown++
			}
		})
	}
}
