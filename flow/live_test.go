package flow_test

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// TestDrawnLive compares the pictures of flows that run with those in testdata/drawn: a slow sink
// that holds up what is before it, next to a pause, a retry and dead letters, and a cycle that
// waits for itself.
func TestDrawnLive(t *testing.T) {
	for name, graph := range map[string]func() *flow.Graph{"live": slow, "ring": full} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := must(graph().Start(t.Context(), flow.StartPaused()))(t)
				all := f.Status().Processes
				for _, p := range all {
					if p.Name != "calm" {
						_ = f.Resume(p.Name)
					}
				}
				time.Sleep(10 * time.Second)
				synctest.Wait()
				s := f.Status()
				golden(t, name, counted.ReplaceAllString("Mermaid\n----\n"+s.Mermaid()+"\nDOT\n----\n"+s.DOT()+"\nExplain\n----\n"+s.Explain().String()+"\n", "$1 N"))
				ended, end := context.WithCancel(context.Background())
				end()
				mustBalance(t, f.Stop(ended))
			})
		})
	}
}

// counted is what differs from run to run, since inputs are drawn by chance.
var counted = regexp.MustCompile(`(sent|done|dropped|failed) \d+`)

// slow is a graph in which one process hangs.
func slow() *flow.Graph {
	fail := func(_ context.Context, v int) (int, error) {
		if v%2 == 1 {
			return 0, errBad
		}
		return v, nil
	}
	hang := func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() }
	return flow.New("slow").
		Add("numbers", numbers(100)).
		Add("halve", flow.Step(fail), flow.Parallel(3)).
		Add("store", flow.Sink(hang), flow.Parallel(2)).
		Add("calm", flow.Sink(ignore)).
		Add("bad", flow.Sink(func(context.Context, *flow.Failure) error { return nil })).
		Add("again", flow.Sink(func(context.Context, int) error { return errBad }), flow.Retry(runnel.Backoff{Attempts: 9, First: time.Hour})).
		Connect("numbers", "halve").
		Connect("halve", "store", runnel.Buffer(4)).
		Connect("halve", "calm", runnel.Sliding(2)).
		Connect("halve", "again", runnel.Unbounded()).
		Connect("halve.failures", "bad").
		Open("store")
}

// full is a graph with a cycle that is full: each message makes two, of which one goes around.
func full() *flow.Graph {
	twice := func(_ context.Context, v int, emit func(int) error) error {
		if err := emit(v); err != nil {
			return err
		}
		return emit(v)
	}
	return flow.New("ring").
		Add("numbers", numbers(100)).
		Add("twice", flow.FlatStep(twice)).
		Add("back", flow.Step(pass)).
		Connect("numbers", "twice").
		Connect("twice", "back", runnel.Buffer(2)).
		Connect("back", "twice", runnel.Buffer(1))
}

// golden compares with a file of testdata/drawn.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/drawn/" + name + ".txt"
	if *redraw {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("look at it, then go test ./flow -run Drawn -redraw:\n%s", got)
	}
}

// Whatever a worker does can be drawn, here a wait for its turn.
func TestDrawnQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := func(_ context.Context, v int) (int, error) {
			if v == 0 {
				time.Sleep(10 * time.Second)
			}
			return v, nil
		}
		f := must(flow.New("queue").
			Add("numbers", numbers(3)).
			Add("line", flow.Step(first), flow.Parallel(3), flow.Ordered()).
			Add("store", flow.Sink(ignore)).
			Connect("numbers", "line").
			Connect("line", "store").
			Start(t.Context()))(t)
		time.Sleep(5 * time.Second)
		s := f.Status()
		if want := "in step 5s · 2 queued 5s"; !strings.Contains(s.Mermaid(), want) || !strings.Contains(s.DOT(), want) {
			t.Errorf("want %q in\n%s", want, s.Mermaid())
		}
		if e := s.Explain(); len(e.Causes) != 1 || e.Causes[0].Activity != flow.InStep {
			t.Errorf("want one cause, that which the others are queued behind:\n%v", e)
		}
		if err := f.Wait(); err != nil {
			t.Error(err)
		}
	})
}

// A status that somebody made up, or changed, is drawn as far as it goes.
func TestDrawnFromNothing(t *testing.T) {
	s := flow.Status{Edges: []flow.EdgeStatus{{From: "a.out", To: "b.in"}, {To: "c.in"}}}
	if s.Mermaid() == "" || s.DOT() == "" || (flow.Status{}).Mermaid() == "" {
		t.Error("nothing is drawn")
	}
}
