package flow_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// lasting is a function that takes some random time for each value.
func lasting(seed uint64) func(context.Context, int) (int, error) {
	draw := rand.New(rand.NewPCG(seed, 0))
	mu := runnel.Mutex{}
	return func(ctx context.Context, v int) (int, error) {
		mu.Lock()
		d := time.Duration(draw.IntN(1000)) * time.Millisecond
		mu.Unlock()
		return v, runnel.Sleep(ctx, d)
	}
}

// Whatever the calls take, Ordered gives the results in the order of the messages.
func TestOrdered(t *testing.T) {
	for n := 1; n <= 8; n++ {
		synctest.Test(t, func(t *testing.T) {
			var got []int
			g := flow.New("ordered").
				Add("numbers", numbers(200)).
				Add("slow", flow.Step(lasting(uint64(n))), flow.Parallel(n), flow.Ordered()).
				Add("store", flow.Sink(collect(&got))).
				Connect("numbers", "slow", runnel.Buffer(n)).
				Connect("slow", "store")
			f := must(g.Start(t.Context()))(t)
			if err := f.Wait(); err != nil {
				t.Fatal(err)
			}
			mustBeSeq(t, got, 200, 1)
			mustBalance(t, f.Status())
			if took := f.Status().Age; n == 8 && took > 60*time.Second {
				t.Errorf("eight workers took %v for some 100 s of calls", took)
			}
		})
	}
}

// A message that gives several values keeps them together, one that gives none or fails passes
// its turn on.
func TestOrderedFlatAndFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got, want []string
		sleep := lasting(7)
		flat := func(ctx context.Context, v int, emit func(string) error) error {
			for i := range v % 4 {
				if _, err := sleep(ctx, v); err != nil {
					return err
				}
				if err := emit(fmt.Sprint(v, ".", i)); err != nil {
					return err
				}
			}
			if v%5 == 0 {
				panic(errBad)
			}
			return nil
		}
		for v := range 60 {
			for i := range v % 4 {
				want = append(want, fmt.Sprint(v, ".", i))
			}
		}
		g := flow.New("flat").
			Add("numbers", numbers(60)).
			Add("flat", flow.FlatStep(flat), flow.Parallel(5), flow.Ordered(), flow.Skip()).
			Add("store", flow.Sink(collect(&got))).
			Connect("numbers", "flat").
			Connect("flat", "store")
		f := must(g.Start(t.Context()))(t)
		if err := f.Wait(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %v\nwant %v", got, want)
		}
		mustBalance(t, f.Status())
	})
}

// keyed is a value with its key.
type keyed struct{ key, n int }

// keyedSource gives values of some keys, each key with 0, 1, 2 …
func keyedSource(n, keys int) flow.Proc {
	return flow.Source(func(_ context.Context, emit func(keyed) error) error {
		draw := rand.New(rand.NewPCG(1, 2))
		next := make([]int, keys)
		for range n {
			k := draw.IntN(keys)
			if err := emit(keyed{k, next[k]}); err != nil {
				return err
			}
			next[k]++
		}
		return nil
	})
}

func keyOf(v keyed) int { return v.key }

// Messages of one key are worked on one after the other, in order; others meanwhile.
func TestKeyed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, keys, workers = 400, 7, 20
		var busy [keys]atomic.Int32
		var running, most atomic.Int32
		sleep := lasting(3)
		work := func(ctx context.Context, v keyed) (keyed, error) {
			if busy[v.key].Add(1) > 1 {
				t.Errorf("two messages of key %d at once", v.key)
			}
			most.Store(max(most.Load(), running.Add(1)))
			defer func() { busy[v.key].Add(-1); running.Add(-1) }()
			_, err := sleep(ctx, 0)
			return v, err
		}
		var next [keys]int
		g := flow.New("keyed").
			Add("values", keyedSource(n, keys)).
			Add("work", flow.Step(work), flow.Parallel(workers), flow.Keyed(keyOf)).
			Add("store", flow.Sink(func(_ context.Context, v keyed) error {
				if v.n != next[v.key] {
					t.Errorf("key %d: %d came, want %d", v.key, v.n, next[v.key])
				}
				next[v.key]++
				return nil
			})).
			Connect("values", "work").
			Connect("work", "store")
		f := must(g.Start(t.Context()))(t)
		if err := f.Wait(); err != nil {
			t.Fatal(err)
		}
		if most.Load() < keys-1 || most.Load() > keys {
			t.Errorf("at most %d ran at once, of %d keys", most.Load(), keys)
		}
		mustBalance(t, f.Status())
	})
}

// NaN is no key that could be found again, and what cannot be compared fails.
func TestKeyedOddKeys(t *testing.T) {
	key := func(v int) any {
		switch v % 3 {
		case 0:
			return math.NaN()
		case 1:
			return []int{v}
		}
		return v
	}
	g := flow.New("odd").
		Add("numbers", numbers(30)).
		Add("work", flow.Sink(ignore), flow.Parallel(3), flow.Keyed(key), flow.Skip()).
		Connect("numbers", "work")
	f := must(g.Start(bg))(t)
	if err := f.Wait(); err != nil {
		t.Fatal(err)
	}
	mustBalance(t, f.Status())
	if p := f.Status().Process("work"); p.Done != 20 || p.Failed != 10 {
		t.Errorf("%+v", p)
	}
}

// The time of a call begins with the call, not with the wait for its turn.
func TestKeyedTimeoutIsOfTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(ctx context.Context, _ int) error { return runnel.Sleep(ctx, 10*time.Second) }
		g := flow.New("slow").
			Add("numbers", numbers(4)).
			Add("work", flow.Sink(slow), flow.Parallel(4), flow.Timeout(15*time.Second),
				flow.Keyed(func(int) string { return "all" })).
			Connect("numbers", "work")
		f := must(g.Start(t.Context()))(t)
		if err := f.Wait(); err != nil || f.Status().Age != 40*time.Second {
			t.Errorf("ended with %v after %v", err, f.Status().Age)
		}
	})
}

// A call does not begin in a pause, though its message has been taken before.
func TestPauseHoldsWhoWaitsForATurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		slow := func(ctx context.Context, _ int) error {
			calls.Add(1)
			return runnel.Sleep(ctx, time.Second)
		}
		g := flow.New("slow").
			Add("numbers", numbers(3)).
			Add("work", flow.Sink(slow), flow.Parallel(3), flow.Keyed(func(int) string { return "all" })).
			Connect("numbers", "work")
		f := must(g.Start(t.Context()))(t)
		synctest.Wait()
		mustDo(t, f, "work", flow.InStep, flow.Queued, flow.Queued)
		if err := f.Pause("work"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := calls.Load(); n != 1 {
			t.Errorf("%d calls have begun", n)
		}
		mustDo(t, f, "work", flow.Resting, flow.Resting, flow.Queued)
		f.Resume()
		if err := f.Wait(); err != nil || calls.Load() != 3 {
			t.Errorf("ended with %v after %d calls", err, calls.Load())
		}
	})
}

// mustDo expects the workers of a process to do this, in some order.
func mustDo(t *testing.T, f *flow.Flow, process string, want ...flow.Activity) {
	t.Helper()
	var got []flow.Activity
	for _, w := range f.Status().Process(process).Workers {
		got = append(got, w.Activity)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the workers of %s are %v, want %v", process, got, want)
	}
}

// Never more calls than processors compute, however many workers there are, and a call that waits
// for room lets another one go on.
func TestCompute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		compute := func(ctx context.Context) error {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			return runnel.Sleep(ctx, time.Second)
		}
		twice := func(ctx context.Context, v int, emit func(int) error) error {
			for range 2 {
				if err := compute(ctx); err != nil {
					return err
				}
				if err := emit(v); err != nil {
					return err
				}
			}
			return compute(ctx)
		}
		got := 0
		g := flow.New("compute").
			Add("numbers", numbers(40)).
			Add("twice", flow.FlatStep(twice), flow.Parallel(12), flow.Workload(flow.Compute)).
			Add("again", flow.FlatStep(twice), flow.Parallel(12), flow.Workload(flow.Compute), flow.Ordered()).
			Add("store", flow.Sink(func(ctx context.Context, _ int) error { got++; return compute(ctx) }), flow.Workload(flow.Compute)).
			Connect("numbers", "twice").
			Connect("twice", "again").
			Connect("again", "store")
		f := must(g.Start(t.Context()))(t)
		if err := f.Wait(); err != nil {
			t.Fatal(err)
		}
		if limit := runtime.GOMAXPROCS(0); got != 160 || int(most.Load()) != min(limit, 25) {
			t.Errorf("got %d values, %d calls at once, want %d", got, most.Load(), limit)
		}
		mustBalance(t, f.Status())
	})
}

// Status tells who waits for the right to compute, and a stop does not wait for that.
func TestComputeStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := runtime.GOMAXPROCS(0)
		hour := func(ctx context.Context, _ int) error { return runnel.Sleep(ctx, time.Hour) }
		g := flow.New("hours").
			Add("numbers", numbers(n+1)).
			Add("work", flow.Sink(hour), flow.Parallel(n+1), flow.Workload(flow.Compute)).
			Connect("numbers", "work")
		f := must(g.Start(t.Context()))(t)
		synctest.Wait()
		want := []flow.Activity{flow.Limited}
		for range n {
			want = append(want, flow.InStep)
		}
		mustDo(t, f, "work", want...)
		now, end := context.WithCancel(bg)
		end()
		s := f.Stop(now)
		mustBalance(t, s)
		if s.Dropped()[runnel.Undelivered] != uint64(n+1) || s.Age != 0 {
			t.Errorf("%v after %v", s, s.Age)
		}
	})
}

// A source that computes gives its right back while it waits for room.
func TestComputeSource(t *testing.T) {
	var got []int
	g := flow.New("source").
		Add("numbers", numbers(100), flow.Workload(flow.Compute)).
		Add("double", flow.Step(double), flow.Workload(flow.Compute)).
		Add("store", flow.Sink(collect(&got)), flow.Workload(flow.Compute)).
		Connect("numbers", "double").
		Connect("double", "store")
	if err := g.Run(bg); err != nil {
		t.Fatal(err)
	}
	mustBeSeq(t, got, 100, 2)
}

// What does not go together is said before anything starts.
func TestCheckParallel(t *testing.T) {
	key := func(s string) string { return s }
	g := flow.New("wrong").
		Add("numbers", numbers(1), flow.Ordered(), flow.Parallel(2)).
		Add("both", flow.Step(double), flow.Ordered(), flow.Keyed(func(v int) int { return v }), flow.Parallel(2)).
		Add("alone", flow.Step(double), flow.Ordered()).
		Add("types", flow.Step(double), flow.Keyed(key), flow.Parallel(2)).
		Add("nil", flow.Step(double), flow.Keyed[int, int](nil), flow.Parallel(2)).
		Add("halve", halving(), flow.Ordered(), flow.Prefer("agein", "again", "again")).
		Add("load", flow.Sink(ignore), flow.Workload(7), flow.Prefer()).
		Connect("numbers", "both").Connect("both", "alone").Connect("alone", "types").
		Connect("types", "nil").Connect("nil", "halve.fresh").Connect("halve.back", "halve.again").
		Connect("halve.out", "load")
	want := `flow: graph "wrong": 10 mistakes:
	numbers: Ordered goes with inputs: a source takes no messages
	both: Ordered and Keyed: want one of them
	alone: Ordered without Parallel: one worker keeps the order by itself
	types: Keyed has keys of string, the input in takes int
	nil: Keyed: the function is nil
	halve: Ordered does not go with a state: one worker keeps the order by itself
	halve: Prefer: halve has no input "agein"; did you mean "again"?
	halve: Prefer: "again" twice
	load: Workload(Load(7)): want Mixed, IO or Compute
	load: Prefer(): want inputs`
	if err := g.Check(); err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}

// A result whose turn has not come when the flow stops is counted on the edge that it was for.
func TestStopCountsWhoWaitsForATurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := func(ctx context.Context, v int) (int, error) {
			if v > 0 {
				return v, nil
			}
			return v, runnel.Sleep(ctx, time.Hour)
		}
		g := flow.New("waits").
			Add("numbers", numbers(3)).
			Add("work", flow.Step(first), flow.Parallel(3), flow.Ordered()).
			Add("store", flow.Sink(ignore)).
			Connect("numbers", "work").
			Connect("work", "store")
		f := must(g.Start(t.Context()))(t)
		synctest.Wait()
		mustDo(t, f, "work", flow.InStep, flow.Queued, flow.Queued)
		now, end := context.WithCancel(bg)
		end()
		s := f.Stop(now)
		mustBalance(t, s)
		if e := s.Edge("work.out", "store.in"); e.Sent != 2 || e.Dropped[runnel.Undelivered] != 2 {
			t.Errorf("%v", e.Stats)
		}
	})
}
