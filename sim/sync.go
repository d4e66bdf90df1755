package sim

// slots is where the state of things is kept for a run.
type slots struct {
	all   map[any]*any
	of    any  // what was asked for last: a lock is taken, and then given up
	place *any // of that
}

// Slot implements hook.World.
func (w *world) Slot(of any) *any {
	s := &w.slots
	if s.place != nil && s.of == of {
		return s.place
	}
	place := s.all[of]
	if place == nil {
		if s.all == nil {
			s.all = map[any]*any{}
		}
		place = new(any)
		s.all[of] = place
	}
	s.of, s.place = of, place
	return place
}

// emptied returns the memory of s, with nothing in it.
func (s slots) emptied() slots {
	clear(s.all)
	return slots{all: s.all}
}

// Fatal implements hook.World.
func (w *world) Fatal(message string) {
	w.accuse(Panic, message)
}

// accuse fails the run because of what the task that runs has done, and ends it.
func (w *world) accuse(k Kind, message string) {
	w.fail(&Failure{Kind: k, Message: message, task: w.current, stack: stackOf()})
	if th := w.current.carrier.thread; th != nil {
		th.fresh = true
	}
	panic(errAborted)
}
