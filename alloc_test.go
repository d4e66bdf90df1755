//go:build !race

package runnel_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/xf"
)

// Allocations per value on steady paths. The race detector allocates on its own account.

func mustNotAllocate(t *testing.T, what string, f func()) {
	t.Helper()
	for range 100 {
		f() // rings, stocks and registrations grow to their size
	}
	if n := testing.AllocsPerRun(1000, f); n != 0 {
		t.Errorf("%s: %v allocations, want 0", what, n)
	}
}

// contexts are those under which operations are measured: without an end, and with one.
func contexts(t *testing.T) map[string]context.Context {
	ctx, cancel := context.WithCancel(bg)
	t.Cleanup(cancel)
	return map[string]context.Context{"background": bg, "cancellable": ctx}
}

func TestUncontendedOperationsDoNotAllocate(t *testing.T) {
	for ending, ctx := range contexts(t) {
		for name, c := range map[string]*runnel.Chan[int]{
			"fixed":     runnel.New[int](runnel.Buffer(4)),
			"dropping":  runnel.New[int](runnel.Dropping(4)),
			"sliding":   runnel.New[int](runnel.Sliding(4)),
			"unbounded": runnel.New[int](runnel.Unbounded()),
			"named":     runnel.New[int](runnel.Buffer(4), runnel.Name("frugal")),
			"policy":    runnel.NewBuffered(&lastFirst{}),
		} {
			what := name + " " + ending
			mustNotAllocate(t, what+" Send Recv", func() { c.Send(ctx, 1); c.Recv(ctx) })
			mustNotAllocate(t, what+" TrySend TryRecv", func() { c.TrySend(1); c.TryRecv() })
			mustNotAllocate(t, what+" TryRecv on empty", func() { c.TryRecv() })
			mustNotAllocate(t, what+" Stats", func() { c.Stats() })
		}
	}
}

// lastFirst is a policy that does not allocate.
type lastFirst struct {
	buf [4]int
	n   int
}

func (p *lastFirst) Len() int                               { return p.n }
func (p *lastFirst) Cap() int                               { return len(p.buf) }
func (p *lastFirst) Full() bool                             { return p.n == len(p.buf) }
func (p *lastFirst) Push(v int, _ func(int, runnel.Reason)) { p.buf[p.n] = v; p.n++ }
func (p *lastFirst) Pop() int                               { p.n--; return p.buf[p.n] }

func TestValveDoesNotAllocate(t *testing.T) {
	c := runnel.New[int](runnel.Buffer(4))
	v := c.Valve(new(atomic.Bool))
	mustNotAllocate(t, "TrySend, TryRecv through a valve", func() { v.TrySend(1); v.TryRecv() })
}

func TestFullChannelsDoNotAllocate(t *testing.T) {
	for name, option := range map[string]runnel.Option{
		"fixed": runnel.Buffer(1), "dropping": runnel.Dropping(1), "sliding": runnel.Sliding(1),
	} {
		c := runnel.New[int](option)
		mustSend(t, c, 1)
		mustNotAllocate(t, name+" TrySend on full", func() { c.TrySend(1) })
	}
}

// echo sends back what it receives.
func echo(ctx context.Context, in, out *runnel.Chan[int]) {
	for v := range in.All(ctx) {
		if out.Send(ctx, v) != nil {
			return
		}
	}
}

func TestBlockingOperationsDoNotAllocate(t *testing.T) {
	for ending, ctx := range contexts(t) {
		for name, size := range map[string]int{"rendezvous": 0, "buffered": 1} {
			there, back := goChan[int](size), goChan[int](size)
			go echo(ctx, there, back)
			mustNotAllocate(t, name+" "+ending, func() { there.Send(ctx, 1); back.Recv(ctx) })
			there.Close()
		}
	}
}

func TestReusedSelectDoesNotAllocate(t *testing.T) {
	for ending, ctx := range contexts(t) {
		for _, n := range []int{1, 2, 16, 64} {
			there, back := goChan[int](0), goChan[int](0)
			go echo(ctx, there, back)
			cases := make([]runnel.Case, n)
			for i := range cases[1:] {
				cases[i] = runnel.RecvFrom(goChan[int](0))
			}
			cases[n-1] = runnel.RecvFrom(back)
			mustNotAllocate(t, "blocking, "+ending, func() { there.Send(ctx, 1); runnel.Select(ctx, cases...) })

			ready := goChan[int](1)
			cases[n-1] = runnel.RecvFrom(ready)
			mustNotAllocate(t, "ready, "+ending, func() { ready.TrySend(1); runnel.Select(ctx, cases...) })
			mustNotAllocate(t, "priority, "+ending, func() { ready.TrySend(1); runnel.SelectPriority(ctx, cases...) })
			mustNotAllocate(t, "none ready", func() { runnel.TrySelect(cases...) })
			there.Close()
		}
	}
}

func TestBlockingSendCaseDoesNotAllocate(t *testing.T) {
	there, back := goChan[int](0), goChan[int](0)
	go echo(bg, there, back)
	send, recv := runnel.SendTo(there, 0), runnel.RecvFrom(back)
	mustNotAllocate(t, "send and receive cases", func() {
		send.Set(1)
		runnel.Select(bg, send)
		runnel.Select(bg, recv)
	})
	there.Close()
}

func TestTransducerDoesNotAllocatePerValue(t *testing.T) {
	in, out := runnel.NewVia(xf.Map(func(v int) int { return v + 1 }), runnel.Buffer(4))
	mustNotAllocate(t, "a transducer", func() { in.Send(bg, 1); out.Recv(bg) })
}

func TestBatchesDoNotAllocate(t *testing.T) {
	c := runnel.New[int](runnel.Buffer(4))
	values, buf := []int{1, 2, 3}, make([]int, 4)
	mustNotAllocate(t, "SendAll and RecvUpTo", func() { c.SendAll(bg, values); c.RecvUpTo(bg, buf) })
}
