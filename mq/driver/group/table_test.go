package group

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// A table is a map, whatever is put and removed: windows of neighbours, as groups have them, and
// positions far apart.
func TestTable(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var got table
		want, spread := map[uint64]*entry{}, []uint64{1, 7, 1 << 20, 1 << 40}[r.IntN(4)]
		for range 500 {
			pos := (1 + r.Uint64N(100)) * spread
			if want[pos] == nil {
				want[pos] = &entry{pos: pos}
				got.put(want[pos])
			} else if r.IntN(3) > 0 {
				delete(want, pos)
				got.remove(pos)
			}
			if e := got.get(pos); e != want[pos] {
				t.Fatalf("get(%d) is %p, want %p", pos, e, want[pos])
			}
		}
		if got.n != len(want) || 2*got.n > len(got.cells) {
			t.Fatalf("%d entries in %d cells, want %d entries", got.n, len(got.cells), len(want))
		}
		for pos, e := range want {
			if got.get(pos) != e {
				t.Fatalf("get(%d) is %p, want %p", pos, got.get(pos), e)
			}
		}
		if a, b := slices.Sorted(got.positions()), slices.Sorted(maps.Keys(want)); !slices.Equal(a, b) {
			t.Fatalf("positions are %d, want %d", a, b)
		}
	}
}

// What was once large gives its room back, and a table that is empty finds nothing.
func TestTableShrinks(t *testing.T) {
	var got table
	if got.get(1) != nil {
		t.Error("an empty table has an entry")
	}
	for pos := range uint64(10_000) {
		got.put(&entry{pos: pos})
	}
	for pos := range uint64(10_000) {
		got.remove(pos)
	}
	if len(got.cells) != keptCells || got.n != 0 {
		t.Errorf("%d cells for %d entries", len(got.cells), got.n)
	}
}

// First is the earliest, whichever way entries come and go.
func TestTimes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var got times
		var want []*entry
		now := Time(0)
		for range 200 {
			now += Time(r.IntN(3))
			switch e := (&entry{pos: r.Uint64()}); {
			case r.IntN(8) == 0:
				got.push(e, now+Time(r.IntN(50)))
				want = append(want, e)
			case r.IntN(2) == 0:
				got.lease(e, now+10+Time(r.IntN(10)/9*20))
				want = append(want, e)
			case len(want) > 0:
				i := r.IntN(len(want))
				got.remove(want[i])
				want = slices.Delete(want, i, i+1)
			}
			checkTimes(t, &got, want)
		}
	}
}

func checkTimes(t *testing.T, got *times, want []*entry) {
	t.Helper()
	all := slices.Collect(got.all())
	if got.n != len(want) || len(all) != len(want) {
		t.Fatalf("%d entries, all yields %d, want %d", got.n, len(all), len(want))
	}
	for _, e := range want {
		if !slices.Contains(all, e) || got.first().rank > e.rank {
			t.Fatalf("an entry for %d is lost, or comes before the first one", e.rank)
		}
	}
}
