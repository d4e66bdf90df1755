package sim_test

import (
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

func TestWaitReturnsWhenAllOthersAreBlocked(t *testing.T) {
	sim.Test(t, func(t *sim.T) {
		c, ended := runnel.New[int](), 0
		for range 3 {
			t.Go("sender", func() {
				_ = c.Send(bg, 1)
				ended++
			})
		}
		for i := range 3 {
			t.Wait()
			t.Assert(ended == i && c.Stats().SendersWaiting == 3-i, "%d ended, want %d: %+v", ended, i, c.Stats())
			_, _ = c.Recv(bg)
		}
		t.Wait()
		t.Assert(ended == 3, "%d ended", ended)
	})
}

func TestTwoTasksMustNotWaitForTheOthers(t *testing.T) {
	r := sim.Check(func(t *sim.T) {
		t.Go("second", t.Wait)
		t.Wait()
	})
	if r.Failure == nil {
		t.Fatal("two tasks waited until the others were blocked")
	}
}
