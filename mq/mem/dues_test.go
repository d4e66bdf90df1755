package mem

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/runnel-go/runnel/mq/driver/group"
)

// Whatever comes, is due, or is not wanted any more: what is due next is what a list would say, and
// what is not wanted takes no more room than what is, but for 64.
func TestDues(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 20 {
		var d dues[int]
		wanted := map[int]group.Time{}
		isWanted := func(i int) bool { _, is := wanted[i]; return is }
		for i := range 3000 {
			switch r.IntN(4) {
			case 0, 1:
				at := group.Time(r.IntN(1000))
				wanted[i] = at
				d.push(at, i)
			case 2:
				if j := r.IntN(i + 1); isWanted(j) {
					delete(wanted, j)
					d.forget(isWanted)
				}
			case 3:
				popNext(t, &d, wanted)
			}
			if d.gone < 0 || len(d.heap)-d.gone != len(wanted) || len(d.heap) > 2*len(wanted)+64 {
				t.Fatalf("%d in the heap, %d of them gone, %d wanted", len(d.heap), d.gone, len(wanted))
			}
		}
	}
}

func popNext(t *testing.T, d *dues[int], wanted map[int]group.Time) {
	for len(d.heap) > 0 {
		at, i := d.next(), d.pop()
		if _, is := wanted[i]; !is {
			d.gone--
			continue
		}
		times := []group.Time{}
		for _, at := range wanted {
			times = append(times, at)
		}
		if first := slices.Min(times); at != first || wanted[i] != first {
			t.Fatalf("next is %d at %d, want one at %d", i, at, first)
		}
		delete(wanted, i)
		return
	}
	if len(wanted) > 0 {
		t.Fatalf("nothing is due, %d are wanted", len(wanted))
	}
}
