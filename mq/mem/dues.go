package mem

import "github.com/runnel-go/runnel/mq/driver/group"

// dues is a heap of what is due at some time; what is due at the same time comes in the order in
// which it was pushed. What is no longer wanted stays in it until it is swept out.
type dues[T any] struct {
	heap   []due[T]
	pushed uint64
	gone   int // of heap: not wanted any more
}

type due[T any] struct {
	at    group.Time
	order uint64
	what  T
}

func (d *dues[T]) next() group.Time {
	if len(d.heap) == 0 {
		return group.Never
	}
	return d.heap[0].at
}

func (d *dues[T]) push(at group.Time, what T) {
	d.pushed++
	d.heap = append(d.heap, due[T]{at, d.pushed, what})
	for i := len(d.heap) - 1; i > 0 && d.less(i, (i-1)/2); i = (i - 1) / 2 {
		d.swap(i, (i-1)/2)
	}
}

func (d *dues[T]) pop() T {
	top, last := d.heap[0].what, len(d.heap)-1
	d.swap(0, last)
	d.heap[last] = due[T]{}
	d.heap = d.heap[:last]
	d.down(0)
	d.shrink()
	return top
}

func (d *dues[T]) shrink() {
	if cap(d.heap) > 64 && len(d.heap) < cap(d.heap)/4 {
		d.heap = append(make([]due[T], 0, cap(d.heap)/2), d.heap...)
	}
}

func (d *dues[T]) less(i, j int) bool {
	a, b := &d.heap[i], &d.heap[j]
	return a.at < b.at || a.at == b.at && a.order < b.order
}

func (d *dues[T]) swap(i, j int) { d.heap[i], d.heap[j] = d.heap[j], d.heap[i] }

func (d *dues[T]) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(d.heap) {
			return
		}
		if child+1 < len(d.heap) && d.less(child+1, child) {
			child++
		}
		if !d.less(child, i) {
			return
		}
		d.swap(i, child)
		i = child
	}
}

// forget tells that one of the heap is not wanted any more. When half of it is not, it is swept.
func (d *dues[T]) forget(wanted func(T) bool) {
	d.gone++
	if d.gone < 64 || d.gone < len(d.heap)/2 {
		return
	}
	kept := make([]due[T], 0, len(d.heap)-d.gone)
	for _, x := range d.heap {
		if wanted(x.what) {
			kept = append(kept, x)
		}
	}
	d.heap, d.gone = kept, 0
	for i := len(kept)/2 - 1; i >= 0; i-- {
		d.down(i)
	}
}
