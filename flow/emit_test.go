package flow_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// late makes processes whose functions let something be given after they have returned.
func late(give *func() error) map[string]flow.Proc {
	step := func(_ context.Context, v int, emit func(int) error) error {
		*give = func() error { return emit(v) }
		return emit(v)
	}
	return map[string]flow.Proc{
		"flat step": flow.FlatStep(step),
		"turn": flow.Stateful[int]{
			Handlers: []flow.Handler[int]{flow.On("in", func(x *flow.Turn, _ *int, v int) error {
				return step(x, v, func(v int) error { return out.Send(x, v) })
			})},
			Outs: []flow.Port{out},
		}.Proc(),
		"source": flow.Source(func(ctx context.Context, emit func(int) error) error { return step(ctx, 1, emit) }),
		"source with retry": flow.Source(func(ctx context.Context, emit func(int) error) error {
			return step(ctx, 1, emit)
		}),
	}
}

// A value that is given when the function has returned, while the process waits for the next message or
// has ended, belongs to no message: that is refused loudly, and the accounts stay right.
func TestEmitAfterTheCall(t *testing.T) {
	var give func() error
	for name, p := range late(&give) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got []int
				var opts []flow.ProcOption
				if strings.HasSuffix(name, "retry") {
					opts = append(opts, flow.Retry(runnel.Backoff{Attempts: 2, First: 1, Max: 1}))
				}
				g := flow.New("late").Add("late", p, opts...).Add("store", flow.Sink(collect(&got))).Connect("late", "store")
				source := strings.HasPrefix(name, "source")
				if !source {
					g.Open("late")
				}
				f := must(g.Start(t.Context()))(t)
				if !source {
					if err := f.Inject(bg, "late", 1); err != nil {
						t.Fatal(err)
					}
				}
				synctest.Wait()
				mustPanic(t, "process late: emit or Send after its call has returned", give)
				if err := f.Drain(bg); err != nil {
					t.Error(err)
				}
				mustPanic(t, "process late", give)
				mustBalance(t, f.Status())
				if fmt.Sprint(got) != "[1]" {
					t.Errorf("got %v", got)
				}
			})
		})
	}
}

func mustPanic(t *testing.T, want string, f func() error) {
	t.Helper()
	defer func() {
		t.Helper()
		if p := fmt.Sprint(recover()); !strings.Contains(p, want) {
			t.Errorf("panics with %s, want %s", p, want)
		}
	}()
	t.Errorf("given: %v", f())
}

// In its call emit may be used by another goroutine than that of the process, and in a pause.
func TestEmitByAnotherGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int
		step := func(ctx context.Context, v int, emit func(int) error) (err error) {
			var others runnel.WaitGroup
			others.Go(func() {
				for i := range 3 {
					if err == nil && runnel.Sleep(ctx, time.Second) == nil {
						err = emit(3*v + i)
					}
				}
			})
			others.Wait()
			return err
		}
		g := flow.New("others").
			Add("numbers", numbers(4)).
			Add("three", flow.FlatStep(step), flow.Workload(flow.Compute)).
			Add("store", flow.Sink(collect(&got))).
			Connect("numbers", "three").
			Connect("three", "store")
		f := must(g.Start(t.Context()))(t)
		time.Sleep(1500 * time.Millisecond)
		f.Pause("three")
		time.Sleep(5 * time.Second)
		f.Resume()
		if err := f.Wait(); err != nil {
			t.Fatal(err)
		}
		mustBeSeq(t, got, 12, 1)
	})
}
