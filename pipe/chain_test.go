package pipe_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// link is a stage of a random chain, with an account of its own.
type link struct {
	what    string
	in, out runnel.Receiver[int]

	returned atomic.Uint64 // calls that gave no error
	failed   atomic.Uint64 // those that did
	made     atomic.Uint64 // results, accepted ones of emit
	told     atomic.Uint64 // values given to OnDrop of the output
}

// newLink makes a stage of any kind, with any number of workers and any output, whose function
// dawdles and fails at random.
func newLink(ctx context.Context, r *rand.Rand, in runnel.Receiver[int], dawdle func(context.Context, uint64)) *link {
	kind, n, size, salt, bad := r.IntN(6), 1+r.IntN(5), r.IntN(4), r.Uint64(), r.IntN(400)
	l := &link{in: in, what: fmt.Sprintf("kind %d workers %d buffer %d", kind, n, size)}
	var opts []runnel.Option
	switch {
	case size == 3:
		opts = append(opts, runnel.Sliding(2))
	case size > 0:
		opts = append(opts, runnel.Buffer(size))
	}
	call := func(ctx context.Context, v int) (uint64, error) {
		h := (uint64(v)+1)*0x9e3779b97f4a7c15 ^ salt
		dawdle(ctx, h)
		if bad < 100 && h>>32%200 == 0 {
			l.failed.Add(1)
			return h, errBad
		}
		return h, nil
	}
	f := func(ctx context.Context, v int) (int, error) {
		_, err := call(ctx, v)
		if err == nil {
			l.made.Add(1)
			l.returned.Add(1)
		}
		return v, err
	}
	expand := func(ctx context.Context, v int, emit func(int) error) error {
		h, err := call(ctx, v)
		if err != nil {
			return err
		}
		for range h >> 16 % 4 {
			if err := emit(v); err != nil {
				l.failed.Add(1)
				return err
			}
			l.made.Add(1)
		}
		l.returned.Add(1)
		return nil
	}
	switch kind {
	case 0:
		l.out = pipe.Map(ctx, in, n, f, opts...)
	case 1:
		l.out = pipe.MapUnordered(ctx, in, n, f, opts...)
	case 2:
		l.out = pipe.MapKeyed(ctx, in, n, 1+r.IntN(3), func(v int) int { return v % 7 }, f, opts...)
	case 3:
		l.out = pipe.FlatMap(ctx, in, n, expand, opts...)
	case 4:
		l.out = pipe.FlatMapUnordered(ctx, in, n, expand, opts...)
	case 5:
		l.out = pipe.Filter(ctx, in, n, func(ctx context.Context, v int) (bool, error) {
			h, err := call(ctx, v)
			if err != nil {
				return true, err
			}
			l.returned.Add(1)
			if h>>16%3 == 0 {
				return false, nil
			}
			l.made.Add(1)
			return true, nil
		}, opts...)
	}
	l.out.OnDrop(func(int, runnel.Reason) { l.told.Add(1) })
	return l
}

// balance checks the laws of the stage, once it has come to rest:
//
//	sent = received + buffered + dropped on both channels; what was dropped was told
//	received from in = calls that gave no error; what else in sent was dropped there
//	sent on out = results
func (l *link) balance() error {
	i, o := l.in.Stats(), l.out.Stats()
	if i.Sent != i.Received+i.Dropped.Total() || o.Sent != o.Received+o.Dropped.Total() {
		return fmt.Errorf("%s: a channel is out of balance:\n in %+v\nout %+v", l.what, i, o)
	}
	if i.Received != l.returned.Load() || o.Sent != l.made.Load() || o.Dropped.Total() != l.told.Load() {
		return fmt.Errorf("%s: %d calls, %d results, %d told:\n in %+v\nout %+v",
			l.what, l.returned.Load(), l.made.Load(), l.told.Load(), i, o)
	}
	if f := i.Dropped[runnel.Failed]; f > l.failed.Load() {
		return fmt.Errorf("%s: %d values failed in %d calls", l.what, f, l.failed.Load())
	}
	return nil
}

// runChain makes a chain of one to five stages and stops it somehow. It returns what has to be
// in balance once everything has come to rest.
func runChain(t *testing.T, r *rand.Rand, dawdle func(context.Context, uint64)) []*link {
	ctx, end := context.WithCancelCause(bg)
	defer end(nil)
	size := r.IntN(3)
	in := runnel.New[int]()
	if size > 0 {
		in = runnel.New[int](runnel.Buffer(size))
	}
	var links []*link
	last := runnel.Receiver[int](in)
	for range 1 + r.IntN(5) {
		l := newLink(ctx, r, last, dawdle)
		links, last = append(links, l), l.out
	}
	values := r.IntN(150)
	runnel.Go(func() {
		for i := range values {
			if in.Send(bg, i) != nil {
				return
			}
		}
		in.CloseWith(errLost)
	})
	stop, kind := r.IntN(60), r.IntN(3)
	n := 0
	for range last.All(bg) {
		if n++; n == stop {
			switch kind {
			case 0:
				last.Cancel(errStop)
			case 1:
				end(errStop)
			}
		}
	}
	if err := last.Err(); err != errLost && err != errStop && err != errBad {
		t.Errorf("the chain ended with %v", err)
	}
	return links
}

// Law 1: chains of any stages, stopped anyhow, account for every value.
func TestChainsAccountForEveryValue(t *testing.T) {
	r := seeded(t)
	rounds := 200
	if testing.Short() {
		rounds = 60
	}
	for range rounds {
		seed := r.Uint64()
		bubble(t, fmt.Sprint(seed), func(t *testing.T) {
			links := runChain(t, rand.New(rand.NewPCG(seed, 0)), func(ctx context.Context, h uint64) {
				if d := h >> 8 % 8; d > 4 {
					time.Sleep(time.Duration(d) * time.Millisecond)
				} else if d == 4 {
					runnel.Sleep(ctx, 10*time.Millisecond)
				}
			})
			time.Sleep(time.Hour) // calls that nobody waits for
			for _, l := range links {
				if err := l.balance(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// The same on real threads, as fast as they can.
func TestChainsAccountForEveryValueAtFullSpeed(t *testing.T) {
	r := seeded(t)
	rounds := 200
	if testing.Short() {
		rounds = 40
	}
	for range rounds {
		seed := r.Uint64()
		links := runChain(t, rand.New(rand.NewPCG(seed, 0)), func(_ context.Context, h uint64) {
			for range h >> 8 % 4 {
				runtime.Gosched()
			}
		})
		var err error
		for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); runtime.Gosched() {
			err = nil
			for _, l := range links {
				if e := l.balance(); e != nil {
					err = e
				}
			}
			if err == nil {
				break
			}
		}
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// A stage that waits for the next value keeps none of those that it has had, nor results.
func TestStageKeepsNoValue(t *testing.T) {
	type value struct{ _ [64]byte }
	type result struct{ _ [64]byte }
	f := func(_ context.Context, v *value) (*result, error) {
		if v == nil {
			time.Sleep(time.Second)
		}
		return &result{}, nil
	}
	for name, make := range map[string]func(in runnel.Receiver[*value], n int) runnel.Receiver[*result]{
		"Map": func(in runnel.Receiver[*value], n int) runnel.Receiver[*result] { return pipe.Map(bg, in, n, f) },
		"MapKeyed": func(in runnel.Receiver[*value], n int) runnel.Receiver[*result] {
			return pipe.MapKeyed(bg, in, n, 2, func(v *value) *value { return v }, f)
		},
		"FlatMap": func(in runnel.Receiver[*value], n int) runnel.Receiver[*result] {
			return pipe.FlatMap(bg, in, n, func(ctx context.Context, v *value, emit func(*result) error) error {
				r, _ := f(ctx, v)
				return emit(r)
			})
		},
	} {
		for _, n := range []int{1, 4} {
			bubble(t, fmt.Sprint(name, n), func(t *testing.T) {
				in := runnel.New[*value]()
				out := make(in, n)
				var values []weak.Pointer[value]
				var results []weak.Pointer[result]
				runnel.Go(func() {
					for i := range 40 {
						v := &value{}
						values = append(values, weak.Make(v))
						if i%10 == 0 {
							v = nil // a slow one
						}
						in.Send(bg, v)
					}
				})
				for range 40 {
					r, _ := out.Recv(bg)
					results = append(results, weak.Make(r))
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				runtime.GC()
				for i := range 40 {
					if values[i].Value() != nil || results[i].Value() != nil {
						t.Errorf("value %d is kept: %v, result %d is kept: %v", i, values[i].Value() != nil, i, results[i].Value() != nil)
					}
				}
				out.Cancel(nil)
			})
		}
	}
}
