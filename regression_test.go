package runnel_test

// Each of these failed once, before the fix that it came with.

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/xf"
)

func TestEndedProducerSendsNoMoreBySelect(t *testing.T) {
	c := runnel.New[int](runnel.Buffer(4))
	p := c.Producers(2)
	send := runnel.SendTo(p[0], 1)
	p[0].Close()
	for _, s := range []*runnel.SendCase[int]{send, runnel.SendTo(p[0], 2)} {
		if got, err := runnel.TrySelect(s); got != s || err != nil || s.Err() != runnel.ErrClosed {
			t.Errorf("TrySelect: %v, %v, sent with %v; the channel holds %d", got, err, s.Err(), c.Len())
		}
	}
}

type panics struct {
	smallestFirst
	in string
}

func (p *panics) Len() int   { p.maybe("Len"); return p.smallestFirst.Len() }
func (p *panics) Cap() int   { p.maybe("Cap"); return p.smallestFirst.Cap() }
func (p *panics) Full() bool { p.maybe("Full"); return p.smallestFirst.Full() }
func (p *panics) Pop() int   { p.maybe("Pop"); return p.smallestFirst.Pop() }
func (p *panics) maybe(method string) {
	if p.in == method {
		panic(method)
	}
}

func TestPolicyThatPanicsAnywhereClosesTheChannel(t *testing.T) {
	for _, method := range []string{"Pop", "Len", "Full", "Cap"} {
		p := &panics{smallestFirst{max: 3}, ""}
		c := runnel.NewBuffered(p)
		mustSend(t, c, 1)
		p.in = method
		done := make(chan string)
		go func() {
			defer func() { done <- fmt.Sprint("escaped: ", recover()) }()
			c.TryRecv()
			c.Stats()
			c.TrySend(2)
			var as *runnel.PanicError
			if !errors.As(c.Err(), &as) {
				done <- fmt.Sprint("Err: ", c.Err())
			}
			done <- ""
		}()
		select {
		case s := <-done:
			if s != "" {
				t.Error(method, s)
			}
		case <-time.After(time.Second):
			t.Error(method, "hangs")
		}
		free := make(chan bool)
		go func() { c.Err(); close(free) }()
		select {
		case <-free:
		case <-time.After(time.Second):
			t.Error(method, "the channel is locked for ever")
		}
	}
}

func TestPanicInAStepAfterCloseReachesTheReceiver(t *testing.T) {
	in, out := runnel.NewVia(xf.Map(explosive), runnel.Buffer(1))
	for v := 1; v <= 4; v++ {
		in.SendFunc(v, nil)
	}
	in.Close()
	mustTake(t, out, 1, 2)
	var as *runnel.PanicError
	if _, err := out.TryRecv(); !errors.As(err, &as) {
		t.Error("the receiver is told", err)
	}
}

type evictsThenPanics struct{ byWeight }

func (p *evictsThenPanics) Push(v string, drop func(string, runnel.Reason)) {
	if v == "bad" {
		drop(p.Pop(), runnel.DroppedOldest)
		panic(v)
	}
	p.byWeight.Push(v, drop)
}

func TestWhatAPanickingPolicyHadDroppedIsTold(t *testing.T) {
	c := runnel.NewBuffered(&evictsThenPanics{byWeight{max: 10}})
	var dropped []string
	c.OnDrop(func(v string, why runnel.Reason) { dropped = append(dropped, fmt.Sprint(v, ": ", why)) })
	mustSend(t, c, "old", "bad")
	if want := []string{"old: dropped oldest", "bad: failed"}; !slices.Equal(dropped, want) {
		t.Errorf("OnDrop heard %q, want %q; %+v", dropped, want, c.Stats())
	}
}

// TestNonblockSelectRace of golang_test.go with the cases in the other order.
func TestNonblockSelectRaceReversed(t *testing.T) {
	missed := 0
	for i := range 100000 {
		c1, c2 := goChan[int](1), goChan[int](1)
		c1.TrySend(1)
		r2, r1 := runnel.RecvFrom(c2), runnel.RecvFrom(c1)
		start, done := make(chan bool), make(chan error)
		go func() {
			<-start
			c2.TrySend(1)
			c1.TryRecv()
			done <- nil
		}()
		start <- true
		for range i % 64 {
		}
		if _, err := runnel.TrySelect(r2, r1); err != nil {
			missed++
		}
		<-done
	}
	if missed > 0 {
		t.Errorf("no chan is ready: %d times", missed)
	}
}

func TestCallbackStreamNeedsNoStack(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(64 << 20))
	c := runnel.New[int](runnel.Unbounded())
	const n = 1000000
	for v := range n {
		c.TrySend(v)
	}
	got := 0
	var receive func(int, error)
	receive = func(_ int, err error) {
		if got++; err == nil && got < n {
			c.RecvFunc(receive)
		}
	}
	c.RecvFunc(receive)
	if got != n {
		t.Error("received", got)
	}
}

func TestChannelWithoutANameHasNoNumber(t *testing.T) {
	c := runnel.New[int]()
	runnel.TrySelect(runnel.RecvFrom(c))
	if s := c.Stats(); s.ID != 0 {
		t.Errorf("%+v", s)
	}
}

// registering is a context that does something at the moment when an operation begins to watch it.
type registering struct {
	context.Context
	then func()
}

func (r registering) Done() <-chan struct{} { return make(chan struct{}) }

func (r registering) AfterFunc(func()) (stop func() bool) {
	r.then()
	return func() bool { return true }
}

// A batch that is about to wait looks again once it watches its context. It used to take one
// value then although there were more: here the 2, after the 1 had been dropped for it.
func TestBatchThatLooksAgainTakesAllThereIs(t *testing.T) {
	c := runnel.New[int](runnel.Sliding(2))
	ctx := registering{bg, func() { mustSend(t, c, 1, 2, 3) }}
	buf := make([]int, 2)
	if n, err := c.RecvUpTo(ctx, buf); n != 2 || err != nil || buf[0] != 2 || buf[1] != 3 {
		t.Errorf("received %d of %v, %v", n, buf, err)
	}
	out := runnel.New[int](runnel.Buffer(2))
	mustSend(t, out, 1, 2)
	ctx.then = func() { mustTake(t, out, 1, 2) }
	if n, err := out.SendAll(ctx, []int{3, 4}); n != 2 || err != nil {
		t.Errorf("sent %d, %v", n, err)
	}
	mustTake(t, out, 3, 4)
}
