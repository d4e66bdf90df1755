package group

import "math/bits"

// set holds positions that came in rising order: one bit each, in pages that are given back when
// they are empty. The first page is never an empty one.
type set struct {
	pages []*page // of the positions from base<<pageBits on; nil: none of them
	base  uint64
	n     int
	spare *page // empty: a set that is filled and emptied in turn allocates nothing
}

const (
	pageBits = 10
	pageSize = 1 << pageBits
)

type page struct {
	words [pageSize / 64]uint64
	n     int
}

func (s *set) has(pos uint64) bool {
	p := s.page(pos)
	return p != nil && p.words[pos%pageSize/64]&(1<<(pos%64)) != 0
}

// page returns the page of pos, or nil.
func (s *set) page(pos uint64) *page {
	i := pos>>pageBits - s.base // wraps below base
	if i >= uint64(len(s.pages)) {
		return nil
	}
	return s.pages[i]
}

// add adds pos, which is not there.
func (s *set) add(pos uint64) {
	p := s.page(pos)
	if p == nil {
		p = s.grow(pos >> pageBits)
	}
	p.words[pos%pageSize/64] |= 1 << (pos % 64)
	p.n++
	s.n++
}

// grow makes the page with the number.
func (s *set) grow(number uint64) *page {
	if len(s.pages) == 0 {
		s.base = number
	}
	if number < s.base {
		s.pages = append(make([]*page, s.base-number), s.pages...)
		s.base = number
	}
	for s.base+uint64(len(s.pages)) <= number {
		s.pages = append(s.pages, nil)
	}
	p := s.spare
	if p == nil {
		p = &page{}
	}
	s.spare = nil
	s.pages[number-s.base] = p
	return p
}

// remove takes pos out, and tells whether it was there.
func (s *set) remove(pos uint64) bool {
	if !s.has(pos) {
		return false
	}
	p := s.page(pos)
	p.words[pos%pageSize/64] &^= 1 << (pos % 64)
	p.n--
	s.n--
	if p.n == 0 {
		s.drop(pos >> pageBits)
	}
	return true
}

// drop gives an empty page back, and with it those in front of the first one.
func (s *set) drop(number uint64) {
	s.spare = s.pages[number-s.base]
	s.pages[number-s.base] = nil
	s.trim()
}

func (s *set) trim() {
	for len(s.pages) > 0 && s.pages[0] == nil {
		s.pages = s.pages[1:]
		s.base++
	}
	if len(s.pages) == 0 {
		s.pages = nil
	}
}

// first returns the lowest position; there must be one.
func (s *set) first() uint64 {
	for i, w := range s.pages[0].words {
		if w != 0 {
			return s.base<<pageBits + uint64(i*64+bits.TrailingZeros64(w))
		}
	}
	panic("group: a page without a position")
}

// all appends the positions, rising.
func (s *set) all(to []uint64) []uint64 {
	for i, p := range s.pages {
		if p == nil {
			continue
		}
		for j, w := range p.words {
			for ; w != 0; w &= w - 1 {
				to = append(to, (s.base+uint64(i))<<pageBits+uint64(j*64+bits.TrailingZeros64(w)))
			}
		}
	}
	return to
}
