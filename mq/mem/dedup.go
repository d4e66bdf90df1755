package mem

import "github.com/runnel-go/runnel/mq/driver/group"

// window remembers Dedup ids for as long as the topic says.
//
//	known = the ids of order[from:], of which the untils rise
//	from <= max(64, len(order)/2)
type window struct {
	known map[string]uint64 // the Seq of the first record with the id
	order []known           // by the time at which they are forgotten
	from  int
}

type known struct {
	until group.Time
	id    string
}

// forget forgets what is too old.
func (w *window) forget(now group.Time) {
	for w.from < len(w.order) && w.order[w.from].until <= now {
		delete(w.known, w.order[w.from].id)
		w.order[w.from] = known{}
		w.from++
	}
	if w.from > 64 && w.from > len(w.order)/2 {
		w.order = append(make([]known, 0, len(w.order)-w.from), w.order[w.from:]...)
		w.from = 0
		if len(w.order) == 0 {
			w.known = nil // a map gives no room back
		}
	}
}

func (w *window) lookup(id string, now group.Time) (seq uint64, found bool) {
	w.forget(now)
	seq, found = w.known[id]
	return seq, found
}

func (w *window) add(id string, seq uint64, until group.Time) {
	if w.known == nil {
		w.known = map[string]uint64{}
	}
	w.known[id] = seq
	w.order = append(w.order, known{until, id})
}
