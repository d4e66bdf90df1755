package runnel

// ring is a queue in a circular slice.
//
//	0 ≤ n ≤ len(buf), 0 ≤ head < max(1, len(buf))
//	the values are buf[(head+i) mod len(buf)] for 0 ≤ i < n, oldest first
//	every other slot is the zero value, so that nothing received is retained
type ring[T any] struct {
	buf  []T
	head int
	n    int
}

// push appends v. The caller has made sure that n < len(buf).
func (r *ring[T]) push(v T) {
	i := r.head + r.n
	if i >= len(r.buf) {
		i -= len(r.buf)
	}
	r.buf[i] = v
	r.n++
}

// pop removes the oldest value. The caller has made sure that n > 0.
func (r *ring[T]) pop() T {
	var zero T
	slot := &r.buf[r.head]
	v := *slot
	*slot = zero
	r.head++
	if r.head == len(r.buf) {
		r.head = 0
	}
	r.n--
	return v
}

// pushAll appends as many of vs as there are free slots and returns how many.
func (r *ring[T]) pushAll(vs []T) int {
	k := min(len(vs), len(r.buf)-r.n)
	if k == 0 {
		return 0
	}
	tail := r.head + r.n
	if tail >= len(r.buf) {
		tail -= len(r.buf)
	}
	first := copy(r.buf[tail:], vs[:k])
	copy(r.buf, vs[first:k])
	r.n += k
	return k
}

// popInto removes the oldest values into dst and returns how many.
func (r *ring[T]) popInto(dst []T) int {
	k := min(len(dst), r.n)
	if k == 0 {
		return 0
	}
	first := copy(dst[:k], r.buf[r.head:])
	clear(r.buf[r.head : r.head+first])
	copy(dst[first:k], r.buf)
	clear(r.buf[:k-first])
	r.head += k
	if r.head >= len(r.buf) {
		r.head -= len(r.buf)
	}
	r.n -= k
	return k
}

// firstSlots is the size of a ring at its first value. A ring doubles from there, so that
// many idle channels with large buffers cost little.
const firstSlots = 8

// grow doubles the ring, to at most limit slots.
func (r *ring[T]) grow(limit int) {
	buf := make([]T, min(limit, max(firstSlots, 2*len(r.buf))))
	first := copy(buf, r.buf[r.head:min(len(r.buf), r.head+r.n)])
	copy(buf[first:], r.buf[:r.n-first])
	r.buf, r.head = buf, 0
}
