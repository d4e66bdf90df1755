package runnel_test

import (
	"io"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
)

func TestCallbacksRunAtOnceWhenTheOperationDoes(t *testing.T) {
	c := runnel.New[int](runnel.Buffer(1))
	sent, received := false, false
	c.SendFunc(1, func(err error) { mustBe(t, "SendFunc", err, nil); sent = true })
	c.RecvFunc(func(v int, err error) { mustBe(t, "RecvFunc", err, nil); received = v == 1 })
	if !sent || !received {
		t.Error("sent", sent, "received", received)
	}
}

func TestCallbacksWaitWithoutAGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the bubble would not end with a goroutine left
		c := runnel.New[int]()
		var got []int
		for range 3 {
			c.RecvFunc(func(v int, err error) { got = append(got, v) })
		}
		if s := c.Stats(); s.ReceiversWaiting != 3 {
			t.Errorf("%+v", s)
		}
		mustSend(t, c, 1, 2, 3)
		if !slices.Equal(got, []int{1, 2, 3}) {
			t.Error("received", got)
		}
	})
}

func TestPendingSendCallbacksAreServedInOrder(t *testing.T) {
	c := runnel.New[int](runnel.Buffer(1))
	var accepted []int
	for v := range 4 {
		c.SendFunc(v, func(err error) { mustBe(t, "SendFunc", err, nil); accepted = append(accepted, v) })
	}
	for v := range 4 {
		if want := min(v+1, 4); len(accepted) != want {
			t.Errorf("%d values received, %v accepted", v, accepted)
		}
		mustTake(t, c, v)
	}
	if !slices.Equal(accepted, []int{0, 1, 2, 3}) {
		t.Error("accepted", accepted)
	}
}

func TestCallbackMeetsCallback(t *testing.T) {
	c := runnel.New[string]()
	var events []string
	c.SendFunc("hello", func(err error) { mustBe(t, "SendFunc", err, nil); events = append(events, "sent") })
	c.RecvFunc(func(v string, err error) { events = append(events, v) })
	slices.Sort(events)
	if !slices.Equal(events, []string{"hello", "sent"}) {
		t.Error(events)
	}
}

func TestCallbacksMayUseTheChannel(t *testing.T) {
	for name, c := range map[string]*runnel.Chan[int]{
		"rendezvous": runnel.New[int](),
		"fixed":      runnel.New[int](runnel.Buffer(1)),
		"policy":     runnel.NewBuffered(&smallestFirst{max: 1}),
		"named":      runnel.New[int](runnel.Name("looped")),
	} {
		var got []int
		var receive func(int, error)
		receive = func(v int, err error) {
			if err != nil {
				c.Cancel(nil)
				return
			}
			got = append(got, v)
			c.Stats()
			c.RecvFunc(receive)
			if v < 5 {
				mustSend(t, c, v+1)
			} else {
				c.Close()
			}
		}
		c.RecvFunc(receive)
		mustSend(t, c, 1)
		if !slices.Equal(got, []int{1, 2, 3, 4, 5}) {
			t.Error(name, "received", got)
		}
	}
}

func TestOnDropMayUseTheChannel(t *testing.T) {
	for name, c := range map[string]*runnel.Chan[int]{
		"dropping": runnel.New[int](runnel.Dropping(1)),
		"sliding":  runnel.New[int](runnel.Sliding(1)),
	} {
		drops := 0
		c.OnDrop(func(int, runnel.Reason) {
			if drops++; drops == 1 {
				mustSend(t, c, 10) // which drops again
				c.Cancel(nil)      // and again
			}
		})
		mustSend(t, c, 1, 2)
		if s := c.Stats(); drops != 3 || s.Dropped.Total() != 3 {
			t.Errorf("%s: %d drops told, %+v", name, drops, s)
		}
	}
}

func TestCallbacksHearOfTheEnd(t *testing.T) {
	c := runnel.New[int]()
	var errs []error
	c.RecvFunc(func(_ int, err error) { errs = append(errs, err) })
	c.CloseWith(io.EOF)
	c.RecvFunc(func(_ int, err error) { errs = append(errs, err) })
	if !slices.Equal(errs, []error{io.EOF, io.EOF}) {
		t.Error(errs)
	}
}

func TestSendWithoutCallbackIsAllowed(t *testing.T) {
	c := runnel.New[int](runnel.Buffer(1))
	c.SendFunc(1, nil)
	c.SendFunc(2, nil)
	mustTake(t, c, 1, 2)
	c.Close()
	c.SendFunc(3, nil)
	mustEnd(t, c, runnel.ErrClosed)
}
