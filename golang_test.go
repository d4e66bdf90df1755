package runnel_test

import (
	"context"
	"math"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
)

// Go's own tests of channels and select, for Chan. Each function is named after its origin
// in the Go source tree:
//
//	src/runtime/chan_test.go   TestChan, TestNonblockRecvRace, …
//	test/chancap.go            Test_chancap
//	test/chan/NAME.go          Test_NAME
//
// Copyright 2009 The Go Authors. All rights reserved. Use of the originals is governed by a
// BSD-style licence that can be found in the LICENSE file of the Go source tree.
//
// What differs: an operation on a closed channel ends with an error where Go has ok or a
// panic; goroutines that the originals leave behind end by a context; "blocks" is what a
// bubble finds blocked, not what has not moved for a while; a nil channel has no operations
// of its own here, only cases. Not here: perm.go, sendstmt.go, which test the compiler, and
// powser1.go, powser2.go, whose use of channels select7.go and goroutines.go cover.

// goChan makes what make(chan T, n) makes.
func goChan[T any](n int) *runnel.Chan[T] {
	if n == 0 {
		return runnel.New[T]()
	}
	return runnel.New[T](runnel.Buffer(n))
}

func TestChan(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 50, 199} {
		for name, f := range map[string]func(*testing.T, int){
			"receive from empty blocks": chanReceiveBlocks,
			"send to full blocks":       chanSendBlocks,
			"closed gives the end":      chanClosed,
			"close unblocks receive":    chanCloseUnblocks,
			"order":                     chanOrder,
			"many to many":              chanManyToMany,
			"len and cap":               chanLenCap,
		} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { f(t, n) })
			})
		}
	}
}

func chanReceiveBlocks(t *testing.T, n int) {
	c := goChan[int](n)
	recv1 := begin(func() { c.Recv(bg) })
	recv2 := begin(func() { c.Recv(bg) })
	if recv1() || recv2() {
		t.Fatalf("chan[%d]: receive from empty chan", n)
	}
	if _, err := c.TryRecv(); err != runnel.ErrEmpty {
		t.Fatalf("chan[%d]: receive from empty chan: %v", n, err)
	}
	mustSend(t, c, 0, 0)
}

func chanSendBlocks(t *testing.T, n int) {
	c := goChan[int](n)
	for i := range n {
		mustSend(t, c, i)
	}
	sent := begin(func() { mustSend(t, c, 0) })
	if sent() {
		t.Fatalf("chan[%d]: send to full chan", n)
	}
	if err := c.TrySend(0); err != runnel.ErrFull {
		t.Fatalf("chan[%d]: send to full chan: %v", n, err)
	}
	c.Recv(bg)
}

func chanClosed(t *testing.T, n int) {
	c := goChan[int](n)
	for i := range n {
		mustSend(t, c, i)
	}
	c.Close()
	for i := range n {
		mustTake(t, c, i)
	}
	for range 2 {
		if v, err := c.Recv(bg); v != 0 || err != runnel.ErrClosed {
			t.Fatalf("chan[%d]: received %v, %v", n, v, err)
		}
	}
}

func chanCloseUnblocks(t *testing.T, n int) {
	c := goChan[int](n)
	var v int
	var err error
	done := begin(func() { v, err = c.Recv(bg) })
	c.Close()
	if !done() || v != 0 || err != runnel.ErrClosed {
		t.Fatalf("chan[%d]: received %v, %v from closed chan", n, v, err)
	}
}

func chanOrder(t *testing.T, n int) {
	c := goChan[int](n)
	go func() {
		for i := range 100 {
			mustSend(t, c, i)
		}
	}()
	for i := range 100 {
		if v, err := c.Recv(bg); v != i || err != nil {
			t.Fatalf("chan[%d]: received %v, %v, expected %v", n, v, err, i)
		}
	}
}

func chanManyToMany(t *testing.T, n int) {
	const P, L = 4, 250
	c := goChan[int](n)
	done := make(chan map[int]int)
	for range P {
		go func() {
			for i := range L {
				mustSend(t, c, i)
			}
		}()
		go func() {
			seen := map[int]int{}
			for range L {
				v, _ := c.Recv(bg)
				seen[v]++
			}
			done <- seen
		}()
	}
	all := map[int]int{}
	for range P {
		for v, k := range <-done {
			all[v] += k
		}
	}
	for i := range L {
		if all[i] != P {
			t.Fatalf("chan[%d]: received %d %d times, expected %d", n, i, all[i], P)
		}
	}
}

func chanLenCap(t *testing.T, n int) {
	c := goChan[int](n)
	for i := range n + 1 {
		if c.Len() != i || c.Cap() != n {
			t.Fatalf("chan[%d]: bad len/cap, expect %v/%v, got %v/%v", n, i, n, c.Len(), c.Cap())
		}
		c.TrySend(i)
	}
}

func TestNonblockRecvRace(t *testing.T) {
	for range 2000 {
		c := goChan[int](1)
		mustSend(t, c, 1)
		done := make(chan error)
		go func() {
			_, err := c.TryRecv()
			done <- err
		}()
		c.Close()
		c.TryRecv()
		if err := <-done; err == runnel.ErrEmpty {
			t.Fatal("chan is not ready")
		}
	}
}

// At every moment one of the two channels is ready, so the select must find one ready.
func TestNonblockSelectRace(t *testing.T) {
	for range 20000 {
		nonblockSelectRace(t, goChan[int](1), func(c *runnel.Chan[int]) { c.TrySend(1) })
	}
}

func TestNonblockSelectRace2(t *testing.T) {
	for range 20000 {
		nonblockSelectRace(t, goChan[int](0), func(c *runnel.Chan[int]) { c.Close() })
	}
}

func nonblockSelectRace(t *testing.T, c2 *runnel.Chan[int], makeReady func(*runnel.Chan[int])) {
	c1 := goChan[int](1)
	c1.TrySend(1)
	done := make(chan error)
	go func() {
		_, err := runnel.TrySelect(runnel.RecvFrom(c1), runnel.RecvFrom(c2))
		done <- err
	}()
	makeReady(c2)
	c1.TryRecv()
	if err := <-done; err != nil {
		t.Fatal("no chan is ready:", err)
	}
}

// Send and receive on the same channel in a select do not deadlock, and do not meet.
func TestSelfSelect(t *testing.T) {
	for _, n := range []int{0, 10} {
		c := goChan[int](n)
		var wg sync.WaitGroup
		for p := range 2 {
			wg.Go(func() {
				for i := range 1000 {
					if selfSelect(c, p, p == 0 || i%2 == 0) && n == 0 {
						t.Errorf("self receive")
						return
					}
				}
			})
		}
		wg.Wait()
	}
}

func selfSelect(c *runnel.Chan[int], p int, sendFirst bool) (met bool) {
	send, recv := runnel.SendTo(c, p), runnel.RecvFrom(c)
	cases := []runnel.Case{recv, send}
	if sendFirst {
		cases = []runnel.Case{send, recv}
	}
	chosen, _ := runnel.Select(bg, cases...)
	v, _ := recv.Value()
	return chosen == recv && v == p
}

// Four senders, four receivers, one selecting sender, one selecting receiver: each moves
// N values on each of four channels.
func TestSelectStress(t *testing.T) {
	const N = 5000
	c := []*runnel.Chan[int]{goChan[int](0), goChan[int](0), goChan[int](2), goChan[int](3)}
	var wg sync.WaitGroup
	for k := range c {
		wg.Go(func() {
			for range N {
				mustSend(t, c[k], 0)
			}
		})
		wg.Go(func() {
			for range N {
				c[k].Recv(bg)
			}
		})
	}
	selecting := func(order []int, make func(*runnel.Chan[int]) runnel.Case) {
		cases, left := []runnel.Case{}, map[runnel.Case]int{}
		for _, k := range order {
			cases = append(cases, make(c[k]))
			left[cases[len(cases)-1]] = N
		}
		for range 4 * N {
			chosen, _ := runnel.Select(bg, cases...)
			if left[chosen]--; left[chosen] == 0 {
				switchOff(cases, chosen)
			}
		}
	}
	wg.Go(func() {
		selecting([]int{3, 2, 0, 1}, func(c *runnel.Chan[int]) runnel.Case { return runnel.SendTo(c, 0) })
	})
	wg.Go(func() {
		selecting([]int{0, 1, 2, 3}, func(c *runnel.Chan[int]) runnel.Case { return runnel.RecvFrom(c) })
	})
	wg.Wait()
}

// switchOff does what assigning nil to a channel variable does for a Go select.
func switchOff(cases []runnel.Case, c runnel.Case) {
	for i := range cases {
		if cases[i] == c {
			cases[i] = nil
		}
	}
}

// With two ready cases among four, each gets half, within ten standard deviations.
func TestSelectFairness(t *testing.T) {
	const trials = 10000
	c1, c2 := goChan[byte](trials+1), goChan[byte](trials+1)
	for range trials + 1 {
		mustSend(t, c1, 1)
		mustSend(t, c2, 2)
	}
	out, done := goChan[byte](0), goChan[byte](0)
	var wg sync.WaitGroup
	wg.Go(func() {
		in := []*runnel.RecvCase[byte]{
			runnel.RecvFrom(goChan[byte](0)), runnel.RecvFrom(goChan[byte](0)), runnel.RecvFrom(c1), runnel.RecvFrom(c2),
		}
		send, stop := runnel.SendTo(out, 0), runnel.RecvFrom(done)
		for {
			c, _ := runnel.Select(bg, in[0], in[1], in[2], in[3])
			b, _ := c.(*runnel.RecvCase[byte]).Value()
			send.Set(b)
			if c, _ := runnel.Select(bg, send, stop); c == stop {
				return
			}
		}
	})
	count := map[byte]int{}
	for range trials {
		b, _ := out.Recv(bg)
		count[b]++
	}
	stddev := math.Sqrt(trials * 0.5 * (1 - 0.5))
	if count[1]+count[2] != trials || math.Abs(float64(count[1])-trials*0.5) > 10*stddev {
		t.Errorf("unfair select: in %d trials, results were %v", trials, count)
	}
	done.Close()
	wg.Wait()
}

func TestChanSendInterface(t *testing.T) {
	type mt struct{}
	m := &mt{}
	c := goChan[any](1)
	mustSend(t, c, any(m))
	if _, err := runnel.TrySelect(runnel.SendTo(c, any(m))); err != runnel.ErrNotReady {
		t.Error("a full channel took a value:", err)
	}
	if _, err := runnel.TrySelect(runnel.SendTo(c, any(m)), runnel.SendTo(c, any(&mt{}))); err != runnel.ErrNotReady {
		t.Error("a full channel took a value:", err)
	}
	mustTake(t, c, any(m))
}

func TestPseudoRandomSend(t *testing.T) {
	const n = 200
	for _, size := range []int{0, n} {
		c := goChan[int](size)
		ones := make(chan int)
		go func() {
			sum := 0
			for range n {
				runtime.Gosched()
				v, _ := c.Recv(bg)
				sum += v
			}
			ones <- sum
		}()
		one, zero := runnel.SendTo(c, 1), runnel.SendTo(c, 0)
		for range n {
			runnel.Select(bg, one, zero)
		}
		if k := <-ones; k <= n/10 || n-k <= n/10 {
			t.Errorf("Want pseudorandom, got %d zeros and %d ones (chan cap %d)", n-k, k, size)
		}
	}
}

func TestMultiConsumer(t *testing.T) {
	const nwork, niter = 23, 20000
	pn := []int{2, 3, 7, 11, 13, 17, 19, 23, 27, 31}
	q, r := goChan[int](nwork*3), goChan[int](nwork*3)
	var wg sync.WaitGroup
	for w := range nwork {
		wg.Go(func() {
			for v := range q.All(bg) {
				if pn[w%len(pn)] == v { // mess with the order
					runtime.Gosched()
				}
				mustSend(t, r, v)
			}
		})
	}
	expect := 0
	for i := range niter {
		expect += pn[i%len(pn)]
	}
	go func() {
		for i := range niter {
			mustSend(t, q, pn[i%len(pn)])
		}
		q.Close()
		wg.Wait()
		r.Close()
	}()
	n, s := 0, 0
	for v := range r.All(bg) {
		n++
		s += v
	}
	if n != niter || s != expect {
		t.Errorf("Expected sum %d (got %d) from %d iter (saw %d)", expect, s, niter, n)
	}
}

func growStack(n int) byte {
	var buf [1024]byte
	if n == 0 {
		return buf[0]
	}
	return growStack(n-1) + buf[n]
}

// A sender whose stack shrinks while it is blocked still sends the right value.
func TestShrinkStackDuringBlockedSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := goChan[int](0)
		go func() {
			for i := range 10 {
				mustSend(t, c, i)
				growStack(20)
			}
		}()
		for i := range 10 {
			synctest.Wait() // the sender is blocked, its large stack unused
			runtime.GC()
			mustTake(t, c, i)
		}
	})
}

func TestNoShrinkStackWhileParking(t *testing.T) {
	for range 50 {
		c := goChan[int](0)
		var wg sync.WaitGroup
		wg.Go(func() {
			for range 10 {
				for range 20 {
					runtime.Gosched() // so that the sender blocks
				}
				c.Recv(bg)
			}
		})
		wg.Go(func() {
			for i := range 10 {
				mustSend(t, c, i)
				growStack(20)
			}
		})
		runtime.GC()
		wg.Wait()
	}
}

func TestSelectDuplicateChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, d := goChan[int](0), goChan[int](0)
		a := begin(func() {
			runnel.Select(bg, runnel.RecvFrom(c), runnel.RecvFrom(c), runnel.RecvFrom(d))
		})
		b := begin(func() { c.Recv(bg) })
		mustSend(t, d, 7) // wakes the select, which lies in the queue of c before b
		if !a() || b() {
			t.Fatal("the select did not end, or the receiver did")
		}
		mustSend(t, c, 8)
		if !b() {
			t.Fatal("the receiver behind the select was not woken")
		}
	})
}

func TestSelectStackAdjust(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, d := goChan[*int](0), goChan[*int](0)
		wait := func(dup bool) func() bool {
			return begin(func() {
				growStack(10)
				val := 42
				in, twice := runnel.RecvFrom(c), []runnel.Case{nil, nil}
				if dup {
					twice = []runnel.Case{runnel.RecvFrom(c), runnel.RecvFrom(d)}
				}
				runnel.Select(bg, in, twice[0], runnel.RecvFrom(d), twice[1])
				if v, err := in.Value(); v != nil || err != nil || val != 42 {
					t.Error("a case that was not chosen has a value")
				}
			})
		}
		once, twice := wait(false), wait(true)
		runtime.GC()
		d.Close()
		if !once() || !twice() {
			t.Error("a select was not woken")
		}
	})
}

func Test_chancap(t *testing.T) {
	c := goChan[int](10)
	mustSend(t, c, 0, 1, 2)
	if c.Len() != 3 || c.Cap() != 10 {
		t.Error("chan len/cap", c.Len(), c.Cap(), "want 3 10")
	}
	if c := goChan[int](0); c.Len() != 0 || c.Cap() != 0 {
		t.Error("chan len/cap", c.Len(), c.Cap(), "want 0 0")
	}
	mustPanic(t, "runnel: Buffer(-1): the capacity must be at least 1", func() { goChan[int](-1) })
}

func Test_fifo(t *testing.T) {
	const N = 10
	ch := goChan[int](N) // AsynchFifo
	for i := range N {
		mustSend(t, ch, i)
	}
	for i := range N {
		mustTake(t, ch, i)
	}

	ch = goChan[int](0) // SynchFifo
	in := goChan[int](0)
	start := in
	for i := range N {
		out, link := goChan[int](0), in
		go func() {
			link.Recv(bg)
			if v, err := ch.Recv(bg); v != i || err != nil {
				t.Error("received", v, err, "want", i)
			}
			mustSend(t, out, 1)
		}()
		in = out
	}
	mustSend(t, start, 0)
	for i := range N {
		mustSend(t, ch, i)
	}
	in.Recv(bg)
}

func Test_goroutines(t *testing.T) {
	leftmost := goChan[int](0)
	left, right := leftmost, leftmost
	for range 10000 {
		right = goChan[int](0)
		go func(left, right *runnel.Chan[int]) {
			v, _ := right.Recv(bg)
			mustSend(t, left, v)
		}(left, right)
		left = right
	}
	go mustSend(t, right, 1)
	if v, err := leftmost.Recv(bg); v != 1 || err != nil {
		t.Error(v, err)
	}
}

func Test_sieve1(t *testing.T) {
	ctx, cancel := context.WithCancel(bg)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	filter := func(in, out *runnel.Chan[int], prime int) {
		for i := range in.All(ctx) {
			if i%prime != 0 && out.Send(ctx, i) != nil {
				return
			}
		}
	}
	ch := goChan[int](0)
	all.Go(func() {
		for i := 2; ch.Send(ctx, i) == nil; i++ {
		}
	})
	in := ch
	for _, want := range []int{2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97} {
		prime, err := in.Recv(ctx)
		if prime != want || err != nil {
			t.Fatal(prime, "!=", want, err)
		}
		from, to := in, goChan[int](0)
		all.Go(func() { filter(from, to, prime) })
		in = to
	}
}

func Test_zerosize(t *testing.T) {
	for _, n := range []int{0, 1} {
		c, d := goChan[[0]byte](n), goChan[struct{}](n)
		go mustSend(t, c, [0]byte{})
		go mustSend(t, d, struct{}{})
		if _, err := c.Recv(bg); err != nil {
			t.Error(err)
		}
		if _, err := d.Recv(bg); err != nil {
			t.Error(err)
		}
	}
}

// Receivers and senders of several types, first with a receiver that waits, then with a
// sender that does.
func Test_nonblock(t *testing.T) {
	nonblock[int32](t, 123, 234)
	nonblock[int64](t, 123456, 234567)
	nonblock(t, true, true)
	nonblock(t, "hello", "hello again")
}

func nonblock[T comparable](t *testing.T, there, back T) {
	synctest.Test(t, func(t *testing.T) {
		for n := range 2 {
			c := goChan[T](n)
			if _, err := c.TryRecv(); err != runnel.ErrEmpty {
				t.Error("empty channel:", err)
			}
			received := begin(func() {
				if v, err := c.Recv(bg); v != there || err != nil {
					t.Error("received", v, err)
				}
			})
			if err := c.TrySend(there); err != nil || !received() {
				t.Error("a receiver waits, but the send was not done:", err)
			}
			sent := begin(func() { mustSend(t, c, back) })
			if sent() != (n > 0) {
				t.Error("with a buffer of", n, "the sender was done:", sent())
			}
			mustTake(t, c, back)
			if !sent() {
				t.Error("the value was received, but the sender still waits")
			}
		}
	})
}

// A select never does two of its cases: no value arrives twice.
func Test_doubleselect(t *testing.T) {
	const iterations = 20000
	c := []*runnel.Chan[int]{goChan[int](0), goChan[int](0), goChan[int](0), goChan[int](0)}
	cmux := goChan[int](0)
	go func() {
		cases := make([]*runnel.SendCase[int], 4)
		for k := range c {
			cases[k] = runnel.SendTo(c[k], 0)
			defer c[k].Close()
		}
		for i := range iterations {
			for _, s := range cases {
				s.Set(i)
			}
			runnel.Select(bg, cases[0], cases[1], cases[2], cases[3])
		}
	}()
	for k, out := range cmux.Producers(4) {
		go func() {
			for v := range c[k].All(bg) {
				mustSend(t, out, v)
			}
			out.Close()
		}()
	}
	seen := make(map[int]bool)
	for v := range cmux.All(bg) {
		if seen[v] {
			t.Fatal("got duplicate value:", v)
		}
		seen[v] = true
	}
	if len(seen) != iterations {
		t.Fatal("got", len(seen), "values of", iterations)
	}
}

// Test_select5's generated programs: c is ready, whatever stands beside it must not matter.
func Test_select5(t *testing.T) {
	c, dummy := goChan[int](1), goChan[int](0)
	var none *runnel.Chan[int]
	beside := []runnel.Case{
		runnel.SendTo(dummy, 1), runnel.RecvFrom(dummy), runnel.SendTo(none, 1), runnel.RecvFrom(none), nil,
	}
	send, recv := runnel.SendTo(c, 0), runnel.RecvFrom(c)
	for set := range 1 << len(beside) {
		for at := range 2 {
			for n, choose := range selects {
				send.Set(set)
				mustChoose(t, n, choose, send, subset(beside, set, at, send))
				mustChoose(t, n, choose, recv, subset(beside, set, at, recv))
				if v, err := recv.Value(); v != set || err != nil {
					t.Fatal("have", v, err, "want", set)
				}
			}
			if _, err := runnel.TrySelect(subset(beside, set, at, nil)...); err != runnel.ErrNotReady {
				t.Fatal("a select without a ready case:", err)
			}
		}
	}
}

var selects = map[string]func(...runnel.Case) (runnel.Case, error){
	"TrySelect":      runnel.TrySelect,
	"Select":         func(c ...runnel.Case) (runnel.Case, error) { return runnel.Select(bg, c...) },
	"SelectPriority": func(c ...runnel.Case) (runnel.Case, error) { return runnel.SelectPriority(bg, c...) },
}

func mustChoose(t *testing.T, name string, choose func(...runnel.Case) (runnel.Case, error), want runnel.Case, cases []runnel.Case) {
	t.Helper()
	if c, err := choose(cases...); c != want || err != nil {
		t.Fatalf("%s chose %v, %v of %v", name, c, err, cases)
	}
}

// subset gives the cases whose bits are set, with c first (at 0) or last.
func subset(all []runnel.Case, bits, at int, c runnel.Case) (cases []runnel.Case) {
	if at == 0 {
		cases = append(cases, c)
	}
	for i := range all {
		if bits>>i&1 == 1 {
			cases = append(cases, all[i])
		}
	}
	if at == 1 {
		cases = append(cases, c)
	}
	return cases
}

func Test_select(t *testing.T) {
	counter, shift := 0, uint(0)
	value := func() uint {
		counter++
		return 1 << shift
	}
	send := func(a, b *runnel.Chan[uint]) (i int) {
		x, y := runnel.SendTo(a, 0), runnel.SendTo(b, 0)
		cases := []runnel.Case{x, y}
		for {
			x.Set(value())
			y.Set(value())
			c, err := runnel.TrySelect(cases...)
			if err != nil {
				return i
			}
			i++
			switchOff(cases, c)
			shift++
		}
	}
	a, b := goChan[uint](1), goChan[uint](1)
	if v := send(a, b); v != 2 {
		t.Fatal("send returned", v, "!= 2")
	}
	av, _ := a.TryRecv()
	bv, _ := b.TryRecv()
	if av|bv != 3 {
		t.Fatal("bad values", av, bv)
	}
	if v := send(a, nil); v != 1 {
		t.Fatal("send returned", v, "!= 1")
	}
	if counter != 10 {
		t.Fatal("counter is", counter, "!= 10")
	}
}

// 20,000 selects leave nothing behind in the channel that is never ready.
func Test_select2(t *testing.T) {
	const n = 20000
	c, dummy := goChan[int](0), goChan[int](0)
	round := func() uint64 {
		go func() {
			for range n {
				mustSend(t, c, 1)
			}
		}()
		for range n {
			runnel.Select(bg, runnel.RecvFrom(c), runnel.RecvFrom(dummy))
		}
		runtime.GC()
		runtime.GC() // what a collection under way had spared
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, after := round(), round()
	if after > before && after-before > 5e5 { // a waiter left behind by each would be over 1e6
		t.Errorf("too much memory for %d selects: %d", n, after-before)
	}
	if s := dummy.Stats(); s.ReceiversWaiting != 0 {
		t.Errorf("%d selects still wait", s.ReceiversWaiting)
	}
}

func Test_select3(t *testing.T) {
	var none *runnel.Chan[int]
	shut := goChan[int](0)
	shut.Close()
	sendNone, recvNone := runnel.SendTo(none, 7), runnel.RecvFrom(none)
	for _, cases := range [][]runnel.Case{
		{sendNone}, {recvNone}, {recvNone, sendNone}, {}, {nil},
		{runnel.RecvFrom(goChan[int](0))}, {runnel.SendTo(goChan[int](0), 1)},
	} {
		mustBlock(t, cases)
	}
	self := goChan[int](0)
	mustBlock(t, []runnel.Case{runnel.SendTo(self, 1), runnel.RecvFrom(self)})

	send, recv := runnel.SendTo(shut, 7), runnel.RecvFrom(shut)
	for name, choose := range selects {
		mustChoose(t, name, choose, send, []runnel.Case{sendNone, send})
		mustChoose(t, name, choose, recv, []runnel.Case{recv, recvNone})
	}
	if v, err := recv.Value(); v != 0 || err != runnel.ErrClosed || send.Err() != runnel.ErrClosed {
		t.Error("closed channel:", v, err, send.Err())
	}
}

// mustBlock expects a select to block until its context ends.
func mustBlock(t *testing.T, cases []runnel.Case) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if _, err := runnel.TrySelect(cases...); err != runnel.ErrNotReady {
			t.Error("TrySelect:", err)
		}
		ctx, cancel := context.WithTimeout(bg, time.Second)
		defer cancel()
		ended := begin(func() {
			if c, err := runnel.Select(ctx, cases...); c != nil || err != context.DeadlineExceeded {
				t.Error("a select without a ready case gave", c, err)
			}
		})
		if ended() {
			t.Error("a select without a ready case did not block")
		}
		time.Sleep(time.Second)
		if !ended() {
			t.Error("the end of the context did not end the select")
		}
	})
}

// A case that is not chosen keeps what it had.
func Test_select4(t *testing.T) {
	c, c1 := goChan[int](1), goChan[int](0)
	mustSend(t, c, 42)
	x, other := runnel.RecvFrom(c), runnel.RecvFrom(c1)
	runnel.Select(bg, other, x)
	if v, err := x.Value(); v != 42 || err != nil {
		t.Error("received", v, err)
	}
	if v, err := other.Value(); v != 0 || err != nil {
		t.Error("the other case has", v, err)
	}
}

// A select that is chosen by c2 gives its place in the queue of c1 to those behind it.
func Test_select6(t *testing.T) {
	c1, c2, c3 := goChan[bool](0), goChan[bool](0), goChan[bool](0)
	var wg sync.WaitGroup
	wg.Go(func() { c1.Recv(bg) })
	wg.Go(func() {
		first := runnel.RecvFrom(c1)
		if c, _ := runnel.Select(bg, first, runnel.RecvFrom(c2)); c == first {
			t.Error("the select received from c1, on which nobody sends yet")
		}
		mustSend(t, c3, true)
		c1.Recv(bg)
	})
	wg.Go(func() { mustSend(t, c2, true) })
	c3.Recv(bg)
	mustSend(t, c1, true, true)
	wg.Wait()
}

// Every way of receiving meets every way of sending.
func Test_select7(t *testing.T) {
	receives := []func(c *runnel.Chan[int]) (int, error){
		func(c *runnel.Chan[int]) (int, error) { return c.Recv(bg) },
		func(c *runnel.Chan[int]) (int, error) {
			r := runnel.RecvFrom(c)
			runnel.Select(bg, r)
			return r.Value()
		},
		func(c *runnel.Chan[int]) (int, error) {
			r := runnel.RecvFrom(c)
			runnel.Select(bg, r, runnel.RecvFrom(goChan[int](0)))
			return r.Value()
		},
	}
	sends := []func(c *runnel.Chan[int]){
		func(c *runnel.Chan[int]) { c.Send(bg, 1) },
		func(c *runnel.Chan[int]) { runnel.Select(bg, runnel.SendTo(c, 1)) },
		func(c *runnel.Chan[int]) { runnel.Select(bg, runnel.SendTo(c, 1), runnel.SendTo(goChan[int](0), 1)) },
	}
	for i, receive := range receives {
		for j, send := range sends {
			synctest.Test(t, func(t *testing.T) {
				c := goChan[int](0)
				received := begin(func() {
					if v, err := receive(c); v != 1 || err != nil {
						t.Errorf("receive %d from send %d: %v, %v", i, j, v, err)
					}
				})
				send(c)
				if !received() {
					t.Errorf("receive %d did not end with send %d", i, j)
				}
			})
		}
	}
}

// With a receiver and a sender that are always ready, whatever select is asked takes one.
func Test_select8(t *testing.T) {
	ch := goChan[int](0)
	ctx, cancel := context.WithCancel(bg)
	var wg sync.WaitGroup
	wg.Go(func() {
		for ch.Send(ctx, 5) == nil {
		}
	})
	recv, send := runnel.RecvFrom(ch), runnel.SendTo(ch, 10)
	for range 100 {
		if c, err := runnel.Select(bg, recv); c != recv || err != nil {
			t.Error("Select:", c, err)
		}
		if c, err := runnel.TrySelect(recv, send); c == send {
			t.Error("sent 10 with nobody to receive it:", err)
		}
	}
	if _, err := runnel.TrySelect(); err != runnel.ErrNotReady {
		t.Error("a select of nothing:", err)
	}
	cancel()
	wg.Wait()
}
