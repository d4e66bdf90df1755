package flow

// deadLetters is the output that every process has without saying so. It is not one of its
// outputs where those are counted: none that must be connected, or that keeps a process alive.
var deadLetters = Optional(Out[*Failure]("failures")).port()

// isDeadLetters tells whether a name, behind that of a process, is that of its dead letters.
func isDeadLetters(name string, out bool) bool { return out && name == deadLetters.name }

// digs gives the worker the outlet for its failures, if they go anywhere.
func (w *worker) digs() {
	if edges := w.p.outs[deadLetters.name]; len(edges) > 0 {
		w.grave = makeOutlet[*Failure](w, deadLetters.name, edges).(*spout[*Failure])
	}
}

// bury gives a failure to all edges of the dead letters, as any value to an output: it waits
// while one of them is full or the process is paused, and what an edge does not take is accounted
// for there. So
//
//	Sent(e) = Failed of the process, for every such edge e
//
// It reports whether one has taken it. If not, the failure is as one without dead letters.
func (w *worker) bury(failure *Failure) (taken bool) {
	if w.grave == nil {
		return false
	}
	w.burying = true
	defer func() { w.burying = false }()
	if w.grave.fan() == 1 {
		return w.grave.one(w, failure) == nil
	}
	return w.grave.all(w, failure) == nil
}
