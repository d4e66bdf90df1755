package pipe_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

func TestSplit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		yes, no := pipe.Split(bg, filled(errLost, upTo(7)...), isEven)
		mustEqual(t, "yes and no", gather(t, errLost, yes, no), "[[0 2 4 6] [1 3 5]]")
	})
}

// The remainder is never negative, so that all integers are spread evenly.
func TestPartition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outs := pipe.Partition(bg, filled(nil, -4, -3, -2, -1, 0, 1, 2, 3, 4), 3, itself)
		mustEqual(t, "outputs", gather(t, nil, outs...), "[[-3 0 3] [-2 1 4] [-4 -1 2]]")
	})
}

func TestPartitionIntoOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outs := pipe.Partition(bg, filled(nil, upTo(5)...), 1, func(v int) int { return -v })
		mustEqual(t, "outputs", gather(t, nil, outs...), "[[0 1 2 3 4]]")
	})
}

// The consumer of one output stops: its values are counted there, the others come.
func TestSplitGoesOnWithoutOneConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := holding(upTo(10)...)
		yes, no := pipe.Split(bg, in, isEven)
		synctest.Wait() // blocked in the send of 0
		yes.Cancel(errStop)
		var lost []int
		yes.OnDrop(func(v int, _ runnel.Reason) { lost = append(lost, v) })
		var got []int
		for range 5 {
			v, _ := no.Recv(bg)
			got = append(got, v)
		}
		mustEqual(t, "no", got, "[1 3 5 7 9]")
		if in.Stats().Closed {
			t.Error("in was cancelled")
		}
		in.CloseWith(errLost)
		_, end := drain(no)
		mustBe(t, "no", end, errLost)
		mustBe(t, "yes", yes.Err(), errStop)
		mustBalance(t, "in", in.Stats(), 10, 10, runnel.Drops{})
		mustBalance(t, "yes", yes.Stats(), 5, 0, dropped(runnel.Undelivered, 5))
		mustBalance(t, "no", no.Stats(), 5, 5, runnel.Drops{})
		if !slices.Contains(lost, 8) {
			t.Errorf("OnDrop got %v", lost)
		}
	})
}

// The last consumer to stop stops the input, within its call and with its cause.
func TestPartitionStopsWithTheLastConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := runnel.New[int]()
		outs := pipe.Partition(bg, in, 3, itself)
		outs[1].Cancel(errBad)
		outs[1].Cancel(errBad) // is not counted twice
		outs[0].Cancel(nil)
		if in.Stats().Closed {
			t.Error("in was cancelled too early")
		}
		outs[2].Cancel(errStop)
		mustBe(t, "in", in.Err(), errStop)
		mustBe(t, "first output to stop", outs[1].Err(), errBad)
	})
}

func TestSplitFailure(t *testing.T) {
	for kind, bad := range escapes {
		bubble(t, kind, func(t *testing.T) {
			in := holding(upTo(10)...)
			yes, no := pipe.Split(bg, in, func(v int) bool {
				at(2, bad)(v)
				return isEven(v)
			}, runnel.Buffer(1))
			synctest.Wait()
			for i, out := range both(yes, no) {
				got, end := drain(out)
				mustEqual(t, "values", got, []int{i})
				mustBeEscape(t, end, kind)
			}
			mustBalance(t, "in", in.Stats(), 10, 2, drops(1, 7))
			mustBeEscape(t, in.Err(), kind)
		})
	}
}

// A full output makes the others wait; a buffer gives it time, one that drops all the time.
func TestSplitBackpressure(t *testing.T) {
	for _, c := range []struct {
		opts []runnel.Option
		took uint64 // values that Split has taken when nobody receives from yes
	}{
		{nil, 2},
		{[]runnel.Option{runnel.Buffer(2)}, 6},
		{[]runnel.Option{runnel.Sliding(1)}, 20},
	} {
		synctest.Test(t, func(t *testing.T) {
			in := holding(append([]int{1}, upTo(19)...)...)
			yes, no := pipe.Split(bg, in, isEven, c.opts...)
			ended := begin(func() { drain(no) })
			mustEqual(t, "taken", in.Stats().Received, c.took)
			yes.Cancel(nil)
			no.Cancel(nil)
			if !ended() {
				t.Error("no did not end")
			}
		})
	}
}

// A name given to all outputs is told apart by the ID.
func TestPartitionNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outs := pipe.Partition(bg, filled[int](nil), 2, itself, runnel.Name("part"))
		a, b := outs[0].Stats(), outs[1].Stats()
		if a.Name != "part" || b.Name != "part" || a.ID == b.ID {
			t.Errorf("%q %d, %q %d", a.Name, a.ID, b.Name, b.ID)
		}
		gather(t, nil, outs...)
	})
}

// Whatever comes and whoever stops when, every value is delivered in order or counted.
func TestPartitionProperty(t *testing.T) {
	r := seeded(t)
	for range 100 {
		n, size := 1+r.IntN(5), r.IntN(60)
		quits := make([]int, n) // how many values each consumer takes
		for i := range quits {
			quits[i] = r.IntN(30)
		}
		synctest.Test(t, func(t *testing.T) {
			in := filled(nil, upTo(size)...)
			outs := pipe.Partition(bg, in, n, itself)
			for i, out := range outs {
				runnel.Go(func() {
					for k := range quits[i] {
						v, err := out.Recv(bg)
						if err == nil && v != k*n+i {
							t.Errorf("output %d: value %d is %d", i, k, v)
						}
					}
					out.Cancel(nil)
				})
			}
			synctest.Wait()
			sent, received, d := sums(t, outs)
			if s := in.Stats(); s.Received != sent || d[runnel.Undelivered] != sent-received {
				t.Errorf("in %+v, out: sent %d received %d dropped %v", s, sent, received, d)
			}
			mustAddUp(t, "in", in.Stats())
		})
	}
}
