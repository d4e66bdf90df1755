package group

import "iter"

// table finds entries by position. It is a map[uint64]*entry for what this state does all the time:
// put, find and delete positions that lie close together.
//
//	an entry lies in the first cell from home(pos) on, around the end, that was free
//	so from home(pos) to its cell none is free
//	at most half of the cells are taken
type table struct {
	cells []cell // a power of two
	n     int
	shift uint8 // 64 - log2(len(cells))
}

type cell struct {
	pos uint64
	e   *entry // nil: free
}

const (
	leastCells = 1 << 4
	keptCells  = 1 << 10 // 16 kB: a group whose leases come and go in waves does not resize with each
)

// home is where pos belongs. Neighbours are scattered, so that runs of taken cells stay short.
func (t *table) home(pos uint64) int { return int(pos * 0x9E3779B97F4A7C15 >> t.shift) }

func (t *table) next(i int) int { return (i + 1) & (len(t.cells) - 1) }

// find returns the cell of pos, or the free one where it would be. There must be cells.
func (t *table) find(pos uint64) int {
	i := t.home(pos)
	for t.cells[i].e != nil && t.cells[i].pos != pos {
		i = t.next(i)
	}
	return i
}

func (t *table) get(pos uint64) *entry {
	if t.n == 0 {
		return nil
	}
	return t.cells[t.find(pos)].e
}

// put adds e, whose position is not there.
func (t *table) put(e *entry) {
	if 2*(t.n+1) > len(t.cells) {
		t.resize(max(leastCells, 2*len(t.cells)))
	}
	t.cells[t.find(e.pos)] = cell{e.pos, e}
	t.n++
}

// remove takes out the entry of pos, which must be there. Those behind it that were kept from this
// cell move up.
func (t *table) remove(pos uint64) {
	hole := t.find(pos)
	for i := t.next(hole); t.cells[i].e != nil; i = t.next(i) {
		if t.before(t.home(t.cells[i].pos), hole, i) {
			t.cells[hole] = t.cells[i]
			hole = i
		}
	}
	t.cells[hole] = cell{}
	t.n--
	if len(t.cells) > keptCells && 8*t.n < len(t.cells) {
		t.resize(len(t.cells) / 2)
	}
}

// before tells whether home is hole or before it, seen from i backwards.
func (t *table) before(home, hole, i int) bool {
	mask := len(t.cells) - 1
	return (i-home)&mask >= (i-hole)&mask
}

func (t *table) resize(n int) {
	old := t.cells
	t.cells, t.shift = make([]cell, n), 64
	for ; n > 1; n /= 2 {
		t.shift--
	}
	for _, c := range old {
		if c.e != nil {
			t.cells[t.find(c.pos)] = c
		}
	}
}

// positions yields all positions, in no order.
func (t *table) positions() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for _, c := range t.cells {
			if c.e != nil && !yield(c.pos) {
				return
			}
		}
	}
}
