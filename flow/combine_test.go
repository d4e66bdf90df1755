package flow_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// Features together, each of which has tests of its own.

// tryEach makes so many attempts, with waits between.
func tryEach(attempts int) flow.ProcOption {
	return flow.Retry(runnel.Backoff{Attempts: attempts, First: time.Second, Max: time.Second})
}

// fallible is a function that fails on some values in the first attempts.
type fallible struct {
	calls [10]atomic.Int32
	fails map[int]int32
}

func (x *fallible) call(v int) error {
	if x.calls[v].Add(1) <= x.fails[v] {
		return errBad
	}
	return nil
}

// A message keeps its turn in the back-off, and what comes behind it waits with its result.
func TestCombineRetryOrdered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int
		x := fallible{fails: map[int]int32{0: 2, 4: 1, 5: 3}}
		work := func(_ context.Context, v int) (int, error) { return v, x.call(v) }
		g := flow.New("tried").
			Add("numbers", numbers(8)).
			Add("work", flow.Step(work), flow.Parallel(3), flow.Ordered(), tryEach(4)).
			Add("store", flow.Sink(collect(&got))).
			Connect("numbers", "work").
			Connect("work", "store")
		f := must(g.Start(t.Context()))(t)
		synctest.Wait()
		mustDo(t, f, "work", flow.Retrying, flow.Queued, flow.Queued)
		if n := f.Status().Process("store").Done; n > 0 {
			t.Errorf("%d have passed the first", n)
		}
		if err := f.Wait(); err != nil {
			t.Fatal(err)
		}
		mustBeSeq(t, got, 8, 1)
		s := f.Status()
		mustBalance(t, s)
		if p := s.Process("work"); p.Retried != 6 || p.Failed != 0 || p.Done != 8 {
			t.Errorf("%+v", p)
		}
	})
}

// An attempt that fails in the middle of its outputs keeps its turn too: all that its message gives
// stands together. One that fails for good passes it on.
func TestCombineRetryOrderedInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		x := fallible{fails: map[int]int32{0: 1, 2: 9}}
		work := func(_ context.Context, v int, emit func(string) error) error {
			if err := emit(fmt.Sprint(v, "a")); err != nil {
				return err
			}
			if err := x.call(v); err != nil {
				return err
			}
			return emit(fmt.Sprint(v, "b"))
		}
		g := flow.New("middle").
			Add("numbers", numbers(4)).
			Add("work", flow.FlatStep(work), flow.Parallel(4), flow.Ordered(), tryEach(2), flow.Skip()).
			Add("store", flow.Sink(collect(&got))).
			Connect("numbers", "work").
			Connect("work", "store")
		f := must(g.Start(t.Context()))(t)
		synctest.Wait()
		mustDo(t, f, "work", flow.Retrying, flow.Queued, flow.Queued, flow.Queued)
		if err := f.Wait(); err != nil {
			t.Fatal(err)
		}
		if s := fmt.Sprint(got); s != "[0a 0a 0b 1a 1b 2a 2a 3a 3b]" {
			t.Errorf("got %v", s)
		}
		mustBalance(t, f.Status())
	})
}

// A key is busy while a message of it waits for its next attempt; the others go on meanwhile.
func TestCombineRetryKeyed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int
		x := fallible{fails: map[int]int32{0: 2}}
		work := func(_ context.Context, v int) (int, error) { return v, x.call(v) }
		g := flow.New("tried").
			Add("numbers", numbers(6)).
			Add("work", flow.Step(work), flow.Parallel(4), tryEach(3),
				flow.Keyed(func(v int) bool { return v%2 == 0 })).
			Add("store", flow.Sink(collect(&got))).
			Connect("numbers", "work").
			Connect("work", "store")
		f := must(g.Start(t.Context()))(t)
		synctest.Wait()
		mustDo(t, f, "work", flow.Retrying, flow.Queued, flow.Queued, flow.Gone)
		if n := f.Status().Process("store").Done; n != 3 || x.calls[2].Load() > 0 {
			t.Errorf("got %d, %d calls of the next of the key", n, x.calls[2].Load())
		}
		if err := f.Wait(); err != nil || fmt.Sprint(got) != "[1 3 5 0 2 4]" {
			t.Errorf("ended with %v, got %v", err, got)
		}
		mustBalance(t, f.Status())
	})
}

// Also a message whose key could not be told keeps its place.
func TestCombineRetryKeyPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int
		x := fallible{fails: map[int]int32{1: 2}}
		key := func(v int) string {
			if err := x.call(v); err != nil {
				panic(err)
			}
			return "all"
		}
		g := flow.New("keys").
			Add("numbers", numbers(5)).
			Add("work", flow.Step(pass), flow.Parallel(3), tryEach(3), flow.Keyed(key)).
			Add("store", flow.Sink(collect(&got))).
			Connect("numbers", "work").
			Connect("work", "store")
		f := must(g.Start(t.Context()))(t)
		if err := f.Wait(); err != nil {
			t.Fatal(err)
		}
		mustBeSeq(t, got, 5, 1)
		mustBalance(t, f.Status())
	})
}

// version is a step that takes some time, and marks what it gives.
func version(n int) flow.Proc {
	sleep := lasting(uint64(n))
	return flow.Step(func(ctx context.Context, v int) (int, error) {
		_, err := sleep(ctx, v)
		return 1000*n + v, err
	})
}

// Workers come and go, and functions change, while messages have an order: they keep it, in all or
// for each key, and none is lost. What comes later is not handled by an earlier version.
func TestCombineScaleSwap(t *testing.T) {
	const n, changes = 120, 12
	for _, c := range []struct {
		order flow.ProcOption
		keys  int
	}{
		{flow.Ordered(), 1},
		{flow.Keyed(func(v int) int { return v % 3 }), 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			var got []int
			g := flow.New("changes").
				Add("numbers", numbers(n)).
				Add("work", version(0), flow.Parallel(2), c.order).
				Add("store", flow.Sink(collect(&got))).
				Connect("numbers", "work", runnel.Buffer(2)).
				Connect("work", "store", runnel.Buffer(1))
			f := must(g.Start(t.Context()))(t)
			for i := range changes {
				time.Sleep(300 * time.Millisecond)
				if err := errors.Join(f.Scale("work", []int{5, 1, 8, 3}[i%4]), f.Swap("work", version(i+1))); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.Wait(); err != nil {
				t.Fatal(err)
			}
			s := f.Status()
			mustBalance(t, s)
			if p := s.Process("work"); p.Done != n || p.Swaps != changes || len(got) != n || s.Dropped().Total() > 0 {
				t.Errorf("got %d values: %v", len(got), s)
			}
			mustKeepOrder(t, got, c.keys)
			if last := slices.Max(got) / 1000; last != changes {
				t.Errorf("the last version is %d", last)
			}
		})
	}
}

// mustKeepOrder expects that the values of each key, marked with a version, are all there and rise,
// and that their versions do not fall.
func mustKeepOrder(t *testing.T, got []int, keys int) {
	t.Helper()
	next, latest := make([]int, keys), make([]int, keys)
	for _, marked := range got {
		v, version := marked%1000, marked/1000
		k := v % keys
		if v != next[k]*keys+k || version < latest[k] {
			t.Fatalf("%d is out of order in %v", marked, got)
		}
		next[k]++
		latest[k] = version
	}
}

// held is a channel that holds 0, 1, 2.
func held() *runnel.Chan[int] {
	ch := runnel.New[int](runnel.Buffer(3))
	for v := range 3 {
		ch.TrySend(v)
	}
	return ch
}

// A channel that ends with a cause fails the process, after what it held; plainly, it is the plain
// end of the process; cancelled, it holds nothing any more.
func TestCombineFromEnds(t *testing.T) {
	for _, c := range []struct {
		name   string
		end    func(*runnel.Chan[int])
		values int
		cause  error
	}{
		{"closed", func(ch *runnel.Chan[int]) { ch.Close() }, 3, nil},
		{"closed with a cause", func(ch *runnel.Chan[int]) { ch.CloseWith(errBad) }, 3, errBad},
		{"cancelled", func(ch *runnel.Chan[int]) { ch.Cancel(nil) }, 0, nil},
		{"cancelled with a cause", func(ch *runnel.Chan[int]) { ch.Cancel(errBad) }, 0, errBad},
	} {
		for _, skip := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, skip), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var got []int
					var opts []flow.ProcOption
					if skip {
						opts = append(opts, flow.Skip())
					}
					in := held()
					g := flow.New("from").
						Add("from", flow.From(in), opts...).
						Add("store", flow.Sink(collect(&got))).
						Connect("from", "store")
					c.end(in)
					f := must(g.Start(t.Context()))(t)
					err := f.Wait()
					s := f.Status()
					mustBalance(t, s)
					if c.cause == nil || skip {
						mustBeSeq(t, got, c.values, 1)
					}
					switch {
					case c.cause != nil && !skip:
						mustFail(t, err, "from", nil, c.cause)
					case err != nil:
						t.Errorf("ended with %v", err)
					}
					if e := s.Edge("from.out", "store.in"); int(e.Sent) != c.values || in.Stats().Received != e.Sent {
						t.Errorf("%v of %v", e.Stats, in.Stats())
					}
					if failed := s.Process("from").Failed; (failed == 1) != (c.cause != nil) {
						t.Errorf("failed %d times", failed)
					}
				})
			})
		}
	}
}

// A channel that ends while the process waits for it ends the process then.
func TestCombineFromEndsWhileItWaits(t *testing.T) {
	for _, cause := range []error{nil, errBad} {
		synctest.Test(t, func(t *testing.T) {
			var got []int
			in := runnel.New[int]()
			g := flow.New("from").
				Add("from", flow.From(in), flow.Parallel(2)).
				Add("store", flow.Sink(collect(&got))).
				Connect("from", "store")
			f := must(g.Start(t.Context()))(t)
			for v := range 3 {
				in.Send(t.Context(), v)
				synctest.Wait()
			}
			in.Cancel(cause)
			if err := f.Wait(); cause != nil {
				mustFail(t, err, "from", nil, cause)
			} else if err != nil {
				t.Errorf("ended with %v", err)
			}
			mustBeSeq(t, got, 3, 1)
			mustBalance(t, f.Status())
		})
	}
}

// The end of a channel that is sent to ends the process, and so the source: all that was not sent is
// counted on the edge. What waited for room when it was closed is delivered still.
func TestCombineToEnds(t *testing.T) {
	for _, c := range []struct {
		name  string
		end   func(*runnel.Chan[int])
		gives []int
	}{
		{"closed", func(ch *runnel.Chan[int]) { ch.Close() }, []int{0, 1, 2}},
		{"closed with a cause", func(ch *runnel.Chan[int]) { ch.CloseWith(errBad) }, []int{0, 1, 2}},
		{"cancelled", func(ch *runnel.Chan[int]) { ch.Cancel(nil) }, nil},
		{"cancelled with a cause", func(ch *runnel.Chan[int]) { ch.Cancel(errBad) }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				to := runnel.New[int](runnel.Buffer(2))
				g := flow.New("to").
					Add("numbers", endless()).
					Add("to", flow.To(to)).
					Connect("numbers", "to", runnel.Buffer(4))
				f := must(g.Start(t.Context()))(t)
				synctest.Wait()
				c.end(to)
				got := slices.Collect(to.All(t.Context()))
				if err := f.Wait(); err != nil {
					t.Errorf("ended with %v", err)
				}
				s := f.Status()
				mustBalance(t, s)
				if !slices.Equal(got, c.gives) {
					t.Errorf("got %v, want %v", got, c.gives)
				}
				e := s.Edge("numbers.out", "to.in")
				if e.Received != max(2, uint64(len(got))) || e.Dropped[runnel.Undelivered] != e.Sent-e.Received || e.Received == e.Sent {
					t.Errorf("%v", s)
				}
			})
		})
	}
}

// Who waits for its turn, or for the right to compute, does not hold up a stop, also in a pause.
func TestCombineStopAtOnce(t *testing.T) {
	for _, paused := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			n := runtime.GOMAXPROCS(0)
			hour := func(ctx context.Context, v int) (int, error) { return v, runnel.Sleep(ctx, time.Hour) }
			g := flow.New("stops").
				Add("numbers", numbers(n+2)).
				Add("work", flow.Step(hour), flow.Parallel(n+2), flow.Workload(flow.Compute),
					flow.Keyed(func(v int) int { return max(0, v-1) })). // 0 and 1 have one key
				Add("store", flow.Sink(ignore)).
				Connect("numbers", "work").
				Connect("work", "store")
			f := must(g.Start(t.Context()))(t)
			synctest.Wait()
			mustDo(t, f, "work", append(slices.Repeat([]flow.Activity{flow.InStep}, n), flow.Queued, flow.Limited)...)
			if paused {
				f.Pause()
			}
			s := stopNow(f)
			mustBalance(t, s)
			if d := s.Dropped(); s.Age != 0 || int(d[runnel.Undelivered]) != n+2 || int(d.Total()) != n+2 {
				t.Errorf("%v", s)
			}
		})
	}
}

// The same where a result waits for its turn in the middle of a call that computes: it gave the
// right to compute back, and takes it again to find out that the flow stops.
func TestCombineStopOrderedCompute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := runtime.GOMAXPROCS(0)
		work := func(ctx context.Context, v int, emit func(int) error) error {
			if v == 0 {
				return runnel.Sleep(ctx, time.Hour)
			}
			return emit(v)
		}
		g := flow.New("stops").
			Add("numbers", numbers(4)).
			Add("work", flow.FlatStep(work), flow.Parallel(4), flow.Workload(flow.Compute), flow.Ordered()).
			Add("store", flow.Sink(ignore)).
			Connect("numbers", "work").
			Connect("work", "store")
		f := must(g.Start(t.Context()))(t)
		synctest.Wait()
		waits := flow.Queued
		if n == 1 {
			waits = flow.Limited // the first has the only right
		}
		mustDo(t, f, "work", flow.InStep, waits, waits, waits)
		s := stopNow(f)
		mustBalance(t, s)
		if s.Age != 0 || s.Process("store").Done != 0 {
			t.Errorf("%v", s)
		}
	})
}

// carousel sends each value round until it is 0, and one more when all have come from outside. It
// wants inputs by what is away, and by how many times it has been told of that end.
func carousel(wants func(away, told int, input string) bool, told *int) flow.Proc {
	round := func(x *flow.Turn, v int) error { return halve(x, v) }
	return flow.Stateful[int]{
		Handlers: []flow.Handler[int]{
			flow.On(fresh, func(x *flow.Turn, away *int, v int) error {
				*away += min(v, 1)
				return round(x, v)
			}).Ended(func(x *flow.Turn, away *int) error {
				*told++
				*away++
				return round(x, 5)
			}),
			flow.On(again, func(x *flow.Turn, away *int, v int) error {
				if v == 0 {
					*away--
				}
				return round(x, v)
			}),
		},
		Outs:  []flow.Port{back, out},
		Wants: func(away *int, input string) bool { return wants(*away, *told, input) },
	}.Proc()
}

// A cycle ends whatever is wanted in it: what is away comes back first, and what the end of an input
// has sent round; also where the state does not want the input that ends, or only that.
func TestCombineWantsInACycle(t *testing.T) {
	for name, wants := range map[string]func(away, told int, input string) bool{
		"one by one":    func(away, _ int, input string) bool { return (away > 0) == (input == "again") },
		"few at a time": func(away, _ int, input string) bool { return input == "again" || away < 2 },
		"from outside":  func(_, told int, input string) bool { return (told == 0) == (input == "fresh") },
		"all":           func(int, int, string) bool { return true },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got []int
				told := 0
				g := flow.New("cycle").
					Add("numbers", numbers(6)).
					Add("rounds", carousel(wants, &told)).
					Add("pass", flow.Step(pass), flow.Parallel(2), flow.Ordered()).
					Add("store", flow.Sink(collect(&got))).
					Connect("numbers", "rounds.fresh").
					Connect("rounds.back", "pass", runnel.Unbounded()).
					Connect("pass", "rounds.again").
					Connect("rounds.out", "store")
				f := must(g.Start(t.Context()))(t)
				if err := f.Wait(); err != nil {
					t.Fatal(err)
				}
				s := f.Status()
				mustBalance(t, s)
				if len(got) != 7 || told != 1 || s.Dropped().Total() > 0 {
					t.Errorf("got %v, told %d times: %v", got, told, s)
				}
			})
		})
	}
}

// ears keeps what comes, and -1 for the end.
func ears(got *[]int) flow.Proc {
	return flow.Stateful[int]{
		Handlers: []flow.Handler[int]{
			flow.On(fresh, func(_ *flow.Turn, _ *int, v int) error { *got = append(*got, v); return nil }).
				Ended(func(*flow.Turn, *int) error { *got = append(*got, -1); return nil }),
			flow.On(again, func(*flow.Turn, *int, int) error { return nil }),
		},
	}.Proc()
}

// An input with two edges ends once, after both and all that came by them, whichever ends first;
// a swap between the two ends changes nothing of that.
func TestCombineEndedOfTwoEdges(t *testing.T) {
	late := flow.Source(func(ctx context.Context, emit func(int) error) error {
		if err := runnel.Sleep(ctx, time.Hour); err != nil {
			return err
		}
		return emit(7)
	})
	for _, swaps := range []bool{false, true} {
		for _, order := range [][]string{{"early", "late"}, {"late", "early"}} {
			synctest.Test(t, func(t *testing.T) {
				var got []int
				g := flow.New("ends").
					Add("early", numbers(2)).Add("late", late).Add("last", late).
					Add("ears", ears(&got)).
					Connect(order[0], "ears.fresh", runnel.Buffer(1)).
					Connect(order[1], "ears.fresh").
					Connect("last", "ears.again")
				f := must(g.Start(t.Context()))(t)
				for range 2 {
					time.Sleep(time.Minute)
					if swaps && f.Swap("ears", ears(&got)) != nil {
						t.Fatal("no swap")
					}
				}
				if err := f.Wait(); err != nil || fmt.Sprint(got) != "[0 1 7 -1]" {
					t.Errorf("ended with %v, got %v", err, got)
				}
				mustBalance(t, f.Status())
			})
		}
	}
}
