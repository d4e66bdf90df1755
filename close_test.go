package runnel_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
)

// diskFull is an error with a type and a chain.
type diskFull struct{ path string }

func (e *diskFull) Error() string { return e.path + ": disk full" }
func (e *diskFull) Unwrap() error { return io.ErrShortWrite }

func TestCloseDeliversWhatIsBufferedAndWhatWasPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int](runnel.Buffer(2))
		mustSend(t, c, 1, 2)
		pending := []func() bool{
			begin(func() { mustSend(t, c, 3) }),
			begin(func() { mustSend(t, c, 4) }),
		}
		c.Close()
		if pending[0]() || pending[1]() {
			t.Fatal("Close has ended a pending send")
		}
		mustBe(t, "Send after Close", c.Send(bg, 5), runnel.ErrClosed)
		mustTake(t, c, 1, 2, 3, 4)
		mustEnd(t, c, runnel.ErrClosed)
		if !pending[0]() || !pending[1]() {
			t.Fatal("a delivered send has not returned")
		}
		mustBalance(t, c.Stats(), 4, 4, runnel.Drops{})
	})
}

func TestCloseDeliversPendingSendsOfARendezvous(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[string]()
		first := begin(func() { mustSend(t, c, "first") })
		chosen := begin(func() {
			s := runnel.SendTo(c, "second")
			if got, err := runnel.Select(bg, s); got != s || err != nil || s.Err() != nil {
				t.Error("a select that waited to send when the channel closed:", got, err, s.Err())
			}
		})
		c.Close()
		mustTake(t, c, "first", "second")
		mustEnd(t, c, runnel.ErrClosed)
		if !first() || !chosen() {
			t.Error("a delivered send has not returned")
		}
	})
}

func TestCloseReleasesEveryReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int](runnel.Buffer(1))
		var errs [5]error
		ended := []func() bool{
			begin(func() { _, errs[0] = c.Recv(bg) }),
			begin(func() { _, errs[1] = c.RecvUpTo(bg, make([]int, 3)) }),
			begin(func() { c.RecvFunc(func(_ int, err error) { errs[2] = err }) }),
			begin(func() {
				r := runnel.RecvFrom(c)
				runnel.Select(bg, r, runnel.RecvFrom(runnel.New[int]()))
				_, errs[3] = r.Value()
			}),
			begin(func() {
				for range c.All(bg) {
				}
				errs[4] = io.EOF
			}),
		}
		c.CloseWith(io.EOF)
		for i := range ended {
			if !ended[i]() || errs[i] != io.EOF {
				t.Errorf("receiver %d: ended %v with %v", i, ended[i](), errs[i])
			}
		}
	})
}

func TestCloseIsIdempotentAndTheFirstEndCounts(t *testing.T) {
	c := runnel.New[int]()
	c.CloseWith(io.EOF)
	c.CloseWith(io.ErrClosedPipe)
	c.Close()
	c.Cancel(io.ErrNoProgress)
	mustEnd(t, c, io.EOF)
	mustBe(t, "Err", c.Err(), io.EOF)
	err := c.TrySend(1)
	mustBe(t, "TrySend", err, io.EOF)
	if errors.Is(err, io.ErrNoProgress) || errors.Is(err, io.ErrClosedPipe) {
		t.Error("a later cause has replaced the first:", err)
	}
}

func TestSendOnClosedWrapsErrClosedAndTheCause(t *testing.T) {
	cause := &diskFull{"ledger"}
	c := runnel.New[int](runnel.Buffer(1))
	c.CloseWith(cause)
	send := runnel.SendTo(c, 1)
	runnel.TrySelect(send)
	var called error
	c.SendFunc(1, func(err error) { called = err })
	_, batch := c.SendAll(bg, []int{1})
	for name, err := range map[string]error{
		"Send": c.Send(bg, 1), "TrySend": c.TrySend(1), "SendAll": batch, "SendFunc": called, "SendTo": send.Err(),
	} {
		var as *diskFull
		mustBe(t, name, err, runnel.ErrClosed)
		mustBe(t, name, err, io.ErrShortWrite)
		if !errors.As(err, &as) || as != cause {
			t.Errorf("%s: %v does not lead to its cause", name, err)
		}
		if want := "runnel: channel closed: ledger: disk full"; err.Error() != want {
			t.Errorf("%s: %q, want %q", name, err, want)
		}
	}
	mustBalance(t, c.Stats(), 0, 0, runnel.Drops{})
}

func TestReceiveOnClosedGivesTheCauseItself(t *testing.T) {
	cause := &diskFull{"ledger"}
	c := runnel.New[int](runnel.Buffer(1))
	mustSend(t, c, 7)
	c.CloseWith(cause)
	mustTake(t, c, 7)
	for range 2 {
		mustEnd(t, c, error(cause))
		if _, err := c.Recv(bg); err != cause {
			t.Error("Recv:", err)
		}
	}
}

func TestErrIsTheCause(t *testing.T) {
	open, shut, broken, dropped := runnel.New[int](), runnel.New[int](), runnel.New[int](), runnel.New[int]()
	shut.Close()
	broken.CloseWith(io.EOF)
	dropped.Cancel(io.ErrClosedPipe)
	for _, c := range []struct{ got, want error }{
		{open.Err(), nil}, {shut.Err(), nil}, {broken.Err(), io.EOF}, {dropped.Err(), io.ErrClosedPipe},
	} {
		if c.got != c.want {
			t.Errorf("Err: %v, want %v", c.got, c.want)
		}
	}
}

func TestDoneIsClosedWhenSendsAreRefused(t *testing.T) {
	for name, end := range map[string]func(*runnel.Chan[int]){
		"Close":     (*runnel.Chan[int]).Close,
		"CloseWith": func(c *runnel.Chan[int]) { c.CloseWith(io.EOF) },
		"Cancel":    func(c *runnel.Chan[int]) { c.Cancel(nil) },
	} {
		c := runnel.New[int](runnel.Buffer(1))
		before := c.Done()
		if isDone(before) {
			t.Error(name, "of an open channel: done")
		}
		mustSend(t, c, 1) // what is buffered does not count
		end(c)
		end(c)
		if !isDone(before) || !isDone(c.Done()) {
			t.Error(name, "and not done")
		}
		late := runnel.New[int]()
		end(late)
		if !isDone(late.Done()) {
			t.Error(name, "before the first Done, and not done")
		}
	}
}

func isDone(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

func TestCancelGivesPendingValuesBackAndCountsBufferedOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int](runnel.Buffer(2))
		var dropped []string
		c.OnDrop(func(v int, why runnel.Reason) { dropped = append(dropped, fmt.Sprint(v, " ", why)) })
		mustSend(t, c, 1, 2)
		var returned atomic.Int32
		refused := func(send func() error) func() bool {
			return begin(func() {
				err := send()
				mustBe(t, "pending send", err, runnel.ErrClosed)
				mustBe(t, "pending send", err, io.ErrClosedPipe)
				returned.Add(1)
			})
		}
		refused(func() error { return c.Send(bg, 3) })
		refused(func() error {
			n, err := c.SendAll(bg, []int{4, 5})
			if n != 0 {
				t.Error("SendAll says it sent", n)
			}
			return err
		})
		refused(func() error {
			s := runnel.SendTo(c, 6)
			runnel.Select(bg, s)
			return s.Err()
		})
		c.SendFunc(7, func(err error) { mustBe(t, "callback", err, io.ErrClosedPipe); returned.Add(1) })
		c.Cancel(io.ErrClosedPipe)
		synctest.Wait()
		if n := returned.Load(); n != 4 {
			t.Errorf("%d of 4 senders were released", n)
		}
		if want := []string{"1 undelivered", "2 undelivered"}; !slices.Equal(dropped, want) {
			t.Errorf("OnDrop heard %q, want %q", dropped, want)
		}
		mustBalance(t, c.Stats(), 2, 0, runnel.Drops{runnel.Undelivered: 2})
		mustEnd(t, c, io.ErrClosedPipe)
		mustBe(t, "later send", c.TrySend(8), io.ErrClosedPipe)
	})
}

func TestCancelAfterCloseDropsWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int](runnel.Buffer(1))
		mustSend(t, c, 1)
		pending := begin(func() { mustBe(t, "pending send", c.Send(bg, 2), io.ErrClosedPipe) })
		c.Close()
		c.Cancel(io.ErrClosedPipe)
		if !pending() {
			t.Error("the pending send was not released")
		}
		mustEnd(t, c, runnel.ErrClosed) // the first end was a plain Close
		mustBalance(t, c.Stats(), 1, 0, runnel.Drops{runnel.Undelivered: 1})
	})
}

func TestCancelWithoutACauseIsErrClosed(t *testing.T) {
	c := runnel.New[int]()
	c.Cancel(nil)
	if err := c.TrySend(1); err != runnel.ErrClosed {
		t.Error("TrySend:", err)
	}
	mustEnd(t, c, runnel.ErrClosed)
}

func TestEveryBufferIsEmptiedByCancel(t *testing.T) {
	for name, c := range map[string]*runnel.Chan[int]{
		"fixed":     runnel.New[int](runnel.Buffer(2)),
		"dropping":  runnel.New[int](runnel.Dropping(2)),
		"sliding":   runnel.New[int](runnel.Sliding(2)),
		"unbounded": runnel.New[int](runnel.Unbounded()),
		"policy":    runnel.NewBuffered(&urgentFirst{}),
	} {
		mustSend(t, c, 1, 2)
		c.Cancel(io.EOF)
		if s := c.Stats(); s.Len != 0 || s.Dropped[runnel.Undelivered] != 2 || s.Sent != 2 {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestContextEndsAWaitWithoutAnyEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int]()
		ctx, cancel := context.WithCancelCause(bg)
		waits := []func() bool{
			begin(func() { mustBe(t, "Send", c.Send(ctx, 1), io.EOF) }),
			begin(func() {
				n, err := c.SendAll(ctx, []int{1, 2})
				mustBe(t, "SendAll", err, io.EOF)
				if n != 0 {
					t.Error("SendAll:", n)
				}
			}),
		}
		empty := runnel.New[int](runnel.Buffer(1))
		waits = append(waits,
			begin(func() { _, err := empty.Recv(ctx); mustBe(t, "Recv", err, io.EOF) }),
			begin(func() { _, err := empty.RecvUpTo(ctx, make([]int, 2)); mustBe(t, "RecvUpTo", err, io.EOF) }),
			begin(func() { _, err := runnel.Select(ctx, runnel.RecvFrom(empty)); mustBe(t, "Select", err, io.EOF) }),
		)
		cancel(io.EOF)
		for i, ended := range waits {
			if !ended() {
				t.Error("operation", i, "still waits")
			}
		}
		for _, c := range []*runnel.Chan[int]{c, empty} {
			mustBalance(t, c.Stats(), 0, 0, runnel.Drops{})
			if s := c.Stats(); s.SendersWaiting+s.ReceiversWaiting != 0 {
				t.Errorf("somebody waits: %+v", s)
			}
		}
	})
}

func TestEndedContextRefusesEvenWhatIsReady(t *testing.T) {
	ctx, cancel := context.WithCancelCause(bg)
	cancel(io.EOF)
	c := runnel.New[int](runnel.Buffer(2))
	mustSend(t, c, 1)
	_, recv := c.Recv(ctx)
	_, upTo := c.RecvUpTo(ctx, make([]int, 1))
	_, all := c.SendAll(ctx, []int{2})
	_, sel := runnel.Select(ctx, runnel.RecvFrom(c))
	for _, err := range []error{c.Send(ctx, 2), recv, upTo, all, sel} {
		mustBe(t, "operation", err, io.EOF)
	}
	for range c.All(ctx) {
		t.Error("All received under an ended context")
	}
	mustBalance(t, c.Stats(), 1, 0, runnel.Drops{})
}
