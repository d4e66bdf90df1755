package pipe_test

import (
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/pipe"
)

// The side that can take a value first gets it first; the next value waits for the other.
func TestTeeGivesToTheFirst(t *testing.T) {
	for first := range 2 {
		synctest.Test(t, func(t *testing.T) {
			in := holding(upTo(5)...)
			outs := both(pipe.Tee(bg, in))
			quick, slow := outs[first], outs[1-first]
			for i := range 5 {
				if v, err := quick.Recv(bg); v != i || err != nil {
					t.Fatalf("%v, %v", v, err)
				}
				synctest.Wait()
				if _, err := quick.TryRecv(); err != runnel.ErrEmpty {
					t.Fatal("one side is more than one value ahead")
				}
				mustEqual(t, "taken", in.Stats().Received, i+1)
				if v, err := slow.Recv(bg); v != i || err != nil {
					t.Fatalf("%v, %v", v, err)
				}
			}
			in.Close()
			gather(t, nil, outs...)
		})
	}
}

// A buffer lets one side run ahead by that much.
func TestTeeBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe.Tee(bg, filled(nil, upTo(9)...), runnel.Buffer(3))
		ended := begin(func() { drain(a) })
		mustBalance(t, "a", a.Stats(), 4, 4, runnel.Drops{})
		mustBalance(t, "b", b.Stats(), 3, 0, runnel.Drops{})
		drain(b)
		if !ended() {
			t.Error("a has not ended")
		}
	})
}

// One consumer stops, the other gets everything; the account of each tells of all values.
func TestTeeGoesOnWithOne(t *testing.T) {
	for stopped := range 2 {
		for taken := range 3 {
			synctest.Test(t, func(t *testing.T) {
				in := holding(upTo(6)...)
				outs := both(pipe.Tee(bg, in))
				quitter, stayer := outs[stopped], outs[1-stopped]
				for range taken {
					quitter.Recv(bg)
					if v, err := stayer.Recv(bg); err != nil {
						t.Fatal(v, err)
					}
				}
				synctest.Wait()
				quitter.Cancel(errStop)
				ended := begin(func() { drain(stayer) })
				if in.Stats().Closed || in.Len() != 0 {
					t.Errorf("in: %+v", in.Stats())
				}
				in.CloseWith(errLost)
				if !ended() {
					t.Error("stayer has not ended")
				}
				mustBe(t, "stayer", stayer.Err(), errLost)
				mustBalance(t, "quitter", quitter.Stats(), 6, uint64(taken), dropped(runnel.Undelivered, uint64(6-taken)))
				mustBalance(t, "stayer", stayer.Stats(), 6, 6, runnel.Drops{})
			})
		}
	}
}

// One side has the value, the stage waits for the other, and that one stops, or ctx ends.
func TestTeeStopsBetweenTheSides(t *testing.T) {
	for first := range 2 {
		synctest.Test(t, func(t *testing.T) {
			in := holding(upTo(2)...)
			outs := both(pipe.Tee(bg, in))
			outs[first].Recv(bg)
			synctest.Wait()
			outs[1-first].Cancel(nil)
			if v, err := outs[first].Recv(bg); v != 1 || err != nil {
				t.Errorf("%v, %v", v, err)
			}
			outs[first].Cancel(errStop)
			synctest.Wait()
			mustBalance(t, "first", outs[first].Stats(), 2, 2, runnel.Drops{})
			mustBalance(t, "second", outs[1-first].Stats(), 2, 0, dropped(runnel.Undelivered, 2))
			mustBe(t, "in", in.Err(), errStop)
		})
	}
}

// Consumers that stop at any time: every value is delivered in order or counted on each side.
func TestTeeProperty(t *testing.T) {
	r := seeded(t)
	for range 200 {
		size, quits := r.IntN(40), [2]int{r.IntN(40), r.IntN(40)}
		var opts []runnel.Option
		if b := r.IntN(3); b > 0 {
			opts = append(opts, runnel.Buffer(b))
		}
		synctest.Test(t, func(t *testing.T) {
			in := filled(nil, upTo(size)...)
			outs := both(pipe.Tee(bg, in, opts...))
			for i, out := range outs {
				runnel.Go(func() {
					for k := range quits[i] {
						if v, err := out.Recv(bg); err == nil && v != k {
							t.Errorf("value %d is %d", k, v)
						}
					}
					out.Cancel(nil)
				})
			}
			synctest.Wait()
			for i, out := range outs {
				s := out.Stats()
				mustAddUp(t, "out", s)
				if want := uint64(min(size, quits[i])); s.Sent != in.Stats().Received || s.Received != want {
					t.Errorf("received %d, out %+v, want %d received", in.Stats().Received, s, want)
				}
			}
			mustAddUp(t, "in", in.Stats())
		})
	}
}
