package mem

import (
	"strconv"
	"testing"

	"github.com/runnel-go/runnel/mq/driver/group"
)

// What a window remembers is what has come within it, however long it is used; once nothing has come
// for so long, it is nothing.
func TestWindowIsBounded(t *testing.T) {
	const length, rate, ids = 1000, 3, 100_000
	var w window
	now := group.Time(0)
	for i := range ids {
		now = group.Time(i / rate)
		id := strconv.Itoa(i)
		if _, found := w.lookup(id, now); found {
			t.Fatalf("id %s is known before it has come", id)
		}
		w.add(id, uint64(i), now+length)
		if past := i - rate*length/2; past > 0 {
			if seq, found := w.lookup(strconv.Itoa(past), now); !found || seq != uint64(past) {
				t.Fatalf("id %d is %d, %v within the window", past, seq, found)
			}
		}
		if most := rate*length + rate; len(w.known) > most || len(w.order) > 2*most+64 {
			t.Fatalf("%d ids are known, %d in order; within the window came %d", len(w.known), len(w.order), most)
		}
	}
	if w.forget(now + length); len(w.known)+len(w.order) != 0 {
		t.Errorf("%d ids are known, %d in order, after the window", len(w.known), len(w.order))
	}
}
