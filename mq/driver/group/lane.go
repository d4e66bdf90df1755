package group

import "slices"

// lane is the line of one key. Most keys have one record: that takes 32 bytes.
//
//	head  the unsettled record of the key with the lowest position: ready, leased or waiting
//	      for its time; nobody else of the lane is ready or leased
//	rest  those behind it, rising; all of them are in Group.held, or are gone
type lane struct {
	key  string
	head uint64
	rest *rest // nil: nobody
}

type rest struct {
	all  []uint64
	from int // they begin here
	gone int // of them: not in held any more
}

func (l *lane) push(pos uint64) {
	if l.rest == nil {
		l.rest = &rest{}
	}
	l.rest.all = append(l.rest.all, pos)
}

// pop returns the next position for which there tells that it is still held; false if there is
// none.
func (l *lane) pop(there func(uint64) bool) (uint64, bool) {
	r := l.rest
	if r == nil {
		return 0, false
	}
	for r.from < len(r.all) {
		pos := r.all[r.from]
		r.from++
		if there(pos) {
			r.shrink()
			return pos, true
		}
		r.gone--
	}
	return 0, false
}

// shrink moves the rest down when most of the slice lies before it: amortised, each position is
// moved once.
func (r *rest) shrink() {
	if r.from < 16 || r.from < len(r.all)/2 {
		return
	}
	r.all = append(make([]uint64, 0, len(r.all)-r.from), r.all[r.from:]...)
	r.from = 0
}

// lost tells the lane that one of the rest is gone. When half of it is, they are swept out, so
// that a key that is replaced again and again takes no room.
func (l *lane) lost(there func(uint64) bool) {
	r := l.rest
	r.gone++
	if r.gone < 16 || r.gone < (len(r.all)-r.from)/2 {
		return
	}
	r.all = slices.DeleteFunc(r.all[r.from:], func(pos uint64) bool { return !there(pos) })
	r.from, r.gone = 0, 0
}
