package flow_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
	"github.com/runnel-go/runnel/sim"
)

// joined waits for the end of one input before it reads the other.
func joined() flow.Proc {
	return flow.Stateful[[]int]{
		Handlers: []flow.Handler[[]int]{
			flow.On(again, func(x *flow.Turn, s *[]int, v int) error { return out.Send(x, v+len(*s)) }),
			flow.On(fresh, func(_ *flow.Turn, s *[]int, v int) error { *s = append(*s, v); return nil }).
				Ended(func(x *flow.Turn, s *[]int) error { *s = append(*s, -1); return out.Send(x, -1) }),
		},
		Outs:  []flow.Port{out},
		Wants: func(s *[]int, input string) bool { return input == "fresh" || slices.Contains(*s, -1) },
	}.Proc()
}

// The facts are read when the table is complete, whatever the order; and ends at any moment
// leave an exact account.
func TestSimWants(t *testing.T) {
	explore(t, func(t *sim.T) {
		var got []int
		g := flow.New("join").
			Add("table", numbers(2)).
			Add("facts", numbers(2)).
			Add("join", joined()).
			Add("store", flow.Sink(collect(&got))).
			Connect("table", "join.fresh").
			Connect("facts", "join.again", runnel.Buffer(1)).
			Connect("join", "store")
		_, plain := shaken(t, g, "join")
		t.Assert(len(got) == 0 || got[0] == -1, "got %v", got)
		t.Assert(!plain || len(got) > 0, "never told")
	})
}

// What comes where nothing is wanted fails, and does not hang.
func TestWantsNothing(t *testing.T) {
	deaf := flow.Stateful[int]{
		Handlers: []flow.Handler[int]{flow.On(fresh, func(*flow.Turn, *int, int) error { return nil })},
		Wants:    func(*int, string) bool { return false },
	}.Proc()
	g := flow.New("deaf").Add("numbers", numbers(2)).Add("deaf", deaf).Connect("numbers", "deaf")
	mustFail(t, g.Run(bg), "deaf", 0, flow.ErrUnwanted)
}

func TestPrefer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int
		note := func(_ *flow.Turn, _ *int, v int) error { got = append(got, v); return nil }
		p := flow.Stateful[int]{Handlers: []flow.Handler[int]{flow.On(fresh, note), flow.On(again, note)}}.Proc()
		g := flow.New("prefers").Add("p", p, flow.Prefer("again")).
			Open("p.fresh", runnel.Buffer(4)).Open("p.again", runnel.Buffer(4))
		f := must(g.Start(bg, flow.StartPaused()))(t)
		if f.Inject(bg, "p.fresh", 2, 3) != nil || f.Inject(bg, "p.again", 0, 1) != nil {
			t.Fatal("not injected")
		}
		f.Resume()
		if err := f.Drain(bg); err != nil {
			t.Fatal(err)
		}
		mustBeSeq(t, got, 4, 1)
	})
}

// From a channel, to a channel: what was received is sent on or counted, what was not stays.
func TestSimFromTo(t *testing.T) {
	explore(t, func(t *sim.T) {
		in, to := runnel.New[int](runnel.Buffer(3)), runnel.New[int](runnel.Buffer(3))
		for v := range 3 {
			in.TrySend(v)
		}
		in.Close()
		g := flow.New("ports").Add("from", flow.From[int](in)).Add("to", flow.To[int](to)).
			Connect("from", "to", runnel.Buffer(1))
		f, plain := shaken(t, g, "from")
		e := f.Status().Edge("from.out", "to.in")
		t.Assert(e.Sent == in.Stats().Received, "%v, %v", in.Stats(), e.Stats)
		t.Assert(to.Stats().Sent == e.Received, "%v, %v", e.Stats, to.Stats())
		t.Assert(!plain || e.Dropped.Total() == 0, "%v", e.Stats)
	})
}
