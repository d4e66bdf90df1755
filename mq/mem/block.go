package mem

import (
	"math/bits"
	"slices"
)

const (
	blockBits = 7
	blockSize = 1 << blockBits
	chunkBits = blockBits + 6
	chunkSize = 1 << (chunkBits - blockBits) // blocks
)

// block has room for neighbours, by value, so that a record has neither an allocation of its own nor a
// pointer to it.
type block struct {
	slots [blockSize]slot
	live  int
}

// remnant is what is left of a block when few of its records are: those that wait for their next
// attempt, or that a slow group has not had. Else each of them would keep a whole block.
//
//	slots[i] is at the i-th bit that is set
type remnant struct {
	set   [blockSize / 64]uint64
	slots []slot
}

// fewLive is how many records of an old block are few.
const fewLive = blockSize / 8

// rest makes a remnant of b.
func (b *block) rest() *remnant {
	r := &remnant{slots: make([]slot, 0, b.live)}
	for i := range b.slots {
		if b.slots[i].live {
			r.set[i/64] |= 1 << (i % 64)
			r.slots = append(r.slots, b.slots[i])
		}
	}
	return r
}

// rank returns which of the slots is the one at i, and whether there is one.
func (r *remnant) rank(i uint64) (rank int, found bool) {
	bit := uint64(1) << (i % 64)
	rank = bits.OnesCount64(r.set[i/64] & (bit - 1))
	if i >= 64 {
		rank += bits.OnesCount64(r.set[0])
	}
	return rank, r.set[i/64]&bit != 0
}

func (r *remnant) at(i uint64) *slot {
	if rank, found := r.rank(i); found {
		return &r.slots[rank]
	}
	return nil
}

// free forgets the record at i, which is there. The others move, some of them to less room.
func (r *remnant) free(i uint64) {
	rank, _ := r.rank(i)
	r.set[i/64] &^= 1 << (i % 64)
	r.slots = slices.Delete(r.slots, rank, rank+1)
	if 2*len(r.slots) <= cap(r.slots) {
		r.slots = slices.Clone(r.slots)
	}
}

// chunk is a part of the log, of chunkSize blocks. What is nil has no records. Of each number one of
// full and few is nil.
type chunk struct {
	full [chunkSize]*block
	few  [chunkSize]*remnant
	n    int // not nil
}

// blockOf is the number of a position's block within its chunk.
func blockOf(pos uint64) uint64 { return pos >> blockBits % chunkSize }

// at returns the record at pos, or nil.
func (c *chunk) at(pos uint64) *slot {
	if b := c.full[blockOf(pos)]; b != nil {
		if s := &b.slots[pos%blockSize]; s.live {
			return s
		}
		return nil
	}
	if r := c.few[blockOf(pos)]; r != nil {
		return r.at(pos % blockSize)
	}
	return nil
}

// has tells whether the block of pos has records.
func (c *chunk) has(pos uint64) bool {
	return c.full[blockOf(pos)] != nil || c.few[blockOf(pos)] != nil
}
