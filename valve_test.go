package runnel_test

import (
	"sync/atomic"
	"testing"

	"github.com/runnel-go/runnel"
)

func TestValve(t *testing.T) {
	for name, c := range map[string]*runnel.Chan[int]{
		"fixed":     runnel.New[int](runnel.Buffer(2)),
		"dropping":  runnel.New[int](runnel.Dropping(2)),
		"sliding":   runnel.New[int](runnel.Sliding(2)),
		"unbounded": runnel.New[int](runnel.Unbounded()),
		"policy":    runnel.NewBuffered(&smallestFirst{max: 2}),
	} {
		t.Run(name, func(t *testing.T) { checkValve(t, c) })
	}
}

// checkValve sends and receives through valves of c, which has room for one value at least.
func checkValve(t *testing.T, c *runnel.Chan[int]) {
	var shut, other atomic.Bool
	in, out := c.Valve(&shut), c.Valve(&shut)
	mustBe(t, "TrySend", in.TrySend(1), nil)
	if v, err := out.TryRecv(); v != 1 || err != nil {
		t.Errorf("TryRecv: %v, %v", v, err)
	}
	_, err := out.TryRecv()
	mustBe(t, "TryRecv of nothing", err, runnel.ErrEmpty)
	mustSend(t, c, 2)
	shut.Store(true)
	mustBe(t, "TrySend while shut", in.TrySend(3), runnel.ErrShut)
	_, err = out.TryRecv()
	mustBe(t, "TryRecv while shut", err, runnel.ErrShut)
	mustTake(t, c, 2) // the channel itself is as it was
	mustBe(t, "TrySend by another valve", c.Valve(&other).TrySend(4), nil)
	shut.Store(false)
	if v, err := out.TryRecv(); v != 4 || err != nil {
		t.Errorf("TryRecv: %v, %v", v, err)
	}
	if in.Passed() != 1 || out.Passed() != 2 {
		t.Errorf("passed %d and %d, want 1 and 2", in.Passed(), out.Passed())
	}
	c.Close()
	mustBe(t, "TrySend on a closed channel", in.TrySend(5), runnel.ErrClosed)
	_, err = out.TryRecv()
	mustBe(t, "TryRecv on a closed channel", err, runnel.ErrClosed)
	if s := c.Stats(); s.Sent != 3 || s.Received != 3 || in.Passed() != 1 || out.Passed() != 2 {
		t.Errorf("%v, passed %d and %d", s, in.Passed(), out.Passed())
	}
}

// What is full, and what goes from hand to hand.
func TestValveWithWaiters(t *testing.T) {
	var shut atomic.Bool
	full := runnel.New[int](runnel.Buffer(1))
	mustBe(t, "TrySend", full.Valve(&shut).TrySend(1), nil)
	mustBe(t, "TrySend on a full channel", full.Valve(&shut).TrySend(2), runnel.ErrFull)
	drops := runnel.New[int](runnel.Dropping(1))
	v := drops.Valve(&shut)
	mustBe(t, "TrySend", v.TrySend(1), nil)
	mustBe(t, "TrySend that is dropped", v.TrySend(2), nil)
	shut.Store(true)
	mustBe(t, "TrySend while shut", v.TrySend(3), runnel.ErrShut)
	if s := drops.Stats(); s.Sent != 2 || s.Dropped[runnel.DroppedNewest] != 1 || v.Passed() != 2 {
		t.Errorf("%v, passed %d", s, v.Passed())
	}
	shut.Store(false)
	hands := runnel.New[int]()
	var got int
	hands.RecvFunc(func(v int, _ error) { got = v })
	shut.Store(true)
	mustBe(t, "TrySend to one who waits, while shut", hands.Valve(&shut).TrySend(7), runnel.ErrShut)
	shut.Store(false)
	mustBe(t, "TrySend to one who waits", hands.Valve(&shut).TrySend(7), nil)
	if got != 7 {
		t.Errorf("got %d", got)
	}
	hands.SendFunc(8, func(error) {})
	if v, err := hands.Valve(&shut).TryRecv(); v != 8 || err != nil {
		t.Errorf("TryRecv: %v, %v", v, err)
	}
}

// Once a valve is shut, and the channel has been asked something, nothing moves.
func TestValveIsExact(t *testing.T) {
	c := runnel.New[int](runnel.Buffer(8))
	var shut, over atomic.Bool
	ended := runnel.New[struct{}]()
	work := func(move func()) {
		runnel.Go(func() {
			for !over.Load() {
				move()
			}
			ended.Send(bg, struct{}{})
		})
	}
	in, out := c.Valve(&shut), c.Valve(&shut)
	work(func() { in.TrySend(1) })
	work(func() { out.TryRecv() })
	moved := func() uint64 { return in.Passed() + out.Passed() }
	for range 20 {
		for before := moved(); moved() < before+2; {
		}
		shut.Store(true)
		before := moved()
		for range 20 {
			if n := moved(); n != before {
				t.Fatalf("%d values have moved through valves that are shut", n-before)
			}
		}
		shut.Store(false)
	}
	over.Store(true)
	ended.Recv(bg)
	ended.Recv(bg)
	if s := c.Stats(); s.Sent != in.Passed() || s.Received != out.Passed() {
		t.Errorf("%v, passed %d and %d", s, in.Passed(), out.Passed())
	}
}
