package pipe_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/xf"
)

// A shape is a stage with one input that passes values on as they are.
type shape struct {
	name   string
	copies int // of each value
	make   func(ctx context.Context, in runnel.Receiver[int]) []runnel.Receiver[int]
}

func both[T any](a, b runnel.Receiver[T]) []runnel.Receiver[T] { return []runnel.Receiver[T]{a, b} }

func one[T any](in runnel.Receiver[T]) []runnel.Receiver[T] { return []runnel.Receiver[T]{in} }

func isEven(v int) bool { return v%2 == 0 }

func itself(v int) int { return v }

func sum(a, b int) int { return a + b }

var shapes = []shape{
	{"Through", 1, func(ctx context.Context, in runnel.Receiver[int]) []runnel.Receiver[int] {
		return one(pipe.Through(ctx, in, xf.Map(itself)))
	}},
	{"Take", 1, func(ctx context.Context, in runnel.Receiver[int]) []runnel.Receiver[int] {
		return one(pipe.Take(ctx, in, 1000))
	}},
	{"Merge", 1, func(ctx context.Context, in runnel.Receiver[int]) []runnel.Receiver[int] {
		return one(pipe.Merge(ctx, one(in)))
	}},
	{"MergePriority", 1, func(ctx context.Context, in runnel.Receiver[int]) []runnel.Receiver[int] {
		return one(pipe.MergePriority(ctx, one(in)))
	}},
	{"Split", 1, func(ctx context.Context, in runnel.Receiver[int]) []runnel.Receiver[int] {
		return both(pipe.Split(ctx, in, isEven))
	}},
	{"Partition", 1, func(ctx context.Context, in runnel.Receiver[int]) []runnel.Receiver[int] {
		return pipe.Partition(ctx, in, 3, itself)
	}},
	{"Tee", 2, func(ctx context.Context, in runnel.Receiver[int]) []runnel.Receiver[int] {
		return both(pipe.Tee(ctx, in))
	}},
}

func forShapes(t *testing.T, f func(t *testing.T, s shape)) {
	for _, s := range shapes {
		bubble(t, s.name, func(t *testing.T) { f(t, s) })
	}
}

// gather drains all channels at once, and expects all to end with the same error.
func gather[T any](t *testing.T, want error, rs ...runnel.Receiver[T]) [][]T {
	t.Helper()
	all, ends := make([][]T, len(rs)), make([]error, len(rs))
	var wg sync.WaitGroup
	for i, r := range rs {
		wg.Go(func() { all[i], ends[i] = drain(r) })
	}
	wg.Wait()
	for i, end := range ends {
		if end != want {
			t.Errorf("output %d ended with %v, want %v", i, end, want)
		}
	}
	return all
}

// sums adds up the accounts of several channels, each of which must be in balance.
func sums[T any](t *testing.T, rs []runnel.Receiver[T]) (sent, received uint64, d runnel.Drops) {
	t.Helper()
	for i, r := range rs {
		s := r.Stats()
		if mustAddUp(t, "out", s); !s.Closed {
			t.Errorf("output %d is open", i)
		}
		sent, received = sent+s.Sent, received+s.Received
		for why, n := range s.Dropped {
			d[why] += n
		}
	}
	return sent, received, d
}

func TestShapeEndsWithItsInput(t *testing.T) {
	for _, cause := range []error{nil, errLost} {
		forShapes(t, func(t *testing.T, s shape) {
			in := filled(cause, upTo(100)...)
			got := slices.Concat(gather(t, cause, s.make(bg, in)...)...)
			slices.Sort(got)
			for i, v := range got {
				if v != i/s.copies {
					t.Fatalf("value %d is %d, want %d", i, v, i/s.copies)
				}
			}
			if len(got) != 100*s.copies {
				t.Errorf("%d values, want %d", len(got), 100*s.copies)
			}
			mustBalance(t, "in", in.Stats(), 100, 100, runnel.Drops{})
		})
	}
}

// The stop reaches the input within the call that stops the last output.
func TestShapeStopsWhileIdle(t *testing.T) {
	for _, cause := range []error{nil, errStop} {
		forShapes(t, func(t *testing.T, s shape) {
			in := runnel.New[int]()
			outs := s.make(bg, in)
			synctest.Wait()
			for i, out := range outs {
				if in.Stats().Closed {
					t.Errorf("in was cancelled after %d of %d outputs", i, len(outs))
				}
				out.Cancel(cause)
			}
			if in.Err() != cause || !in.Stats().Closed {
				t.Errorf("in ended with %v, want %v", in.Err(), cause)
			}
			synctest.Wait()
			mustBalance(t, "in", in.Stats(), 0, 0, runnel.Drops{})
		})
	}
}

func TestShapeStopsWhileItSends(t *testing.T) {
	forShapes(t, func(t *testing.T, s shape) {
		in := holding(upTo(10)...)
		outs := s.make(bg, in)
		synctest.Wait()
		for _, out := range outs {
			out.Cancel(errStop)
		}
		if in.Err() != errStop {
			t.Errorf("in ended with %v, want %v", in.Err(), errStop)
		}
		mustAccountForOneEach(t, s, in, outs)
	})
}

// mustAccountForOneEach expects every value that was received from in, a holding channel of ten,
// to be counted on the outputs as Undelivered, and the rest on in. One value has been received,
// or, of several outputs, those that were for the first of them to stop.
func mustAccountForOneEach(t *testing.T, s shape, in *runnel.Chan[int], outs []runnel.Receiver[int]) {
	t.Helper()
	synctest.Wait()
	n := in.Stats().Received
	if n == 0 || n > 1 && len(outs) == 1 {
		t.Errorf("%d values received", n)
	}
	mustBalance(t, "in", in.Stats(), 10, n, dropped(runnel.Undelivered, 10-n))
	copies := n * uint64(s.copies)
	if sent, received, d := sums(t, outs); sent != copies || received != 0 || d != dropped(runnel.Undelivered, copies) {
		t.Errorf("out: sent %d received %d dropped %v, want %d values undelivered", sent, received, d, copies)
	}
}

func TestShapeEndsWithItsContext(t *testing.T) {
	for _, values := range []int{0, 10} {
		forShapes(t, func(t *testing.T, s shape) {
			ctx, end := context.WithCancelCause(bg)
			in := holding(upTo(values)...)
			outs := s.make(ctx, in)
			synctest.Wait()
			end(errStop)
			synctest.Wait() // before anybody receives
			gather(t, errStop, outs...)
			if in.Err() != errStop {
				t.Errorf("in ended with %v, want %v", in.Err(), errStop)
			}
			if values > 0 {
				mustAccountForOneEach(t, s, in, outs)
			}
		})
	}
}

// A context that has ended before is enough.
func TestShapeWithEndedContext(t *testing.T) {
	forShapes(t, func(t *testing.T, s shape) {
		ctx, end := context.WithCancelCause(bg)
		end(errStop)
		in := holding(upTo(10)...)
		gather(t, errStop, s.make(ctx, in)...)
		synctest.Wait()
		mustBalance(t, "in", in.Stats(), 10, 0, dropped(runnel.Undelivered, 10))
	})
}

// A whole chain is stopped from its end, whatever its stages wait for.
func TestShapeChainStops(t *testing.T) {
	forShapes(t, func(t *testing.T, s shape) {
		in := counting()
		outs := s.make(bg, pipe.Take(bg, pipe.Through(bg, in, xf.Map(itself)), 1000))
		for _, out := range outs {
			if _, err := out.Recv(bg); err != nil {
				t.Error(err)
			}
		}
		for _, out := range outs {
			out.Cancel(errStop)
		}
		if in.Err() != errStop {
			t.Errorf("source ended with %v, want %v", in.Err(), errStop)
		}
	})
}

func TestWrongArguments(t *testing.T) {
	in := filled[int](nil)
	var none runnel.Receiver[int]
	mustPanic(t, "pipe: Through: step is nil, want a function", func() { pipe.Through[int, int](bg, in, nil) })
	mustPanic(t, "pipe: Through: the input is nil, want a channel", func() { pipe.Through(bg, none, xf.Take[int](1)) })
	mustPanic(t, "pipe: Take: n is -1, want at least 0", func() { pipe.Take(bg, in, -1) })
	mustPanic(t, "pipe: Take: the input is nil, want a channel", func() { pipe.Take(bg, none, 1) })
	mustPanic(t, "pipe: Merge: ins[1] is nil, want a channel", func() { pipe.Merge(bg, both(in, none)) })
	mustPanic(t, "pipe: MergePriority: ins[0] is nil, want a channel", func() { pipe.MergePriority(bg, one(none)) })
	mustPanic(t, "pipe: Zip: a is nil, want a channel", func() { pipe.Zip(bg, none, in, sum) })
	mustPanic(t, "pipe: Zip: b is nil, want a channel", func() { pipe.Zip(bg, in, none, sum) })
	mustPanic(t, "pipe: Zip: f is nil, want a function", func() { pipe.Zip[int, int, int](bg, in, in, nil) })
	mustPanic(t, "pipe: ZipAll: ins[1] is nil, want a channel", func() { pipe.ZipAll(bg, both(in, none)) })
	mustPanic(t, "pipe: Split: p is nil, want a function", func() { pipe.Split(bg, in, nil) })
	mustPanic(t, "pipe: Split: the input is nil, want a channel", func() { pipe.Split(bg, none, isEven) })
	mustPanic(t, "pipe: Partition: by is nil, want a function", func() { pipe.Partition(bg, in, 1, nil) })
	mustPanic(t, "pipe: Partition: n is 0, want at least 1", func() { pipe.Partition(bg, in, 0, itself) })
	mustPanic(t, "pipe: Tee: the input is nil, want a channel", func() { pipe.Tee(bg, none) })
	mustPanic(t, "pipe: Pipe: the input is nil, want a channel", func() { pipe.Pipe(bg, none, runnel.New[int]()) })
	mustPanic(t, "pipe: Pipe: the output is nil, want a channel", func() { pipe.Pipe(bg, in, nil) })
	mustPanic(t, "pipe: ForEach: f is nil, want a function", func() { pipe.ForEach(bg, in, 1, nil) })
	mustPanic(t, "pipe: ForEach: n is 0, want at least 1", func() { pipe.ForEach(bg, in, 0, ignore) })
	mustPanic(t, "pipe: ForEach: the input is nil, want a channel", func() { pipe.ForEach(bg, none, 1, ignore) })
	mustPanic(t, "pipe: Collect: the input is nil, want a channel", func() { pipe.Collect(bg, none) })
	mustPanic(t, "pipe: Reduce: the input is nil, want a channel", func() { pipe.Reduce(bg, none, 0, adding) })
	mustPanic(t, "pipe: Reduce: f is nil, want a function", func() { pipe.Reduce[int](bg, in, 0, nil) })
	mustPanic(t, "pipe: Generate: f is nil, want a function", func() { pipe.Generate[int](bg, nil) })
	mustPanic(t, "pipe: FromSeq2: seq is nil, want a function", func() { pipe.FromSeq2[int](bg, nil) })
	mustPanic(t, "pipe: Seq2: the input is nil, want a channel", func() { pipe.Seq2(bg, none) })
}

func ignore(context.Context, int) error { return nil }

func adding(sum, v int) (int, error) { return sum + v, nil }
