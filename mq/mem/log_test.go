package mem

import (
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// A log is a map with an order, however records come and go: in turn, with some that stay for long,
// and with gaps of any length.
func TestLog(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 1))
		l, want := log{next: 1}, map[uint64]string{}
		stay := 1 + r.IntN(300)
		for range 40 {
			for range r.IntN(3 * chunkSize * blockSize / 8) {
				pos, s := l.push()
				s.live, s.key = true, string(rune('a'+pos%26))
				want[pos] = s.key
			}
			for _, pos := range slices.Sorted(maps.Keys(want)) {
				if r.IntN(stay) > 0 {
					l.free(pos)
					delete(want, pos)
				}
			}
			checkLog(t, &l, want)
		}
		for pos := range want {
			l.free(pos)
		}
		checkLog(t, &l, nil)
		if len(l.chunks) > 1 {
			t.Errorf("%d chunks for nothing", len(l.chunks))
		}
	}
}

func checkLog(t *testing.T, l *log, want map[uint64]string) {
	t.Helper()
	last, n := uint64(0), 0
	l.each(func(pos uint64, s *slot) {
		if n++; pos <= last || want[pos] != s.key {
			t.Fatalf("%q at %d after %d, want %q", s.key, pos, last, want[pos])
		}
		last = pos
	})
	if n != len(want) || l.live != n {
		t.Fatalf("each finds %d, live are %d, want %d", n, l.live, len(want))
	}
	for pos, key := range want {
		if s := l.at(pos); s == nil || s.key != key {
			t.Fatalf("at(%d): %+v, want %q", pos, s, key)
		}
	}
	for _, pos := range []uint64{0, l.next, l.next + 1, l.next + 1<<20} {
		if l.at(pos) != nil {
			t.Fatalf("there is a record at %d, before %d", pos, l.next)
		}
	}
}

// Records that stay while their neighbours go keep no more than themselves: one of many fails and
// waits for hours, or a key is never replaced while others are.
func TestLogOfRemnants(t *testing.T) {
	const stay, apart, most = 20_000, 3 * blockSize, 250 // 104 are the slot; before, it was a block of 13,000
	l := log{next: 1}
	before := heap()
	for range stay * apart {
		pos, s := l.push()
		s.live = true
		if pos%apart != 0 {
			l.free(pos)
		}
	}
	if each := (heap() - before) / stay; each > most {
		t.Errorf("a record that stays takes %d bytes, want at most %d", each, most)
	}
	if l.live != stay || l.first() != apart {
		t.Errorf("%d are live from %d on, want %d from %d on", l.live, l.first(), stay, apart)
	}
	if full := countFull(&l); full > chunkSize+2 {
		t.Errorf("%d blocks are not packed", full)
	}
}

func countFull(l *log) (n int) {
	for _, c := range l.chunks {
		if c != nil {
			n += chunkSize - len(slices.DeleteFunc(slices.Clone(c.full[:]), func(b *block) bool { return b != nil }))
		}
	}
	return n
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
