package runnel_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
)

func TestWaitsOnANamedChannelAreTimed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int](runnel.Name("orders"))
		receiver := begin(func() { c.Recv(bg) })
		time.Sleep(3 * time.Second)
		if s := c.Stats(); s.OldestRecv != 3*time.Second || s.ReceiversWaiting != 1 {
			t.Errorf("a receiver has waited for 3 s: %+v", s)
		}
		mustSend(t, c, 1)
		receiver()
		for wait := range 2 {
			begin(func() { mustSend(t, c, wait) })
			time.Sleep(time.Second)
		}
		if s := c.Stats(); s.OldestSend != 2*time.Second || s.SendersWaiting != 2 {
			t.Errorf("senders have waited for 2 s and 1 s: %+v", s)
		}
		mustTake(t, c, 0, 1)
		synctest.Wait()
		s := c.Stats()
		if s.SendBlocked != 3*time.Second || s.RecvBlocked != 3*time.Second {
			t.Errorf("blocked %v and %v, want 3 s each", s.SendBlocked, s.RecvBlocked)
		}
		if s.OldestSend != 0 || s.OldestRecv != 0 {
			t.Errorf("nobody waits, yet %+v", s)
		}
	})
}

func TestEveryWayOfWaitingIsTimed(t *testing.T) {
	for name, wait := range map[string]func(c *runnel.Chan[int]){
		"Recv":     func(c *runnel.Chan[int]) { c.Recv(bg) },
		"RecvUpTo": func(c *runnel.Chan[int]) { c.RecvUpTo(bg, make([]int, 2)) },
		"RecvFunc": func(c *runnel.Chan[int]) { c.RecvFunc(func(int, error) {}) },
		"Select": func(c *runnel.Chan[int]) {
			runnel.Select(bg, runnel.RecvFrom(runnel.New[int]()), runnel.RecvFrom(c))
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := runnel.New[int](runnel.Name("orders"))
			ended := begin(func() { wait(c) })
			time.Sleep(time.Minute)
			if s := c.Stats(); s.OldestRecv != time.Minute {
				t.Errorf("%s: the oldest receiver waits for %v", name, s.OldestRecv)
			}
			mustSend(t, c, 1)
			if ended(); c.Stats().RecvBlocked != time.Minute {
				t.Errorf("%s: blocked for %v", name, c.Stats().RecvBlocked)
			}
		})
	}
}

func TestWaitsWithoutANameAreNotTimed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int]()
		receiver := begin(func() { c.Recv(bg) })
		time.Sleep(time.Second)
		mustSend(t, c, 1)
		receiver()
		if s := c.Stats(); s.RecvBlocked != 0 || s.OldestRecv != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestWaitingCountsTellWhoReallyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, other := runnel.New[int](), runnel.New[int]()
		recv, both := runnel.RecvFrom(c), []runnel.Case{nil, runnel.RecvFrom(other)}
		both[0] = recv
		for round := range 3 { // from the second round on the cases stay in the queues
			selecting := begin(func() { runnel.Select(bg, both...) })
			if a, b := c.Stats().ReceiversWaiting, other.Stats().ReceiversWaiting; a != 1 || b != 1 {
				t.Errorf("round %d: %d and %d receivers wait, want 1 and 1", round, a, b)
			}
			mustSend(t, c, 1)
			selecting()
			if a, b := c.Stats().ReceiversWaiting, other.Stats().ReceiversWaiting; a != 0 || b != 0 {
				t.Errorf("round %d: %d and %d receivers wait, want none", round, a, b)
			}
		}
	})
}

func TestHighWaterIsTheMostEverBuffered(t *testing.T) {
	for _, option := range []runnel.Option{
		runnel.Buffer(8), runnel.Dropping(8), runnel.Sliding(8), runnel.Unbounded(),
	} {
		c := runnel.New[int](option)
		mustSend(t, c, 1, 2, 3)
		mustTake(t, c, 1, 2, 3)
		c.SendAll(bg, []int{4, 5})
		if s := c.Stats(); s.HighWater != 3 || s.Len != 2 {
			t.Errorf("%+v", s)
		}
	}
}

func TestReasonsHaveNames(t *testing.T) {
	var got []string
	for r := runnel.DroppedNewest; r <= runnel.Late+1; r++ {
		got = append(got, r.String())
	}
	want := []string{"dropped newest", "dropped oldest", "undelivered", "ended", "failed", "unheard", "late", "unknown reason"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// named finds the listed channels of a name.
func named(name string) (found []runnel.Stats) {
	for _, s := range runnel.Channels() {
		if s.Name == name {
			found = append(found, s)
		}
	}
	return found
}

func TestChannelsListsNamedChannelsInOrder(t *testing.T) {
	a := runnel.New[int](runnel.Buffer(1), runnel.Name("listed"))
	b := runnel.New[string](runnel.Name("listed"))
	unnamed := runnel.New[int]()
	mustSend(t, a, 1)
	b.Close()
	found := named("listed")
	if len(found) != 2 || found[0] != a.Stats() || found[1] != b.Stats() {
		t.Errorf("%+v", found)
	}
	if found[0].Len != 1 || !found[1].Closed || found[0].ID >= found[1].ID {
		t.Errorf("%+v", found)
	}
	if len(named("")) != 0 {
		t.Error("a channel without a name is listed")
	}
	runtime.KeepAlive(unnamed)
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
}

func TestListingKeepsNoChannelAlive(t *testing.T) {
	for i := range 10 {
		c := runnel.New[int](runnel.Buffer(1), runnel.Name(fmt.Sprint("short-lived ", i)))
		mustSend(t, c, i)
	}
	collected(t, func() bool {
		for i := range 10 {
			if len(named(fmt.Sprint("short-lived ", i))) > 0 {
				return false
			}
		}
		return true
	})
}

// collected expects the garbage collector to bring something about. It gives cleanups, which
// run in a goroutine of their own, the time of many collections.
func collected(t *testing.T, done func() bool) {
	t.Helper()
	for range 200 {
		runtime.GC()
		if done() {
			return
		}
		runtime.Gosched()
	}
	t.Error("not collected")
}

func TestListingWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int](runnel.Buffer(1), runnel.Name("slow consumer"))
		c.OnDrop(func(int, runnel.Reason) {
			if len(named("slow consumer")) != 1 {
				t.Error("not listed while user code runs")
			}
		})
		mustSend(t, c, 1)
		c.Cancel(nil)
		runtime.KeepAlive(c)
	})
}
