package group

import "slices"

// lane is the line of one key.
//
//	head  the unsettled record of the key with the lowest position: ready, leased or waiting
//	      for its time; nobody else of the lane is ready or leased
//	rest  those behind it, rising; all of them are in Group.held, or are gone
type lane struct {
	key  string
	head uint64
	rest []uint64
	from int // rest begins here
	gone int // of rest: not in held any more
}

func (l *lane) push(pos uint64) { l.rest = append(l.rest, pos) }

// pop returns the next position for which there tells that it is still held; false if there is
// none.
func (l *lane) pop(there func(uint64) bool) (uint64, bool) {
	for l.from < len(l.rest) {
		pos := l.rest[l.from]
		l.from++
		if there(pos) {
			l.shrink()
			return pos, true
		}
		l.gone--
	}
	return 0, false
}

// shrink moves the rest down when most of the slice lies before it: amortised, each position is
// moved once.
func (l *lane) shrink() {
	if l.from < 16 || l.from < len(l.rest)/2 {
		return
	}
	l.rest = append(make([]uint64, 0, len(l.rest)-l.from), l.rest[l.from:]...)
	l.from = 0
}

// lost tells the lane that one of the rest is gone. When half of it is, they are swept out, so
// that a key that is replaced again and again takes no room.
func (l *lane) lost(there func(uint64) bool) {
	l.gone++
	if l.gone < 16 || l.gone < (len(l.rest)-l.from)/2 {
		return
	}
	l.rest = slices.DeleteFunc(l.rest[l.from:], func(pos uint64) bool { return !there(pos) })
	l.from, l.gone = 0, 0
}
