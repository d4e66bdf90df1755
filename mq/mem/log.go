package mem

import (
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// log holds the records of a topic that have their place, by position, which is their Seq. They
// lie in blocks; a block is given back when its last record is gone, and packed when few of its
// records are left and it is old.
//
//	base<<chunkBits <= low <= every live position < next
//	the blocks that are not packed and have few records are among the last chunkSize
//
// A record costs its slot, a lone one a remnant, and a span of positions with none a pointer for each
// chunk: 8 bytes for 8,192.
type log struct {
	chunks []*chunk // nil: no records; the first is not
	base   uint64   // number of chunks[0]
	next   uint64   // position of the next record; the first is 1
	low    uint64
	live   int
	spare  []*block // empty: a topic that is filled and emptied in turn allocates none
	empty  *chunk   // for the same reason
}

const maxSpare = 16 // blocks: 230 kB

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
	due       bool // it is in topic.expiry
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

// chunk returns the chunk of pos, or nil.
func (l *log) chunk(pos uint64) *chunk {
	i := pos>>chunkBits - l.base // wraps below base
	if i >= uint64(len(l.chunks)) {
		return nil
	}
	return l.chunks[i]
}

// at returns the record at pos, or nil. The pointer is good until a record is freed.
func (l *log) at(pos uint64) *slot {
	if c := l.chunk(pos); c != nil {
		return c.at(pos)
	}
	return nil
}

// push returns the slot of the next position, to be filled.
func (l *log) push() (pos uint64, s *slot) {
	pos = l.next
	l.next++
	c := l.chunk(pos)
	if c == nil {
		c = l.grow(pos)
	}
	b := c.full[blockOf(pos)]
	if b == nil {
		b = l.start(c, pos)
	}
	b.live++
	l.live++
	return pos, &b.slots[pos%blockSize]
}

// start makes the block of the last position.
func (l *log) start(c *chunk, pos uint64) *block {
	b := l.take()
	c.full[blockOf(pos)] = b
	c.n++
	l.age(pos)
	return b
}

// grow makes the chunk of the last position.
func (l *log) grow(pos uint64) *chunk {
	number := pos >> chunkBits
	if len(l.chunks) == 0 {
		l.base, l.low = number, pos
	}
	for l.base+uint64(len(l.chunks)) <= number {
		l.chunks = append(l.chunks, nil)
	}
	c := l.empty
	if c == nil {
		c = &chunk{}
	}
	l.empty = nil
	l.chunks[number-l.base] = c
	return c
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

// behind is how many blocks that of pos is behind that of the next record.
func (l *log) behind(pos uint64) uint64 { return l.next>>blockBits - pos>>blockBits }

// age packs the block that becomes old by that of pos, if few of it are left.
func (l *log) age(pos uint64) {
	old := pos - (chunkSize+1)<<blockBits // wraps, to no chunk
	if c := l.chunk(old); c != nil && c.full[blockOf(old)] != nil {
		l.pack(c, old)
	}
}

// pack makes a remnant of the block of pos, if few are left.
func (l *log) pack(c *chunk, pos uint64) {
	i := blockOf(pos)
	b := c.full[i]
	if b.live > fewLive {
		return
	}
	c.few[i] = b.rest()
	c.full[i] = nil
	*b = block{}
	l.keep(b)
}

// keep keeps an empty block for later.
func (l *log) keep(b *block) {
	if len(l.spare) < maxSpare {
		l.spare = append(l.spare, b)
	}
}

// free forgets the record at pos, which is live.
func (l *log) free(pos uint64) {
	l.live--
	if c := l.chunk(pos); l.clear(c, pos) {
		if c.n--; c.n == 0 {
			l.drop(pos)
		}
	}
}

// clear takes a record out of its block, and tells whether the block is gone by that. That of the next
// record stays.
func (l *log) clear(c *chunk, pos uint64) (gone bool) {
	i := blockOf(pos)
	if r := c.few[i]; r != nil {
		r.free(pos % blockSize)
		if gone = len(r.slots) == 0; gone {
			c.few[i] = nil
		}
		return gone
	}
	b, behind := c.full[i], l.behind(pos)
	b.slots[pos%blockSize] = slot{}
	b.live--
	switch {
	case b.live == 0 && behind > 0:
		c.full[i] = nil
		l.keep(b)
		return true
	case b.live == fewLive && behind > chunkSize:
		l.pack(c, pos)
	}
	return false
}

// drop gives an empty chunk back, and with it what lies before the first one with records.
func (l *log) drop(pos uint64) {
	i := pos>>chunkBits - l.base
	l.empty, l.chunks[i] = l.chunks[i], nil
	for len(l.chunks) > 0 && l.chunks[0] == nil {
		l.chunks = l.chunks[1:]
		l.base++
	}
	l.low = max(l.low, l.base<<chunkBits)
	if len(l.chunks) == 0 {
		l.chunks = nil
	}
}

// seek returns the first live position from pos on, and next if there is none.
func (l *log) seek(pos uint64) uint64 {
	for pos < l.next {
		switch c := l.chunk(pos); {
		case c == nil:
			pos = (pos>>chunkBits + 1) << chunkBits
		case !c.has(pos):
			pos = (pos>>blockBits + 1) << blockBits
		case c.at(pos) != nil:
			return pos
		default:
			pos++
		}
	}
	return l.next
}

// first returns the lowest live position, and next if there is none.
func (l *log) first() uint64 {
	if l.live == 0 {
		return l.next
	}
	l.low = l.seek(l.low)
	return l.low
}

// each calls f for all live records in order. It may free the one it is called for.
func (l *log) each(f func(pos uint64, s *slot)) {
	for pos := l.first(); pos < l.next; pos = l.seek(pos + 1) {
		f(pos, l.at(pos))
	}
}
