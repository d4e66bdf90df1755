package flow_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// tries is the function of a sink that fails in its first attempts, and notes when each was.
type tries struct {
	began time.Time
	fails int
	err   error
	at    []time.Duration
	wait  time.Duration // the error asks for that, and for twice as much each time
}

func (x *tries) call(context.Context, int) error {
	if x.at = append(x.at, time.Since(x.began)); len(x.at) <= x.fails {
		return runnel.RetryAfter(x.wait<<(len(x.at)-1), x.err)
	}
	return nil
}

// tried starts a flow with a sink that is tried up to four times, after 1, 2 and 4 seconds: its errors
// ask for the whole of each wait.
func tried(t *testing.T, fails int, err error, opts ...flow.ProcOption) (*tries, *flow.Flow) {
	x := &tries{time.Now(), fails, err, nil, time.Second}
	opts = append(opts, flow.Retry(runnel.Backoff{Attempts: 4, First: time.Second, Max: time.Minute}))
	g := flow.New("tried").
		Add("sink", flow.Sink(x.call), opts...).
		Open("sink", runnel.Buffer(1))
	f := must(g.Start(t.Context()))(t)
	if err := f.Inject(bg, "sink", 7); err != nil {
		t.Fatal(err)
	}
	return x, f
}

func mustTry(t testing.TB, x *tries, want string) {
	t.Helper()
	if got := fmt.Sprint(x.at); got != want {
		t.Errorf("called at %v, want %v", got, want)
	}
}

func TestRetryWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, f := tried(t, 3, errBad)
		time.Sleep(4 * time.Second) // in the wait of four seconds after the third attempt
		w := f.Status().Process("sink").Workers[0]
		if w.Activity != flow.Retrying || w.Attempt != 4 || w.For != time.Second || w.Activity.String() != "retrying" {
			t.Errorf("%+v", w)
		}
		if err := f.Drain(bg); err != nil { // a drain waits for all attempts
			t.Errorf("ended with %v", err)
		}
		mustTry(t, x, "[0s 1s 3s 7s]")
		s := f.Status()
		mustBalance(t, s)
		if p := s.Process("sink"); p.Done != 1 || p.Failed != 0 || p.Retried != 3 || p.Workers[0].Attempt != 0 {
			t.Errorf("%+v", p)
		}
	})
}

// The attempt in hand is told, and each has a timeout of its own.
func TestRetryTimeouts(t *testing.T) {
	timesOut(t, flow.Timeout(time.Minute), flow.Retry(runnel.Backoff{Attempts: 3}))
	timesOut(t, flow.Retry(runnel.Backoff{Attempts: 3, Timeout: time.Minute}))
}

func timesOut(t *testing.T, opts ...flow.ProcOption) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		g := flow.New("slow").
			Add("numbers", numbers(1)).
			Add("slow", flow.Sink(func(ctx context.Context, _ int) error {
				calls++
				return runnel.RetryAfter(time.Second, runnel.Sleep(ctx, time.Hour))
			}), opts...).
			Connect("numbers", "slow")
		began := time.Now()
		f := must(g.Start(t.Context()))(t)
		time.Sleep(90 * time.Second)
		if w := f.Status().Process("slow").Workers[0]; w.Activity != flow.InStep || w.Attempt != 2 || w.For != 29*time.Second {
			t.Errorf("%+v", w)
		}
		mustFail(t, f.Wait(), "slow", 0, flow.ErrTimeout)
		if d := time.Since(began); calls != 3 || d != 3*time.Minute+2*time.Second {
			t.Errorf("%d calls in %v", calls, d)
		}
	})
}

// An error may say that no further attempt helps, also by a panic.
func TestPermanent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, f := tried(t, 9, fmt.Errorf("no use: %w", runnel.Permanent(errBad)))
		err := f.Wait()
		mustFail(t, err, "sink", 7, errBad)
		mustTry(t, x, "[0s]")
		if s := err.Error(); s != "flow: process sink failed: no use: bad" {
			t.Error(s)
		}
	})
	calls := 0
	g := flow.New("panics").
		Add("numbers", numbers(1)).
		Add("panics", flow.Sink(func(context.Context, int) error { calls++; panic(runnel.Permanent(errBad)) }), flow.Retry(runnel.Backoff{Attempts: 3})).
		Connect("numbers", "panics")
	mustFail(t, g.Run(bg), "panics", 0, errBad)
	if calls != 1 {
		t.Errorf("%d calls", calls)
	}
}

func TestFailureTellsAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, f := tried(t, 9, errBad)
		err := f.Wait()
		if s := err.Error(); s != "flow: process sink failed in 4 attempts: bad" {
			t.Error(s)
		}
		var failure *flow.Failure
		if !errors.As(err, &failure) || failure.Attempts != 4 || !failure.When.Equal(time.Now()) || failure.Edge != "outside -> sink.in" {
			t.Errorf("%+v", failure)
		}
	})
}

// A pause in a wait holds the next attempt, not the clock.
func TestPauseInBackoff(t *testing.T) {
	for _, c := range []struct {
		until time.Duration
		want  string
	}{
		{2 * time.Second, "[0s 1s 3s]"},
		{time.Hour, "[0s 1s 1h0m0s]"},
	} {
		synctest.Test(t, func(t *testing.T) {
			x, f := tried(t, 2, errBad)
			time.Sleep(1500 * time.Millisecond)
			f.Pause("sink")
			synctest.Wait()
			if w := f.Status().Process("sink").Workers[0]; w.Activity != flow.Resting || w.Attempt != 3 {
				t.Errorf("%+v", w)
			}
			time.Sleep(c.until - 1500*time.Millisecond)
			f.Resume()
			if err := f.Drain(bg); err != nil {
				t.Errorf("ended with %v", err)
			}
			mustTry(t, x, c.want)
			mustBalance(t, f.Status())
		})
	}
}

// Also an attempt without a wait comes by the gate.
func TestPauseBeforeTheNextAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f *flow.Flow
		var calls int
		g := flow.New("paused").
			Add("sink", flow.Sink(func(context.Context, int) error {
				calls++
				return errors.Join(errBad, f.Pause("sink"))
			}), flow.Retry(runnel.Backoff{Attempts: 2})).
			Open("sink")
		f = must(g.Start(t.Context()))(t)
		if err := f.Inject(bg, "sink", 7); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if w := f.Status().Process("sink").Workers[0]; calls != 1 || w.Activity != flow.Resting || w.Attempt != 2 {
			t.Errorf("%d calls, %+v", calls, w)
		}
		f.Resume()
		mustFail(t, f.Wait(), "sink", 7, errBad)
		if calls != 2 {
			t.Errorf("%d calls", calls)
		}
	})
}

// The attempts of each message are counted by themselves.
func TestRetryCountsByMessage(t *testing.T) {
	calls := 0
	g := flow.New("counted").
		Add("numbers", numbers(2)).
		Add("sink", flow.Sink(func(_ context.Context, v int) error {
			if calls++; calls == 2 {
				return nil // the first message, in the second attempt
			}
			return errBad
		}), flow.Retry(runnel.Backoff{Attempts: 3})).
		Connect("numbers", "sink")
	f := must(g.Start(bg))(t)
	mustFail(t, f.Wait(), "sink", 1, errBad)
	if failure := must(f.Failures().Recv(bg))(t); failure.Attempts != 3 || calls != 5 {
		t.Errorf("%d calls, %+v", calls, failure)
	}
}

// The end of the flow ends the wait at once, and the message is given up, not failed.
func TestEndInBackoff(t *testing.T) {
	for _, paused := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			x, f := tried(t, 9, errBad)
			time.Sleep(1500 * time.Millisecond)
			if paused {
				f.Pause()
			}
			s := stopNow(f)
			mustBalance(t, s)
			if d := time.Since(x.began); d != 1500*time.Millisecond || s.Dropped()[runnel.Undelivered] != 1 || s.Process("sink").Failed != 0 || f.Wait() != flow.ErrStopped {
				t.Errorf("ended after %v with %v: %v", d, f.Wait(), s)
			}
		})
	}
}

// A source that is drained while it waits for its next attempt has ended.
func TestDrainEndsTheBackoffOfASource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		g := flow.New("late").
			Add("source", flow.Source(func(context.Context, func(int) error) error { calls++; return runnel.RetryAfter(time.Hour, errBad) }),
				flow.Retry(runnel.Backoff{Attempts: 1000})).
			Add("store", flow.Sink(ignore)).
			Connect("source", "store")
		f := must(g.Start(t.Context()))(t)
		time.Sleep(90 * time.Minute)
		began := time.Now()
		if err := f.Drain(bg); err != nil || calls != 2 || time.Since(began) != 0 {
			t.Errorf("ended with %v after %d calls and %v", err, calls, time.Since(began))
		}
		if w := f.Status().Process("source"); w.Failed != 0 || w.Retried != 2 {
			t.Errorf("%+v", w)
		}
	})
}

// What an attempt has sent stays sent: at least once.
func TestRetrySendsAgain(t *testing.T) {
	var got []int
	calls := 0
	g := flow.New("again").
		Add("numbers", numbers(1)).
		Add("two", flow.FlatStep(func(_ context.Context, v int, emit func(int) error) error {
			if err := emit(v); err != nil {
				return err
			}
			if calls++; calls == 1 {
				return errBad
			}
			return emit(v + 1)
		}), flow.Retry(runnel.Backoff{Attempts: 2})).
		Add("store", flow.Sink(collect(&got))).
		Connect("numbers", "two").
		Connect("two", "store")
	if err := g.Run(bg); err != nil || fmt.Sprint(got) != "[0 0 1]" {
		t.Errorf("ended with %v, got %v", err, got)
	}
}

// A message that nobody wants the result of any more is not tried again: the sink has ended, and the
// other worker has found out.
func TestRetryUnneeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		g := flow.New("unneeded").
			Add("numbers", numbers(3)).
			Add("pass", flow.Step(func(_ context.Context, v int) (int, error) {
				if v != 1 {
					return v, nil
				}
				calls++
				return 0, errBad
			}), flow.Parallel(2), flow.Retry(runnel.Backoff{Attempts: 2, First: time.Minute})).
			Add("store", flow.Sink(func(context.Context, int) error { return flow.ErrDone })).
			Connect("numbers", "pass").
			Connect("pass", "store")
		f := must(g.Start(t.Context()))(t)
		err := f.Wait()
		s := f.Status()
		mustBalance(t, s)
		if err != nil || calls != 1 || s.Process("pass").Failed != 0 || s.Edge("numbers.out", "pass.in").Dropped[runnel.Undelivered] != 2 {
			t.Errorf("%d calls, ended with %v: %v", calls, err, s)
		}
	})
}

// A transition has a living context, also after a message with a timeout.
func TestTransitionAfterTimeout(t *testing.T) {
	keep := flow.Stateful[int]{
		Handlers:   []flow.Handler[int]{flow.On(fresh, func(*flow.Turn, *int, int) error { return nil })},
		Transition: func(x *flow.Turn, _ *int, _ flow.Transition) error { return x.Err() },
	}.Proc()
	g := flow.New("timed").
		Add("numbers", numbers(1)).
		Add("keep", keep, flow.Timeout(time.Minute)).
		Connect("numbers", "keep")
	if err := g.Run(bg); err != nil {
		t.Error(err)
	}
}

// Without a hint the waits are drawn from the half to the whole, and differ.
func TestRetryJitter(t *testing.T) {
	differ := map[time.Duration]bool{}
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			x := &tries{began: time.Now(), fails: 9, err: errBad}
			g := flow.New("jitter").
				Add("sink", flow.Sink(x.call), flow.Retry(runnel.Backoff{Attempts: 4, First: time.Second, Max: 3 * time.Second})).
				Open("sink", runnel.Buffer(1))
			f := must(g.Start(t.Context()))(t)
			if err := f.Inject(bg, "sink", 7); err != nil {
				t.Fatal(err)
			}
			mustFail(t, f.Wait(), "sink", 7, errBad)
			for i, whole := range []time.Duration{time.Second, 2 * time.Second, 3 * time.Second} {
				if d := x.at[i+1] - x.at[i]; d < whole/2 || d > whole {
					t.Errorf("wait %d took %v", i+1, d)
				} else {
					differ[d] = true
				}
			}
		})
	}
	if len(differ) < 40 {
		t.Errorf("only %d different waits of 60", len(differ))
	}
}

// If decides, attempt by attempt; that of a panic is asked about what was passed to it.
func TestRetryIf(t *testing.T) {
	for _, panics := range []bool{false, true} {
		var asked []error
		calls := 0
		worth := func(err error) bool { asked = append(asked, err); return len(asked) < 2 }
		g := flow.New("if").
			Add("numbers", numbers(1)).
			Add("sink", flow.Sink(func(context.Context, int) error {
				if calls++; panics {
					panic(errBad)
				}
				return errBad
			}), flow.Retry(runnel.Backoff{Attempts: 9, If: worth})).
			Connect("numbers", "sink")
		err := g.Run(bg)
		mustFail(t, err, "sink", 0, errBad)
		if calls != 2 || len(asked) != 2 || !errors.Is(asked[0], errBad) {
			t.Errorf("%d calls, asked about %v", calls, asked)
		}
	}
}

// An If that does not return is a failure of the process with that message, and of nothing else.
func TestRetryIfDoesNotReturn(t *testing.T) {
	errIf := errors.New("if")
	for _, panics := range []bool{false, true} {
		for how, leave := range map[string]func(){"panic": func() { panic(errIf) }, "exit": runtime.Goexit} {
			var got []int
			g := flow.New("if").
				Add("numbers", numbers(3)).
				Add("sink", flow.Sink(func(_ context.Context, v int) error {
					switch {
					case v == 1 && panics:
						panic(errBad)
					case v == 1:
						return errBad
					}
					got = append(got, v)
					return nil
				}), flow.Skip(), flow.Retry(runnel.Backoff{Attempts: 3, If: func(error) bool { leave(); return true }})).
				Connect("numbers", "sink")
			f := must(g.Start(bg))(t)
			err := f.Wait()
			mustBalance(t, f.Status())
			failure := must(f.Failures().Recv(bg))(t)
			p := f.Status().Process("sink")
			if err != nil || p.Failed != 1 || p.Retried != 0 || fmt.Sprint(got) != "[0 2]" || failure.Message != 1 || failure.Attempts != 1 {
				t.Errorf("%s: ended with %v, got %v, %+v, %+v", how, err, got, p, failure)
			}
			if !errors.Is(failure, errBad) || how == "panic" && !errors.Is(failure, errIf) {
				t.Errorf("%s: %v", how, failure)
			}
		}
	}
}

// Two limits of the same thing are a mistake that names both; and one of a source is a mistake,
// whichever way it is told.
func TestRetryWrongTimeouts(t *testing.T) {
	err := flow.New("two").
		Add("numbers", numbers(1), flow.Retry(runnel.Backoff{Attempts: 2, Timeout: time.Second})).
		Add("sink", flow.Sink(ignore), flow.Retry(runnel.Backoff{Attempts: 2, Timeout: time.Second}), flow.Timeout(time.Minute)).
		Connect("numbers", "sink").
		Check()
	want := `flow: graph "two": 2 mistakes:
	numbers: Timeout: the call of a source is to last; let it make a context for what it waits for
	sink: Timeout is 1m0s and Backoff.Timeout of Retry is 1s: want one; both limit each attempt`
	if fmt.Sprint(err) != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
}
