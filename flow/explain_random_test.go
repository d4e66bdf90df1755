package flow_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/flow"
)

// planted makes random graphs without cycles, in which one process at most hangs.
type planted struct {
	r     *rand.Rand
	g     *flow.Graph
	hangs string
}

// work is the function of a process: quick, but for the message from which on it hangs. So quick that
// no edge waits for long for its turn, though inputs are drawn, also where several draws follow each other.
func (m *planted) work(name string, at int) func(context.Context, int) (int, error) {
	takes, n := time.Duration(m.r.IntN(4))*time.Millisecond, 0
	return func(ctx context.Context, v int) (int, error) {
		if n++; name == m.hangs && n >= at {
			return v, runnel.Sleep(ctx, time.Hour)
		}
		return v, runnel.Sleep(ctx, takes)
	}
}

func (m *planted) edge() []runnel.Option {
	return [][]runnel.Option{nil, {runnel.Buffer(1 + m.r.IntN(20))}, {runnel.Sliding(3)}, {runnel.Dropping(3)}}[m.r.IntN(4)]
}

// build makes layers; each process takes from one or two of those before.
func (m *planted) build(n int) {
	source := m.work("p0", 5)
	m.g.Add("p0", flow.Source(func(ctx context.Context, emit func(int) error) error {
		for i := 0; ; i++ {
			if _, err := source(ctx, i); err != nil {
				return err
			}
			if err := emit(i); err != nil {
				return err
			}
			runnel.Sleep(ctx, 10*time.Millisecond) // so that time passes where every edge drops
		}
	}))
	for i := 1; i <= n; i++ {
		name := fmt.Sprint("p", i)
		m.g.Add(name, flow.Step(m.work(name, 5)))
		first := m.r.IntN(i)
		m.g.Connect(fmt.Sprint("p", first), name, m.edge()...)
		if second := m.r.IntN(i); second != first {
			m.g.Connect(fmt.Sprint("p", second), name, m.edge()...)
		}
	}
	for i := 1; i <= n; i++ {
		m.g.Add(fmt.Sprint("end", i), flow.Sink(ignore)).Connect(fmt.Sprint("p", i), fmt.Sprint("end", i), m.edge()...)
	}
}

// Explain names the process that hangs, whatever the graph, and nothing else; where none does it
// claims nothing, at any moment.
func TestExplainRandomGraphs(t *testing.T) {
	for seed := range uint64(scale(60, 150)) {
		synctest.Test(t, func(t *testing.T) {
			m := &planted{r: rand.New(rand.NewPCG(seed, 7)), g: flow.New("random")}
			n := 1 + m.r.IntN(6)
			if m.r.IntN(3) > 0 {
				m.hangs = fmt.Sprint("p", m.r.IntN(n+1))
			}
			m.build(n)
			f := must(m.g.Start(t.Context()))(t)
			before := f.Status()
			for range 10 {
				time.Sleep(time.Second/2 + time.Duration(m.r.IntN(int(2*time.Second))))
				s := f.Status()
				m.mustBeTrue(t, seed, s.Explain())
				m.mustBeTrue(t, seed, s.ExplainSince(before))
			}
			time.Sleep(2 * time.Minute)
			synctest.Wait()
			if e := f.Explain(); m.hangs != "" && len(e.Causes) == 0 {
				t.Errorf("seed %d: %s hangs, but %v\n%v", seed, m.hangs, e, f.Status())
			}
			stopNow(f)
		})
	}
}

// mustBeTrue expects that nothing is claimed but what hangs.
func (m *planted) mustBeTrue(t *testing.T, seed uint64, e flow.Explanation) {
	t.Helper()
	wrong := slices.ContainsFunc(e.Causes, func(c flow.Cause) bool { return c.Process != m.hangs })
	if len(e.Cycles) > 0 || wrong {
		t.Errorf("seed %d: %q hangs, but %v", seed, m.hangs, e)
	}
}

// Random rings with random shortcuts, in which what is given in cannot get out: Explain finds a
// cycle, and every process in it is one of the ring.
func TestExplainRandomCycles(t *testing.T) {
	for seed := range uint64(scale(30, 100)) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 8))
			n := 2 + r.IntN(5)
			g := flow.New("ring").Add("source", endless()).Add("before", flow.Step(pass)).
				Connect("source", "before", runnel.Buffer(1+r.IntN(3))).Connect("before", "r0")
			for i := range n {
				g.Add(fmt.Sprint("r", i), flow.Step(pass), flow.Parallel(1+r.IntN(2)))
			}
			for i := range n {
				g.Connect(fmt.Sprint("r", i), fmt.Sprint("r", (i+1)%n), runnel.Buffer(1+r.IntN(4)))
			}
			g.Add("out", flow.Sink(ignore)).Connect("r0", "out", runnel.Buffer(1))
			f, s := after(t, g, time.Minute)
			e := s.Explain()
			if len(e.Cycles) != 1 || len(e.Causes) != 0 {
				t.Fatalf("seed %d: %v\n%v", seed, e, s)
			}
			named := map[string]bool{}
			for _, w := range e.Cycles[0].Waits {
				named[w.Process] = true
			}
			if len(named) != n || named["source"] || named["before"] || named["out"] {
				t.Errorf("seed %d: %v", seed, e)
			}
			stopNow(f)
		})
	}
}
