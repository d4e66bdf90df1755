package flow_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// What core.async.flow 1.10 was measured to do, and what this package does instead: one test for
// each of its faults that a part of the package that exists has to do with.

// There: of 250 failing messages, 100 are left on the error channel, and nothing says so.
func TestFaultErrorsAreLost(t *testing.T) {
	n := scale(5000, 1_000_000)
	fails := flow.Sink(func(context.Context, int) error { return errBad })
	g := flow.New("all fail").
		Add("numbers", numbers(n)).
		Add("fail", fails, flow.Skip(), flow.Parallel(3)).
		Connect("numbers", "fail", runnel.Buffer(16))
	f := must(g.Start(bg))(t)
	if err := f.Wait(); err != nil {
		t.Fatal(err)
	}
	s := f.Status()
	mustBalance(t, s)
	held := 0
	for range f.Failures().All(bg) {
		held++
	}
	dropped := f.Failures().Stats().Dropped
	if all := uint64(n); dropped[runnel.DroppedOldest]+uint64(held) != all || s.Process("fail").Failed != all || s.Dropped()[runnel.Failed] != all {
		t.Errorf("%d failures held, dropped %v, failed %d, on the edge %v", held, dropped, s.Process("fail").Failed, s.Dropped())
	}
}

// The same with a channel of failures that drops nothing.
func TestFailuresBlock(t *testing.T) {
	const n = 300
	g := flow.New("all fail").
		Add("numbers", numbers(n)).
		Add("fail", flow.Sink(func(context.Context, int) error { panic(errBad) }), flow.Skip()).
		Connect("numbers", "fail").
		Failures(runnel.Buffer(1))
	f := must(g.Start(bg))(t)
	seen := 0
	for failure := range f.Failures().All(bg) {
		if failure.Message != seen || !errors.Is(failure, errBad) || len(failure.Stack) == 0 {
			t.Fatalf("failure %d is %+v", seen, failure)
		}
		seen++
	}
	if seen != n || f.Wait() != nil {
		t.Errorf("%d failures, ended with %v", seen, f.Wait())
	}
	mustBalance(t, f.Status())
}

// There: stop returns in 1 ms with one message in flight, unfinished, and four never processed.
func TestFaultStopLosesMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int
		g := flow.New("slow").
			Add("double", flow.Step(func(ctx context.Context, v int) (int, error) {
				return 2 * v, runnel.Sleep(ctx, time.Second)
			})).
			Add("store", flow.Sink(collect(&got))).
			Open("double", runnel.Buffer(4)).
			Connect("double", "store")
		f := must(g.Start(t.Context()))(t)
		if err := f.Inject(bg, "double", 0, 1, 2, 3, 4); err != nil {
			t.Fatal(err)
		}
		if s := f.Stop(bg); s.State != flow.Over || s.Dropped().Total() != 0 {
			t.Errorf("left: %v", s)
		}
		mustBeSeq(t, got, 5, 2)
		mustBalance(t, f.Status())
	})
}

// With a limit, Stop gives up what is left, and says how much.
func TestStopGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int
		g := flow.New("slow").
			Add("store", flow.Sink(func(ctx context.Context, v int) error {
				got = append(got, v)
				return runnel.Sleep(ctx, time.Second)
			})).
			Open("store", runnel.Buffer(4))
		f := must(g.Start(t.Context()))(t)
		if err := f.Inject(bg, "store", 0, 1, 2, 3, 4); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(bg, 1500*time.Millisecond)
		defer cancel()
		s := f.Stop(ctx)
		mustBalance(t, s)
		if s.Process("store").Done != 1 || s.Dropped()[runnel.Undelivered] != 4 {
			t.Errorf("left: %v", s)
		}
		if err := f.Wait(); err != flow.ErrStopped {
			t.Errorf("ended with %v", err)
		}
	})
}

// There: with two full inputs the first 150 reads are all of the first.
func TestFaultUnfairInputs(t *testing.T) {
	var first, second, reads int
	const left, right = flow.In[int]("left"), flow.In[int]("right")
	count := func(n *int) func(*flow.Turn, *int, int) error {
		return func(*flow.Turn, *int, int) error {
			if reads++; reads <= 150 {
				*n++
			}
			return nil
		}
	}
	g := flow.New("two inputs").
		Add("read", flow.Stateful[int]{
			Handlers: []flow.Handler[int]{flow.On(left, count(&first)), flow.On(right, count(&second))},
		}.Proc()).
		Open("read.left", runnel.Buffer(200)).
		Open("read.right", runnel.Buffer(200))
	f := must(g.Start(bg, flow.StartPaused()))(t)
	for i := range 200 {
		if err := errors.Join(f.Inject(bg, "read.left", i), f.Inject(bg, "read.right", i)); err != nil {
			t.Fatal(err)
		}
	}
	f.Resume()
	if err := f.Drain(bg); err != nil {
		t.Fatal(err)
	}
	if first < 30 || second < 30 { // of 150 fair draws, less than 30 come once in 10^13
		t.Errorf("%d of the first input, %d of the second", first, second)
	}
	mustBalance(t, f.Status())
}

// There: a process that is inside its step does not answer a ping.
func TestFaultNoStatusInStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := runnel.New[int]()
		g := flow.New("hangs").
			Add("numbers", numbers(3)).
			Add("hang", flow.Sink(func(ctx context.Context, v int) error { _, err := release.Recv(bg); return err })).
			Connect("numbers", "hang")
		f := must(g.Start(t.Context()))(t)
		time.Sleep(4 * time.Second)
		s := f.Status()
		w, source := s.Process("hang").Workers[0], s.Process("numbers").Workers[0]
		if w.Activity != flow.InStep || w.For != 4*time.Second || w.Steps != 1 {
			t.Errorf("the process that hangs: %+v", w)
		}
		if source.Activity != flow.Blocked || source.For != 4*time.Second || source.On != "numbers.out -> hang.in" {
			t.Errorf("the source: %+v", source)
		}
		e := s.Edge("numbers.out", "hang.in")
		if e.SendersWaiting != 1 || e.OldestSend != 4*time.Second {
			t.Errorf("the edge: %+v", e)
		}
		for i := range 3 {
			release.Send(bg, i)
		}
		if err := f.Wait(); err != nil {
			t.Fatal(err)
		}
	})
}

// There: a pause in the middle of 30 outputs lets all of them out.
func TestFaultPauseLeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int
		g := flow.New("thirty").
			Add("one", numbers(1)).
			Add("thirty", flow.FlatStep(func(ctx context.Context, _ int, emit func(int) error) error {
				for i := range 30 {
					runnel.Sleep(ctx, time.Second)
					if err := emit(i); err != nil {
						return err
					}
				}
				return nil
			})).
			Add("store", flow.Sink(collect(&got))).
			Connect("one", "thirty").
			Connect("thirty", "store", runnel.Buffer(30))
		f := must(g.Start(t.Context()))(t)
		time.Sleep(7500 * time.Millisecond)
		if err := f.Pause("thirty"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if s := f.Status(); len(got) != 7 || s.Process("thirty").Workers[0].Activity != flow.Resting || !s.Process("thirty").Paused {
			t.Errorf("%d outputs, %+v", len(got), s.Process("thirty"))
		}
		f.Resume()
		if err := f.Wait(); err != nil {
			t.Fatal(err)
		}
		mustBeSeq(t, got, 30, 1)
	})
}

// There: a step that is late goes on to its end, and its result is lost.
func TestFaultTimeoutGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		g := flow.New("late").
			Add("numbers", numbers(1)).
			Add("late", flow.Sink(func(ctx context.Context, _ int) error { return runnel.Sleep(ctx, time.Hour) }), flow.Timeout(time.Second)).
			Connect("numbers", "late")
		err := g.Run(t.Context())
		mustFail(t, err, "late", 0, flow.ErrTimeout)
		if d := time.Since(began); d != time.Second {
			t.Errorf("it took %v", d)
		}
	})
}

// There: whoever injects into a paused process, which is then stopped, waits for ever.
func TestFaultInjectHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flow.New("paused").
			Add("store", flow.Sink(ignore)).
			Open("store", runnel.Buffer(10))
		f := must(g.Start(t.Context(), flow.StartPaused()))(t)
		result := runnel.NewPromise[error]()
		runnel.Go(func() {
			for i := range 50 {
				if err := f.Inject(bg, "store", i); err != nil {
					result.TrySend(err)
				}
			}
		})
		synctest.Wait()
		now, cancel := context.WithCancel(bg)
		cancel()
		s := f.Stop(now)
		if err, _ := result.Recv(bg); !errors.Is(err, runnel.ErrClosed) {
			t.Errorf("Inject: %v", err)
		}
		if e := s.Edge("", "store.in"); e.Sent != 10 || e.Dropped[runnel.Undelivered] != 10 {
			t.Errorf("%v", e.Stats)
		}
	})
}
