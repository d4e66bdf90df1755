package flow_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
	"github.com/runnel-go/runnel/sim"
)

// A worker with one input, in its step while the process is swapped, takes the new functions before its next
// message, though it does not wait in between. So does one that is to go: see testdata/scale.txt.
func TestSwapBetweenMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		release := runnel.New[int]()
		writer := func(name string) flow.Proc {
			return flow.Stateful[int]{Handlers: []flow.Handler[int]{flow.On("in", func(x *flow.Turn, n *int, v int) error {
				*n += v
				got = append(got, fmt.Sprint(name, *n))
				release.Recv(x) // until it is closed
				return out.Send(x, v)
			})}, Outs: []flow.Port{out}}.Proc()
		}
		f := must(flow.New("swapped").
			Add("write", writer("old ")).
			Add("store", flow.Sink(ignore)).
			Open("write", runnel.Buffer(4)).
			Connect("write", "store").
			Start(t.Context()))(t)
		if err := f.Inject(bg, "write", 1, 2, 3); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := f.Swap("write", writer("new ")); err != nil {
			t.Fatal(err)
		}
		release.Close()
		if err := f.Drain(bg); err != nil {
			t.Fatal(err)
		}
		if s := fmt.Sprint(got); s != "[old 1 new 3 new 6]" {
			t.Errorf("got %v", s)
		}
		mustBalance(t, f.Status())
	})
}

// A source that is in its function while the flow is paused, drained and resumed gives nothing more, even
// if it looks at nothing but what emit says.
func TestDrainWhilePaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int
		release := runnel.New[int]()
		late := flow.Source(func(_ context.Context, emit func(int) error) error {
			release.Recv(bg) // until it is closed
			for i := range 1000 {
				if err := emit(i); err != nil {
					return err
				}
			}
			return nil
		})
		f := must(flow.New("paused").
			Add("late", late).
			Add("store", flow.Sink(collect(&got))).
			Connect("late", "store", runnel.Buffer(4)).
			Start(t.Context()))(t)
		synctest.Wait()
		if err := f.Pause(); err != nil {
			t.Fatal(err)
		}
		runnel.Go(func() { _ = f.Drain(bg) })
		synctest.Wait()
		if err := f.Resume(); err != nil {
			t.Fatal(err)
		}
		release.Close()
		if err := f.Wait(); err != nil || len(got) > 0 {
			t.Errorf("ended with %v, got %d values", err, len(got))
		}
	})
}

// A pause that is over before all workers are calm keeps nobody waiting.
func TestSimResumeWhilePausing(t *testing.T) {
	explore(t, func(t *sim.T) {
		g := flow.New("both").
			Add("store", flow.Sink(ignore)).
			Open("store")
		f := start(t, g)
		returned := false
		t.Go("pause", func() { _ = f.Pause(); returned = true })
		t.Go("resume", func() { _ = f.Resume() })
		t.Wait()
		t.Assert(returned, "Pause waits")
		_ = f.Resume()
		t.Assert(f.Drain(t.Context()) == nil, "Drain")
		over(t, f)
	})
}
