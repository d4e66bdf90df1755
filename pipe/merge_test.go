package pipe_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// merges are the two kinds of merge.
var merges = map[string]func(context.Context, []runnel.Receiver[int], ...runnel.Option) runnel.Receiver[int]{
	"Merge":         pipe.Merge[int],
	"MergePriority": pipe.MergePriority[int],
}

func forMerges(t *testing.T, f func(t *testing.T, merge func(...runnel.Receiver[int]) runnel.Receiver[int])) {
	for name, m := range merges {
		bubble(t, name, func(t *testing.T) {
			f(t, func(ins ...runnel.Receiver[int]) runnel.Receiver[int] { return m(bg, ins) })
		})
	}
}

func TestMergeOfNothing(t *testing.T) {
	forMerges(t, func(t *testing.T, merge func(...runnel.Receiver[int]) runnel.Receiver[int]) {
		if _, err := merge().TryRecv(); err != runnel.ErrClosed {
			t.Errorf("%v, want the end", err)
		}
	})
}

// An input that ends plainly leaves the others alone; the last one ends the merge.
func TestMergeEndsWithTheLast(t *testing.T) {
	forMerges(t, func(t *testing.T, merge func(...runnel.Receiver[int]) runnel.Receiver[int]) {
		a, b, c := filled(nil, 1), runnel.New[int](), filled[int](nil)
		out := merge(a, b, c)
		if v, err := out.Recv(bg); v != 1 || err != nil {
			t.Errorf("%v, %v", v, err)
		}
		for i := range 3 {
			synctest.Wait()
			b.Send(bg, i)
			if v, err := out.Recv(bg); v != i || err != nil {
				t.Errorf("%v, %v", v, err)
			}
		}
		b.Close()
		got, end := drain(out)
		mustEqual(t, "values", got, "[]")
		mustBe(t, "end", end, nil)
	})
}

func TestMergeEndsWithTheFirstError(t *testing.T) {
	forMerges(t, func(t *testing.T, merge func(...runnel.Receiver[int]) runnel.Receiver[int]) {
		idle, ended, b := runnel.New[int](), filled[int](nil), runnel.New[int]()
		late := holding[int]()
		out := merge(idle, ended, b, late)
		synctest.Wait()
		b.CloseWith(errLost)
		_, end := drain(out)
		mustBe(t, "end", end, errLost)
		synctest.Wait()
		for _, in := range []*runnel.Chan[int]{idle, late} {
			mustBe(t, "other input", in.Err(), errLost)
		}
	})
}

// While the output is full an error waits its turn; the values of others that are on the way are
// counted.
func TestMergeCountsWhatAnErrorLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failed, other := filled[int](errLost), holding(upTo(5)...)
		out := pipe.MergePriority(bg, both[int](failed, other), runnel.Buffer(1))
		_, end := drain(out)
		mustBe(t, "end", end, errLost)
		synctest.Wait()
		mustBalance(t, "other", other.Stats(), 5, 0, dropped(runnel.Undelivered, 5))
	})
}

func TestMergeStopsAllInputs(t *testing.T) {
	forMerges(t, func(t *testing.T, merge func(...runnel.Receiver[int]) runnel.Receiver[int]) {
		a, b, ended := runnel.New[int](), runnel.New[int](), filled[int](nil)
		out := merge(a, ended, b)
		synctest.Wait()
		out.Cancel(errStop)
		if a.Err() != errStop || b.Err() != errStop {
			t.Errorf("inputs ended with %v, %v", a.Err(), b.Err())
		}
	})
}

func TestMergePriority(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := pipe.MergePriority(bg, []runnel.Receiver[int]{filled(nil, 1, 2), filled(nil, 3, 4), filled(nil, 5)})
		got, _ := drain(out)
		mustEqual(t, "values", got, "[1 2 3 4 5]")
	})
}

// The value of an input in front comes before those behind it that were there earlier.
func TestMergePriorityPrefers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		front, back := runnel.New[int](runnel.Buffer(1)), holding(upTo(4)...)
		out := pipe.MergePriority(bg, both[int](front, back))
		var got []int
		for range 4 {
			synctest.Wait() // the merge holds one value
			front.Send(bg, 9)
			v, _ := out.Recv(bg)
			got = append(got, v)
		}
		mustEqual(t, "values", got, "[0 9 9 9]")
		out.Cancel(nil)
	})
}

func TestMergeIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 3000
		out := pipe.Merge(bg, []runnel.Receiver[int]{
			filled(nil, make([]int, n)...), filled(nil, make([]int, n)...), filled(nil, repeat(1, n)...),
		})
		ones := 0
		for range n {
			v, _ := out.Recv(bg)
			ones += v
		}
		if ones < n/3-300 || ones > n/3+300 { // more than 11 standard deviations
			t.Errorf("%d of %d values from one of three inputs", ones, n)
		}
		out.Cancel(nil)
	})
}

func repeat(v, n int) []int {
	vs := make([]int, n)
	for i := range vs {
		vs[i] = v
	}
	return vs
}

// The slice remains the caller's.
func TestMergeLeavesItsArgumentAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, c := filled(nil, 1), runnel.New[int](), runnel.New[int]()
		ins := both[int](a, b)
		out := pipe.Merge(bg, ins)
		ins[1] = c
		synctest.Wait()
		out.Cancel(errStop)
		if b.Err() != errStop || c.Err() != nil || ins[0] != runnel.Receiver[int](a) {
			t.Errorf("b %v, c %v", b.Err(), c.Err())
		}
	})
}

// One channel given twice is one channel.
func TestMergeOfOneChannelTwice(t *testing.T) {
	forMerges(t, func(t *testing.T, merge func(...runnel.Receiver[int]) runnel.Receiver[int]) {
		in := filled(nil, upTo(50)...)
		got, end := drain(merge(in, in))
		mustEqual(t, "values", got, upTo(50))
		mustBe(t, "end", end, nil)
	})
}

// All values of all inputs come, each input's in order, from whatever inputs at whatever times.
func TestMergeProperty(t *testing.T) {
	r := seeded(t)
	for range 100 {
		n, sizes := r.IntN(6), []int(nil)
		for range n {
			sizes = append(sizes, r.IntN(20))
		}
		synctest.Test(t, func(t *testing.T) {
			for _, m := range merges {
				ins, next := make([]runnel.Receiver[int], n), make([]int, n)
				for i := range ins {
					c := runnel.New[int]()
					ins[i] = c
					runnel.Go(func() {
						for v := range sizes[i] {
							c.Send(bg, 1000*i+v)
						}
						c.Close()
					})
				}
				got, end := drain(m(bg, ins))
				mustBe(t, "end", end, nil)
				for _, v := range got {
					if v%1000 != next[v/1000] {
						t.Fatalf("%d is out of order in %v", v, got)
					}
					next[v/1000]++
				}
				mustEqual(t, "values of each input", next, append([]int{}, sizes...))
			}
		})
	}
}
