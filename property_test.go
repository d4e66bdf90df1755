package runnel

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"weak"

	"github.com/runnel-go/runnel/xf"
)

// ends are both ends of a channel of some kind.
type ends[T any] struct {
	in  Sender[T]
	out Receiver[T]
}

func endsOf[T any](c *Chan[T]) ends[T] { return ends[T]{c, c} }

// kindsOf makes a channel of every kind that keeps what it is sent in order. Those that
// drop do so only where lossy.
func kindsOf[T any](lossy bool) map[string]ends[T] {
	via := func(opts ...Option) ends[T] {
		in, out := NewVia(xf.Map(func(v T) T { return v }), opts...)
		return ends[T]{in, out}
	}
	all := map[string]ends[T]{
		"rendezvous": endsOf(New[T]()), "named": endsOf(New[T](Name("kind"))),
		"Buffer(1)": endsOf(New[T](Buffer(1))), "Buffer(64)": endsOf(New[T](Buffer(64))),
		"Unbounded": endsOf(New[T](Unbounded())),
		"via":       via(Buffer(2)), "via unbounded": via(Unbounded()),
	}
	if lossy {
		all["Dropping(3)"] = endsOf(New[T](Dropping(3)))
		all["Sliding(3)"] = endsOf(New[T](Sliding(3)))
		all["policy"] = endsOf(NewBuffered[T](&leaky[T]{room: 3}))
		all["via sliding"] = via(Sliding(3))
	}
	return all
}

// A tagged value is the n-th of its producer.
type tagged struct{ producer, n int }

func TestOrderPerProducer(t *testing.T) {
	const producers, values = 4, 600
	for name, c := range kindsOf[tagged](true) {
		within(t, func() {
			var wg sync.WaitGroup
			for p := range producers {
				wg.Go(func() { produce(c.in, p, values) })
			}
			go func() { wg.Wait(); c.in.Close() }()
			checkOrder(t, name, c.out, producers)
		})
	}
}

// produce sends by every way in turn, one after the other.
func produce(in Sender[tagged], p, values int) {
	ctx := context.Background()
	send := SendTo(in, tagged{})
	for n := 0; n < values; n++ {
		switch n % 3 {
		case 0:
			in.Send(ctx, tagged{p, n})
		case 1:
			send.Set(tagged{p, n})
			Select(ctx, send)
		default:
			in.SendAll(ctx, []tagged{{p, n}, {p, n + 1}, {p, n + 2}})
			n += 2
		}
	}
}

func checkOrder(t *testing.T, name string, out Receiver[tagged], producers int) {
	last := make([]int, producers)
	for p := range last {
		last[p] = -1
	}
	recv, buf := RecvFrom(out), make([]tagged, 3)
	for turn := 0; ; turn++ {
		got := buf[:1]
		var err error
		switch turn % 3 {
		case 0:
			buf[0], err = out.Recv(context.Background())
		case 1:
			Select(context.Background(), recv)
			buf[0], err = recv.Value()
		default:
			var n int
			n, err = out.RecvUpTo(context.Background(), buf)
			got = buf[:n]
		}
		if err != nil {
			return
		}
		for _, v := range got {
			if v.n <= last[v.producer] {
				t.Errorf("%s: value %d of a producer came after %d", name, v.n, last[v.producer])
			}
			last[v.producer] = v.n
		}
	}
}

// waits are the ways in which a goroutine waits to receive, or to send.
var waits = map[string]struct {
	recv func(context.Context, *Chan[int]) (int, error)
	send func(context.Context, *Chan[int], int) error
}{
	"plain": {
		func(ctx context.Context, c *Chan[int]) (int, error) { return c.Recv(ctx) },
		func(ctx context.Context, c *Chan[int], v int) error { return c.Send(ctx, v) },
	},
	"batch": {
		func(ctx context.Context, c *Chan[int]) (int, error) {
			buf := make([]int, 1)
			_, err := c.RecvUpTo(ctx, buf)
			return buf[0], err
		},
		func(ctx context.Context, c *Chan[int], v int) error {
			_, err := c.SendAll(ctx, []int{v})
			return err
		},
	},
	"select": {
		func(ctx context.Context, c *Chan[int]) (int, error) {
			r := RecvFrom(c)
			if _, err := Select(ctx, r, RecvFrom(New[int]())); err != nil {
				return 0, err
			}
			return r.Value()
		},
		func(ctx context.Context, c *Chan[int], v int) error {
			s := SendTo(c, v)
			if _, err := Select(ctx, s, RecvFrom(New[int]())); err != nil {
				return err
			}
			return s.Err()
		},
	},
}

// rounds is how often a race is run.
func rounds(n int) int {
	if testing.Short() {
		return n / 10
	}
	return n
}

// A value is handed over while the context of the receiver ends: he has it, or it is there
// for somebody else.
func TestNoValueIsLostWhenAReceiversContextEnds(t *testing.T) {
	for name, w := range waits {
		within(t, func() {
			lost, taken := New[int](), 0
			for i := range rounds(2000) {
				ctx, cancel := context.WithCancel(context.Background())
				var wg sync.WaitGroup
				var v int
				var err error
				wg.Go(func() { v, err = w.recv(ctx, lost) })
				wg.Go(func() { yield(i); cancel() })
				yield(i / 7)
				sent := lost.TrySend(i)
				wg.Wait()
				if (sent == nil) != (err == nil) || err == nil && v != i {
					t.Fatalf("%s: sent %v; received %d, %v", name, sent, v, err)
				}
				if err == nil {
					taken++
				}
			}
			if s := lost.Stats(); s.Received != uint64(taken) || s.ReceiversWaiting != 0 {
				t.Errorf("%s: %d taken, %+v", name, taken, s)
			}
		})
	}
}

// yield gives way a varying number of times, so that rounds differ.
func yield(n int) {
	for range n % 7 {
		runtime.Gosched()
	}
}

// A second receiver must get what the first, whose context ends, does not take; and the
// same value must not go to both.
func TestValueGoesToTheNextReceiverWhenAContextEnds(t *testing.T) {
	for name, w := range waits {
		within(t, func() {
			c := New[int]()
			for i := range rounds(2000) {
				ctx, cancel := context.WithCancel(context.Background())
				var wg sync.WaitGroup
				var first, second error
				wg.Go(func() { _, first = w.recv(ctx, c) })
				wg.Go(func() { _, second = w.recv(context.Background(), c) })
				wg.Go(func() { yield(i); cancel() })
				c.Send(context.Background(), i)
				if v, err := c.trySendUntil(&wg, -1); err != nil {
					t.Fatal(v, err)
				}
				if second != nil || first != nil && first != context.Canceled {
					t.Fatalf("%s: %v, %v", name, first, second)
				}
			}
		})
	}
}

// trySendUntil offers v until wg is done, and returns how often it was taken.
func (c *Chan[T]) trySendUntil(wg *sync.WaitGroup, v T) (n int, err error) {
	var done atomic.Bool
	go func() { wg.Wait(); done.Store(true) }()
	for !done.Load() {
		if err = c.TrySend(v); err == nil {
			n++
		} else if err != ErrFull {
			return n, err
		}
		runtime.Gosched()
	}
	return n, nil
}

// A send that ended with its context had no effect; one that did not was received.
func TestCancelledSendHasNoEffect(t *testing.T) {
	for name, w := range waits {
		for _, opts := range [][]Option{nil, {Buffer(1)}} {
			within(t, func() {
				c := New[int](opts...)
				want := []int{}
				got := []int{}
				for i := range rounds(2000) {
					ctx, cancel := context.WithCancel(context.Background())
					if c.Cap() > 0 {
						c.TrySend(-1)
					}
					var wg sync.WaitGroup
					var err error
					wg.Go(func() { err = w.send(ctx, c, i) })
					wg.Go(func() { yield(i); cancel() })
					yield(i / 7)
					got = drainInto(got, c)
					wg.Wait()
					got = drainInto(got, c)
					if err == nil {
						want = append(want, i)
					}
				}
				got = slices.DeleteFunc(got, func(v int) bool { return v < 0 })
				if !slices.Equal(got, want) {
					t.Errorf("%s %v: received %d values, sent %d", name, c.Cap(), len(got), len(want))
				}
			})
		}
	}
}

func drainInto(got []int, c *Chan[int]) []int {
	for {
		v, err := c.TryRecv()
		if err != nil {
			return got
		}
		got = append(got, v)
	}
}

// crossing runs two goroutines that select, again and again, one between sending on x and
// receiving from y, the other between receiving from x and sending on y. They commit
// together or not at all, so their rounds agree.
func crossing(t *testing.T, choose func(context.Context, ...Case) (Case, error), ctx context.Context, fresh bool) {
	n := rounds(4000)
	x, y := New[int](), New[int]()
	sides := [2][]string{}
	var wg sync.WaitGroup
	for i, end := range [][2]*Chan[int]{{x, y}, {y, x}} {
		wg.Go(func() {
			s, r := SendTo(end[0], 0), RecvFrom(end[1])
			for round := range n {
				if fresh {
					s, r = SendTo(end[0], 0), RecvFrom(end[1])
				}
				s.Set(round)
				c, err := choose(ctx, r, s)
				if err != nil {
					t.Error(err)
					return
				}
				sides[i] = append(sides[i], moved(c == s, round, r, end == [2]*Chan[int]{x, y}))
			}
		})
	}
	wg.Wait()
	for round := range sides[0] {
		if sides[0][round] != sides[1][round] {
			t.Fatalf("round %d: %s, %s", round, sides[0][round], sides[1][round])
		}
	}
	for _, c := range []*Chan[int]{x, y} {
		if s := c.Stats(); s.SendersWaiting+s.ReceiversWaiting != 0 || s.Sent != s.Received {
			t.Errorf("%+v", s)
		}
	}
}

// moved tells what a round has moved and over which channel.
func moved(sent bool, round int, r *RecvCase[int], overX bool) string {
	over := map[bool]string{true: "x", false: "y"}
	if sent {
		return fmt.Sprint(round, " over ", over[overX])
	}
	v, err := r.Value()
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(v, " over ", over[!overX])
}

func TestTwoSelectsCommitTogether(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, fresh := range []bool{false, true} {
		within(t, func() { crossing(t, Select, context.Background(), fresh) })
		within(t, func() { crossing(t, SelectPriority, context.Background(), fresh) })
		within(t, func() { crossing(t, Select, ctx, fresh) })
	}
}

// Three selects in a ring: each could serve one neighbour or be served by the other.
func TestSelectsInARingConserveValues(t *testing.T) {
	within(t, func() {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		ring := [3]*Chan[int]{New[int](), New[int](), New[int]()}
		var sent, received [3]uint64
		var wg sync.WaitGroup
		for i := range ring {
			wg.Go(func() {
				defer cancel()
				s, r := SendTo(ring[i], i), RecvFrom(ring[(i+1)%3])
				for range rounds(4000) {
					switch c, _ := Select(ctx, s, r); c {
					case s:
						sent[i]++
					case r:
						if v, err := r.Value(); v != (i+1)%3 || err != nil {
							t.Errorf("got %d, %v", v, err)
						}
						received[(i+1)%3]++
					}
				}
			})
		}
		wg.Wait()
		for i, c := range ring {
			if s := c.Stats(); s.Sent != sent[i] || s.Received != received[i] || sent[i] != received[i] {
				t.Errorf("%d sent, %d received, %+v", sent[i], received[i], s)
			}
		}
	})
}

// A Select that offers itself both sides of one channel is not its own partner.
func TestSelectDoesNotMeetItself(t *testing.T) {
	within(t, func() {
		c := New[int]()
		var sent, received atomic.Int64
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				defer cancel()
				s, r := SendTo(c, 1), RecvFrom(c)
				for range rounds(3000) {
					switch chosen, _ := Select(ctx, s, r); chosen {
					case s:
						sent.Add(1)
					case r:
						received.Add(1)
					}
				}
			})
		}
		wg.Wait()
		if s := c.Stats(); sent.Load() != received.Load() || s.Sent != uint64(sent.Load()) {
			t.Errorf("%d sent, %d received, %+v", sent.Load(), received.Load(), s)
		}
	})
}

// selectionFor makes the selection of some cases, as a Select does before it waits.
func selectionFor(cases ...Case) *selection {
	s := &selection{}
	s.adopt(cases)
	return s
}

// Between queueing and waiting another Select may take the case off the queue, because
// it does not wait yet.
func TestSelectNoticesThatAnotherTookItsCaseOff(t *testing.T) {
	c := New[int]()
	first, second := selectionFor(SendTo(c, 1)), selectionFor(RecvFrom(c))
	if !first.linkAll() || !second.linkAll() {
		t.Fatal("ready, with nobody there")
	}
	second.release() // it has gone elsewhere
	first.activate()
	if c.sendq.head == nil && first.verify() {
		t.Error("it would wait outside the queue for ever")
	}
}

// A goroutine that holds the lock may have taken the case off and not said so yet.
func TestSelectWaitsForTheLockBeforeItTrustsItsCases(t *testing.T) {
	c := New[int]()
	s := selectionFor(RecvFrom(c))
	s.linkAll()
	c.state.lock()
	w := c.recvq.head
	c.recvq.remove(w)
	if w.claim() {
		t.Fatal("it does not wait yet")
	}
	s.activate()
	var safe bool
	meet(func() { safe = s.verify() }, func() {
		w.mark(pruned)
		c.unlock()
	})
	if safe {
		t.Error("it would wait outside the queue for ever")
	}
}

// A Select over some of many cases, each time others, is woken by any of them, and by no
// other.
func TestSelectOverChangingSetsIsAlwaysWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 5
		r := rand.New(rand.NewPCG(stressSeed(t), 0))
		var chans [n]*Chan[int]
		var all [n]*RecvCase[int]
		for i := range all {
			chans[i] = New[int]()
			all[i] = RecvFrom(chans[i])
		}
		for round := range rounds(2000) {
			set, on := make([]Case, n), r.IntN(1<<n-1)+1
			for i := range all {
				if on>>i&1 == 1 {
					set[i] = all[i]
				}
			}
			var chosen Case
			go func() { chosen, _ = Select(t.Context(), set...) }()
			synctest.Wait()
			i := r.IntN(n)
			if sent := chans[i].TrySend(round) == nil; sent != (on>>i&1 == 1) {
				t.Fatalf("round %d: set %b, sent to %d: %v", round, on, i, sent)
			}
			synctest.Wait()
			if chosen == nil {
				any := slices.IndexFunc(set, func(c Case) bool { return c != nil })
				if err := chans[any].TrySend(round); err != nil {
					t.Fatalf("round %d: set %b does not hear %d: %v", round, on, any, err)
				}
				synctest.Wait()
			}
			if v, err := chosen.(*RecvCase[int]).Value(); v != round || err != nil {
				t.Fatalf("round %d: %d, %v", round, v, err)
			}
		}
	})
}

// The end of a channel with a transducer waits for its last sender, and no longer.
func TestViaEndsWhenItsLastSenderGivesUp(t *testing.T) {
	for name, w := range map[string]func(context.Context, Sender[int], *Chan[int]){
		"cancelled": func(ctx context.Context, in Sender[int], _ *Chan[int]) { in.Send(ctx, 1) },
		"select cancelled": func(ctx context.Context, in Sender[int], _ *Chan[int]) {
			Select(ctx, SendTo(in, 1), RecvFrom(New[int]()))
		},
		"select chose another": func(ctx context.Context, in Sender[int], other *Chan[int]) {
			s, r := SendTo(in, 1), RecvFrom(other)
			for range 4 {
				Select(ctx, s, r)
			}
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			in, out := NewVia(xf.Map(func(v int) int { return v }), Buffer(1))
			other := New[int]()
			in.TrySend(0)
			go w(ctx, in, other)
			for range 3 {
				synctest.Wait()
				other.TrySend(0)
			}
			synctest.Wait()
			in.Close()
			if out.Stats().Closed {
				t.Errorf("%s: ended while a sender waits", name)
			}
			if other.TrySend(0) != nil {
				cancel()
			}
			synctest.Wait()
			if !out.Stats().Closed {
				t.Errorf("%s: no sender waits, and it has not ended", name)
			}
		})
	}
}

// heavy is a value whose collection can be seen.
type heavy struct{ _ [64]byte }

// retention lists ways for a value to pass. Each uses the value and keeps the channel.
var retention = map[string]func(v *heavy) (keep any){
	"slot": func(v *heavy) any {
		c := New[*heavy](Buffer(4))
		c.TrySend(v)
		c.TryRecv()
		return c
	},
	"slots of a batch": func(v *heavy) any {
		c := New[*heavy](Buffer(4))
		for range 3 { // round the end of the ring
			c.SendAll(context.Background(), []*heavy{v, v, v})
			c.RecvUpTo(context.Background(), make([]*heavy, 3))
		}
		return c
	},
	"unbounded": func(v *heavy) any {
		c := New[*heavy](Unbounded())
		c.SendAll(context.Background(), []*heavy{v, v, v})
		c.RecvUpTo(context.Background(), make([]*heavy, 3))
		return c
	},
	"waiting receiver": func(v *heavy) any {
		c := New[*heavy]()
		meet(func() { c.Recv(context.Background()) }, func() { c.Send(context.Background(), v) })
		return c
	},
	"waiting sender": func(v *heavy) any {
		c := New[*heavy]()
		meet(func() { c.Send(context.Background(), v) }, func() { c.Recv(context.Background()) })
		return c
	},
	"waiting batches": func(v *heavy) any {
		c := New[*heavy]()
		meet(func() { c.SendAll(context.Background(), []*heavy{v}) },
			func() { c.RecvUpTo(context.Background(), make([]*heavy, 2)) })
		meet(func() { c.RecvUpTo(context.Background(), make([]*heavy, 2)) },
			func() { c.SendAll(context.Background(), []*heavy{v}) })
		return c
	},
	"callbacks": func(v *heavy) any {
		c := New[*heavy]()
		c.RecvFunc(func(*heavy, error) {})
		c.SendFunc(v, nil)
		c.SendFunc(v, nil)
		c.RecvFunc(func(*heavy, error) {})
		return c
	},
	"cancelled send": func(v *heavy) any {
		c := New[*heavy]()
		ctx, cancel := context.WithCancel(context.Background())
		meet(func() { c.Send(ctx, v) }, cancel)
		return []any{c, ctx}
	},
	"refused send": func(v *heavy) any {
		c := New[*heavy]()
		meet(func() { c.Send(context.Background(), v) }, func() { c.Cancel(nil) })
		return c
	},
	"dropped": func(v *heavy) any {
		c := New[*heavy](Dropping(1))
		c.SendAll(context.Background(), []*heavy{nil, v})
		return c
	},
	"slid out": func(v *heavy) any {
		c := New[*heavy](Sliding(1))
		c.SendAll(context.Background(), []*heavy{v, nil})
		return c
	},
	"undelivered": func(v *heavy) any {
		c := New[*heavy](Buffer(2))
		c.SendAll(context.Background(), []*heavy{v, v})
		c.Cancel(nil)
		return c
	},
	"via": func(v *heavy) any {
		in, out := NewVia(xf.Map(func(v *heavy) *heavy { return v }), Buffer(1))
		in.TrySend(v)
		meet(func() { in.Send(context.Background(), v) }, func() { out.TryRecv() })
		out.TryRecv()
		return []any{in, out}
	},
	"policy": func(v *heavy) any {
		c := NewBuffered[*heavy](&clean{})
		c.TrySend(v)
		c.TryRecv()
		return c
	},
	"cases used again": func(v *heavy) any {
		c := New[*heavy](Buffer(1))
		s, r := SendTo(c, v), RecvFrom(c)
		for range 2 {
			Select(context.Background(), s)
			Select(context.Background(), r)
			s.Set(nil)
		}
		return []any{s, r, c}
	},
	"cases that waited": func(v *heavy) any {
		c := New[*heavy]()
		s, r := SendTo(c, v), RecvFrom(c)
		for range 3 {
			meet(func() { Select(context.Background(), s) }, func() { Select(context.Background(), r) })
			s.Set(nil)
		}
		return []any{s, r, c}
	},
	"cases that were dropped": func(v *heavy) any {
		c, other := New[*heavy](Buffer(1)), New[*heavy](Buffer(1))
		s, r := SendTo(c, v), RecvFrom(c)
		for range 3 {
			Select(context.Background(), s)
			Select(context.Background(), r)
		}
		return []any{c, other}
	},
}

// clean is a policy of one value.
type clean struct{ v []*heavy }

func (p *clean) Len() int                              { return len(p.v) }
func (p *clean) Cap() int                              { return 1 }
func (p *clean) Full() bool                            { return len(p.v) > 0 }
func (p *clean) Push(v *heavy, _ func(*heavy, Reason)) { p.v = append(p.v, v) }

func (p *clean) Pop() *heavy {
	v := p.v[0]
	p.v = nil
	return v
}

// meet runs a until it waits, or for a while, and then b.
func meet(a, b func()) {
	var wg sync.WaitGroup
	wg.Go(a)
	for range 50 {
		runtime.Gosched()
	}
	b()
	wg.Wait()
}

// collected runs the collector until done says so.
func collected(t *testing.T, done func() bool) {
	t.Helper()
	within(t, func() {
		for !done() {
			runtime.GC()
		}
	})
}

func TestValueIsNotRetained(t *testing.T) {
	for name, pass := range retention {
		t.Run(name, func(t *testing.T) {
			v := &heavy{}
			ref := weak.Make(v)
			keep := pass(v)
			v = nil
			for range 20 {
				runtime.GC()
				if ref.Value() == nil {
					break
				}
			}
			if ref.Value() != nil {
				t.Error("the value is still held")
			}
			runtime.KeepAlive(keep)
		})
	}
}

// watchers counts the registrations with a context made by package context.
func watchers(ctx context.Context) int {
	c := reflect.ValueOf(ctx).Elem()
	mu := (*sync.Mutex)(c.FieldByName("mu").Addr().UnsafePointer())
	mu.Lock()
	defer mu.Unlock()
	return c.FieldByName("children").Len()
}

// waitOften makes a goroutine wait on c under ctx so often that its watch stands.
func waitOften(ctx context.Context, c *Chan[int]) {
	for i := range 4 {
		meet(func() { c.Recv(ctx) }, func() { c.Send(ctx, i) })
		meet(func() { c.Send(ctx, i) }, func() { c.Recv(ctx) })
	}
}

func selectOften(ctx context.Context, c, other *Chan[int]) {
	r, s := RecvFrom(c), RecvFrom(other)
	for i := range 4 {
		meet(func() { Select(ctx, r, s) }, func() { c.Send(ctx, i) })
	}
}

func TestChannelsUnderALongContextAreCollected(t *testing.T) {
	const n = 200
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ctx.Done()
	var gone atomic.Int64
	stood := 0
	for range n {
		c := New[int]()
		runtime.AddCleanup(c, func(int) { gone.Add(1) }, 0)
		waitOften(ctx, c)
		selectOften(ctx, c, New[int]())
		stood = max(stood, watchers(ctx))
	}
	if stood == 0 {
		t.Error("no watch stood, so this tests nothing")
	}
	collected(t, func() bool { return gone.Load() == n && watchers(ctx) == 0 })
}

func TestClosedChannelIsWatchedNoMore(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ctx.Done()
	for _, end := range []func(*Chan[int]){(*Chan[int]).Close, func(c *Chan[int]) { c.Cancel(nil) }} {
		c := New[int]()
		waitOften(ctx, c)
		if watchers(ctx) == 0 {
			t.Error("no watch stands, so this tests nothing")
		}
		end(c)
		if n := watchers(ctx); n != 0 {
			t.Errorf("%d registrations left with the context", n)
		}
		runtime.KeepAlive(c)
		c = New[int]()
		waitOften(ctx, c)
		meet(func() { c.Recv(ctx) }, func() { end(c) }) // with a watch that is in use
		if n := watchers(ctx); n != 0 {
			t.Errorf("%d registrations left with the context by the one who waited", n)
		}
		runtime.KeepAlive(c)
	}
}

func (c *Chan[T]) queuedCases() (n int) {
	c.state.lock()
	defer c.unlock()
	for _, q := range []queue[T]{c.recvq, c.sendq} {
		for w := q.head; w != nil; w = w.next {
			n++
		}
	}
	return n
}

// Cases in use lie in the queue of a channel that lives long; when they are dropped they
// leave it.
func TestDroppedCasesLeaveTheQueue(t *testing.T) {
	quit := New[int]()
	for range 20 {
		c := New[int]()
		selectOften(context.Background(), c, quit)
	}
	if quit.queuedCases() == 0 {
		t.Error("no case was ever left in the queue, so this tests nothing")
	}
	collected(t, func() bool { return quit.queuedCases() == 0 })
}

// A case that was in a set with others may go to another goroutine; then the set it came
// from lets it be.
func TestCaseThatHasMovedIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		a, b := New[int](), New[int]()
		ra, rb := RecvFrom(a), RecvFrom(b)
		go b.Send(ctx, 1)
		Select(ctx, ra, rb)
		for i, r := range []*RecvCase[int]{rb, ra} { // each goes its own way, the leader last
			go Select(ctx, r)
			synctest.Wait()
			if s := []*Chan[int]{b, a}[i].Stats(); s.ReceiversWaiting != 1 {
				t.Errorf("case %d: %d wait", i, s.ReceiversWaiting)
			}
		}
		for _, c := range []*Chan[int]{a, b} {
			if err := c.TrySend(2); err != nil {
				t.Errorf("nobody there: %v", err)
			}
		}
	})
}

func TestCancelledWaitsLeaveNothingBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	c := New[int]()
	for range 20 {
		for _, w := range waits {
			ctx, cancel := context.WithCancel(foreign{context.Background(), make(chan struct{})})
			meet(func() { w.recv(ctx, c) }, cancel)
			ctx, cancel = context.WithCancel(context.Background())
			meet(func() { w.send(ctx, c, 1) }, cancel)
		}
	}
	settled(t, before)
	if n := c.queuedCases(); n != 0 {
		t.Errorf("%d waiters left", n)
	}
}

// foreign is a context type of the user's own, for which package context starts goroutines.
type foreign struct {
	context.Context
	done chan struct{}
}

func (f foreign) Done() <-chan struct{} { return f.done }

func TestForeignContextLeavesNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	ctx := foreign{context.Background(), make(chan struct{})}
	c := New[int]()
	waitOften(ctx, c)
	selectOften(ctx, c, New[int]())
	settled(t, before)
}

func TestMemoryOfABurstIsGivenBack(t *testing.T) {
	const n = 1 << 18
	c := New[heavy](Unbounded())
	for range n {
		c.TrySend(heavy{})
	}
	full := heap()
	for range n {
		c.TryRecv()
	}
	if empty := heap(); full-empty < n*60 {
		t.Errorf("%d bytes with %d values, still %d with none", full, n, empty)
	}
	runtime.KeepAlive(c)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// receivers that wait are served in the order in which they began, whatever way they wait.
func TestWaitingReceiversAreServedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		for _, opts := range [][]Option{nil, {Buffer(3)}, {Unbounded()}, {Sliding(2)}} {
			c := New[int](opts...)
			var order [12]int
			for i := range order {
				go func() { order[i] = recvBy(ctx, i, c) }()
				synctest.Wait()
			}
			for i := range order {
				c.Send(ctx, i)
			}
			synctest.Wait()
			if !slices.IsSorted(order[:]) || order[11] != 11 {
				t.Errorf("cap %d: served in order %v", c.Cap(), order)
			}
		}
	})
}

func recvBy(ctx context.Context, way int, c *Chan[int]) (v int) {
	switch way % 4 {
	case 0:
		v, _ = c.Recv(ctx)
	case 1:
		buf := make([]int, 2)
		c.RecvUpTo(ctx, buf)
		v = buf[0]
	case 2:
		r := RecvFrom(c)
		Select(ctx, RecvFrom(New[int]()), r)
		v, _ = r.Value()
	default:
		done := New[int](Buffer(1))
		c.RecvFunc(func(v int, _ error) { done.TrySend(v) })
		v, _ = done.Recv(ctx)
	}
	return v
}

func TestWaitingSendersAreServedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		for name, c := range kindsOf[int](false) {
			var want, got []int
			for i := range 12 {
				go sendBy(ctx, i, c.in)
				synctest.Wait()
				want = append(want, i)
			}
			c.in.Close()
			for range want {
				v, err := c.out.Recv(ctx)
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				got = append(got, v)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: served in order %v", name, got)
			}
			if _, err := c.out.Recv(ctx); !errors.Is(err, ErrClosed) {
				t.Errorf("%s: %v after the last", name, err)
			}
			synctest.Wait()
		}
	})
}

func sendBy(ctx context.Context, i int, in Sender[int]) {
	switch i % 4 {
	case 0:
		in.Send(ctx, i)
	case 1:
		in.SendAll(ctx, []int{i})
	case 2:
		Select(ctx, RecvFrom(New[int]()), SendTo(in, i))
	default:
		in.SendFunc(i, nil)
	}
}
