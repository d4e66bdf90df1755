package flow_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// waits are what a backoff says after 1, 2, … n attempts.
func waits(b flow.Backoff, n int) (all []time.Duration) {
	for i := range n {
		all = append(all, b(i+1))
	}
	return all
}

func TestBackoff(t *testing.T) {
	s := time.Second
	for _, c := range []struct {
		what string
		b    flow.Backoff
		want []time.Duration
	}{
		{"constant", flow.Constant(s), []time.Duration{s, s, s, s}},
		{"exponential", flow.Exponential(s, 5*s), []time.Duration{s, 2 * s, 4 * s, 5 * s}},
		{"without a limit", flow.Exponential(s, 0), []time.Duration{s, 2 * s, 4 * s, 8 * s}},
		{"limit below the first", flow.Exponential(3*s, s), []time.Duration{s, s, s, s}},
		{"none", flow.Exponential(0, s), []time.Duration{0, 0, 0, 0}},
		{"none with jitter", flow.Constant(-1).Jitter(), []time.Duration{0, 0, 0, 0}},
		{"nil with jitter", flow.Backoff(nil).Jitter(), []time.Duration{0, 0, 0, 0}},
	} {
		if got := waits(c.b, 4); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
	if d := flow.Exponential(s, 0)(1000); d < 1<<61 {
		t.Errorf("the wait after 1000 attempts has overflowed: %v", d)
	}
}

// A jitter draws from the whole range: of 1,000 waits, none is outside, and all tenths of it have some.
func TestJitter(t *testing.T) {
	tenths := map[time.Duration]int{}
	b := flow.Constant(time.Second).Jitter()
	for range 1000 {
		d := b(1)
		if d <= 0 || d > time.Second {
			t.Fatalf("a wait of %v", d)
		}
		tenths[(d-1)/(time.Second/10)]++
	}
	if len(tenths) != 10 { // missing one of ten: once in 10^44
		t.Errorf("waits by tenths of a second: %v", tenths)
	}
}

// tries is the function of a sink that fails in its first attempts, and notes when each was.
type tries struct {
	began time.Time
	fails int
	err   error
	at    []time.Duration
}

func (x *tries) call(context.Context, int) error {
	if x.at = append(x.at, time.Since(x.began)); len(x.at) <= x.fails {
		return x.err
	}
	return nil
}

// tried starts a flow with a sink that is tried up to four times, after 1, 2 and 4 seconds.
func tried(t *testing.T, fails int, err error, opts ...flow.ProcOption) (*tries, *flow.Flow) {
	x := &tries{time.Now(), fails, err, nil}
	opts = append(opts, flow.Retry(4, flow.Exponential(time.Second, time.Minute)))
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
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		g := flow.New("slow").
			Add("numbers", numbers(1)).
			Add("slow", flow.Sink(func(ctx context.Context, _ int) error {
				calls++
				return runnel.Sleep(ctx, time.Hour)
			}), flow.Timeout(time.Minute), flow.Retry(3, flow.Constant(time.Second))).
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
		x, f := tried(t, 9, fmt.Errorf("no use: %w", flow.Permanent(errBad)))
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
		Add("panics", flow.Sink(func(context.Context, int) error { calls++; panic(flow.Permanent(errBad)) }), flow.Retry(3, nil)).
		Connect("numbers", "panics")
	mustFail(t, g.Run(bg), "panics", 0, errBad)
	if calls != 1 || flow.Permanent(nil) != nil {
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
			}), flow.Retry(2, nil)).
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
		}), flow.Retry(3, nil)).
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
			Add("source", flow.Source(func(context.Context, func(int) error) error { calls++; return errBad }),
				flow.Retry(1000, flow.Constant(time.Hour))).
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
		}), flow.Retry(2, nil)).
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
			}), flow.Parallel(2), flow.Retry(2, flow.Constant(time.Minute))).
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
