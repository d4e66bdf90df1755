package mem

import (
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// log holds the records of a topic that have their place, by position, which is their Seq. They
// lie in blocks by value; a block is given back when its last record is gone.
//
//	base<<blockBits <= low <= every live position < next
type log struct {
	blocks []*block
	base   uint64 // number of blocks[0], which is not nil
	next   uint64 // position of the next record; the first is 1
	low    uint64
	live   int
	spare  []*block // empty: a topic that is filled and emptied in turn allocates none
}

const (
	blockBits = 7
	blockSize = 1 << blockBits
	maxSpare  = 16 // blocks: 230 kB
)

type block struct {
	slots [blockSize]slot
	live  int
}

// slot is a stored record. What few records have is in more.
type slot struct {
	key       string
	header    driver.Header
	payload   []byte
	published time.Time
	more      *more
	open      int32 // groups that have not settled it
	live      bool
	claimed   bool // some group has had it to settle
}

type more struct {
	id, dedup, group   string
	notBefore, expires time.Time
}

func (s *slot) group() string {
	if s.more == nil {
		return ""
	}
	return s.more.group
}

// set makes s the record r.
func (s *slot) set(r *driver.Record) {
	s.key, s.header, s.payload, s.published = r.Key, r.Header, r.Payload, r.Published
	s.live = true
	if r.ID != "" || r.Dedup != "" || r.Group != "" || !r.NotBefore.IsZero() || !r.Expires.IsZero() {
		s.more = &more{r.ID, r.Dedup, r.Group, r.NotBefore, r.Expires}
	}
}

// get makes r the record s.
func (s *slot) get(r *driver.Record, seq uint64) {
	r.Key, r.Header, r.Payload, r.Published = s.key, s.header, s.payload, s.published
	r.Seq, r.Outcome = seq, driver.Stored
	if m := s.more; m != nil {
		r.ID, r.Dedup, r.Group, r.NotBefore, r.Expires = m.id, m.dedup, m.group, m.notBefore, m.expires
	} else {
		r.ID, r.Dedup, r.Group, r.NotBefore, r.Expires = "", "", "", time.Time{}, time.Time{}
	}
}

// at returns the record at pos, or nil.
func (l *log) at(pos uint64) *slot {
	i := pos>>blockBits - l.base // wraps below base
	if i >= uint64(len(l.blocks)) || l.blocks[i] == nil {
		return nil
	}
	if s := &l.blocks[i].slots[pos%blockSize]; s.live {
		return s
	}
	return nil
}

// push returns the slot of the next position, to be filled.
func (l *log) push() (pos uint64, s *slot) {
	pos = l.next
	l.next++
	b := l.block(pos)
	b.live++
	l.live++
	return pos, &b.slots[pos%blockSize]
}

// block returns the block of the last position.
func (l *log) block(pos uint64) *block {
	number := pos >> blockBits
	if len(l.blocks) == 0 {
		l.base, l.low = number, pos
	}
	if i := number - l.base; i < uint64(len(l.blocks)) && l.blocks[i] != nil {
		return l.blocks[i]
	}
	return l.grow(number)
}

func (l *log) grow(number uint64) *block {
	for l.base+uint64(len(l.blocks)) <= number {
		l.blocks = append(l.blocks, nil)
	}
	b := l.take()
	l.blocks[number-l.base] = b
	return b
}

func (l *log) take() *block {
	last := len(l.spare) - 1
	if last < 0 {
		return &block{}
	}
	b := l.spare[last]
	l.spare = l.spare[:last]
	return b
}

// free forgets the record at pos, which is live.
func (l *log) free(pos uint64) {
	i := pos>>blockBits - l.base
	b := l.blocks[i]
	b.slots[pos%blockSize] = slot{}
	b.live--
	l.live--
	if b.live > 0 {
		return
	}
	if len(l.spare) < maxSpare {
		l.spare = append(l.spare, b)
	}
	l.blocks[i] = nil
	l.trim()
}

// trim gives back what lies before the first block with records.
func (l *log) trim() {
	for len(l.blocks) > 0 && l.blocks[0] == nil {
		l.blocks = l.blocks[1:]
		l.base++
	}
	l.low = max(l.low, l.base<<blockBits)
	if len(l.blocks) == 0 {
		l.blocks = nil
	}
}

// first returns the lowest live position, and next if there is none.
func (l *log) first() uint64 {
	if l.live == 0 {
		return l.next
	}
	for l.at(l.low) == nil {
		l.low++
	}
	return l.low
}

// each calls f for all live records in order. It may free the one it is called for.
func (l *log) each(f func(pos uint64, s *slot)) {
	if l.live == 0 {
		return
	}
	for pos, end := l.first(), l.next; pos < end; pos++ {
		if s := l.at(pos); s != nil {
			f(pos, s)
		}
	}
}
