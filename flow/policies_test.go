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

// Every policy with every kind of failure in every kind of process. The second of three messages
// fails in every attempt; a source fails after its second value, Init at once.

// ways are the kinds of failure, with what is to be found in the error.
var ways = []struct {
	name  string
	fail  func(context.Context) error
	cause error // nil: any
}{
	{"error", func(context.Context) error { return errBad }, errBad},
	{"panic", func(context.Context) error { panic(errBad) }, errBad},
	{"exit", func(context.Context) error { runtime.Goexit(); return nil }, nil},
	{"timeout", func(ctx context.Context) error { return runnel.Sleep(ctx, time.Hour) }, flow.ErrTimeout},
}

// remedy is one of the policies, and what is to come of it.
type remedy struct {
	name     string
	opts     []flow.ProcOption
	attempts int
	goesOn   bool
	restarts bool
	buried   bool
}

var remedies = []remedy{
	{name: "none", attempts: 1},
	{name: "skip", opts: []flow.ProcOption{flow.Skip()}, attempts: 1, goesOn: true},
	{name: "retry", opts: []flow.ProcOption{flow.Retry(runnel.Backoff{Attempts: 3, First: time.Second})}, attempts: 3},
	{name: "retry, skip", opts: []flow.ProcOption{flow.Retry(runnel.Backoff{Attempts: 2}), flow.Skip()}, attempts: 2, goesOn: true},
	{name: "dead letters", attempts: 1, goesOn: true, buried: true},
	{name: "retry, dead letters", opts: []flow.ProcOption{flow.Retry(runnel.Backoff{Attempts: 2, First: time.Second})}, attempts: 2, goesOn: true, buried: true},
	{name: "restart", opts: []flow.ProcOption{flow.Restart()}, attempts: 1, goesOn: true, restarts: true},
	{name: "retry, restart, dead letters", opts: []flow.ProcOption{flow.Retry(runnel.Backoff{Attempts: 2}), flow.Restart()}, attempts: 2, goesOn: true, restarts: true, buried: true},
}

// trouble makes processes that fail, and counts what happens in them.
type trouble struct {
	fail  func(context.Context) error
	calls int // on what fails
	inits int
	told  []flow.Transition
}

func (x *trouble) on(ctx context.Context, v int) error {
	if v != 1 {
		return nil
	}
	x.calls++
	return x.fail(ctx)
}

func (x *trouble) step() flow.Proc {
	return flow.Step(func(ctx context.Context, v int) (int, error) { return v, x.on(ctx, v) })
}

func (x *trouble) flat() flow.Proc {
	return flow.FlatStep(func(ctx context.Context, v int, emit func(int) error) error {
		if err := x.on(ctx, v); err != nil {
			return err
		}
		return emit(v)
	})
}

func (x *trouble) sink() flow.Proc { return flow.Sink(x.on) }

func (x *trouble) state() flow.Proc {
	return flow.Stateful[int]{
		Init: func(context.Context) (int, error) { x.inits++; return 100 * x.inits, nil },
		Handlers: []flow.Handler[int]{flow.On(fresh, func(t *flow.Turn, n *int, v int) error {
			*n++
			return x.on(t, v)
		})},
		Transition: func(_ *flow.Turn, _ *int, what flow.Transition) error { x.told = append(x.told, what); return nil },
	}.Proc()
}

// graph feeds p, named bad, and takes what it gives.
func (x *trouble) graph(p remedy, proc flow.Proc, gives bool, dead *[]*flow.Failure) *flow.Graph {
	opts := append([]flow.ProcOption{flow.Timeout(time.Minute)}, p.opts...)
	g := flow.New("trouble").
		Add("numbers", numbers(3)).
		Add("bad", proc, opts...).
		Connect("numbers", "bad")
	if gives {
		g.Add("store", flow.Sink(ignore)).Connect("bad", "store")
	}
	if p.buried {
		g.Add("dead", flow.Sink(collect(dead))).Connect("bad.failures", "dead", runnel.Buffer(1))
	}
	return g
}

func TestPolicies(t *testing.T) {
	kinds := []struct {
		name  string
		proc  func(*trouble) flow.Proc
		gives bool
	}{
		{"step", (*trouble).step, true}, {"flat step", (*trouble).flat, true},
		{"sink", (*trouble).sink, false}, {"state", (*trouble).state, false},
	}
	for _, kind := range kinds {
		for _, p := range remedies {
			for _, way := range ways {
				if p.restarts && kind.name != "state" {
					continue
				}
				t.Run(fmt.Sprint(kind.name, "/", p.name, "/", way.name), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						x := &trouble{fail: way.fail}
						var dead []*flow.Failure
						f := must(x.graph(p, kind.proc(x), kind.gives, &dead).Start(t.Context()))(t)
						x.mustEnd(t, f, p, atEnd(f, &dead), 1)
						mustBe(t, way.cause, f)
						if kind.name == "state" {
							x.mustTell(t, p)
						}
					})
				})
			}
		}
	}
}

// atEnd waits for the end, and returns what was buried.
func atEnd(f *flow.Flow, dead *[]*flow.Failure) []*flow.Failure {
	f.Wait()
	return *dead
}

// mustEnd checks the account of a flow in which bad has failed once.
func (x *trouble) mustEnd(t *testing.T, f *flow.Flow, p remedy, dead []*flow.Failure, message any) {
	t.Helper()
	s := f.Status()
	mustBalance(t, s)
	bad := s.Process("bad")
	if x.calls != p.attempts || bad.Failed != 1 || bad.Retried != uint64(p.attempts-1) {
		t.Errorf("%d calls, %+v; want %d", x.calls, bad, p.attempts)
	}
	if err := f.Wait(); (err == nil) != p.goesOn {
		t.Errorf("ended with %v", err)
	}
	if p.goesOn && message != nil && (bad.Done != 2 || s.Dropped()[runnel.Failed] != 1) {
		t.Errorf("the others were not carried through: %v", s)
	}
	failure := must(f.Failures().Recv(bg))(t)
	if failure.Process != "bad" || failure.Graph != "trouble" || failure.Message != message || failure.Attempts != p.attempts || !failure.When.Equal(time.Now()) {
		t.Errorf("%+v", failure)
	}
	if p.buried && (len(dead) != 1 || dead[0] != failure || s.Edge("bad.failures", "dead.in").Received != 1) {
		t.Errorf("buried %v, %v", dead, s)
	}
}

// mustBe checks the error of the failure that ended the flow, if one did.
func mustBe(t *testing.T, cause error, f *flow.Flow) {
	t.Helper()
	if err := f.Wait(); err != nil && cause != nil && !errors.Is(err, cause) {
		t.Errorf("ended with %v, want one because of %v", err, cause)
	}
}

// mustTell checks what the states were told.
func (x *trouble) mustTell(t *testing.T, p remedy) {
	t.Helper()
	want, inits := "[ended]", 1
	switch {
	case p.restarts:
		want, inits = "[stopped ended]", 2
	case !p.goesOn:
		want = "[stopped]"
	}
	if got := fmt.Sprint(x.told); got != want || x.inits != inits {
		t.Errorf("told %v, want %v; Init was called %d times", got, want, x.inits)
	}
}

// A source that fails after it has given values is not called again, but by Restart: then once,
// since it gives nothing the second time.
func TestPoliciesOfASource(t *testing.T) {
	for _, p := range remedies {
		for _, way := range ways[:3] { // a source has no timeout
			t.Run(p.name+"/"+way.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					x := &trouble{fail: way.fail}
					var got []int
					var dead []*flow.Failure
					source := flow.Source(func(ctx context.Context, emit func(int) error) error {
						if x.calls++; x.calls == 1 {
							if err := errors.Join(emit(0), emit(1)); err != nil {
								return err
							}
						}
						return x.fail(ctx)
					})
					g := flow.New("trouble").Add("bad", source, p.opts...).Add("store", flow.Sink(collect(&got))).Connect("bad", "store")
					if p.buried {
						g.Add("dead", flow.Sink(collect(&dead))).Connect("bad.failures", "dead")
					}
					f := must(g.Start(t.Context()))(t)
					err := f.Wait()
					s := f.Status()
					mustBalance(t, s)
					mustBeSeq(t, got, 2, 1)
					failed, calls := uint64(1), 1
					if p.restarts { // which fails for good, in all its attempts
						failed, calls = 2, 1+p.attempts
					}
					if x.calls != calls || s.Process("bad").Failed != failed || (err == nil) != (p.buried || p.name == "skip" || p.name == "retry, skip") {
						t.Errorf("%d calls, ended with %v, %v", x.calls, err, s)
					}
					if p.buried && uint64(len(dead)) != failed {
						t.Errorf("buried %v", dead)
					}
				})
			})
		}
	}
}

// A source that has given nothing yet is tried as often as Retry says.
func TestRetryOfASource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls []time.Duration
		var got []int
		began := time.Now()
		source := flow.Source(func(_ context.Context, emit func(int) error) error {
			calls = append(calls, time.Since(began))
			if len(calls) < 3 {
				return runnel.RetryAfter(time.Duration(len(calls))*time.Second, errBad)
			}
			return emit(0)
		})
		g := flow.New("late").
			Add("begins", source, flow.Retry(runnel.Backoff{Attempts: 3, First: time.Second})).
			Add("store", flow.Sink(collect(&got))).
			Connect("begins", "store")
		if err := g.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		mustBeSeq(t, got, 1, 1)
		if s := fmt.Sprint(calls); s != "[0s 1s 3s]" {
			t.Errorf("called at %v", s)
		}
	})
}

// Init is repeated by Retry, and nothing else saves a process that has no state.
func TestPoliciesOfInit(t *testing.T) {
	for _, p := range remedies {
		for _, way := range ways[:3] {
			t.Run(p.name+"/"+way.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					x := &trouble{fail: way.fail}
					var dead []*flow.Failure
					var told []flow.Transition
					proc := flow.Stateful[int]{
						Init:       func(ctx context.Context) (int, error) { x.calls++; return 0, x.fail(ctx) },
						Handlers:   []flow.Handler[int]{flow.On(fresh, func(*flow.Turn, *int, int) error { return nil })},
						Transition: func(_ *flow.Turn, _ *int, what flow.Transition) error { told = append(told, what); return nil },
					}.Proc()
					f := must(x.graph(p, proc, false, &dead).Start(t.Context()))(t)
					f.Wait()
					p.goesOn = false
					p.buried = p.buried && len(dead) == 1 // the end of the flow may come first
					x.mustEnd(t, f, p, dead, nil)
					if len(told) != 0 {
						t.Errorf("a state that never was is told %v", told)
					}
				})
			})
		}
	}
}

// Init that is repeated may succeed.
func TestInitIsRepeated(t *testing.T) {
	inits := 0
	var got int
	keep := flow.Stateful[int]{
		Init: func(context.Context) (int, error) {
			if inits++; inits < 3 {
				panic(errBad)
			}
			return 7, nil
		},
		Handlers: []flow.Handler[int]{flow.On(fresh, func(_ *flow.Turn, n *int, v int) error { got = *n + v; return nil })},
	}.Proc()
	g := flow.New("third time").
		Add("numbers", numbers(2)).
		Add("keep", keep, flow.Retry(runnel.Backoff{Attempts: 3})).
		Connect("numbers", "keep")
	if err := g.Run(bg); err != nil || got != 8 {
		t.Errorf("ended with %v, got %d", err, got)
	}
}
