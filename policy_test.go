package runnel_test

import (
	"container/heap"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
)

// smallestFirst is a priority queue of at most max values.
type smallestFirst struct {
	ints
	max int
}

type ints []int

func (s ints) Len() int           { return len(s) }
func (s ints) Less(i, j int) bool { return s[i] < s[j] }
func (s ints) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *ints) Push(v any)        { *s = append(*s, v.(int)) }

func (s *ints) Pop() any {
	v := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return v
}

func (p *smallestFirst) Cap() int                               { return p.max }
func (p *smallestFirst) Full() bool                             { return len(p.ints) >= p.max }
func (p *smallestFirst) Push(v int, _ func(int, runnel.Reason)) { heap.Push(&p.ints, v) }
func (p *smallestFirst) Pop() int                               { return heap.Pop(&p.ints).(int) }

func TestPolicyDecidesTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.NewBuffered(&smallestFirst{max: 3})
		mustSend(t, c, 5, 1, 3)
		late := begin(func() { mustSend(t, c, 2) })
		if late() || c.TrySend(9) != runnel.ErrFull {
			t.Error("a full policy took a value")
		}
		mustTake(t, c, 1, 2, 3, 5) // 2 came in when 1 made room
		if !late() {
			t.Error("the sender that waited was not let in")
		}
		mustBalance(t, c.Stats(), 4, 4, runnel.Drops{})
	})
}

// byWeight holds strings whose lengths add up to max or a little more, oldest first. It
// refuses what would never fit.
type byWeight struct {
	values []string
	weight int
	max    int
}

func (p *byWeight) Len() int   { return len(p.values) }
func (p *byWeight) Cap() int   { return 0 }
func (p *byWeight) Full() bool { return p.weight >= p.max }

func (p *byWeight) Push(v string, drop func(string, runnel.Reason)) {
	if len(v) > p.max {
		drop(v, runnel.DroppedNewest)
		return
	}
	p.values = append(p.values, v)
	p.weight += len(v)
}

func (p *byWeight) Pop() string {
	v := p.values[0]
	p.values = p.values[1:]
	p.weight -= len(v)
	return v
}

func TestPolicyLimitsByWeight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.NewBuffered(&byWeight{max: 10})
		mustSend(t, c, "far too heavy", "seven..", "four") // the first would never fit
		sent := 0
		for _, v := range []string{"a", "bb", "ccc"} {
			c.SendFunc(v, func(err error) { mustBe(t, v, err, nil); sent++ })
		}
		if sent != 0 {
			t.Errorf("%d light values went past the limit", sent)
		}
		mustTake(t, c, "seven..") // makes room for all three at once
		if sent != 3 {
			t.Errorf("%d of 3 light values were let in", sent)
		}
		mustTake(t, c, "four", "a", "bb", "ccc")
		mustBalance(t, c.Stats(), 6, 5, runnel.Drops{runnel.DroppedNewest: 1})
	})
}

func TestPolicyTellsWhatItDrops(t *testing.T) {
	c := runnel.NewBuffered(&byWeight{max: 3})
	var dropped []string
	c.OnDrop(func(v string, why runnel.Reason) { dropped = append(dropped, fmt.Sprint(v, ": ", why)) })
	mustSend(t, c, "heavy", "a", "heavier")
	if want := []string{"heavy: dropped newest", "heavier: dropped newest"}; !slices.Equal(dropped, want) {
		t.Errorf("OnDrop heard %q, want %q", dropped, want)
	}
	c.OnDrop(nil)
	mustSend(t, c, "heaviest")
	if len(dropped) != 2 {
		t.Error("OnDrop(nil) did not remove the function")
	}
}

// nothing has no room at all: a rendezvous.
type nothing struct{}

func (nothing) Len() int                           { return 0 }
func (nothing) Cap() int                           { return 0 }
func (nothing) Full() bool                         { return true }
func (nothing) Push(int, func(int, runnel.Reason)) { panic("Push although Full") }
func (nothing) Pop() int                           { panic("Pop although Len is 0") }

func TestPolicyWithoutRoomIsARendezvous(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.NewBuffered[int](nothing{})
		if err := c.TrySend(1); err != runnel.ErrFull {
			t.Error("TrySend with nobody there:", err)
		}
		sent := begin(func() { mustSend(t, c, 2) })
		if sent() {
			t.Error("a send with nobody there returned")
		}
		mustTake(t, c, 2)
		received := begin(func() {
			if v, err := c.Recv(bg); v != 3 || err != nil {
				t.Error("received", v, err)
			}
		})
		if err := c.TrySend(3); err != nil || !received() || !sent() {
			t.Error("TrySend to a receiver that waits:", err)
		}
		mustBalance(t, c.Stats(), 2, 2, runnel.Drops{})
	})
}

func TestPolicyWorksInSelect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.NewBuffered(&smallestFirst{max: 1})
		other := runnel.New[int]()
		recv, send := runnel.RecvFrom(c), runnel.SendTo(c, 4)
		waits := begin(func() {
			if got, err := runnel.Select(bg, runnel.RecvFrom(other), recv); got != recv || err != nil {
				t.Error("Select:", got, err)
			}
		})
		mustSend(t, c, 8)
		if v, _ := recv.Value(); !waits() || v != 8 {
			t.Error("received", v)
		}
		mustSend(t, c, 6)
		waits = begin(func() { runnel.Select(bg, runnel.RecvFrom(other), send) })
		if waits() {
			t.Error("a select sent into a full policy")
		}
		mustTake(t, c, 6, 4)
		if !waits() || send.Err() != nil {
			t.Error("the select was not let in:", send.Err())
		}
	})
}

// fragile panics on the value bad.
type fragile struct {
	byWeight
	bad string
}

func (p *fragile) Push(v string, drop func(string, runnel.Reason)) {
	if v == p.bad {
		panic(io.ErrUnexpectedEOF)
	}
	p.byWeight.Push(v, drop)
}

func newFragile() *runnel.Chan[string] {
	return runnel.NewBuffered(&fragile{byWeight{max: 4}, "bad"})
}

func TestPanickingPolicyClosesTheChannelWithThePanic(t *testing.T) {
	c := newFragile()
	var dropped []string
	c.OnDrop(func(v string, why runnel.Reason) { dropped = append(dropped, fmt.Sprint(v, ": ", why)) })
	mustSend(t, c, "ok", "bad")
	var as *runnel.PanicError
	if !errors.As(c.Err(), &as) || as.Value != io.ErrUnexpectedEOF || !strings.Contains(string(as.Stack), "Push") {
		t.Fatalf("Err: %#v", c.Err())
	}
	if want := "runnel: panic: unexpected EOF"; as.Error() != want {
		t.Errorf("%q, want %q", as, want)
	}
	err := c.TrySend("late")
	mustBe(t, "later send", err, runnel.ErrClosed)
	mustBe(t, "later send", err, io.ErrUnexpectedEOF)
	mustTake(t, c, "ok")
	mustEnd(t, c, error(as))
	if !slices.Equal(dropped, []string{"bad: failed"}) {
		t.Errorf("OnDrop heard %q", dropped)
	}
	mustBalance(t, c.Stats(), 2, 1, runnel.Drops{runnel.Failed: 1})
}

func TestPanickingPolicyReleasesReceivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFragile()
		var waits []func() bool
		for range 3 {
			waits = append(waits, begin(func() {
				_, err := c.Recv(bg)
				mustBe(t, "receiver that waited", err, io.ErrUnexpectedEOF)
			}))
		}
		mustSend(t, c, "bad")
		for i, ended := range waits {
			if !ended() {
				t.Error("receiver", i, "still waits")
			}
		}
	})
}

func TestPanickingPolicyReleasesSenders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFragile()
		mustSend(t, c, "full")
		bad := begin(func() { mustSend(t, c, "bad") })
		behind := []func() bool{
			begin(func() { mustBe(t, "pending send", c.Send(bg, "a"), io.ErrUnexpectedEOF) }),
			begin(func() { mustBe(t, "pending send", c.Send(bg, "b"), runnel.ErrClosed) }),
		}
		mustTake(t, c, "full") // lets bad in
		for _, ended := range append(behind, bad) {
			if !ended() {
				t.Error("a sender still waits")
			}
		}
		mustBalance(t, c.Stats(), 2, 1, runnel.Drops{runnel.Failed: 1})
	})
}

func TestPromiseKeepsTheFirstValueForEveryReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := runnel.NewPromise[string]()
		var early sync.WaitGroup
		for range 3 {
			early.Go(func() {
				if v, err := p.Recv(bg); v != "first" || err != nil {
					t.Error("early receiver:", v, err)
				}
			})
		}
		synctest.Wait()
		mustSend(t, p, "first", "second", "third")
		early.Wait()
		mustTake(t, p, "first", "first")
		p.Close()
		mustTake(t, p, "first")
		mustBe(t, "send after Close", p.TrySend("late"), runnel.ErrClosed)
		s := p.Stats()
		if s.Sent != 3 || s.Received != 6 || s.Dropped[runnel.DroppedNewest] != 2 || s.Len != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestPromiseClosedEmptyIsBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := runnel.NewPromise[int]()
		waits := begin(func() { _, err := p.Recv(bg); mustBe(t, "Recv", err, io.EOF) })
		p.CloseWith(io.EOF)
		if !waits() {
			t.Error("a receiver waits for a promise that nobody can keep")
		}
		mustEnd(t, p, io.EOF)
	})
}

func TestPromiseKeptStaysKeptAfterCancel(t *testing.T) {
	p := runnel.NewPromise[int]()
	mustSend(t, p, 1)
	p.Cancel(io.EOF)
	mustTake(t, p, 1, 1)
}

func TestPromiseServesManySelects(t *testing.T) {
	p, never := runnel.NewPromise[int](), runnel.New[int]()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			r := runnel.RecvFrom(p)
			for range 3 {
				runnel.Select(bg, runnel.RecvFrom(never), r)
				if v, err := r.Value(); v != 5 || err != nil {
					t.Error("received", v, err)
				}
			}
		})
	}
	mustSend(t, p, 5)
	wg.Wait()
}
