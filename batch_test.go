package runnel_test

import (
	"context"
	"io"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"weak"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/xf"
)

func TestSendAllKeepsOrderAndBlocksWhileFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int](runnel.Buffer(3))
		sent := begin(func() {
			if n, err := c.SendAll(bg, []int{1, 2, 3, 4, 5, 6, 7}); n != 7 || err != nil {
				t.Error("SendAll:", n, err)
			}
		})
		if sent() || c.Len() != 3 {
			t.Fatal("SendAll into 3 slots holds", c.Len(), sent())
		}
		for want := 1; want <= 7; want++ {
			synctest.Wait()
			mustTake(t, c, want)
		}
		if !sent() {
			t.Error("all were received, but SendAll still waits")
		}
	})
}

func TestSendAllServesReceiversThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int](runnel.Buffer(2))
		var got []int
		for range 2 {
			c.RecvFunc(func(v int, _ error) { got = append(got, v) })
		}
		if n, err := c.SendAll(bg, []int{1, 2, 3, 4}); n != 4 || err != nil {
			t.Error("SendAll:", n, err)
		}
		if !slices.Equal(got, []int{1, 2}) {
			t.Error("the receivers that waited got", got)
		}
		mustTake(t, c, 3, 4)
	})
}

func TestSendAllTellsHowManyWereAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for cause, end := range map[error]func(*runnel.Chan[int], context.CancelCauseFunc){
			io.EOF:           func(_ *runnel.Chan[int], cancel context.CancelCauseFunc) { cancel(io.EOF) },
			io.ErrClosedPipe: func(c *runnel.Chan[int], _ context.CancelCauseFunc) { c.Cancel(io.ErrClosedPipe) },
		} {
			c := runnel.New[int](runnel.Buffer(2))
			ctx, cancel := context.WithCancelCause(bg)
			ended := begin(func() {
				n, err := c.SendAll(ctx, []int{1, 2, 3, 4, 5})
				mustBe(t, "SendAll", err, cause)
				if n != 3 {
					t.Errorf("SendAll says %d of 5, want 3", n)
				}
			})
			mustTake(t, c, 1) // lets 3 in
			synctest.Wait()
			end(c, cancel)
			if !ended() {
				t.Error("SendAll still waits")
			}
			if s := c.Stats(); s.Sent != 3 || s.SendersWaiting != 0 {
				t.Errorf("%+v", s)
			}
		}
	})
}

func TestSendAllOnPendingCloseDeliversTheOneThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int](runnel.Buffer(1))
		ended := begin(func() {
			n, err := c.SendAll(bg, []int{1, 2, 3})
			if n != 2 || err != runnel.ErrClosed {
				t.Error("SendAll:", n, err)
			}
		})
		c.Close()
		mustTake(t, c, 1, 2) // 2 was waiting when the channel closed, 3 had not begun
		mustEnd(t, c, runnel.ErrClosed)
		if !ended() {
			t.Error("SendAll still waits")
		}
	})
}

func TestBatchesOfNothingReturnAtOnce(t *testing.T) {
	c := runnel.New[int]()
	if n, err := c.SendAll(bg, nil); n != 0 || err != nil {
		t.Error("SendAll:", n, err)
	}
	if n, err := c.RecvUpTo(bg, nil); n != 0 || err != nil {
		t.Error("RecvUpTo:", n, err)
	}
}

func TestSendAllUnderAPolicyThatDrops(t *testing.T) {
	values := []int{1, 2, 3, 4, 5}
	for name, c := range map[string]struct {
		c    *runnel.Chan[int]
		kept []int
		drop runnel.Drops
	}{
		"dropping":  {runnel.New[int](runnel.Dropping(2)), []int{1, 2}, runnel.Drops{runnel.DroppedNewest: 3}},
		"sliding":   {runnel.New[int](runnel.Sliding(2)), []int{4, 5}, runnel.Drops{runnel.DroppedOldest: 3}},
		"unbounded": {runnel.New[int](runnel.Unbounded()), values, runnel.Drops{}},
	} {
		if n, err := c.c.SendAll(bg, values); n != 5 || err != nil {
			t.Errorf("%s: SendAll: %d, %v", name, n, err)
		}
		mustTake(t, c.c, c.kept...)
		mustBalance(t, c.c.Stats(), 5, uint64(len(c.kept)), c.drop)
	}
}

func TestRecvUpToTakesWhatIsThereAndNoMore(t *testing.T) {
	c := runnel.New[int](runnel.Buffer(8))
	mustSend(t, c, 1, 2, 3, 4, 5)
	buf := make([]int, 3)
	for _, want := range [][]int{{1, 2, 3}, {4, 5}} {
		n, err := c.RecvUpTo(bg, buf)
		if !slices.Equal(buf[:n], want) || err != nil {
			t.Errorf("RecvUpTo: %v, %v, want %v", buf[:n], err, want)
		}
	}
	mustSend(t, c, 6)
	c.CloseWith(io.EOF)
	if n, err := c.RecvUpTo(bg, buf); n != 1 || err != nil || buf[0] != 6 {
		t.Error("the last value:", buf[:n], err)
	}
	if n, err := c.RecvUpTo(bg, buf); n != 0 || err != io.EOF {
		t.Error("after the end:", n, err)
	}
}

func TestRecvUpToWaitsForTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int]()
		ended := begin(func() {
			buf := make([]int, 4)
			if n, err := c.RecvUpTo(bg, buf); n != 1 || err != nil || buf[0] != 9 {
				t.Error("RecvUpTo:", buf[:n], err)
			}
		})
		if ended() {
			t.Fatal("RecvUpTo returned with nothing there")
		}
		mustSend(t, c, 9)
		if !ended() {
			t.Error("RecvUpTo waits for more than one")
		}
	})
}

func TestRecvUpToTakesFromSendersThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, size := range []int{0, 1, 2} {
			c := goChan[int](size)
			var sends []func() bool
			for v := range 5 {
				sends = append(sends, begin(func() { mustSend(t, c, v) }))
			}
			buf := make([]int, 4)
			if n, err := c.RecvUpTo(bg, buf); n != 4 || err != nil || !slices.Equal(buf, []int{0, 1, 2, 3}) {
				t.Error("RecvUpTo:", buf[:n], err)
			}
			for v, sent := range sends {
				if sent() != (v < 4+size) {
					t.Errorf("buffer %d: send %d done: %v", size, v, sent())
				}
			}
			mustTake(t, c, 4)
		}
	})
}

func TestBatchesGoRoundTheEndOfTheRing(t *testing.T) {
	c := runnel.New[*int](runnel.Buffer(4))
	mustSend(t, c, new(1), new(2), new(3))
	buf := make([]*int, 2)
	c.RecvUpTo(bg, buf)
	mustSend(t, c, new(4), new(5), new(6)) // round the end of the ring
	buf = make([]*int, 8)
	n, err := c.RecvUpTo(bg, buf)
	if n != 4 || err != nil {
		t.Fatal("RecvUpTo:", n, err)
	}
	for i, v := range buf[:n] {
		if *v != i+3 {
			t.Errorf("value %d is %d, want %d", i, *v, i+3)
		}
	}
	if v, err := c.TryRecv(); v != nil || err != runnel.ErrEmpty {
		t.Error("an empty channel has", v, err)
	}
}

// Received values are the receiver's alone, also those from round the end of the ring.
func TestBatchesAreNotRetained(t *testing.T) {
	c := runnel.New[*[64]byte](runnel.Buffer(4))
	var seen []weak.Pointer[[64]byte]
	for range 3 {
		batch := []*[64]byte{new([64]byte), new([64]byte), new([64]byte)}
		for _, v := range batch {
			seen = append(seen, weak.Make(v))
		}
		c.SendAll(bg, batch)
		c.RecvUpTo(bg, make([]*[64]byte, 3))
	}
	collected(t, func() bool {
		return !slices.ContainsFunc(seen, func(p weak.Pointer[[64]byte]) bool { return p.Value() != nil })
	})
	runtime.KeepAlive(c)
}

func TestBatchesGoThroughATransducer(t *testing.T) {
	in, out := runnel.NewVia(xf.Filter(func(v int) bool { return v%2 == 0 }), runnel.Buffer(8))
	if n, err := in.SendAll(bg, []int{1, 2, 3, 4, 5, 6}); n != 6 || err != nil {
		t.Error("SendAll:", n, err)
	}
	buf := make([]int, 8)
	if n, err := out.RecvUpTo(bg, buf); !slices.Equal(buf[:n], []int{2, 4, 6}) || err != nil {
		t.Error("RecvUpTo:", buf[:n], err)
	}
	mustBalance(t, in.Stats(), 6, 6, runnel.Drops{})
	mustBalance(t, out.Stats(), 3, 3, runnel.Drops{})
}
