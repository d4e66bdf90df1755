package pipe_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// What holds for the stages that keep the order, with more than one worker.

// forOrdered runs a test in a bubble for the mappings that keep the order.
func forOrdered(t *testing.T, test func(t *testing.T, n int, m mapping)) {
	forMappings(t, func(t *testing.T, name string, n int, m mapping) {
		if name == "Map" || name == "FlatMap" {
			test(t, n, m)
		}
	})
}

// script is what happens to a stage, drawn at random.
type script struct {
	delays   []time.Duration // of f, for each value
	fails    []error         // of f, for each value
	pauses   []time.Duration // of the consumer, before each result
	buffered bool            // the input
	end      error           // of the input
	stop     int             // the consumer stops after so many results
}

func newScript(r *rand.Rand) script {
	n := r.IntN(40)
	s := script{delays: make([]time.Duration, n), fails: make([]error, n), pauses: make([]time.Duration, n)}
	slow, bad := r.IntN(6), r.IntN(3) == 0
	for i := range n {
		s.delays[i] = time.Duration(r.IntN(1+slow)) * time.Millisecond
		s.pauses[i] = time.Duration(r.IntN(3)*r.IntN(3)) * time.Millisecond
		if bad && r.IntN(15) == 0 {
			s.fails[i] = fmt.Errorf("bad %d", i)
		}
	}
	s.buffered = r.IntN(2) == 0
	if r.IntN(2) == 0 {
		s.end = errLost
	}
	s.stop = n + 1
	if r.IntN(3) == 0 {
		s.stop = r.IntN(n + 1)
	}
	return s
}

// expect is what one worker makes of it.
func (s script) expect() (want []int, end error) {
	for i, err := range s.fails {
		if i == s.stop {
			return want, errStop
		}
		if err != nil {
			return want, err
		}
		want = append(want, i)
	}
	if len(want) == s.stop {
		return want, errStop
	}
	return want, s.end
}

// play runs the script on a stage with n workers.
func (s script) play(t *testing.T, n int, m mapping) (got []int, end error) {
	in := runnel.New[int]()
	if s.buffered {
		in = runnel.New[int](runnel.Buffer(len(s.delays) + 1))
	}
	runnel.Go(func() {
		in.SendAll(bg, upTo(len(s.delays)))
		in.CloseWith(s.end)
	})
	var running atomic.Int32
	out := m(bg, in, n, func(_ context.Context, v int) (int, error) {
		if r := int(running.Add(1)); r > n {
			t.Errorf("%d calls of f at once, want at most %d", r, n)
		}
		defer running.Add(-1)
		time.Sleep(s.delays[v])
		return v, s.fails[v]
	})
	for {
		synctest.Wait()
		if held := in.Stats().Received - out.Stats().Sent; held > uint64(n) {
			t.Errorf("%d values in the stage, want at most %d", held, n)
		}
		if len(got) == s.stop {
			out.Cancel(errStop)
			end = errStop
			break
		}
		v, err := out.Recv(bg)
		if err != nil {
			if err != runnel.ErrClosed {
				end = err
			}
			break
		}
		got = append(got, v)
		time.Sleep(s.pauses[v])
	}
	time.Sleep(time.Minute) // the last workers end
	mustAccount(t, in, out, s.stop <= len(s.delays) || end != s.end)
	return got, end
}

// Whatever n is, the output is that of one worker.
func TestMapWithAnyNumberOfWorkersIsTheSame(t *testing.T) {
	r := seeded(t)
	rounds := 60
	if testing.Short() {
		rounds = 15
	}
	for i := range rounds {
		s := newScript(r)
		forOrdered(t, func(t *testing.T, n int, m mapping) {
			want, end := s.expect()
			got, gotEnd := s.play(t, n, m)
			if !slices.Equal(got, want) || gotEnd != end {
				t.Errorf("round %d with %d workers, %+v:\n got %v, %v\nwant %v, %v", i, n, s, got, gotEnd, want, end)
			}
		})
	}
}

// n slow calls take the time of one.
func TestMapRunsInParallel(t *testing.T) {
	forMappings(t, func(t *testing.T, name string, n int, m mapping) {
		began := time.Now()
		drain(m(bg, filled(nil, upTo(5*n)...), n, func(_ context.Context, v int) (int, error) {
			time.Sleep(time.Hour)
			return v, nil
		}))
		want := 5 * time.Hour
		if name == "MapKeyed" { // which has five keys
			want = time.Duration(max(5, n)) * time.Hour
		}
		if took := time.Since(began); took != want {
			t.Errorf("%d values with %d workers took %v, want %v", 5*n, n, took, want)
		}
	})
}

// While the first call goes on, the other workers run n-1 values ahead, and no more. Then all
// come back.
func TestMapRunsAheadOfASlowHead(t *testing.T) {
	forOrdered(t, func(t *testing.T, n int, m mapping) {
		var calls atomic.Int32
		in := holding(upTo(100)...)
		out := m(bg, in, n, func(_ context.Context, v int) (int, error) {
			calls.Add(1)
			if v%50 == 0 {
				time.Sleep(time.Hour)
			}
			return v, nil
		})
		for _, want := range []int{0, 50} {
			for v := range want {
				if v >= want-50 {
					got, _ := out.Recv(bg)
					mustEqual(t, "result", got, v)
				}
			}
			synctest.Wait()
			if n > 1 && (int(calls.Load()) != want+n || in.Stats().Received != uint64(want+n)) {
				t.Errorf("%d calls and %d values taken behind slow value %d, want %d", calls.Load(), in.Stats().Received, want, want+n)
			}
		}
		out.Cancel(nil)
		time.Sleep(2 * time.Hour)
	})
}

// A result that has been accepted makes room for a value at once, also while the next result
// waits for the consumer.
func TestMapTakesAValueForEachResult(t *testing.T) {
	forOrdered(t, func(t *testing.T, n int, m mapping) {
		in := counting()
		out := m(bg, in, n, double)
		for k := range 20 {
			synctest.Wait()
			mustEqual(t, "values taken", in.Stats().Received, k+n)
			out.Recv(bg)
		}
		out.Cancel(nil)
	})
}

// A value that failed is told after all before it, however slow they are; meanwhile no further
// value is taken and the input is cancelled.
func TestMapFailureBehindASlowHead(t *testing.T) {
	forOrdered(t, func(t *testing.T, n int, m mapping) {
		if n == 1 {
			return
		}
		in := counting()
		out := m(bg, in, n, func(_ context.Context, v int) (int, error) {
			if v == 0 {
				time.Sleep(time.Hour)
			}
			if v == 1 {
				return 0, errBad
			}
			return v, nil
		})
		synctest.Wait()
		if in.Err() != errBad || out.Stats().Closed {
			t.Errorf("in ended with %v, out closed: %v, want %v and false", in.Err(), out.Stats().Closed, errBad)
		}
		taken := in.Stats().Received
		got, end := drain(out)
		if !slices.Equal(got, []int{0}) || end != errBad {
			t.Errorf("%v, %v, want [0] and %v", got, end, errBad)
		}
		synctest.Wait()
		if more := in.Stats().Received; more > taken {
			t.Errorf("%d values taken after the failure", more-taken)
		}
		if in.Stats().Dropped[runnel.Failed] != 1 {
			t.Errorf("in: %+v, want one value failed", in.Stats())
		}
	})
}

// Of several failures the first in the order of the values ends the stage.
func TestMapFirstFailureInOrderCounts(t *testing.T) {
	forOrdered(t, func(t *testing.T, n int, m mapping) {
		got, end := drain(m(bg, filled(nil, upTo(10)...), n, func(_ context.Context, v int) (int, error) {
			time.Sleep(time.Duration(10-v) * time.Second)
			if v >= 3 {
				return 0, fmt.Errorf("bad %d", v)
			}
			return v, nil
		}))
		time.Sleep(time.Hour)
		if len(got) != 3 || end == nil || end.Error() != "bad 3" {
			t.Errorf("%v, %v, want three values and bad 3", got, end)
		}
	})
}

// Results that lie in the stage when the output ends are counted there.
func TestMapStoppedWithResultsBehindASlowHead(t *testing.T) {
	for what, stop := range map[string]func(out runnel.Receiver[int], end func(error)){
		"consumer": func(out runnel.Receiver[int], _ func(error)) { out.Cancel(errStop) },
		"context":  func(_ runnel.Receiver[int], end func(error)) { end(errStop) },
	} {
		bubble(t, what, func(t *testing.T) {
			ctx, end := context.WithCancelCause(bg)
			in := holding(upTo(100)...)
			out := pipe.Map(ctx, in, 8, func(_ context.Context, v int) (int, error) {
				if v == 0 {
					time.Sleep(time.Hour)
				}
				return v, nil
			})
			var told []int
			out.OnDrop(func(v int, why runnel.Reason) {
				mustEqual(t, "reason", why, runnel.Undelivered)
				told = append(told, v)
			})
			synctest.Wait()
			stop(out, end)
			_, err := drain(out)
			mustBe(t, "end", err, errStop)
			time.Sleep(2 * time.Hour)
			synctest.Wait()
			mustBalance(t, "in", in.Stats(), 100, 8, dropped(runnel.Undelivered, 92))
			mustBalance(t, "out", out.Stats(), 8, 0, dropped(runnel.Undelivered, 8))
			slices.Sort(told)
			mustEqual(t, "values told", told, upTo(8))
		})
	}
}

// When ctx ends, what lies in the stage is accounted for without waiting for a slow head.
func TestMapAccountsForResultsWhenItsContextEnds(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		ctx, end := context.WithCancelCause(bg)
		out := pipe.Map(ctx, holding(0, 1, 2), 4, func(_ context.Context, v int) (int, error) {
			if v == 0 {
				time.Sleep(time.Hour) // deaf to its context
			}
			return v, nil
		})
		synctest.Wait()
		end(errStop)
		synctest.Wait()
		mustBalance(t, "out", out.Stats(), 2, 0, dropped(runnel.Undelivered, 2))
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		mustBalance(t, "out", out.Stats(), 3, 0, dropped(runnel.Undelivered, 3))
	})
}

// finishes fails with all stacks if f has not ended after a time that no machine needs.
func finishes(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(60 * time.Second):
		stacks := make([]byte, 1<<20)
		t.Fatalf("no end in sight\n%s", stacks[:runtime.Stack(stacks, true)])
	}
}

// crew lets those who come by wait for each other, n at a time.
type crew struct {
	mu   sync.Mutex
	n    int
	here int
	all  chan struct{}
}

func (c *crew) meet() {
	c.mu.Lock()
	if c.all == nil {
		c.all = make(chan struct{})
	}
	all := c.all
	if c.here++; c.here == c.n {
		c.here, c.all = 0, nil
		close(all)
	}
	c.mu.Unlock()
	<-all
}

// No worker sleeps for ever: after any series of bursts and pauses of the producer, of f and
// of the consumer, all n work at the same time again. A wake-up that is lost makes this hang.
func TestMapWakesItsWorkers(t *testing.T) {
	values := 6000
	if testing.Short() {
		values = 1500
	}
	for _, size := range []int{0, 1, 16} {
		for _, n := range []int{2, 3, 8} {
			t.Run(fmt.Sprintf("buffer %d workers %d", size, n), func(t *testing.T) {
				finishes(t, func() { wakeWorkers(t, seeded(t), values, size, n) })
			})
		}
	}
}

func wakeWorkers(t *testing.T, r *rand.Rand, values, size, n int) {
	var opts []runnel.Option
	if size > 0 {
		opts = append(opts, runnel.Buffer(size))
	}
	in, pulse := runnel.New[int](opts...), runnel.New[struct{}]()
	runnel.Go(func() {
		for pulse.Send(bg, struct{}{}) == nil {
			runtime.Gosched()
		}
	})
	defer pulse.Cancel(nil)
	bursts := func(r *rand.Rand) func() {
		left := 0
		return func() {
			if left--; left < 0 {
				left = r.IntN(30)
				pulse.Recv(bg)
			}
		}
	}
	sending, receiving := bursts(rand.New(rand.NewPCG(r.Uint64(), 1))), bursts(rand.New(rand.NewPCG(r.Uint64(), 2)))
	runnel.Go(func() {
		for i := range values {
			sending()
			in.Send(bg, i)
		}
		in.Close()
	})
	all, salt := &crew{n: n}, r.IntN(1000)
	out := pipe.Map(bg, in, n, func(_ context.Context, v int) (int, error) {
		switch h := (v*7919 + salt) % 23; {
		case v%100 < n && v < values/100*100:
			all.meet()
		case h < 3:
			pulse.Recv(bg)
		case h < 8:
			runtime.Gosched()
		}
		return v, nil
	}, opts...)
	for i := range values {
		receiving()
		if v, err := out.Recv(bg); v != i || err != nil {
			t.Errorf("result %d: %d, %v", i, v, err)
			out.Cancel(nil)
			return
		}
	}
	if _, err := out.Recv(bg); err != runnel.ErrClosed {
		t.Errorf("end: %v, want %v", err, runnel.ErrClosed)
	}
}

// Stages begin, work and are stopped at random moments from all sides, on real threads: all
// their goroutines end, and the accounts are exact.
func TestMapStoppedAtAnyMoment(t *testing.T) {
	rounds := 1500
	if testing.Short() {
		rounds = 300
	}
	r := seeded(t)
	finishes(t, func() {
		for i := range rounds {
			stopAtAnyMoment(t, i, rand.New(rand.NewPCG(r.Uint64(), 0)))
		}
	})
}

func stopAtAnyMoment(t *testing.T, round int, r *rand.Rand) {
	ctx, end := context.WithCancelCause(bg)
	in := runnel.New[int]()
	var calls, ended atomic.Int64
	bad := r.IntN(60)
	m := mappings[[]string{"Map", "FlatMap", "MapKeyed"}[round%3]]
	out := m(ctx, in, 2+r.IntN(4), func(_ context.Context, v int) (int, error) {
		calls.Add(1)
		defer ended.Add(1)
		if v%3 == 0 {
			runtime.Gosched()
		}
		if v == bad {
			return 0, errBad
		}
		return v, nil
	})
	sent := make(chan uint64)
	go func() {
		n := uint64(0)
		for in.Send(bg, int(n)) == nil {
			n++
		}
		sent <- n
	}()
	stop := r.IntN(40)
	switch kind := r.IntN(3); kind {
	case 0:
		go func() {
			for ended.Load() < int64(stop) && !out.Stats().Closed {
				runtime.Gosched()
			}
			end(errStop)
		}()
	case 1:
		for range stop {
			out.Recv(bg)
		}
		out.Cancel(errStop)
	}
	got, err := drain(out)
	if !errors.Is(err, errStop) && err != errBad {
		t.Errorf("round %d ended with %v after %v", round, err, got)
	}
	n := <-sent
	end(nil)
	balanced := func() bool { // as soon as the last worker has ended
		i, o := in.Stats(), out.Stats()
		return i.Sent == n && i.Sent == i.Received+i.Dropped.Total() && o.Sent == o.Received+o.Dropped.Total() &&
			o.Sent <= i.Received && calls.Load() == ended.Load() && (round%3 == 1 || o.Sent == i.Received)
	}
	for !balanced() {
		runtime.Gosched()
	}
}
