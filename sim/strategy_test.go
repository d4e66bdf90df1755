package sim

import (
	"math"
	"slices"
	"testing"

	"github.com/runnel-go/runnel/internal/hook"
)

// candidates is a world of n tasks that are ready, of which the first runs.
func candidates(s strategy, n int) *world {
	var objects []int
	for i := range n {
		objects = append(objects, i)
	}
	return candidatesOn(s, objects...)
}

// candidatesOn is candidates that are about to do something to these objects.
func candidatesOn(s strategy, objects ...int) *world {
	w := &world{strategy: s}
	for i, o := range objects {
		t := &task{world: w, id: i, op: op{kind: hook.Send, objects: []*hook.Object{{ID: o}}}}
		w.tasks = append(w.tasks, t)
		s.born(t)
		w.enable(t)
	}
	w.ticker = task{world: w, id: clockID}
	s.born(&w.ticker)
	s.arrived(&w.ticker)
	w.current = w.tasks[0]
	return w
}

func begun(seed, index uint64) *source {
	s := &source{}
	s.begin(seed, index)
	return s
}

func TestRandomIsEven(t *testing.T) {
	s := random{begun(1, 2)}
	w, drawn := candidates(s, 4), map[int]int{}
	const n = 50_000
	for range n {
		drawn[s.pick(w, true).id]++
	}
	for id, k := range drawn {
		if math.Abs(float64(k)-n/5) > 4*math.Sqrt(n/5) {
			t.Errorf("candidate %d was picked %d times of %d", id, k, n)
		}
	}
	if len(drawn) != 5 {
		t.Errorf("%d of 5 candidates were picked", len(drawn))
	}
}

// Operations that have nothing to do with each other come in the order of their first weights:
// who is not picked stays as likely as it was. Those on one object are drawn again.
func TestPOSDrawsAgainOnlyWhatConflicts(t *testing.T) {
	s := &pos{source: begun(1, 2)}
	w := candidatesOn(s, 0, 0, 2, 3, 4)
	w.weigh(w.tasks[0], math.MaxUint64)
	before := []uint64{}
	for _, t := range w.tasks {
		before = append(before, t.weight)
	}
	if got := s.pick(w, false); got != w.tasks[0] {
		t.Fatalf("picked %d, want the heaviest", got.id)
	}
	s.goes(w.tasks[0])
	for i, task := range w.tasks {
		if same := task.weight == before[i]; same != (i != 1) {
			t.Errorf("task %d: drawn again: %v", i, !same)
		}
	}
}

// Tasks that work on one object: of the orders, all are drawn, one about as often as another.
func TestPOSDrawsAllOrders(t *testing.T) {
	orders := map[string]int{}
	for seed := range uint64(20_000) {
		s := &pos{source: begun(seed, 0)}
		w := candidatesOn(s, 0, 0, 0)
		order := ""
		for len(w.ready) > 0 {
			t := s.pick(w, false)
			order += string(rune('a' + t.id))
			s.goes(t)
			w.disable(t, done)
		}
		orders[order]++
	}
	for order, n := range orders {
		if n < 20_000/6*9/10 || n > 20_000/6*11/10 {
			t.Errorf("%s: %d times", order, n)
		}
	}
	if len(orders) != 6 {
		t.Errorf("%v, want 6 orders", orders)
	}
}

// Without change points the heaviest runs to its end.
func TestPCT1RunsByPriority(t *testing.T) {
	s := newPCT(begun(1, 2), 1)
	s.prepare(100)
	w := candidates(s, 6)
	order := slices.Clone(w.tasks)
	slices.SortFunc(order, func(a, b *task) int {
		if a.weight > b.weight {
			return -1
		}
		return 1
	})
	for _, want := range order {
		for range 3 {
			w.current = s.pick(w, false)
			if w.current != want {
				t.Fatalf("picked %d, want %d", w.current.id, want.id)
			}
		}
		w.disable(want, done)
	}
}

// The guarantee: a bug that needs one change of tasks at one certain step of k, and n tasks in
// one certain order, is found with a chance of at least 1/(n·k).
func TestPCTGuarantee(t *testing.T) {
	const n, k, runs = 4, 20, 40_000
	for step := 1; step < k; step += 6 {
		found := 0
		for seed := range uint64(runs) {
			s := newPCT(begun(seed, 1), 2)
			s.prepare(k)
			w := candidates(s, n)
			found += hits(w, s, step, k)
		}
		if least := runs / (n * k) * 8 / 10; found < least {
			t.Errorf("a change in step %d: found %d times in %d, want at least %d", step, found, runs, least)
		}
	}
}

// hits is 1 if task 0 runs alone until the step, and not after it until the end.
func hits(w *world, s *pct, step, k int) int {
	for w.steps = 1; w.steps < k; w.steps++ {
		w.current = s.pick(w, false)
		if (w.current.id == 0) != (w.steps < step) {
			return 0
		}
	}
	return 1
}

// A task that polls lets others go on, and the clock does not move for ever.
func TestPCTStarvesNobody(t *testing.T) {
	for seed := range uint64(200) {
		s := newPCT(begun(seed, 1), 3)
		s.prepare(50)
		w := candidates(s, 3)
		seen := map[int]int{}
		for w.steps = 1; w.steps < 300; w.steps++ {
			got := s.pick(w, true)
			seen[got.id]++
			if got != &w.ticker {
				w.current = got
				got.idling = true
			}
		}
		for id := clockID; id < 3; id++ {
			if seen[id] == 0 {
				t.Fatalf("seed %d: %v, want all to go on", seed, seen)
			}
		}
	}
}

func TestLengthFollowsTheMedian(t *testing.T) {
	var l length
	r := begun(1, 2)
	for i := range 2000 {
		steps := 80 + r.below(40)
		if i%20 == 0 {
			steps = 20_000 // a run that hit its limit
		}
		l.add(steps)
	}
	if l.typical() < 80 || l.typical() > 125 {
		t.Fatalf("%d, want about 100", l.typical())
	}
}

func TestNames(t *testing.T) {
	for _, s := range []Strategy{Random(), POS(), PCT(1), PCT(3), PCT(12)} {
		name := s.make(nil).name()
		got, err := byName(name)
		if err != nil || got.make(nil).name() != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "pct", "pct0", "pctx", "best"} {
		if _, err := byName(name); err == nil {
			t.Errorf("%q is a strategy", name)
		}
	}
}
