package flow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// A million failing messages are a million dead letters: none is lost, and none ends the flow.
func TestDeadLettersOfAMillion(t *testing.T) {
	n := scale(5000, 1_000_000)
	sum, buried := 0, 0
	bury := func(_ context.Context, failure *flow.Failure) error {
		buried++
		sum += failure.Message.(int)
		return nil
	}
	g := flow.New("all fail").
		Add("numbers", numbers(n)).
		Add("fail", flow.Step(func(_ context.Context, v int) (int, error) { return 0, errBad }), flow.Parallel(3)).
		Add("store", flow.Sink(ignore)).
		Add("bury", flow.Sink(bury)).
		Connect("numbers", "fail", runnel.Buffer(64)).
		Connect("fail", "store").
		Connect("fail.failures", "bury.in", runnel.Buffer(64))
	f := must(g.Start(bg))(t)
	if err := f.Wait(); err != nil {
		t.Fatal(err)
	}
	s := f.Status()
	mustBalance(t, s)
	all := uint64(n)
	if buried != n || sum != n*(n-1)/2 {
		t.Errorf("buried %d of %d messages, their sum is %d", buried, n, sum)
	}
	if e := s.Edge("fail.failures", "bury.in"); e.Sent != all || e.Received != all {
		t.Errorf("%v", e.Stats)
	}
	if p := s.Process("fail"); p.Failed != all || p.Done != 0 || s.Edge("numbers.out", "fail.in").Dropped[runnel.Failed] != all || f.Failures().Stats().Sent != all {
		t.Errorf("%+v\n%v", p, s)
	}
}

// bad fails on odd numbers.
func bad(_ context.Context, v int) (int, error) {
	if v%2 == 1 {
		return 0, errBad
	}
	return v, nil
}

// A process whose dead letters nobody takes waits, paused as at any output.
func TestDeadLettersHoldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int
		var dead []*flow.Failure
		g := flow.New("full").
			Add("numbers", numbers(6)).
			Add("bad", flow.Step(bad)).
			Add("store", flow.Sink(collect(&got))).
			Add("bury", flow.Sink(collect(&dead))).
			Connect("numbers", "bad").
			Connect("bad", "store").
			Connect("bad.failures", "bury", runnel.Buffer(1))
		f := must(g.Start(t.Context(), flow.StartPaused()))(t)
		f.Resume("numbers", "bad", "store")
		time.Sleep(time.Minute)
		w := f.Status().Process("bad").Workers[0]
		if w.Activity != flow.Blocked || w.On != "bad.failures -> bury.in" || w.For != time.Minute {
			t.Errorf("%+v", w)
		}
		f.Pause("bad")
		f.Resume("bury")
		time.Sleep(time.Minute)
		if s := f.Status(); s.Edge("bad.failures", "bury.in").Sent != 1 || s.Process("bad").Workers[0].Activity != flow.Resting {
			t.Errorf("a failure has come out of the pause: %v", s)
		}
		f.Resume()
		if err := f.Wait(); err != nil || len(dead) != 3 || len(got) != 3 {
			t.Errorf("ended with %v, got %v, buried %v", err, got, dead)
		}
		mustBalance(t, f.Status())
	})
}

// Several edges have them all, each with its policy.
func TestDeadLettersFanOut(t *testing.T) {
	var one, two []*flow.Failure
	g := flow.New("two").
		Add("numbers", numbers(100)).
		Add("bad", flow.Step(bad)).
		Add("store", flow.Sink(ignore)).
		Add("bury", flow.Sink(collect(&one))).
		Add("show", flow.Sink(collect(&two))).
		Connect("numbers", "bad").
		Connect("bad", "store").
		Connect("bad.failures", "bury").
		Connect("bad.failures", "show", runnel.Sliding(1))
	f := must(g.Start(bg))(t)
	err := f.Wait()
	s := f.Status()
	mustBalance(t, s)
	shown := s.Edge("bad.failures", "show.in")
	if err != nil || len(one) != 50 || shown.Sent != 50 || int(shown.Received) != len(two) {
		t.Errorf("ended with %v, buried %d, shown %d\n%v", err, len(one), len(two), s)
	}
}

// Where those who took them have ended, the failure ends the flow, as without them; or is passed
// over, if that was asked for.
func TestDeadLettersRefused(t *testing.T) {
	for _, skip := range []bool{false, true} {
		var opts []flow.ProcOption
		if skip {
			opts = append(opts, flow.Skip())
		}
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			g := flow.New("refused").
				Add("sink", flow.Sink(func(_ context.Context, v int) error { calls++; return errBad }), opts...).
				Add("bury", flow.Sink(func(context.Context, *flow.Failure) error { return flow.ErrDone })).
				Open("sink").
				Connect("sink.failures", "bury")
			f := must(g.Start(t.Context()))(t)
			if err := f.Inject(bg, "sink", 0); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if err := f.Inject(bg, "sink", 1); err != nil {
				t.Fatal(err)
			}
			err := f.Drain(bg)
			s := f.Status()
			mustBalance(t, s)
			if skip && f.Wait() != nil {
				t.Errorf("ended with %v", f.Wait())
			} else if !skip {
				mustFail(t, f.Wait(), "sink", 1, errBad)
			}
			if e := s.Edge("sink.failures", "bury.in"); err != f.Wait() || calls != 2 || e.Sent != 2 || e.Received != 1 || e.Dropped[runnel.Undelivered] != 1 {
				t.Errorf("%d calls, Drain: %v, %v", calls, err, s)
			}
		})
	}
}

// What repairs failed messages may send them back: the cycle works, and ends.
func TestDeadLettersRepaired(t *testing.T) {
	var got []int
	g := flow.New("repair").
		Add("numbers", numbers(100)).
		Add("bad", flow.Step(bad), flow.Parallel(2)).
		Add("store", flow.Sink(collect(&got))).
		Add("repair", flow.Step(func(_ context.Context, e *flow.Failure) (int, error) { return 2 * e.Message.(int), nil })).
		Connect("numbers", "bad").
		Connect("bad", "store").
		Connect("bad.failures", "repair", runnel.Unbounded()).
		Connect("repair", "bad", runnel.Unbounded())
	f := must(g.Start(bg))(t)
	err := f.Wait()
	mustBalance(t, f.Status())
	sum := 0
	for _, v := range got {
		sum += v
	}
	if err != nil || len(got) != 100 || sum != 49*50+2*50*50 {
		t.Errorf("ended with %v, got %d values, sum %d", err, len(got), sum)
	}
}

// A source that fails while the flow drains, or in its middle, has its failure taken, too.
func TestDeadLettersOfASourceThatDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dead []*flow.Failure
		g := flow.New("drains").
			Add("source", flow.Source(func(ctx context.Context, emit func(int) error) error {
				for emit(1) == nil {
				}
				return errBad
			})).
			Add("store", flow.Sink(func(ctx context.Context, _ int) error { return runnel.Sleep(ctx, time.Second) })).
			Add("bury", flow.Sink(collect(&dead))).
			Connect("source", "store").
			Connect("source.failures", "bury")
		f := must(g.Start(t.Context()))(t)
		time.Sleep(time.Minute)
		if err := f.Drain(bg); err != nil || len(dead) != 1 || !errors.Is(dead[0], errBad) {
			t.Errorf("Drain: %v, buried %v", err, dead)
		}
		s := f.Status()
		mustBalance(t, s)
		if e := s.Edge("source.failures", "bury.in"); e.Sent != 1 || s.Process("source").Failed != 1 {
			t.Errorf("%v", s)
		}
	})
}

// A failure that the flow ends with is Undelivered on the edge that it was for.
func TestDeadLettersAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flow.New("ends").
			Add("sink", flow.Sink(func(context.Context, int) error { return errBad })).
			Add("bury", flow.Sink(func(context.Context, *flow.Failure) error { return nil })).
			Open("sink").
			Connect("sink.failures", "bury")
		f := must(g.Start(t.Context()))(t)
		if err := errors.Join(f.Pause("bury"), f.Inject(bg, "sink", 1)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		s := stopNow(f)
		mustBalance(t, s)
		if e := s.Edge("sink.failures", "bury.in"); e.Sent != 1 || e.Dropped[runnel.Undelivered] != 1 || s.Edge("", "sink.in").Dropped[runnel.Failed] != 1 || f.Wait() != flow.ErrStopped {
			t.Errorf("ended with %v: %v", f.Wait(), s)
		}
	})
}

// Dead letters keep no process alive whose results nobody wants any more.
func TestDeadLettersKeepNobodyAlive(t *testing.T) {
	g := flow.New("unneeded").
		Add("numbers", endless()).
		Add("bad", flow.Step(bad)).
		Add("store", flow.Sink(func(context.Context, int) error { return flow.ErrDone })).
		Add("bury", flow.Sink(func(context.Context, *flow.Failure) error { return nil })).
		Connect("numbers", "bad").
		Connect("bad", "store").
		Connect("bad.failures", "bury")
	f := must(g.Start(bg))(t)
	if err := f.Wait(); err != nil {
		t.Error(err)
	}
	mustBalance(t, f.Status())
}

// The names and options of failures, and what Check says when they are wrong.
func TestCheckPolicies(t *testing.T) {
	twice := flow.FlatStep(func(_ context.Context, v int, emit func(int) error) error { return emit(v) })
	own := flow.Stateful[int]{
		Handlers: []flow.Handler[int]{flow.On(fresh, func(*flow.Turn, *int, int) error { return nil })},
		Outs:     []flow.Port{flow.Optional(flow.Out[int]("failures"))},
	}
	g := flow.New("wrong").
		Add("numbers", numbers(1)).
		Add("none", twice, flow.Retry(runnel.Backoff{First: -1})).
		Add("both", halving(), flow.Skip(), flow.Restart()).
		Add("pointless", flow.Sink(ignore), flow.Restart()).
		Add("own", own.Proc()).
		Add("bury", flow.Sink(func(context.Context, *flow.Failure) error { return nil })).
		Connect("numbers", "none").
		Connect("none", "pointless").
		Connect("numbers", "both.fresh").
		Connect("numbers", "own").
		Connect("both.back", "both.again").
		Connect("both.out", "none").
		Connect("none.failure", "bury").
		Connect("pointless.failures", "pointless").
		Connect("numbers", "none.failures").
		Connect("pointless", "bury")
	want := `flow: graph "wrong": 8 mistakes:
	none: Retry: Backoff.Attempts is 0, want at least 1; Backoff.First is -1ns, want 0 or a positive duration
	both: Skip and Restart: want one; Skip goes on with the state as it is, Restart with a new one
	pointless: Restart: a sink has neither a state nor a source to begin anew; Skip goes on with the next message
	own.failures: every process has an output of this name, for its dead letters: want another one
	none.failure -> bury: none has no output "failure"; did you mean "failures"?
	pointless.failures -> pointless: the output gives *flow.Failure, the input takes int
	numbers -> none.failures: none.failures is an output, not an input
	pointless -> bury: pointless has no output: say which`
	if err := g.Check(); err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}

// Dead letters are not among the outputs that a name without port may mean.
func TestDeadLettersNeedTheirName(t *testing.T) {
	g := flow.New("names").
		Add("numbers", numbers(1)).
		Add("store", flow.Sink(ignore)).
		Connect("numbers", "store")
	f := must(g.Start(bg))(t)
	if err := f.Inject(bg, "store.failures", &flow.Failure{}); !errors.Is(err, flow.ErrName) {
		t.Errorf("Inject into dead letters that nobody takes: %v", err)
	}
	if err := f.Wait(); err != nil || fmt.Sprint(f.Status().Process("store").Done) != "1" {
		t.Errorf("ended with %v", err)
	}
}
