package xf_test

import (
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/runnel-go/runnel/xf"
)

// program is a random composition, its input, and where the consumer breaks off (0: nowhere).
type program struct {
	ops   []op
	in    []int
	limit int
}

// parse makes a program of any bytes: the limit, the number of ops, two bytes for each op, and the input.
func parse(data []byte) (p program) {
	next := func() int {
		if len(data) == 0 {
			return 0
		}
		b := data[0]
		data = data[1:]
		return int(b)
	}
	p.limit = next() % 12
	for range next() % 7 {
		kind := opKinds[next()%len(opKinds)]
		p.ops = append(p.ops, kind(next()%8))
	}
	for _, b := range data[:min(len(data), 60)] {
		p.in = append(p.in, int(b%10))
	}
	return p
}

func (p program) String() string {
	var names []string
	for _, o := range p.ops {
		names = append(names, o.name)
	}
	return strings.Join(names, " | ")
}

func (p program) steps() (steps []xf.Step[int, int]) {
	for _, o := range p.ops {
		steps = append(steps, o.step)
	}
	return steps
}

// checkProgram runs the program in every way there is and compares with the model.
func checkProgram(t *testing.T, p program) {
	t.Helper()
	want, read := reference(p.ops, p.in, p.limit)
	check := func(way string, got []int, gotRead int) {
		t.Helper()
		if !slices.Equal(got, want) || gotRead != read {
			t.Errorf("%s\n%v of %v, consumer's limit %d\ngot  %v after reading %d\nwant %v after reading %d",
				way, p, p.in, p.limit, got, gotRead, want, read)
		}
	}
	got, gotRead := runWatched(t, p)
	check("by hand, with a watch between all steps", got, gotRead)

	step := xf.Compose(p.steps()...)
	for _, way := range []string{"Seq", "Seq once more"} {
		got, gotRead = runSeq(step, p)
		check(way, got, gotRead)
	}
	got, gotRead = runSeq(nestLeft(p.steps()), p)
	check("Seq, ((a b) c)", got, gotRead)
	got, gotRead = runSeq(nestRight(p.steps()), p)
	check("Seq, (a (b c))", got, gotRead)
	if p.limit == 0 {
		check("Slice", xf.Slice(step, p.in), read)
	}
}

func runSeq(step xf.Step[int, int], p program) (out []int, read int) {
	counted := func(yield func(int) bool) {
		for _, v := range p.in {
			read++
			if !yield(v) {
				return
			}
		}
	}
	for v := range xf.Seq(step, counted) {
		out = append(out, v)
		if len(out) == p.limit {
			break
		}
	}
	return out, read
}

func nestLeft(steps []xf.Step[int, int]) xf.Step[int, int] {
	all := xf.Compose[int]()
	for _, s := range steps {
		all = xf.Compose2(all, s)
	}
	return all
}

func nestRight(steps []xf.Step[int, int]) xf.Step[int, int] {
	all := xf.Compose[int]()
	for _, s := range slices.Backward(steps) {
		all = xf.Compose2(s, all)
	}
	return all
}

// watch sits between two sinks and knows what must hold between any two.
type watch struct {
	t       *testing.T
	next    xf.Sink[int]
	refused bool
	closes  int
}

func (w *watch) Put(v int) bool {
	if w.refused {
		w.t.Error("Put after a Put that returned false")
	}
	if w.closes > 0 {
		w.t.Error("Put after Close")
	}
	more := w.next.Put(v)
	w.refused = !more
	return more
}

func (w *watch) Close() {
	if w.closes++; w.closes > 1 {
		w.t.Error("closed more than once")
	}
	w.next.Close()
}

// list is a consumer that refuses more at its limit-th value.
type list struct {
	values []int
	limit  int
}

func (l *list) Put(v int) bool {
	l.values = append(l.values, v)
	return len(l.values) != l.limit
}

func (l *list) Close() {}

func runWatched(t *testing.T, p program) (out []int, read int) {
	t.Helper()
	var watches []*watch
	watched := func(next xf.Sink[int]) xf.Sink[int] {
		w := &watch{t: t, next: next}
		watches = append(watches, w)
		return w
	}
	end := &list{limit: p.limit}
	var s xf.Sink[int] = watched(end)
	for _, o := range slices.Backward(p.ops) {
		s = o.step(watched(s))
	}
	more := true
	for read < len(p.in) && more {
		more = s.Put(p.in[read])
		read++
	}
	strays(t, p, s, more)
	for i, w := range watches {
		if w.closes != 1 {
			t.Errorf("%v: sink %d from the end was closed %d times", p, i, w.closes)
		}
	}
	return end.values, read
}

// strays ends the run, with the calls that a caller must not make: the watches tell if one of them gets through. Without
// ops there is no step to stop them.
func strays(t *testing.T, p program, s xf.Sink[int], more bool) {
	t.Helper()
	stray := func(when string) {
		if len(p.ops) > 0 && s.Put(1) {
			t.Errorf("%v: a Put %s returns true", p, when)
		}
	}
	if !more {
		stray("after false")
	}
	s.Close()
	stray("after Close")
	if len(p.ops) > 0 {
		s.Close()
	}
}

// TestRandomPrograms is FuzzCompose on fresh random programs, within every ordinary test run.
func TestRandomPrograms(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %#x", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 300 {
		data := make([]byte, 2+random.IntN(60))
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		if checkProgram(t, parse(data)); t.Failed() {
			t.Fatalf("for FuzzCompose's seeds: %q", data)
		}
	}
}

// TestEveryPairOfSteps meets each two kinds of step, with sizes and break-off points that are likely to matter.
func TestEveryPairOfSteps(t *testing.T) {
	in := []int{0, 1, 1, 2, 3, 5, 8, 9, 9, 0, 4}
	for _, first := range opKinds {
		for _, second := range opKinds {
			for _, limit := range []int{0, 1, 3} {
				checkProgram(t, program{[]op{first(2), second(3)}, in, limit})
			}
		}
	}
}

func FuzzCompose(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x00\x02\x06\x03\x0e\x01012345678")) // Take(3) | Batch(2)
	f.Add([]byte("\x03\x02\x0e\x01\x04\x02012345678")) // Batch(2) | FlatMap, broken off at the third result
	f.Add([]byte("\x00\x03\x10\x00\x0f\x02\x06\x00000111222"))
	f.Fuzz(func(t *testing.T, data []byte) { checkProgram(t, parse(data)) })
}

// sequence is f with its results as an iterator that goes on after it was told to stop, as a careless one may.
func sequence(f func(int) []int) func(int) iter.Seq[int] {
	return func(v int) iter.Seq[int] {
		return func(yield func(int) bool) {
			for _, r := range f(v) {
				yield(r)
			}
		}
	}
}
