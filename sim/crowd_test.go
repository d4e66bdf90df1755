package sim

import (
	"slices"
	"testing"
)

// The heap against a list, through random work.
func TestTheHeaviestIsFirst(t *testing.T) {
	r := begun(1, 2)
	w := &world{}
	var list []*task
	for step := range 5000 {
		switch n := len(list); {
		case n == 0 || n < 40 && r.below(2) == 0:
			x := &task{world: w, weight: r.draw()}
			w.ready.add(x)
			list = append(list, x)
		case r.below(3) == 0:
			i := r.below(n)
			w.disable(list[i], done)
			list = slices.Delete(list, i, i+1)
		case r.below(10) == 0:
			for _, x := range list {
				x.weight = r.draw()
			}
			w.ready.fixAll()
		default:
			w.weigh(list[r.below(n)], r.draw())
		}
		if len(w.ready) != len(list) {
			t.Fatalf("step %d: %d tasks, want %d", step, len(w.ready), len(list))
		}
		for i, x := range w.ready {
			if x.index != i || x.weight > w.ready[0].weight || !slices.Contains(list, x) {
				t.Fatalf("step %d: task %d is out of place", step, i)
			}
		}
	}
}
