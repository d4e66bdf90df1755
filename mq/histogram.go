package mq

import (
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"math/big"
	"math/bits"
)

// Histogram is a distribution of whole numbers ≥ 0: durations in nanoseconds, sizes in bytes. Each
// power of two is cut into eight equal buckets, so a quantile is at most 6 % off, whatever its
// magnitude; count and sum are exact. It takes 64 bytes for each power of two it has met, and 500
// for itself. The zero value is empty. It is a value to read: copies share what they hold, and
// nothing changes it.
type Histogram struct {
	count  uint64
	hi, lo uint64       // the sum, 128 bits: a million messages that waited five hours are more than 64 hold
	pages  [pages]*page // nil where nothing was observed
}

// A page holds the buckets of one power of two; page 0 those of 0 to 7.
type page [1 << pageBits]uint64

const (
	pageBits = 3
	pages    = 65 - pageBits
)

// place is where v is counted.
func place(v uint64) (p, i int) {
	if v < 1<<pageBits {
		return 0, int(v)
	}
	shift := bits.Len64(v) - 1 - pageBits
	return shift + 1, int(v>>shift) & (1<<pageBits - 1)
}

// edges are the least and the greatest value counted in a bucket. place(least) = place(most) = (p, i).
func edges(p, i int) (least, most uint64) {
	if p == 0 {
		return uint64(i), uint64(i)
	}
	shift := p - 1
	least = uint64(1<<pageBits+i) << shift
	return least, least + 1<<shift - 1
}

// observe counts v, as 0 if it is negative: clocks of two machines differ.
func (h *Histogram) observe(v int64) {
	u := uint64(max(v, 0))
	p, i := place(u)
	if h.pages[p] == nil {
		h.pages[p] = new(page)
	}
	h.pages[p][i]++
	h.count++
	var carry uint64
	h.lo, carry = bits.Add64(h.lo, u, 0)
	h.hi += carry
}

// merge adds what other has counted. h shares nothing with other then.
func (h *Histogram) merge(other *Histogram) {
	for p, from := range other.pages {
		if from == nil {
			continue
		}
		if h.pages[p] == nil {
			h.pages[p] = new(page)
		}
		for i, n := range from {
			h.pages[p][i] += n
		}
	}
	h.count += other.count
	var carry uint64
	h.lo, carry = bits.Add64(h.lo, other.lo, 0)
	h.hi += other.hi + carry
}

// since is what was counted after earlier, of which h is a later state.
func (h Histogram) since(earlier *Histogram) Histogram {
	out := Histogram{count: h.count - earlier.count}
	var borrow uint64
	out.lo, borrow = bits.Sub64(h.lo, earlier.lo, 0)
	out.hi = h.hi - earlier.hi - borrow
	for p, now := range h.pages {
		if now == nil {
			continue
		}
		rest := *now
		if then := earlier.pages[p]; then != nil {
			for i := range rest {
				rest[i] -= then[i]
			}
		}
		if rest != (page{}) {
			out.pages[p] = &rest
		}
	}
	return out
}

// Count is how many values there are.
func (h Histogram) Count() uint64 { return h.count }

// Sum of the values; exact, but for the rounding of a float64.
func (h Histogram) Sum() float64 { return math.Ldexp(float64(h.hi), 64) + float64(h.lo) }

// Mean of the values, 0 if there are none.
func (h Histogram) Mean() int64 {
	if h.count == 0 {
		return 0
	}
	mean, _ := bits.Div64(h.hi%h.count, h.lo, h.count)
	return int64(mean)
}

// Quantile returns a value that the part q of all values, 0 ≤ q ≤ 1, does not exceed: 0.99 for the
// 99th percentile, 1 for the greatest. It is the middle of a bucket, at most 6 % off. 0 if there are
// no values.
func (h Histogram) Quantile(q float64) int64 {
	if h.count == 0 {
		return 0
	}
	rank := uint64(math.Ceil(min(max(q, 0), 1) * float64(h.count)))
	rank = min(max(rank, 1), h.count)
	var below uint64
	for b := range h.Buckets() {
		if below += b.Count; below >= rank {
			return b.middle()
		}
	}
	return 0 // not reached: the buckets hold count values
}

// Bucket is a part of a histogram: how many values lie between two bounds, both included.
type Bucket struct {
	Least, Most int64
	Count       uint64
}

// middle is the value whose distance to both bounds is at most 6 % of them: a little below the half.
func (b Bucket) middle() int64 { return b.Least + (b.Most-b.Least)/32*15 + (b.Most-b.Least)%32*15/32 }

// Buckets yields the buckets that hold something, by rising bounds.
func (h Histogram) Buckets() iter.Seq[Bucket] {
	return func(yield func(Bucket) bool) {
		for p, held := range h.pages {
			if held == nil {
				continue
			}
			for i, n := range held {
				least, most := edges(p, i)
				if n > 0 && !yield(Bucket{int64(least), int64(most), n}) {
					return
				}
			}
		}
	}
}

// histogramJSON is the form of a histogram on the wire. The quantiles are for people and dashboards;
// they are not read back.
type histogramJSON struct {
	Count   uint64      `json:"count"`
	Sum     *big.Int    `json:"sum"`
	P50     int64       `json:"p50"`
	P90     int64       `json:"p90"`
	P99     int64       `json:"p99"`
	Max     int64       `json:"max"`
	Buckets [][2]uint64 `json:"buckets"` // least value and count
}

// MarshalJSON gives count, sum, quantiles and the buckets that hold something, as pairs of their
// least value and their count.
func (h Histogram) MarshalJSON() ([]byte, error) {
	out := histogramJSON{
		Count: h.count, P50: h.Quantile(0.5), P90: h.Quantile(0.9), P99: h.Quantile(0.99), Max: h.Quantile(1),
		Sum: new(big.Int).Lsh(new(big.Int).SetUint64(h.hi), 64), Buckets: [][2]uint64{},
	}
	out.Sum.Add(out.Sum, new(big.Int).SetUint64(h.lo))
	for b := range h.Buckets() {
		out.Buckets = append(out.Buckets, [2]uint64{uint64(b.Least), b.Count})
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (h *Histogram) UnmarshalJSON(text []byte) error {
	var in histogramJSON
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	*h = Histogram{}
	for _, b := range in.Buckets {
		p, i := place(b[0])
		if h.pages[p] == nil {
			h.pages[p] = new(page)
		}
		h.pages[p][i] += b[1]
		h.count += b[1]
	}
	if h.count != in.Count {
		return fmt.Errorf("mq: histogram: count is %d, want that of its buckets, %d", in.Count, h.count)
	}
	if in.Sum == nil || in.Sum.Sign() < 0 || in.Sum.BitLen() > 128 {
		return fmt.Errorf("mq: histogram: sum is %v, want 0 or more", in.Sum)
	}
	h.lo = new(big.Int).And(in.Sum, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
	h.hi = new(big.Int).Rsh(in.Sum, 64).Uint64()
	return nil
}
