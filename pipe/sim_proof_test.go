package pipe_test

import (
	"slices"
	"testing"

	"github.com/runnel-go/runnel/sim"
)

// Small enough to be tried in every order there is: one or two values, no buffers, and one
// worker, or two and one value.
func TestSimEveryOrder(t *testing.T) {
	for _, p := range []struct {
		how         manner
		n           int
		names, long []string // what is proved always, and at full size only
	}{
		{plainEnd, 1, []string{"Map 1", "FlatMap 1", "Filter 1", "Through", "Through with a rest", "Take", "Merge",
			"MergePriority", "Pipe", "Seq2, FromSeq2", "Generate"}, nil},
		{plainEnd, 2, []string{"Through", "Through with a rest", "Through that wants no more", "Take", "Merge",
			"MergePriority", "Pipe", "Seq2, FromSeq2", "Generate"}, nil},
		{lostEnd, 2, []string{"Through", "Through with a rest", "Through that wants no more", "Take", "Merge",
			"MergePriority", "Pipe", "Seq2, FromSeq2", "Generate"}, nil},
		{failure, 2, []string{"Map 1", "FlatMap 1", "Filter 1", "Through"}, nil},
		{panicking, 2, []string{"Map 1", "FlatMap 1", "Filter 1", "Through"}, nil},
		{failure, 1, nil, []string{"MapUnordered"}},
		{shutting, 1, []string{"Through", "Take", "Merge"}, nil},
		{ctxEnd, 1, nil, []string{"Through", "Merge"}},
		{stopping, 1, nil, []string{"Merge"}},
	} {
		for _, name := range slices.Concat(p.names, p.long) {
			if slices.Contains(p.long, name) && scale(0, 1) == 0 || underRace && p.n > 1 {
				continue
			}
			t.Run(name+"/"+p.how.String(), func(t *testing.T) {
				k := specimens[slices.IndexFunc(specimens, func(k specimen) bool { return k.name == name })]
				prove(t, func(t *sim.T) { k.run(tinyScene(t, p.how, p.n)) })
			})
		}
	}
}
