package pipe_test

import (
	"context"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
	"github.com/runnel-go/runnel/xf"
)

// hooked is the identity as a step that tells of its life.
func hooked(onPut func(v int), onClose func()) xf.Step[int, int] {
	return func(next xf.Sink[int]) xf.Sink[int] { return &hook{next, onPut, onClose} }
}

type hook struct {
	next    xf.Sink[int]
	onPut   func(v int)
	onClose func()
}

func (h *hook) Put(v int) bool {
	if h.onPut != nil {
		h.onPut(v)
	}
	return h.next.Put(v)
}

func (h *hook) Close() {
	defer h.next.Close()
	if h.onClose != nil {
		h.onClose()
	}
}

// at makes a function that does something bad when it is given v.
func at(v int, bad func()) func(int) {
	return func(got int) {
		if got == v {
			bad()
		}
	}
}

func panics() { panic(errBad) }

// escapes are the ways in which a function may end without returning.
var escapes = map[string]func(){"panic": panics, "Goexit": runtime.Goexit}

// However many results a value leads to, one is made at a time, when there is room for it.
func TestThroughHoldsOneResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made := 0
		endless := xf.FlatMapSeq(func(int) iter.Seq[int] {
			return func(yield func(int) bool) {
				for made++; yield(made); made++ {
				}
			}
		})
		in := holding(upTo(5)...)
		out := pipe.Through(bg, in, endless, runnel.Buffer(2))
		for taken := range 10 {
			synctest.Wait()
			if made != taken+3 {
				t.Fatalf("%d results made, %d taken, want no more than 3 ahead", made, taken)
			}
			out.Recv(bg)
		}
		synctest.Wait()
		out.Cancel(errStop)
		synctest.Wait()
		mustBalance(t, "in", in.Stats(), 5, 1, dropped(runnel.Undelivered, 4))
		mustBalance(t, "out", out.Stats(), 13, 10, dropped(runnel.Undelivered, 3))
	})
}

func TestThroughDeliversTheRest(t *testing.T) {
	for _, cause := range []error{nil, errLost} {
		synctest.Test(t, func(t *testing.T) {
			got, end := drain(pipe.Through(bg, filled(cause, upTo(5)...), xf.Batch[int](2)))
			mustEqual(t, "batches", got, "[[0 1] [2 3] [4]]")
			mustBe(t, "end", end, cause)
		})
	}
}

func TestThroughEarlyStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := holding(upTo(10)...)
		out := pipe.Through(bg, in, xf.Compose2(xf.Take[int](3), xf.Batch[int](2)))
		synctest.Wait()
		out.Recv(bg)
		synctest.Wait()
		if !in.Stats().Closed || out.Stats().Closed {
			t.Error("in must be cancelled while the rest is still being delivered")
		}
		got, end := drain(out)
		mustEqual(t, "rest", got, "[[2]]")
		mustBe(t, "end", end, nil)
		mustBalance(t, "in", in.Stats(), 10, 3, dropped(runnel.Undelivered, 7))
		mustBe(t, "in", in.Err(), nil)
	})
}

func TestThroughFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := holding(upTo(10)...)
		out := pipe.Through(bg, in, xf.Compose2(hooked(at(3, panics), nil), xf.Batch[int](2)))
		out.Recv(bg)
		synctest.Wait()
		mustHavePanicked(t, in.Err(), errBad) // before the rest is delivered
		got, end := drain(out)
		mustEqual(t, "rest", got, "[[2]]")
		mustHavePanicked(t, end, errBad)
		mustBalance(t, "in", in.Stats(), 10, 3, drops(1, 6))
		mustBalance(t, "out", out.Stats(), 2, 2, runnel.Drops{})
	})
}

// drops is what a stage that failed leaves on its input.
func drops(failed, undelivered uint64) (d runnel.Drops) {
	d[runnel.Failed], d[runnel.Undelivered] = failed, undelivered
	return d
}

func TestThroughGoexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := holding(upTo(10)...)
		out := pipe.Through(bg, in, xf.Compose2(hooked(at(3, runtime.Goexit), nil), xf.Batch[int](2)))
		got, end := drain(out)
		mustEqual(t, "batches", got, "[[0 1] [2]]")
		mustEqual(t, "end", end, "pipe: the function of the stage called runtime.Goexit")
		mustBalance(t, "in", in.Stats(), 10, 3, drops(1, 6))
	})
}

// The step may also fail where it is made or closed; then no value is to blame.
func TestThroughFailureOutsideOfPut(t *testing.T) {
	broken := func(bad func()) xf.Step[int, int] {
		return func(xf.Sink[int]) xf.Sink[int] { bad(); return nil }
	}
	for kind, bad := range escapes {
		bubble(t, kind+" in Close", func(t *testing.T) {
			in := filled(nil, upTo(3)...)
			got, end := drain(pipe.Through(bg, in, hooked(nil, bad)))
			mustEqual(t, "values", got, "[0 1 2]")
			mustBeEscape(t, end, kind)
			mustBalance(t, "in", in.Stats(), 3, 3, runnel.Drops{})
		})
		bubble(t, kind+" in Close after a stop", func(t *testing.T) {
			in := holding(upTo(3)...)
			out := pipe.Through(bg, in, hooked(nil, bad))
			synctest.Wait()
			out.Cancel(errStop)
			synctest.Wait()
			mustBe(t, "in", in.Err(), errStop)
			mustBe(t, "end", out.Err(), errStop)
		})
		bubble(t, kind+" while it is made", func(t *testing.T) {
			in := holding(upTo(3)...)
			_, end := drain(pipe.Through(bg, in, broken(bad)))
			mustBeEscape(t, end, kind)
			mustBalance(t, "in", in.Stats(), 3, 0, dropped(runnel.Undelivered, 3))
		})
		bubble(t, kind+" in Close after a panic", func(t *testing.T) {
			in := holding(upTo(3)...)
			_, end := drain(pipe.Through(bg, in, hooked(at(0, panics), bad)))
			mustHavePanicked(t, end, errBad)
			mustBalance(t, "in", in.Stats(), 3, 0, drops(1, 2))
		})
		bubble(t, kind+" in Close after an error", func(t *testing.T) {
			_, end := drain(pipe.Through(bg, filled[int](errLost), hooked(nil, bad)))
			mustBe(t, "end", end, errLost)
		})
	}
}

func mustBeEscape(t *testing.T, err error, kind string) {
	t.Helper()
	if kind == "panic" {
		mustHavePanicked(t, err, errBad)
	} else {
		mustEqual(t, "end", err, "pipe: the function of the stage called runtime.Goexit")
	}
}

// In every ending the step is closed, and once.
func TestThroughClosesTheStepOnce(t *testing.T) {
	type ending struct {
		name string
		step xf.Step[int, int] // before the one that counts
		in   func() *runnel.Chan[int]
		stop func(out runnel.Receiver[int], end func())
	}
	same := xf.Map(itself)
	open := func() *runnel.Chan[int] { return holding(upTo(5)...) }
	idle := func() *runnel.Chan[int] { return runnel.New[int]() }
	drains := func(out runnel.Receiver[int], _ func()) { drain(out) }
	cancels := func(out runnel.Receiver[int], _ func()) { synctest.Wait(); out.Cancel(errStop) }
	endsContext := func(_ runnel.Receiver[int], end func()) { synctest.Wait(); end() }
	for _, e := range []ending{
		{"end", same, func() *runnel.Chan[int] { return filled(nil, 1, 2) }, drains},
		{"error", same, func() *runnel.Chan[int] { return filled(errLost, 1, 2) }, drains},
		{"Take", xf.Take[int](2), open, drains},
		{"panic", hooked(at(2, panics), nil), open, drains},
		{"Goexit", hooked(at(2, runtime.Goexit), nil), open, drains},
		{"stop", same, idle, cancels},
		{"stop in a send", same, open, cancels},
		{"context", same, idle, endsContext},
		{"context in a send", same, open, endsContext},
	} {
		bubble(t, e.name, func(t *testing.T) {
			closed := 0
			ctx, end := context.WithCancel(bg)
			defer end()
			e.stop(pipe.Through(ctx, e.in(), xf.Compose2(e.step, hooked(nil, func() { closed++ }))), end)
			synctest.Wait()
			if closed != 1 {
				t.Errorf("closed %d times", closed)
			}
		})
	}
}

// What the step held when the stage was stopped is counted on the output.
func TestThroughCountsWhatNobodyTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := holding(1, 2, 3)
		out := pipe.Through(bg, in, xf.Batch[int](5))
		var lost [][]int
		out.OnDrop(func(vs []int, _ runnel.Reason) { lost = append(lost, vs) })
		synctest.Wait()
		out.Cancel(errStop)
		synctest.Wait()
		mustBalance(t, "in", in.Stats(), 3, 3, runnel.Drops{})
		mustBalance(t, "out", out.Stats(), 1, 0, dropped(runnel.Undelivered, 1))
		mustEqual(t, "dropped", lost, "[[1 2 3]]")
	})
}

// Whatever the step, a stage gives what a slice gives.
func TestThroughProperty(t *testing.T) {
	r := seeded(t)
	for range 200 {
		step, values := randomStep(r, 4), upTo(r.IntN(30))
		synctest.Test(t, func(t *testing.T) {
			got, end := drain(pipe.Through(bg, filled(errLost, values...), step))
			want := xf.Slice(step, values)
			if !slices.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
			if end != nil && end != errLost {
				t.Errorf("end: %v", end)
			}
		})
	}
}

func randomStep(r *rand.Rand, depth int) xf.Step[int, int] {
	if depth == 0 {
		return xf.Map(itself)
	}
	n := r.IntN(6)
	sum := func(vs []int) (s int) {
		for _, v := range vs {
			s += v
		}
		return s
	}
	next := []xf.Step[int, int]{
		xf.Take[int](n + 3),
		xf.Filter(func(v int) bool { return v%(n+2) > 0 }),
		xf.FlatMap(func(v int) []int { return upTo(max(v, 0) % (n + 1)) }),
		xf.Compose2(xf.Batch[int](n+1), xf.Map(sum)),
		xf.Interpose(-1),
		xf.Drop[int](n),
	}[r.IntN(6)]
	return xf.Compose2(next, randomStep(r, depth-1))
}

// The cause with which the consumer stopped reaches the source, whoever is first to act on it.
func TestThroughPassesTheCauseOn(t *testing.T) {
	step := hooked(func(int) { runtime.Gosched() }, nil)
	for range 300 {
		in := counting()
		out := pipe.Through(bg, pipe.Through(bg, in, step), step)
		out.Recv(bg)
		out.Cancel(errStop)
		if in.Err() != errStop {
			t.Fatalf("source ended with %v, want %v", in.Err(), errStop)
		}
	}
}

// A step that ignores that the output refuses is given no more values.
func TestThroughStubbornStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stubborn := func(next xf.Sink[int]) xf.Sink[int] { return &deaf{next} }
		in := holding(upTo(5)...)
		out := pipe.Through(bg, in, stubborn)
		synctest.Wait()
		out.Cancel(errStop)
		synctest.Wait()
		mustBalance(t, "in", in.Stats(), 5, 1, dropped(runnel.Undelivered, 4))
		mustBalance(t, "out", out.Stats(), 2, 0, dropped(runnel.Undelivered, 2))
	})
}

// deaf doubles values and does not hear that no more are wanted.
type deaf struct{ next xf.Sink[int] }

func (d *deaf) Put(v int) bool {
	d.next.Put(v)
	d.next.Put(v)
	return true
}

func (d *deaf) Close() { d.next.Close() }
