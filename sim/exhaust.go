package sim

// exhaust tries all schedules, and returns true if nothing more need be explored: one failed, or
// there are no others. First the clock moves only when no task can run. If there is something
// for it to move to, all other moments are tried, too, unless it shall be punctual.
func (e *explorer) exhaust(r *Report) (done bool) {
	left := e.exhaustive
	for _, loose := range []bool{false, true} {
		d := newDPOR()
		n, failed := e.enumerate(d, loose, &left, nil)
		if failed != nil {
			r.Schedules += n
			r.Strategy = d.name()
			e.investigate(r, 0, failed)
			return true
		}
		if d.ended && (loose || !d.timed || e.punctual) {
			r.Schedules, r.Complete = n, true
			e.doubt(r)
			return true
		}
		r.Schedules += n
		if !d.ended {
			break
		}
	}
	e.length = length(e.first) // what follows must not depend on how far this came
	return false
}

// doubts is how many schedules are drawn to find out whether trying all has been in vain.
const doubts = 100

// doubt draws some schedules after all have been tried. None of them can fail, unless the tasks
// share something in a way that the world does not see, such as a variable without a lock: then
// not all have been tried.
func (e *explorer) doubt(r *Report) {
	for i := 0; i < doubts && !e.expired() && !e.hasty(); i++ {
		p := e.plan(i)
		if w := e.once(p); w.failure != nil {
			r.Complete = false
			r.Strategy, r.SeedToken = w.strategy.name(), p.token.String()
			e.investigate(r, i, w)
			return
		}
	}
}

// enumerate runs the schedules of d until one fails, none is left or the budget is used up. It
// returns how many it has run, without those that turned out to be equivalent to others, and
// the failing one. If each is not nil it is called after every run, and failures end nothing.
func (e *explorer) enumerate(d *dpor, loose bool, budget *int, each func(*world)) (n int, failed *world) {
	for ; *budget > 0 && d.complete() && !e.expired() && !e.hasty(); *budget-- {
		d.begin()
		w := e.once(run{strategy: d, loose: loose})
		d.finish(w)
		if e.first == 0 {
			e.first = w.steps
		}
		if w.failure != nil && each == nil {
			return n, w
		}
		if !d.blocked {
			n++
			e.census.add(w.trace)
			if each != nil {
				each(w)
			}
		}
		if d.restart {
			n = 0
		}
		if !d.advance() {
			d.ended = d.complete()
			*budget--
			break
		}
	}
	return n, nil
}
