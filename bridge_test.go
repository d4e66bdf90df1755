package runnel_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/xf"
)

// A bubble does not end while a goroutine is left in it, so each of these tests also proves
// that its bridge leaves none.

func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func native(n int) chan int {
	c := make(chan int, n)
	for i := range n {
		c <- i
	}
	close(c)
	return c
}

func mustHaveCounted(t *testing.T, got []int, n int) {
	t.Helper()
	if !slices.Equal(got, slices.Collect(count(n))) {
		t.Errorf("received %v, want 0 to %d", got, n-1)
	}
}

func TestFromMovesEverythingAndCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.From(bg, native(50))
		mustHaveCounted(t, slices.Collect(c.All(bg)), 50)
		mustEnd(t, c, runnel.ErrClosed)
		mustBe(t, "Err", c.Err(), nil)
		mustBalance(t, c.Stats(), 50, 50, runnel.Drops{})
	})
}

func TestFromEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := make(chan int) // never closed
		ctx, cancel := context.WithCancelCause(bg)
		c := runnel.From(ctx, in, runnel.Buffer(2))
		in <- 1
		in <- 2
		in <- 3 // fits nowhere: the bridge holds it
		synctest.Wait()
		cancel(io.EOF)
		synctest.Wait()
		mustTake(t, c, 1, 2)
		mustEnd(t, c, io.EOF)
		mustBalance(t, c.Stats(), 3, 2, runnel.Drops{runnel.Undelivered: 1})
	})
}

func TestFromStopsReceivingWhenCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := make(chan int)
		c := runnel.From(bg, in)
		var dropped []int
		c.OnDrop(func(v int, _ runnel.Reason) { dropped = append(dropped, v) })
		in <- 7
		synctest.Wait()
		c.Cancel(io.ErrClosedPipe)
		synctest.Wait()
		select {
		case in <- 8:
			t.Error("the bridge goes on receiving")
		default:
		}
		if !slices.Equal(dropped, []int{7}) {
			t.Error("dropped", dropped, "want the value that the bridge held")
		}
		mustBalance(t, c.Stats(), 1, 0, runnel.Drops{runnel.Undelivered: 1})
	})
}

func TestFromStopsAlsoWhenIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.From(bg, make(chan int))
		synctest.Wait()
		c.Close()
	})
}

func TestNativeMovesEverythingAndCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.FromSeq(bg, count(50))
		var got []int
		for v := range runnel.Native(bg, c) {
			got = append(got, v)
		}
		mustHaveCounted(t, got, 50)
		mustBalance(t, c.Stats(), 50, 50, runnel.Drops{})
	})
}

func TestNativeTellsTheCauseByErr(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int](runnel.Buffer(1))
		mustSend(t, c, 1)
		c.CloseWith(io.ErrUnexpectedEOF)
		out := runnel.Native(bg, c)
		if v, ok := <-out; v != 1 || !ok {
			t.Error("received", v, ok)
		}
		if _, ok := <-out; ok {
			t.Error("not closed")
		}
		mustBe(t, "Err", c.Err(), io.ErrUnexpectedEOF)
	})
}

func TestNativeCancelsItsSourceWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int](runnel.Buffer(1))
		ctx, cancel := context.WithCancelCause(bg)
		out := runnel.Native(ctx, c)
		mustSend(t, c, 1)
		synctest.Wait() // the bridge holds 1, nobody receives it
		mustSend(t, c, 2)
		sender := begin(func() { mustBe(t, "sender", c.Send(bg, 3), io.EOF) })
		cancel(io.EOF)
		if !sender() {
			t.Error("the stop did not reach the sender")
		}
		if v, ok := <-out; ok {
			t.Error("received", v, "want the end")
		}
		mustBalance(t, c.Stats(), 2, 0, runnel.Drops{runnel.Undelivered: 2})
	})
}

func TestNativeOfATransducerStopsItsSenders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := runnel.NewVia(xf.Map(func(v int) string { return fmt.Sprint(v) }), runnel.Buffer(1))
		ctx, cancel := context.WithCancel(bg)
		strings := runnel.Native(ctx, out)
		mustSend(t, in, 1)
		if v := <-strings; v != "1" {
			t.Error("received", v)
		}
		cancel()
		synctest.Wait()
		mustBe(t, "send", in.TrySend(2), context.Canceled)
		mustBe(t, "send", in.TrySend(2), runnel.ErrClosed)
	})
}

func TestFromSeqMovesEverythingAndCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.FromSeq(bg, count(50), runnel.Buffer(4), runnel.Name("numbers"))
		if c.Cap() != 4 || c.Stats().Name != "numbers" {
			t.Errorf("%+v", c.Stats())
		}
		mustHaveCounted(t, slices.Collect(c.All(bg)), 50)
		mustEnd(t, c, runnel.ErrClosed)
	})
}

func TestFromSeqLeavesItsLoopWhenCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := false
		c := runnel.FromSeq(bg, func(yield func(int) bool) {
			for i := 0; yield(i); i++ {
			}
			left = true
		})
		for v := range c.All(bg) {
			if v == 3 {
				break
			}
		}
		c.Cancel(io.EOF)
		synctest.Wait()
		if !left {
			t.Error("the loop goes on")
		}
		mustBalance(t, c.Stats(), 5, 4, runnel.Drops{runnel.Undelivered: 1})
	})
}

func TestFromSeqEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(bg)
		c := runnel.FromSeq(ctx, count(10), runnel.Buffer(2))
		synctest.Wait()
		cancel(io.EOF)
		synctest.Wait()
		mustTake(t, c, 0, 1)
		mustEnd(t, c, io.EOF)
		mustBalance(t, c.Stats(), 3, 2, runnel.Drops{runnel.Undelivered: 1})
	})
}

func TestAllGoesOnWhereItWasLeft(t *testing.T) {
	c := runnel.New[int](runnel.Buffer(8))
	c.SendAll(bg, []int{0, 1, 2, 3, 4})
	c.Close()
	all := c.All(bg)
	var got []int
	for range 3 {
		for v := range all {
			got = append(got, v)
			if len(got)%2 == 0 {
				break
			}
		}
	}
	mustHaveCounted(t, got, 5)
	mustBalance(t, c.Stats(), 5, 5, runnel.Drops{})
}

func TestAllEndsWithItsContextAndTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int]()
		ctx, cancel := context.WithTimeout(bg, time.Second)
		defer cancel()
		for v := range c.All(ctx) {
			t.Error("received", v)
		}
		sent := begin(func() { mustSend(t, c, 1) })
		mustTake(t, c, 1)
		if !sent() || c.Err() != nil {
			t.Error("ending a loop has ended the channel:", c.Err())
		}
	})
}

func TestBridgesThereAndBackKeepEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.From(bg, runnel.Native(bg, runnel.FromSeq(bg, count(200))), runnel.Buffer(3))
		mustHaveCounted(t, slices.Collect(c.All(bg)), 200)
	})
}

func TestGoRunsInAGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int]()
		runnel.Go(func() { mustSend(t, c, 1) })
		synctest.Wait()
		mustTake(t, c, 1)
	})
}

func TestFromSeqThatDoesNotReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.FromSeq(bg, func(yield func(int) bool) {
			yield(1)
			panic(io.EOF)
		})
		v, err := c.Recv(bg)
		_, end := c.Recv(bg)
		var p *runnel.PanicError
		if v != 1 || err != nil || !errors.As(end, &p) || !errors.Is(end, io.EOF) || len(p.Stack) == 0 {
			t.Errorf("%v, %v, then %v", v, err, end)
		}
		_, end = runnel.FromSeq(bg, func(func(int) bool) { runtime.Goexit() }).Recv(bg)
		if end == nil || end.Error() != "runnel: the sequence called runtime.Goexit" {
			t.Errorf("ended with %v", end)
		}
	})
}
