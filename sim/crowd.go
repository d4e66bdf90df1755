package sim

// enable makes t a candidate.
//
//go:norace
func (w *world) enable(t *task) {
	if w.dpor != nil {
		w.dpor.enables(t)
	}
	t.state, t.since = ready, w.steps
	w.ready.add(t)
	w.strategy.arrived(t)
}

// disable takes t out of the candidates.
//
//go:norace
func (w *world) disable(t *task, s state) {
	if t.state == ready {
		w.ready.remove(t)
	}
	t.state = s
}

// weigh sets the weight of a task, or of the clock.
//
//go:norace
func (w *world) weigh(t *task, weight uint64) {
	t.weight = weight
	if t.state == ready && t != &w.ticker {
		w.ready.fix(t.index)
	}
}

// crowd is a heap of the tasks that are ready:
//
//	c[i].weight ≤ c[(i−1)/2].weight, so the heaviest is c[0]
//	c[i].index = i
type crowd []*task

//go:norace
func (c *crowd) add(t *task) {
	t.index = len(*c)
	*c = append(*c, t)
	c.up(t.index)
}

//go:norace
func (c *crowd) remove(t *task) {
	i, last := t.index, len(*c)-1
	c.swap(i, last)
	(*c)[last] = nil
	*c = (*c)[:last]
	if i < last {
		c.fix(i)
	}
}

// fix mends the heap after the weight of c[i] has changed.
//
//go:norace
func (c crowd) fix(i int) { c.down(c.up(i)) }

// fixAll mends it after many weights have changed.
//
//go:norace
func (c crowd) fixAll() {
	for i := len(c)/2 - 1; i >= 0; i-- {
		c.down(i)
	}
}

//go:norace
func (c crowd) up(i int) int {
	for i > 0 {
		above := (i - 1) / 2
		if c[i].weight <= c[above].weight {
			break
		}
		c.swap(i, above)
		i = above
	}
	return i
}

//go:norace
func (c crowd) down(i int) {
	for {
		below := 2*i + 1
		if below >= len(c) {
			return
		}
		if right := below + 1; right < len(c) && c[right].weight > c[below].weight {
			below = right
		}
		if c[below].weight <= c[i].weight {
			return
		}
		c.swap(i, below)
		i = below
	}
}

//go:norace
func (c crowd) swap(i, j int) {
	c[i], c[j] = c[j], c[i]
	c[i].index, c[j].index = i, j
}
