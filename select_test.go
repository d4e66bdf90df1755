package runnel_test

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/xf"
)

// fair expects each of the counts to be within eight standard deviations of its share: a
// fair select fails that once in 10¹⁴ runs.
func fair(t *testing.T, what string, counts map[runnel.Case]int, among int) {
	t.Helper()
	total := 0
	for _, k := range counts {
		total += k
	}
	p := 1 / float64(among)
	limit := 8 * math.Sqrt(float64(total)*p*(1-p))
	for _, k := range counts {
		if d := float64(k) - float64(total)*p; math.Abs(d) > limit || len(counts) != among {
			t.Errorf("%s: %v of %d, want %d shares within %.0f", what, counts, total, among, limit)
			return
		}
	}
}

func TestSelectDrawsEvenlyAmongReadyCases(t *testing.T) {
	closed := runnel.New[int]()
	closed.Close()
	for name, shape := range map[string]struct{ ready, idle int }{
		"two": {2, 0}, "five": {5, 0}, "two beside idle ones": {2, 6}, "four beside one": {4, 1},
	} {
		cases := make([]runnel.Case, 0, shape.ready+shape.idle)
		for range shape.ready {
			cases = append(cases, runnel.RecvFrom(closed))
		}
		for i := range shape.idle { // idle ones in front and between
			cases = slices.Insert(cases, i, runnel.Case(runnel.RecvFrom(runnel.New[int]())))
		}
		for which, choose := range map[string]func(...runnel.Case) (runnel.Case, error){
			"Select": selects["Select"], "TrySelect": selects["TrySelect"],
		} {
			counts := map[runnel.Case]int{}
			for range 20000 {
				c, _ := choose(cases...)
				counts[c]++
			}
			fair(t, which+" of "+name, counts, shape.ready)
		}
	}
}

func TestSelectPriorityTakesTheFirstReady(t *testing.T) {
	a, b, c := runnel.New[int](runnel.Buffer(4)), runnel.New[int](runnel.Buffer(4)), runnel.New[int](runnel.Buffer(4))
	first, second, third := runnel.RecvFrom(a), runnel.RecvFrom(b), runnel.RecvFrom(c)
	mustSend(t, c, 1, 2)
	mustSend(t, b, 3)
	mustSend(t, a, 4)
	for _, want := range []runnel.Case{first, second, third, third} {
		if got, err := runnel.SelectPriority(bg, first, second, third); got != want || err != nil {
			t.Errorf("chose %v, %v, want %v", got, err, want)
		}
	}
}

func TestSelectOverDifferentTypes(t *testing.T) {
	names, ages := runnel.New[string](runnel.Buffer(1)), runnel.New[int](runnel.Buffer(1))
	name, age := runnel.RecvFrom(names), runnel.SendTo(ages, 42)
	mustSend(t, names, "ada")
	cases := []runnel.Case{name, age}
	for range 2 {
		c, err := runnel.Select(bg, cases...)
		if err != nil {
			t.Fatal(err)
		}
		switchOff(cases, c)
	}
	if v, err := name.Value(); v != "ada" || err != nil || age.Err() != nil {
		t.Error(v, err, age.Err())
	}
	mustTake(t, ages, 42)
}

func TestNilCasesNeverFire(t *testing.T) {
	var noChan *runnel.Chan[int]
	var noRecv *runnel.RecvCase[int]
	var noSend *runnel.SendCase[int]
	never := []runnel.Case{
		nil, noRecv, noSend, runnel.RecvFrom(noChan), runnel.SendTo(noChan, 1),
		runnel.RecvFrom[int](nil), runnel.SendTo[int](nil, 1),
	}
	mustBlock(t, never)
	c := runnel.New[int](runnel.Buffer(1))
	mustSend(t, c, 1)
	r := runnel.RecvFrom(c)
	if got, err := runnel.Select(bg, append(never, r)...); got != r || err != nil {
		t.Error("Select:", got, err)
	}
}

func TestWaitingSelectIgnoresNilCases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int]()
		r := runnel.RecvFrom(c)
		for range 3 {
			ended := begin(func() {
				if got, err := runnel.Select(bg, nil, r, nil); got != r || err != nil {
					t.Error("Select:", got, err)
				}
			})
			mustSend(t, c, 1)
			if !ended() {
				t.Error("still waits")
			}
		}
	})
}

func TestClosedChannelsAreReadyCases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, close := range map[string]func(*runnel.Chan[int]){
			"before": func(c *runnel.Chan[int]) { c.CloseWith(io.EOF) },
			"after":  func(*runnel.Chan[int]) {},
		} {
			c := runnel.New[int]()
			close(c)
			recv, idle := runnel.RecvFrom(c), runnel.RecvFrom(runnel.New[int]())
			ended := begin(func() {
				if got, err := runnel.Select(bg, idle, recv); got != recv || err != nil {
					t.Errorf("closed %s: %v, %v", name, got, err)
				}
			})
			c.CloseWith(io.EOF)
			if _, err := recv.Value(); !ended() || err != io.EOF {
				t.Errorf("closed %s: value %v", name, err)
			}
			send := runnel.SendTo(c, 1)
			if got, err := runnel.Select(bg, idle, send); got != send || err != nil {
				t.Errorf("closed %s: %v, %v", name, got, err)
			}
			mustBe(t, "send case", send.Err(), runnel.ErrClosed)
			mustBe(t, "send case", send.Err(), io.EOF)
		}
	})
}

func TestCancelEndsASelectThatWaitsToSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int]()
		send := runnel.SendTo(c, 1)
		ended := begin(func() { runnel.Select(bg, send, runnel.RecvFrom(runnel.New[int]())) })
		c.Cancel(io.EOF)
		if !ended() {
			t.Fatal("still waits")
		}
		mustBe(t, "send case", send.Err(), io.EOF)
		mustBalance(t, c.Stats(), 0, 0, runnel.Drops{})
	})
}

func TestSelectThatGivesUpHasHadNoEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := runnel.New[int](), runnel.New[int]()
		cases := []runnel.Case{runnel.SendTo(a, 1), runnel.RecvFrom(b)}
		for range 3 {
			ctx, cancel := context.WithCancelCause(bg)
			ended := begin(func() {
				if c, err := runnel.Select(ctx, cases...); c != nil || err != io.EOF {
					t.Error("Select:", c, err)
				}
			})
			cancel(io.EOF)
			if !ended() {
				t.Fatal("still waits")
			}
			mustBe(t, "a send to a select that gave up", b.TrySend(1), runnel.ErrFull)
			if _, err := a.TryRecv(); err != runnel.ErrEmpty {
				t.Error("a receive from a select that gave up:", err)
			}
			for _, c := range []*runnel.Chan[int]{a, b} {
				if s := c.Stats(); s.SendersWaiting+s.ReceiversWaiting != 0 {
					t.Errorf("somebody waits: %+v", s)
				}
			}
		}
	})
}

func TestSameCaseTwiceIsOneCase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int]()
		r := runnel.RecvFrom(c)
		for range 3 {
			ended := begin(func() {
				if got, err := runnel.Select(bg, r, r, nil, r); got != r || err != nil {
					t.Error("Select:", got, err)
				}
			})
			if s := c.Stats(); s.ReceiversWaiting != 1 {
				t.Errorf("%d receivers wait", s.ReceiversWaiting)
			}
			mustSend(t, c, 1)
			if !ended() {
				t.Error("still waits")
			}
		}
	})
}

func TestSameChannelInSeveralCases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int]()
		cases := []runnel.Case{runnel.RecvFrom(c), runnel.RecvFrom(c), runnel.RecvFrom(c)}
		counts := map[runnel.Case]int{}
		for v := range 30 {
			ended := begin(func() {
				got, err := runnel.Select(bg, cases...)
				counts[got]++
				if x, _ := got.(*runnel.RecvCase[int]).Value(); x != v || err != nil {
					t.Error("received", x, err, "want", v)
				}
			})
			mustSend(t, c, v)
			if !ended() {
				t.Fatal("still waits")
			}
			mustBe(t, "a second send", c.TrySend(99), runnel.ErrFull)
		}
		mustBalance(t, c.Stats(), 30, 30, runnel.Drops{})
	})
}

func TestSendAndReceiveOnOneChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := runnel.New[int]()
		send, recv := runnel.SendTo(c, 5), runnel.RecvFrom(c)
		var got runnel.Case
		exchange := func() func() bool { return begin(func() { got, _ = runnel.Select(bg, send, recv) }) }
		for range 3 {
			ended := exchange() // does not meet itself
			if ended() {
				t.Fatal("the select met itself")
			}
			mustTake(t, c, 5)
			if !ended() || got != send {
				t.Fatal("chose", got)
			}
			ended = exchange()
			mustSend(t, c, 6)
			if v, _ := recv.Value(); !ended() || got != recv || v != 6 {
				t.Fatal("chose", got, "received", v)
			}
		}
	})
}

func TestTwoSelectsMeetOnARendezvous(t *testing.T) {
	c := []*runnel.Chan[int]{runnel.New[int](), runnel.New[int](), runnel.New[int]()}
	const rounds = 3000
	var wg sync.WaitGroup
	sums := make([]int, 2)
	for side := range 2 {
		wg.Go(func() {
			for range rounds {
				sums[side] += meet(t, c, side == 0)
			}
		})
	}
	wg.Wait()
	if sums[0] != sums[1] {
		t.Error("sent", sums[0], "received", sums[1])
	}
	for _, c := range c {
		if s := c.Stats(); s.Sent != s.Received || s.SendersWaiting+s.ReceiversWaiting != 0 {
			t.Errorf("%+v", s)
		}
	}
}

// meet sends or receives on one of the channels, each with its own values.
func meet(t *testing.T, c []*runnel.Chan[int], send bool) int {
	cases := make([]runnel.Case, len(c))
	for i := range c {
		if send {
			cases[i] = runnel.SendTo(c[i], 1<<i)
		} else {
			cases[len(c)-1-i] = runnel.RecvFrom(c[i])
		}
	}
	chosen, err := runnel.Select(bg, cases...)
	if err != nil {
		t.Error(err)
	}
	if r, ok := chosen.(*runnel.RecvCase[int]); ok {
		v, _ := r.Value()
		return v
	}
	return 1 << slices.Index(cases, chosen)
}

func TestSetChangesWhatIsSentNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, never := runnel.New[int](), runnel.RecvFrom(runnel.New[int]())
		send := runnel.SendTo(c, 0)
		sender := begin(func() {
			for v := range 20 {
				if v != 7 {
					send.Set(v) // 7 sends 6 again
				}
				if got, err := runnel.Select(bg, never, send); got != send || err != nil || send.Err() != nil {
					t.Error("Select:", got, err, send.Err())
				}
			}
		})
		for v := range 20 {
			if v == 7 {
				v = 6
			}
			synctest.Wait() // now and then the sender waits
			mustTake(t, c, v)
		}
		if !sender() {
			t.Error("still waits")
		}
	})
}

func TestSelectOverAHundredChannels(t *testing.T) {
	const n, each = 100, 20
	chans, cases := make([]*runnel.Chan[int], n), make([]runnel.Case, n)
	var wg sync.WaitGroup
	for i := range chans {
		chans[i] = goChan[int](i % 3)
		cases[i] = runnel.RecvFrom(chans[i])
		wg.Go(func() {
			for v := range each {
				mustSend(t, chans[i], v)
			}
		})
	}
	got := make([]int, n)
	for range n * each {
		c, err := runnel.Select(bg, cases...)
		i := slices.Index(cases, c)
		if v, _ := cases[i].(*runnel.RecvCase[int]).Value(); v != got[i] || err != nil {
			t.Fatalf("channel %d: value %d, %v, want %d", i, v, err, got[i])
		}
		got[i]++
	}
	wg.Wait()
	for i, c := range chans {
		if s := c.Stats(); got[i] != each || s.ReceiversWaiting != 0 {
			t.Errorf("channel %d: %d values, %+v", i, got[i], s)
		}
	}
}

func TestCasesMoveBetweenSelects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, c := runnel.New[string](), runnel.New[string](), runnel.New[string]()
		x, y, z := runnel.RecvFrom(a), runnel.RecvFrom(b), runnel.RecvFrom(c)
		sets := [][]runnel.Case{{x, y}, {y, z}, {x, y, z}, {z, x}, {y}, {x, z, y}}
		chans := map[runnel.Case]*runnel.Chan[string]{x: a, y: b, z: c}
		for round := range 60 {
			set := sets[round%len(sets)]
			want := set[round/len(sets)%len(set)]
			var got runnel.Case
			ended := begin(func() { got, _ = runnel.Select(bg, set...) })
			for other, c := range chans {
				if !slices.Contains(set, other) && c.TrySend("stray") == nil {
					t.Fatal("a case outside the set received a value")
				}
			}
			mustSend(t, chans[want], fmt.Sprint(round))
			if v, _ := want.(*runnel.RecvCase[string]).Value(); !ended() || got != want || v != fmt.Sprint(round) {
				t.Fatalf("round %d: chose %v with %q", round, got, v)
			}
		}
	})
}

// The cases of a select in a loop stay in the queues; they leave when they are dropped.
func TestDroppedCasesLeaveTheQueues(t *testing.T) {
	busy, idle := runnel.New[int](), runnel.New[int]()
	for range 20 {
		loopAndDrop(t, busy, idle)
	}
	var behind int
	idle.RecvFunc(func(v int, _ error) { behind = v })
	collected(t, func() bool { return runnel.QueueLength(idle) == 1 })
	mustSend(t, idle, 7)
	if behind != 7 {
		t.Error("a dropped case has taken the value")
	}
}

func loopAndDrop(t *testing.T, busy, idle *runnel.Chan[int]) {
	in, never := runnel.RecvFrom(busy), runnel.RecvFrom(idle)
	var wg sync.WaitGroup
	wg.Go(func() {
		for v := range 20 {
			mustSend(t, busy, v)
		}
	})
	for range 20 {
		runnel.Select(bg, never, in)
	}
	wg.Wait()
}

func TestSelectThroughATransducerDoesNotHoldUpItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		completed := 0
		in, out := runnel.NewVia(counted(&completed), runnel.Buffer(1))
		tick := runnel.New[int]()
		send, other := runnel.SendTo(in, 1), runnel.RecvFrom(tick)
		mustSend(t, in, 0)
		for range 4 { // the send case waits, but the other one is chosen
			ended := begin(func() { runnel.Select(bg, send, other) })
			mustSend(t, tick, 1)
			if !ended() {
				t.Error("still waits")
			}
		}
		in.Close()
		if completed != 1 {
			t.Error("a case that is not waiting holds up the completion")
		}
		mustDrain(t, out, 0)
	})
}

func TestSelectChoosesAPendingSenderBehindACloseOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := runnel.NewVia(xf.Map(func(v int) int { return -v }), runnel.Buffer(1))
		mustSend(t, in, 1)
		send := runnel.SendTo(in, 2)
		ended := begin(func() { runnel.Select(bg, send) })
		in.Close()
		mustDrain(t, out, -1, -2)
		mustEnd(t, out, runnel.ErrClosed)
		if !ended() || send.Err() != nil {
			t.Error("the pending select:", send.Err())
		}
	})
}

func TestTakeLetsGoOfTheValue(t *testing.T) {
	c := runnel.New[int](runnel.Buffer(1))
	mustSend(t, c, 7)
	in := runnel.RecvFrom(c)
	if _, err := runnel.Select(bg, in); err != nil {
		t.Fatal(err)
	}
	if v, err := in.Take(); v != 7 || err != nil {
		t.Errorf("%v, %v, want 7", v, err)
	}
	if v, err := in.Take(); v != 0 || err != nil {
		t.Errorf("%v, %v, want a zero value", v, err)
	}
}
