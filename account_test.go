package runnel_test

import (
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/xf"
)

func TestDiscardCountsAsSentAndDropped(t *testing.T) {
	options := map[string]runnel.Option{
		"fixed": runnel.Buffer(1), "dropping": runnel.Dropping(1), "sliding": runnel.Sliding(1), "unbounded": runnel.Unbounded(),
	}
	for name, opt := range options {
		for why := range runnel.Reason(len(runnel.Drops{})) {
			c := runnel.New[int](opt)
			var told []string
			c.OnDrop(func(v int, why runnel.Reason) { told = append(told, fmt.Sprint(v, why)) })
			c.Discard(1, why)
			c.Close()
			c.Discard(2, why)
			var want runnel.Drops
			want[why] = 2
			mustBalance(t, c.Stats(), 2, 0, want)
			if want := []string{fmt.Sprint(1, why), fmt.Sprint(2, why)}; !slices.Equal(told, want) {
				t.Errorf("%s: OnDrop was told %v, want %v", name, told, want)
			}
		}
	}
}

func TestRejectTakesAReceiptBack(t *testing.T) {
	c := runnel.New[int](runnel.Buffer(3))
	var told []int
	c.OnDrop(func(v int, why runnel.Reason) {
		if why != runnel.Failed {
			t.Errorf("reason %v, want %v", why, runnel.Failed)
		}
		told = append(told, v)
	})
	mustSend(t, c, 1, 2, 3)
	mustTake(t, c, 1, 2)
	c.Reject(2, runnel.Failed)
	mustBalance(t, c.Stats(), 3, 1, runnel.Drops{runnel.Failed: 1})
	if !slices.Equal(told, []int{2}) {
		t.Errorf("OnDrop was told %v, want [2]", told)
	}
}

func TestReasonMustBeKnown(t *testing.T) {
	c := runnel.New[int]()
	mustPanic(t, "runnel: Discard: reason 7, want one of the constants, at most 6", func() { c.Discard(1, 7) })
	mustPanic(t, "runnel: Reject: reason 9, want one of the constants, at most 6", func() { c.Reject(1, 9) })
	mustBalance(t, c.Stats(), 0, 0, runnel.Drops{})
}

func TestOnCloseIsCalledOnceWithTheCause(t *testing.T) {
	ends := map[string]struct {
		end  func(*runnel.Chan[int])
		want error
	}{
		"Close":     {(*runnel.Chan[int]).Close, nil},
		"CloseWith": {func(c *runnel.Chan[int]) { c.CloseWith(io.EOF) }, io.EOF},
		"Cancel":    {func(c *runnel.Chan[int]) { c.Cancel(io.EOF) }, io.EOF},
	}
	for name, e := range ends {
		t.Run(name, func(t *testing.T) {
			c := runnel.New[int](runnel.Buffer(1))
			var calls []string
			note := func(who string) func(error) {
				return func(err error) {
					calls = append(calls, fmt.Sprint(who, " ", err))
					c.Len() // no lock is held
				}
			}
			c.OnClose(note("a"))
			stop := c.OnClose(note("b"))
			c.OnClose(note("c"))
			if !stop() || stop() {
				t.Error("stop must be true once")
			}
			e.end(c)
			e.end(c)
			stopLate := c.OnClose(note("late"))
			if stopLate() {
				t.Error("stop is true although the function was called")
			}
			want := []string{fmt.Sprint("a ", e.want), fmt.Sprint("c ", e.want), fmt.Sprint("late ", e.want)}
			if !slices.Equal(calls, want) {
				t.Errorf("calls %v, want %v", calls, want)
			}
		})
	}
}

// The front of a transducer closes with its back, whoever ends it.
func TestOnCloseOfTransducer(t *testing.T) {
	in, out := runnel.NewVia(xf.Map(func(n int) int { return 2 * n }), runnel.Buffer(2))
	var calls []string
	in.OnClose(func(err error) { calls = append(calls, fmt.Sprint("in ", err)) })
	out.OnClose(func(err error) { calls = append(calls, fmt.Sprint("out ", err)) })
	out.Cancel(io.EOF)
	slices.Sort(calls)
	if want := []string{"in EOF", "out EOF"}; !slices.Equal(calls, want) {
		t.Errorf("calls %v, want %v", calls, want)
	}
}

func TestOnCloseMayCancelAnother(t *testing.T) {
	up, down := runnel.New[int](runnel.Buffer(2)), runnel.New[int]()
	down.OnClose(up.Cancel)
	mustSend(t, up, 1, 2)
	down.Cancel(io.EOF)
	mustBe(t, "Send upstream", up.TrySend(3), io.EOF)
	mustBalance(t, up.Stats(), 2, 0, runnel.Drops{runnel.Undelivered: 2})
}

func TestOnCloseOfProducer(t *testing.T) {
	c := runnel.New[int]()
	ps := c.Producers(2)
	var calls int
	ps[0].OnClose(func(error) { calls++ })
	ps[0].Close()
	if calls != 0 {
		t.Error("called although another producer is open")
	}
	ps[1].Close()
	if calls != 1 {
		t.Errorf("called %d times, want 1", calls)
	}
	ps[1].Discard(1, runnel.Undelivered)
	mustBalance(t, c.Stats(), 1, 0, runnel.Drops{runnel.Undelivered: 1})
}

func TestOnDropOptionMissesNothing(t *testing.T) {
	var told []int
	note := func(v int, _ runnel.Reason) { told = append(told, v) }
	c := runnel.New[int](runnel.Dropping(1), runnel.OnDrop(note))
	mustSend(t, c, 1, 2, 3)
	if !slices.Equal(told, []int{2, 3}) {
		t.Errorf("told %v, want [2 3]", told)
	}
	told = nil
	in, out := runnel.NewVia(xf.Map(func(s string) int { return len(s) }), runnel.Sliding(1), runnel.OnDrop(note))
	mustSend(t, in, "a", "bb")
	if mustTake(t, out, 2); !slices.Equal(told, []int{1}) {
		t.Errorf("told %v, want [1]", told)
	}
	mustPanic(t, "runnel: New: OnDrop is a func(int, runnel.Reason), want a func(string, runnel.Reason)", func() {
		runnel.New[string](runnel.OnDrop(note))
	})
}

func TestAccountsPrint(t *testing.T) {
	c := runnel.New[int](runnel.Sliding(2), runnel.Name("levels"))
	mustSend(t, c, 1, 2, 3, 4)
	mustTake(t, c, 3)
	c.Reject(3, runnel.Failed)
	want := "levels: sent 4 = received 0 + buffered 1 + dropped 3 (2 dropped oldest, 1 failed)"
	if got := c.Stats().String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := runnel.New[int]().Stats().String(), "sent 0 = received 0 + buffered 0 + dropped 0"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := (runnel.Drops{}).String(); got != "none" {
		t.Errorf("no drops print as %q", got)
	}
}

// One function that panics keeps no other from hearing of the end.
func TestOnCloseThatPanics(t *testing.T) {
	c := runnel.New[int]()
	heard := 0
	c.OnClose(func(error) { heard++ })
	c.OnClose(func(error) { panic("first") })
	c.OnClose(func(error) { heard++ })
	mustPanic(t, "first", c.Close)
	if heard != 2 {
		t.Errorf("%d functions were called, want 2", heard)
	}
}
