//go:build !race

package fan_test

import (
	"context"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
)

// Allocations per value. The race detector allocates on its own account.

// mustNotAllocate counts those of f and of the goroutines that work meanwhile.
func mustNotAllocate(t *testing.T, what string, f func()) {
	t.Helper()
	for range 100 {
		f() // rings, cases and registrations grow to their size
	}
	if n := testing.AllocsPerRun(1000, f); n != 0 {
		t.Errorf("%s: %v allocations, want 0", what, n)
	}
}

// eight makes a Mult of in with eight taps, and runs it until the test ends.
func eight(t *testing.T, in *runnel.Chan[int], tap func(m *fan.Mult[int], i int) *fan.Tap[int]) (taps []*fan.Tap[int]) {
	m := fan.NewMult(in)
	for i := range 8 {
		taps = append(taps, tap(m, i))
	}
	ctx, cancel := context.WithCancel(bg)
	done := began(func() error { return m.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		done.Recv(bg)
	})
	return taps
}

func TestMultDoesNotAllocate(t *testing.T) {
	ways := map[string]func(m *fan.Mult[int], i int) *fan.Tap[int]{
		"buffered": func(m *fan.Mult[int], _ int) *fan.Tap[int] { return m.Tap(runnel.Buffer(4)) },
		"dropping": func(m *fan.Mult[int], _ int) *fan.Tap[int] { return m.Tap(runnel.Dropping(4)) },
		"sliding":  func(m *fan.Mult[int], _ int) *fan.Tap[int] { return m.Tap(runnel.Sliding(4)) },
		"one of them blocks": func(m *fan.Mult[int], i int) *fan.Tap[int] {
			if i == 3 {
				return m.Tap().EvictAfter(time.Hour)
			}
			return m.Tap(runnel.Buffer(4))
		},
	}
	for name, tap := range ways {
		in := runnel.New[int]()
		taps := eight(t, in, tap)
		mustNotAllocate(t, name, func() {
			in.Send(bg, 1)
			for _, tap := range taps {
				tap.Recv(bg)
			}
		})
	}
}

// All taps are full whenever a value comes, and wait together.
func TestMultThatIsBlockedDoesNotAllocate(t *testing.T) {
	in := runnel.New[int]()
	taps := eight(t, in, func(m *fan.Mult[int], _ int) *fan.Tap[int] {
		return m.Tap(runnel.Buffer(1)).EvictAfter(time.Hour)
	})
	in.Send(bg, 1)
	mustNotAllocate(t, "blocked", func() {
		in.Send(bg, 1)
		for _, tap := range taps {
			tap.Recv(bg)
		}
	})
}

// Taps that wait together and are served one by one are another set for Select each time,
// which it learns anew. It must not cost more than that.
func TestMultWhoseFullTapsAreServedOneByOneDoesNotAllocate(t *testing.T) {
	in := runnel.New[int]()
	taps := eight(t, in, func(m *fan.Mult[int], _ int) *fan.Tap[int] { return m.Tap() })
	mustNotAllocate(t, "eight rendezvous", func() {
		in.Send(bg, 1)
		for _, tap := range taps {
			tap.Recv(bg)
		}
	})
}

func TestPubDoesNotAllocate(t *testing.T) {
	in := runnel.New[int]()
	p := fan.NewPub(in, parity)
	odd, even := p.Sub("odd", runnel.Buffer(2)), p.Sub("even")
	done := began(func() error { return p.Run(bg) })
	mustNotAllocate(t, "two keys", func() {
		in.Send(bg, 1)
		in.Send(bg, 2)
		odd.Recv(bg)
		even.Recv(bg)
	})
	even.Leave()
	mustNotAllocate(t, "unheard", func() { in.Send(bg, 2) })
	in.Close()
	done.Recv(bg)
}

func TestMixDoesNotAllocate(t *testing.T) {
	for name, opts := range map[string][]runnel.Option{"rendezvous": nil, "buffered": {runnel.Buffer(4)}} {
		out := runnel.New[int](opts...)
		x := fan.NewMix(out)
		a, b, muted := runnel.New[int](), runnel.New[int](runnel.Buffer(2)), runnel.New[int]()
		x.Add(a, b, muted)
		x.Set(fan.Setting[int]{In: muted, Mode: fan.Mute})
		ctx, cancel := context.WithCancel(bg)
		done := began(func() error { return x.Run(ctx) })
		mustNotAllocate(t, name, func() {
			a.Send(bg, 1)
			b.Send(bg, 2)
			muted.Send(bg, 3)
			out.Recv(bg)
			out.Recv(bg)
		})
		cancel()
		done.Recv(bg)
	}
}
