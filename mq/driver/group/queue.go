package group

// queue is a heap of entries by rank, the lowest first; of equal ranks the lower position. Each
// entry is in one queue at most, and knows where.
type queue []*entry

func (q queue) less(i, j int) bool {
	a, b := q[i], q[j]
	return a.rank < b.rank || a.rank == b.rank && a.pos < b.pos
}

func (q *queue) push(e *entry, rank int64) {
	e.rank = rank
	e.index = len(*q)
	*q = append(*q, e)
	q.up(e.index)
}

// remove takes e out of the queue, which it is in.
func (q *queue) remove(e *entry) {
	i, last := e.index, len(*q)-1
	q.swap(i, last)
	(*q)[last] = nil
	*q = (*q)[:last]
	if i < last && !q.up(i) {
		q.down(i)
	}
	q.shrink()
}

func (q *queue) shrink() {
	if cap(*q) > 64 && len(*q) < cap(*q)/4 {
		*q = append(make(queue, 0, cap(*q)/2), *q...)
	}
}

func (q queue) swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// up moves the entry at i to its place, and tells whether that was another one.
func (q queue) up(i int) (moved bool) {
	for i > 0 && q.less(i, (i-1)/2) {
		q.swap(i, (i-1)/2)
		i, moved = (i-1)/2, true
	}
	return moved
}

func (q queue) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(q) {
			return
		}
		if child+1 < len(q) && q.less(child+1, child) {
			child++
		}
		if !q.less(child, i) {
			return
		}
		q.swap(i, child)
		i = child
	}
}
