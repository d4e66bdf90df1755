package pipe_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/fan"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/xf"
)

// The laws of the library on chains of random stages, with random buffers, failures and stops:
//
//	1. nothing vanishes: every channel is in balance, and so is every stage
//	2. nothing leaks: when the chain has ended, so have its goroutines
//	3. nothing surprises: what arrives is what a model gives, in its order if every stage keeps
//	   order, and after a failure or a stop a prefix of that

// operator is a stage of a random chain.
type operator struct {
	name    string
	make    func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int]
	model   func([]int) []int
	ordered bool // it keeps the order, and a shorter input gives a prefix of the output
	per     int  // results for each value: 1, 2, or 0 for "fewer"
}

// lawful is a chain under test.
type lawful struct {
	*rand.Rand
	ctx   context.Context
	rest  func(*rand.Rand) // what a function does before it returns
	fault float64          // how often one fails
	lost  error            // what the source ends with
	after []func(t *testing.T)
	names []string
}

// opts is a random policy for an output, which never drops.
func (l *lawful) opts() []runnel.Option {
	switch l.IntN(3) {
	case 0:
		return nil
	case 1:
		return []runnel.Option{runnel.Unbounded()}
	}
	return []runnel.Option{runnel.Buffer(1 + l.IntN(4))}
}

// call makes the function of a stage. Each call has random numbers of its own, since several
// run at once.
func (l *lawful) call(f func(int) int) func(context.Context, int) (int, error) {
	seed := l.Uint64()
	return func(_ context.Context, v int) (int, error) {
		r := rand.New(rand.NewPCG(seed, uint64(v)))
		l.rest(r)
		switch x := r.Float64(); {
		case x < l.fault/2:
			return 0, errBad
		case x < l.fault:
			panic(errBad)
		}
		return f(v), nil
	}
}

func (l *lawful) workers() int { return 1 + l.IntN(4) }

// watch checks the account of a channel in the end.
func (l *lawful) watch(what string, stats func() runnel.Stats) {
	l.after = append(l.after, func(t *testing.T) {
		if s := stats(); s.Len != 0 || s.SendersWaiting+s.ReceiversWaiting != 0 {
			t.Errorf("%s is not empty: %+v", what, s)
		} else {
			mustAddUp(t, what, s)
		}
	})
}

// relate checks that what went into a stage came out of it: so many results for each value.
func (l *lawful) relate(what string, per int, in, out func() runnel.Stats) {
	l.after = append(l.after, func(t *testing.T) {
		i, o := in(), out()
		most := i.Received + i.Dropped.Total() // one that failed may have had results before
		if per == 1 && i.Received != o.Sent || o.Sent > most*uint64(max(per, 1)) {
			t.Errorf("%s received %d and sent %d\n in %+v\nout %+v", what, i.Received, o.Sent, i, o)
		}
	})
}

func plusOne(v int) int { return v + 1 }

func all(f func(int) int) func([]int) []int {
	return func(vs []int) []int {
		out := make([]int, len(vs))
		for i, v := range vs {
			out[i] = f(v)
		}
		return out
	}
}

func unchanged(vs []int) []int { return vs }

func doubled(vs []int) (out []int) {
	for _, v := range vs {
		out = append(out, v, v)
	}
	return out
}

func noThrees(vs []int) (out []int) {
	for _, v := range vs {
		if v%3 != 0 {
			out = append(out, v)
		}
	}
	return out
}

var operators = []operator{
	{"Map", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.Map(l.ctx, in, l.workers(), l.call(plusOne), l.opts()...)
	}, all(plusOne), true, 1},
	{"MapUnordered", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.MapUnordered(l.ctx, in, l.workers(), l.call(plusOne), l.opts()...)
	}, all(plusOne), false, 1},
	{"MapKeyed", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.MapKeyed(l.ctx, in, l.workers(), 1+l.IntN(3), func(v int) int { return v % 3 }, l.call(plusOne), l.opts()...)
	}, all(plusOne), false, 1},
	{"FlatMap", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.FlatMap(l.ctx, in, l.workers(), l.emitTwice(), l.opts()...)
	}, doubled, true, 2},
	{"FlatMapUnordered", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.FlatMapUnordered(l.ctx, in, l.workers(), l.emitTwice(), l.opts()...)
	}, doubled, false, 2},
	{"Filter", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		call := l.call(plusOne)
		return pipe.Filter(l.ctx, in, l.workers(), func(ctx context.Context, v int) (bool, error) {
			_, err := call(ctx, v)
			return v%3 != 0, err
		}, l.opts()...)
	}, noThrees, true, 0},
	{"Through", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		keep := xf.Filter(func(v int) bool { return v%3 != 0 })
		return pipe.Through(l.ctx, in, xf.Compose2(keep, xf.Map(plusOne)), l.opts()...)
	}, func(vs []int) []int { return all(plusOne)(noThrees(vs)) }, true, 0},
	{"Take", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.Take(l.ctx, in, 20, l.opts()...)
	}, func(vs []int) []int { return vs[:min(20, len(vs))] }, true, 1},
	{"Batch", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		batches := pipe.Batch(l.ctx, in, 1+l.IntN(5), time.Duration(l.IntN(3))*time.Millisecond)
		l.watch("batches", batches.Stats)
		return pipe.FlatMap(l.ctx, batches, 1, func(_ context.Context, vs []int, emit func(int) error) error {
			for _, v := range vs {
				if err := emit(v); err != nil {
					return err
				}
			}
			return nil
		}, l.opts()...)
	}, unchanged, true, 0},
	{"Throttle", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.Throttle(l.ctx, in, 1+l.IntN(3), 100*time.Microsecond, l.opts()...)
	}, unchanged, true, 1},
	{"Timeout", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.Timeout(l.ctx, in, time.Hour, l.opts()...)
	}, unchanged, true, 1},
	{"Split, Merge", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		return l.join("Split", in, 1, both(pipe.Split(l.ctx, in, isEven, l.opts()...)))
	}, unchanged, false, 0},
	{"Partition, Merge", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		return l.join("Partition", in, 1, pipe.Partition(l.ctx, in, 3, itself, l.opts()...))
	}, unchanged, false, 0},
	{"Tee, Merge", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		return l.join("Tee", in, 2, both(pipe.Tee(l.ctx, in, l.opts()...)))
	}, doubled, false, 0},
	{"Tee, Zip", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		a, b := pipe.Tee(l.ctx, in, l.opts()...)
		l.watch("a", a.Stats)
		l.watch("b", b.Stats)
		return pipe.Zip(l.ctx, a, b, func(x, y int) int { return x + y - x }, l.opts()...)
	}, unchanged, true, 0},
	{"Mult, Merge", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		m := fan.NewMult(in)
		taps := both[int](m.Tap(l.opts()...), m.Tap(l.opts()...))
		runnel.Go(func() { m.Run(l.ctx) })
		return l.join("Mult", in, 2, taps)
	}, doubled, false, 0},
	{"Mix", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		out := runnel.New[int](l.opts()...)
		x := fan.NewMix[int](out)
		x.Add(in)
		x.Close()
		runnel.Go(func() { x.Run(l.ctx) })
		return out
	}, unchanged, true, 1},
	{"MergePriority", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.MergePriority(l.ctx, one(in), l.opts()...)
	}, unchanged, true, 1},
	{"Tee, ZipAll", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		rows := pipe.ZipAll(l.ctx, both(pipe.Tee(l.ctx, in, l.opts()...)))
		l.watch("rows", rows.Stats)
		return pipe.Map(l.ctx, rows, 1, func(_ context.Context, row []int) (int, error) { return row[0], nil }, l.opts()...)
	}, unchanged, true, 0},
	{"Retry", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		call := l.call(plusOne)
		tries := pipe.Retry(runnel.Backoff{Attempts: 2, First: time.Millisecond}, func(ctx context.Context, v int) (int, error) {
			return call(ctx, v)
		})
		return pipe.Map(l.ctx, in, l.workers(), tries, l.opts()...)
	}, all(plusOne), true, 1},
	{"Try", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		results := pipe.Map(l.ctx, in, l.workers(), pipe.Try(l.call(itself)))
		l.watch("results", results.Stats)
		return pipe.Map(l.ctx, results, 1, func(_ context.Context, r pipe.Result[int, int]) (int, error) { return r.In, nil }, l.opts()...)
	}, unchanged, true, 0},
	{"Window", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		panes := pipe.Window(l.ctx, in, pipe.Tumbling(2*time.Millisecond))
		l.watch("panes", panes.Stats)
		return pipe.FlatMap(l.ctx, panes, 1, func(_ context.Context, p pipe.Pane[int], emit func(int) error) error {
			for _, v := range p.Values {
				if err := emit(v); err != nil {
					return err
				}
			}
			return nil
		}, l.opts()...)
	}, unchanged, true, 0},
	{"Pub, Merge", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		p := fan.NewPub(in, func(v int) int { return v & 1 })
		taps := both[int](p.Sub(0, l.opts()...), p.Sub(1, l.opts()...))
		runnel.Go(func() { p.Run(l.ctx) })
		return pipe.Merge(l.ctx, taps, l.opts()...)
	}, unchanged, false, 0},
	{"Pipe", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		out := runnel.New[int](l.opts()...)
		runnel.Go(func() { pipe.Pipe(l.ctx, in, out) })
		return out
	}, unchanged, true, 1},
	{"Seq2, FromSeq2", func(l *lawful, in runnel.Receiver[int]) runnel.Receiver[int] {
		return pipe.FromSeq2(l.ctx, pipe.Seq2(l.ctx, in), l.opts()...)
	}, unchanged, true, 0},
}

func (l *lawful) emitTwice() func(context.Context, int, func(int) error) error {
	call := l.call(itself)
	return func(ctx context.Context, v int, emit func(int) error) error {
		if _, err := call(ctx, v); err != nil {
			return err
		}
		if err := emit(v); err != nil {
			return err
		}
		return emit(v)
	}
}

// join merges the outputs of a stage, between which every value was divided, or copied.
func (l *lawful) join(what string, in runnel.Receiver[int], copies uint64, outs []runnel.Receiver[int]) runnel.Receiver[int] {
	for i, out := range outs {
		l.watch(fmt.Sprintf("%s %d", what, i), out.Stats)
	}
	l.after = append(l.after, func(t *testing.T) {
		sent := uint64(0)
		for _, out := range outs {
			sent += out.Stats().Sent
		}
		got := in.Stats().Received
		if left := what == "Mult" && sent >= got && sent < got*copies; left {
			return // a tap that has ended is not offered anything, only Tee counts on both sides
		}
		if sent != got*copies {
			t.Errorf("%s received %d and sent %d", what, got, sent)
		}
	})
	merged := pipe.Merge(l.ctx, outs, l.opts()...)
	l.after = append(l.after, func(t *testing.T) {
		received := uint64(0)
		for _, out := range outs {
			received += out.Stats().Received
		}
		if sent := merged.Stats().Sent; sent != received {
			t.Errorf("Merge received %d and sent %d", received, sent)
		}
	})
	return merged
}

// ending is how a chain comes to its end.
type ending int

const (
	plainly ending = iota
	byConsumer
	byContext
	endings
)

// runLawful makes a random chain, runs it, and checks the laws.
func runLawful(t *testing.T, r *rand.Rand, rest func(*rand.Rand)) {
	ctx, cancel := context.WithCancelCause(bg)
	defer cancel(nil)
	l := &lawful{Rand: r, ctx: ctx, rest: rest}
	if r.IntN(2) == 0 {
		l.fault = 0.05
	}
	if r.IntN(4) == 0 {
		l.lost = errLost
	}
	source := runnel.New[int](l.opts()...)
	runnel.Go(func() {
		if _, err := source.SendAll(bg, upTo(60)); err == nil {
			source.CloseWith(l.lost)
		}
	})
	l.watch("source", source.Stats)
	out, model, ordered := l.chain(source)

	how, k := ending(r.IntN(int(endings))), r.IntN(40)
	var got []int
	for v := range out.All(ctx) {
		if got = append(got, v); len(got) <= k {
			continue
		}
		switch how {
		case byConsumer:
			out.Cancel(errStop)
		case byContext:
			cancel(errStop)
		}
	}
	if how == byContext {
		out.Cancel(context.Cause(ctx)) // a consumer under the same context leaves
	}
	synctestWait(t)
	l.check(t, got, model, ordered, how, out.Err())
}

// chain puts random operators one behind the other.
func (l *lawful) chain(source runnel.Receiver[int]) (out runnel.Receiver[int], model []int, ordered bool) {
	out, model, ordered = source, upTo(60), true
	for range 1 + l.IntN(4) {
		k := operators[l.IntN(len(operators))]
		in := out
		out, model, ordered = k.make(l, in), k.model(model), ordered && k.ordered
		l.names = append(l.names, k.name)
		l.watch("output of "+k.name, out.Stats)
		if k.per > 0 || k.name == "Filter" {
			l.relate(k.name, k.per, in.Stats, out.Stats)
		}
	}
	return out, model, ordered
}

// check compares what arrived with what the laws say.
func (l *lawful) check(t *testing.T, got, model []int, ordered bool, how ending, err error) {
	for _, f := range l.after {
		f(t)
	}
	took := slices.Contains(l.names, "Take")
	// A Merge ends with the first error of an input, whatever others still hold.
	cut := took || l.lost != nil && slices.ContainsFunc(l.names, func(s string) bool { return strings.HasSuffix(s, ", Merge") })
	if whole := how == plainly && err == l.lost; whole && !cut {
		mustEqual(t, "values", sortedUnless(ordered, got), sortedUnless(ordered, model))
	}
	switch {
	case ordered && !slices.Equal(got, model[:min(len(got), len(model))]):
		t.Errorf("values %v are no prefix of %v", got, model)
	case !ordered && !took && !contains(model, got):
		t.Errorf("values %v are not among %v", got, model)
	}
	l.checkEnd(t, how, err, took)
	if t.Failed() {
		t.Logf("chain %s, ending %d, fault %v, source ends with %v", strings.Join(l.names, " → "), how, l.fault, l.lost)
	}
}

// checkEnd expects an error for which there was a reason.
func (l *lawful) checkEnd(t *testing.T, how ending, err error, took bool) {
	var p *runnel.PanicError
	switch {
	case err == nil && (l.lost == nil || took || how != plainly):
	case err != nil && err == l.lost:
	case l.fault > 0 && (errors.Is(err, errBad) || errors.As(err, &p) && p.Value == errBad):
	case how != plainly && err == errStop:
	default:
		t.Errorf("ended with %v", err)
	}
}

func sortedUnless(ordered bool, vs []int) []int {
	vs = slices.Clone(vs)
	if !ordered {
		slices.Sort(vs)
	}
	return vs
}

// contains tells whether all has every value of some as often.
func contains(all, some []int) bool {
	left := map[int]int{}
	for _, v := range all {
		left[v]++
	}
	for _, v := range some {
		if left[v]--; left[v] < 0 {
			return false
		}
	}
	return true
}

// synctestWait waits until the goroutines of the chain have ended, in a bubble; outside there
// is no way to tell, but by looking at the account until it is quiet.
func synctestWait(t *testing.T) {
	synctest.Wait()
	time.Sleep(time.Hour) // timers that are left have ended
	synctest.Wait()
}

func TestLaws(t *testing.T) {
	rounds := 400
	if testing.Short() {
		rounds = 60
	}
	r := seeded(t)
	for range rounds {
		synctest.Test(t, func(t *testing.T) {
			runLawful(t, r, func(r *rand.Rand) {
				time.Sleep(time.Duration(r.IntN(3)) * time.Millisecond)
				for range r.IntN(3) {
					runtime.Gosched()
				}
			})
		})
		if t.Failed() {
			return
		}
	}
}
