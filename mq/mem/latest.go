package mem

import "github.com/runnel-go/runnel/mq/driver/group"

// place is what a topic with LatestPerKey holds one record for. A record for one group takes
// nothing from the others.
type place struct{ group, key string }

// holder is the record that has a place: one in the log, or a delayed one.
type holder struct {
	pos     uint64
	delayed *delayed
}

func placeOf(s *slot) place { return place{s.group(), s.key} }

// holds notes that a record has the place of its key now.
func (t *topic) holds(s *slot, h holder) {
	if t.latest != nil && s.key != "" {
		t.latest[placeOf(s)] = h
	}
}

// unhold notes that a record is gone.
func (t *topic) unhold(s *slot, h holder) {
	if t.latest != nil && s.key != "" && t.latest[placeOf(s)] == h {
		delete(t.latest, placeOf(s))
	}
}

// replace drops the record whose place s takes. It tells whether there was one.
func (t *topic) replace(s *slot) bool {
	h, found := t.latest[placeOf(s)]
	switch {
	case !found || s.key == "":
		return false
	case h.delayed != nil:
		t.discard(h.delayed, group.Replaced)
	default:
		t.evict(h.pos, group.Replaced)
	}
	return true
}
