package runnel

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel/xf"
)

// Inside a testing/synctest bubble a waiting operation must be durably blocked, or the
// bubble's clock stands still and its deadlocks are not found; and a channel must not belong
// to the bubble that first used it.

// blockedOps are the operations that wait, each on a channel where it has to.
func blockedOps() map[string]func(ctx context.Context) error {
	full := func() *Chan[int] {
		c := New[int](Buffer(1))
		c.TrySend(0)
		return c
	}
	return map[string]func(ctx context.Context) error{
		"Send":            func(ctx context.Context) error { return New[int]().Send(ctx, 1) },
		"Send to full":    func(ctx context.Context) error { return full().Send(ctx, 1) },
		"Send named":      func(ctx context.Context) error { return New[int](Name("x")).Send(ctx, 1) },
		"Send to via":     sendToFullVia,
		"Recv":            func(ctx context.Context) error { _, err := New[int]().Recv(ctx); return err },
		"Recv of promise": func(ctx context.Context) error { _, err := NewPromise[int]().Recv(ctx); return err },
		"SendAll":         func(ctx context.Context) error { _, err := full().SendAll(ctx, []int{1, 2}); return err },
		"RecvUpTo":        func(ctx context.Context) error { _, err := New[int]().RecvUpTo(ctx, make([]int, 3)); return err },
		"Select of none":  func(ctx context.Context) error { _, err := Select(ctx, nil, RecvFrom[int](nil)); return err },
		"Select": func(ctx context.Context) error {
			_, err := Select(ctx, RecvFrom(New[string]()), SendTo(full(), 1))
			return err
		},
		"SelectPriority": func(ctx context.Context) error {
			_, err := SelectPriority(ctx, SendTo(New[int](), 1), RecvFrom(New[int]()))
			return err
		},
		"Select with itself": func(ctx context.Context) error {
			c := New[int]()
			_, err := Select(ctx, SendTo(c, 1), RecvFrom(c))
			return err
		},
		"All": func(ctx context.Context) error {
			for range New[int]().All(ctx) {
			}
			return context.Cause(ctx)
		},
	}
}

func sendToFullVia(ctx context.Context) error {
	in, _ := NewVia(xf.Map(func(v int) int { return v }), Buffer(1))
	in.TrySend(0)
	return in.Send(ctx, 1)
}

func TestBubbleClockRunsWhileOperationsWait(t *testing.T) {
	for name, op := range blockedOps() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				if err := op(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
				if d := time.Since(start); d != time.Hour {
					t.Errorf("ended after %v", d)
				}
			})
		})
	}
}

func TestBubbleIsIdleWhileOperationsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("why")
		var ended atomic.Int64
		for name, op := range blockedOps() {
			go func() {
				if err := op(ctx); err != why {
					t.Errorf("%s: got %v", name, err)
				}
				ended.Add(1)
			}()
			synctest.Wait() // does not return while op runs, sleeps in a lock or polls
		}
		if n := ended.Load(); n != 0 {
			t.Errorf("%d operations did not wait", n)
		}
		cancel(why)
		synctest.Wait()
		if n, want := ended.Load(), len(blockedOps()); n != int64(want) {
			t.Errorf("%d of %d operations ended with the context", n, want)
		}
	})
}

func TestBubbleFindsDeadlocks(t *testing.T) {
	for name, op := range blockedOps() {
		func() {
			defer func() {
				if p := fmt.Sprint(recover()); !strings.Contains(p, "deadlock") {
					t.Errorf("%s: blocked for ever, and the bubble says %s", name, p)
				}
			}()
			synctest.Test(t, func(*testing.T) { op(context.Background()) })
		}()
	}
}

// sharedChans are channels that outlive bubbles, as those in package variables do.
type sharedChans struct {
	ping, pong *Chan[int]
	recv       *RecvCase[int]
	send       *SendCase[int]
}

func newShared(opts ...Option) *sharedChans {
	s := &sharedChans{ping: New[int](opts...), pong: New[int]()}
	s.recv, s.send = RecvFrom(s.ping), SendTo(s.pong, 0)
	return s
}

// exchange makes all that wait on the channels wait many times: a Select that receives and
// sends by turns, senders, and batches.
func (s *sharedChans) exchange(t *testing.T, ctx context.Context) {
	const n = 20
	var wg sync.WaitGroup
	wg.Go(func() { s.echo(t, ctx, 2*n) })
	for i := range n {
		if err := s.ping.Send(ctx, i); err != nil {
			t.Error(err)
		}
		buf := make([]int, 2)
		if k, err := s.pong.RecvUpTo(ctx, buf); k != 1 || buf[0] != i || err != nil {
			t.Errorf("got %d values %v, %v; sent %d", k, buf, err, i)
		}
	}
	wg.Wait()
}

func (s *sharedChans) echo(t *testing.T, ctx context.Context, moves int) {
	var in, out Case = s.recv, nil
	for range moves {
		switch c, err := Select(ctx, in, out); {
		case err != nil:
			t.Error(err)
		case c == in:
			v, err := s.recv.Value()
			if err != nil {
				t.Error(err)
			}
			s.send.Set(v)
			in, out = nil, s.send
		default:
			in, out = s.recv, nil
		}
	}
}

func TestChannelsServeOneBubbleAfterAnother(t *testing.T) {
	outer, cancel := context.WithCancel(context.Background())
	defer cancel()
	outer.Done() // makes its native channel here and not in a bubble
	for _, opts := range [][]Option{nil, {Buffer(2)}, {Unbounded()}, {Name("shared")}} {
		s := newShared(opts...)
		for range 2 {
			synctest.Test(t, func(t *testing.T) { s.allExchanges(t, outer) })
			ctx, cancel := context.WithCancel(context.Background())
			s.exchange(t, ctx)
			cancel()
			s.exchange(t, outer)
			s.exchange(t, context.Background())
		}
	}
}

// allExchanges uses the channels under contexts from inside and outside the bubble. Some
// are still watched when it ends, and one never ends at all.
func (s *sharedChans) allExchanges(t *testing.T, outer context.Context) {
	s.exchange(t, context.Background())
	s.exchange(t, outer)
	s.exchange(t, t.Context())
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	s.exchange(t, ctx)
	s.endOfContext(t, ctx)
	s.exchange(t, endless())
}

// endless returns a context that could be cancelled but is not.
func endless() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	_ = cancel
	return ctx
}

// endOfContext lets ctx end while everything waits under it.
func (s *sharedChans) endOfContext(t *testing.T, ctx context.Context) {
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if v, err := s.ping.Recv(ctx); err != context.DeadlineExceeded {
				t.Error(v, err)
			}
		})
	}
	wg.Go(func() {
		if c, err := Select(ctx, s.recv, s.send); c != nil || err != context.DeadlineExceeded {
			t.Error(c, err)
		}
	})
	wg.Wait()
}

// A registration that stands when a bubble ends is replaced in the next one.
func TestStandingWatchOutlivesItsBubble(t *testing.T) {
	c := New[int]()
	for range 3 {
		synctest.Test(t, func(t *testing.T) {
			ctx := endless()
			for i := range 4 {
				sendLater(c, i)
				if v, err := c.Recv(ctx); v != i || err != nil {
					t.Error(v, err)
				}
			}
			if w := c.recvStock.first; w == nil || !w.watch.standing {
				t.Error("the watch does not stand, so this tests nothing")
			}
		})
	}
}

// sendLater sends v when the bubble has become idle.
func sendLater(c *Chan[int], v int) {
	go func() {
		time.Sleep(time.Second)
		c.Send(context.Background(), v)
	}()
}

func TestContentionDoesNotStopTheClock(t *testing.T) {
	for _, opts := range [][]Option{nil, {Buffer(1)}, {Buffer(64)}, {Sliding(1)}} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			c := New[int](opts...)
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() { contend(ctx, func(i int) { c.Send(ctx, i) }) })
				wg.Go(func() { contend(ctx, func(int) { c.Recv(ctx) }) })
			}
			wg.Wait()
			if d := time.Since(start); d != time.Second {
				t.Errorf("ended after %v", d)
			}
		})
	}
}

// contend calls f in bursts until the end of ctx.
func contend(ctx context.Context, f func(int)) {
	for ctx.Err() == nil {
		for i := range 20 {
			f(i)
		}
		Sleep(ctx, 50*time.Millisecond)
	}
}

func TestBubblesSideBySide(t *testing.T) {
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newShared()
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				for range 10 {
					s.exchange(t, ctx)
				}
				s.endOfContext(t, ctx)
			})
		})
	}
}

func TestTimersKeepVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		start := time.Now()
		tick, after := Tick(time.Hour), After(150*time.Minute)
		beat, end := RecvFrom(tick), RecvFrom(after)
		var at []time.Duration
		for {
			c, err := Select(ctx, beat, end)
			if err != nil {
				t.Fatal(err)
			}
			at = append(at, time.Since(start))
			if c == end {
				break
			}
		}
		tick.Cancel(nil)
		if got, want := fmt.Sprint(at), "[1h0m0s 2h0m0s 2h30m0s]"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		<-time.After(24 * time.Hour) // no timer is left that would be seen as a leak
	})
}

func TestNamedChannelTimesWaitsInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New[int](Name("timed"))
		go func() {
			time.Sleep(time.Minute)
			c.Send(t.Context(), 1)
		}()
		go c.Recv(t.Context())
		time.Sleep(time.Second)
		if s := c.Stats(); s.OldestRecv != time.Second || s.ReceiversWaiting != 1 {
			t.Errorf("while waiting: %+v", s)
		}
		time.Sleep(time.Minute)
		if s := c.Stats(); s.RecvBlocked != time.Minute || s.SendBlocked != 0 {
			t.Errorf("afterwards: %+v", s)
		}
	})
}
