package runnel

// Like regression_test.go, with a look inside.

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel/xf"
)

func TestCaseMayMoveToAnotherGoroutineWhileItsFellowWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		ca, cb := New[int](), New[int]()
		a, b := RecvFrom(ca), RecvFrom(cb)
		go func() { cb.Send(ctx, 1) }()
		Select(ctx, a, b)
		done := make(chan bool)
		go func() { Select(ctx, a); close(done) }()
		synctest.Wait()
		go func() { Select(ctx, b) }()
		synctest.Wait()
		if err := ca.TrySend(7); err != nil {
			t.Error("lost: ", err, ca.Stats())
		}
		cb.TrySend(1)
		synctest.Wait()
		select {
		case <-done:
		default:
			t.Error("parked for ever")
		}
	})
}

func TestCauseMayBeErrEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New[int]()
		c.CloseWith(ErrEmpty)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Recv(ctx); !errors.Is(err, ErrEmpty) || !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		called := false
		c.RecvFunc(func(int, error) { called = true })
		if !called {
			t.Error("callback never")
		}
	})
}

func TestCaseOfAClosedChannelHasNoValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		c := New[int]()
		r := RecvFrom(c)
		go c.Send(ctx, 5)
		Select(ctx, r)
		go func() { time.Sleep(time.Nanosecond); c.Close() }()
		Select(ctx, r)
		if v, err := r.Value(); v != 0 || err != ErrClosed {
			t.Error(v, err)
		}
	})
}

func TestEndedProducerTakesANilCallback(t *testing.T) {
	c := New[int](Buffer(1))
	p := c.AddProducer()
	c.AddProducer()
	p.Close()
	p.SendFunc(1, nil)
}

func TestCaseDoesNotOvertakeWhoQueuedBeforeItsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		c, d := New[int](), New[int]()
		s, r := SendTo(c, 1), RecvFrom(d)
		for range 3 {
			go func() { time.Sleep(time.Nanosecond); d.Send(ctx, 0) }()
			Select(ctx, s, r)
		}
		go c.Send(ctx, 2)
		synctest.Wait()
		go Select(ctx, s, r)
		synctest.Wait()
		v1, _ := c.Recv(ctx)
		v2, _ := c.Recv(ctx)
		if v1 != 2 || v2 != 1 {
			t.Error("the first who waited is served second", v1, v2)
		}
	})
}

func TestPanickingCallbackKeepsNobodyAsleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		c := New[int]()
		c.RecvFunc(func(int, error) { panic("user") })
		done := false
		go func() { c.Recv(ctx); done = true }()
		synctest.Wait()
		func() {
			defer func() { recover() }()
			c.Close()
		}()
		synctest.Wait()
		if !done {
			t.Error("receiver never woken")
		}
	})
}

func TestCasesUsedOnceLeaveNothingBehind(t *testing.T) {
	ctx := t.Context()
	quit := New[int]()
	data := New[int]()
	const rounds = 20000
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range rounds {
			data.Send(ctx, i)
		}
	})
	for range rounds {
		Select(ctx, RecvFrom(quit), RecvFrom(data))
	}
	wg.Wait()
	n := 0
	for w := quit.recvq.head; w != nil; w = w.next {
		n++
	}
	if n > 0 {
		t.Error(n, "nodes left")
	}
}

func TestOneProducersValuesKeepOrderAcrossCallbackAndSelect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		c, d := New[int](), New[int]()
		s, r := SendTo(c, 0), RecvFrom(d)
		go func() {
			for range 3 {
				Select(ctx, s, r)
			}
			c.SendFunc(1, nil)
			s.Set(2)
			Select(ctx, s, r)
		}()
		for range 3 {
			synctest.Wait()
			d.TrySend(0)
		}
		synctest.Wait()
		if v, _ := c.Recv(ctx); v != 1 {
			t.Errorf("%d came first", v)
		}
		c.Recv(ctx)
	})
}

func TestBothEndsOfAViaAreLockedInOneOrder(t *testing.T) {
	in, out := NewVia(xf.Map(func(v int) int { return v }), Buffer(1), Name("via"))
	s := selectionFor(RecvFrom(out), SendTo(in, 1))
	s.sortByID()
	if s.byID[0].state != &in.sendEnd().state {
		t.Error("the back is locked before the front, against the order of a send")
	}
}

// A select over both ends of a transducer takes their locks together; so does a send.
func TestSelectOverBothEndsOfAViaDoesNotDeadlock(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in, out := NewVia(xf.Map(func(v int) int { spun.Store(spin(500)); return v }), Buffer(1), Name("via"))
	var traffic, selects sync.WaitGroup
	for range 2 {
		selects.Go(func() {
			c := New[int]()
			for range 3000 {
				Select(ctx, SendTo(in, 1), RecvFrom(out), SendTo(c, 1), RecvFrom(c))
			}
		})
		traffic.Go(func() {
			for in.Send(ctx, 1) == nil {
			}
		})
		traffic.Go(func() {
			for ctx.Err() == nil {
				out.Recv(ctx)
			}
		})
	}
	selects.Wait() // a deadlock shows as the test's timeout
	cancel()
	traffic.Wait()
}

type brokenLen struct{ broken bool }

func (p *brokenLen) Cap() int                        { return 1 }
func (p *brokenLen) Full() bool                      { return true }
func (p *brokenLen) Pop() int                        { return 0 }
func (p *brokenLen) Push(v int, _ func(int, Reason)) {}
func (p *brokenLen) Len() int {
	if p.broken {
		panic("Len")
	}
	return 0
}

func TestPolicyThatPanicsUnderASelectCallsBackWithoutLocks(t *testing.T) {
	p := &brokenLen{}
	c1, c2 := NewBuffered(p), New[int]()
	r1, r2 := RecvFrom(c1), RecvFrom(c2)
	TrySelect(r1, r2)
	var got error
	c1.RecvFunc(func(_ int, err error) { got = err; c2.TrySend(1) })
	p.broken = true
	TrySelect(r1, r2) // a lock that is still held shows as the test's timeout
	var panicked *PanicError
	if !errors.As(got, &panicked) {
		t.Errorf("the receiver was told %v", got)
	}
}

func TestDropsBehindATransducerAreToldInOrder(t *testing.T) {
	in, out := NewVia(xf.Map(func(v int) int { return v }), Dropping(1))
	var dropped []int
	out.OnDrop(func(v int, _ Reason) { dropped = append(dropped, v) })
	in.SendAll(t.Context(), []int{1, 2, 3, 4, 5})
	if !slices.Equal(dropped, []int{2, 3, 4, 5}) {
		t.Errorf("told of %v", dropped)
	}
}

func TestRefusedCallbacksOfAnEndedProducerDoNotNest(t *testing.T) {
	c := New[int]()
	p := c.AddProducer()
	p.Close()
	depth, deepest, calls := 0, 0, 0
	var f func(error)
	f = func(error) {
		depth++
		deepest = max(deepest, depth)
		if calls++; calls < 100 {
			p.SendFunc(1, f)
		}
		depth--
	}
	p.SendFunc(1, f)
	if calls != 100 || deepest != 1 {
		t.Errorf("%d calls, %d deep", calls, deepest)
	}
}

func TestRecvUpToLeavesTheRestOfTheBufferAlone(t *testing.T) {
	c := New[int](Buffer(2))
	c.TrySend(1)
	buf := []int{9, 9, 9}
	if n, err := c.RecvUpTo(t.Context(), buf); n != 1 || err != nil || !slices.Equal(buf, []int{1, 9, 9}) {
		t.Errorf("%d, %v, %v", n, err, buf)
	}
}
