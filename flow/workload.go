package flow

import (
	"context"
	"fmt"
	"runtime"

	"github.com/runnel-go/runnel"
)

// Load is what the calls of a process mostly do; see [Workload].
type Load uint8

const (
	Mixed   Load = iota // both, or nobody knows: no limit, as without [Workload]
	IO                  // wait for something outside: no limit
	Compute             // use a processor
)

func (l Load) String() string {
	if l > Compute {
		return fmt.Sprintf("Load(%d)", uint8(l))
	}
	return [...]string{"mixed", "io", "compute"}[l]
}

// Workload says what the calls of the process mostly do. Of all calls of a flow that compute at
// most GOMAXPROCS run at once, as it is at the start; the others wait, and Status tells so. So processes
// that compute may have many workers ([Keyed], [Ordered]) and do not take the processors from one
// another by turns.
//
// A call that waits for room at an output, for its turn or for the end of a pause does not count
// meanwhile, so the limit cannot make a flow wait for itself. One that waits for something by
// itself does count: it should be IO.
func Workload(l Load) ProcOption {
	return func(s *settings) {
		if s.load = l; l > Compute {
			s.wrong = append(s.wrong, fmt.Sprintf("Workload(%v): want Mixed, IO or Compute", l))
		}
	}
}

// newSlots makes the limit: a channel that holds a value for each call that computes.
func (g *Graph) newSlots() *runnel.Chan[struct{}] {
	for _, n := range g.nodes {
		if n.set.load == Compute {
			return runnel.New[struct{}](runnel.Buffer(runtime.GOMAXPROCS(0)))
		}
	}
	return nil
}

// limited lets f run under the limit, if the process has one.
func limited[A any](w *worker, f func(A) error) func(A) error {
	if w.slots == nil {
		return f
	}
	return func(v A) error {
		if err := w.beginsToCompute(); err != nil {
			return err
		}
		defer w.freeSlot()
		return f(v)
	}
}

// limitSource is limited for a source.
func (w *worker) limitSource() {
	if f := w.source; f != nil && w.slots != nil {
		call := limited(w, func(struct{}) error { return f() })
		w.source = func() error { return call(struct{}{}) }
	}
}

// beginsToCompute waits for the right to compute. After a wait the worker comes by the gate,
// where it gives the right back if that is closed.
func (w *worker) beginsToCompute() error {
	for !w.slot {
		waited, err := w.takeSlot(w.p.f.hard)
		if err != nil {
			return err
		}
		if !waited {
			return nil
		}
		if err := w.starts(); err != nil {
			w.freeSlot()
			return err
		}
	}
	return nil
}

// computesAgain is for a call that has waited in the middle. It asks for nothing but the right,
// also when the flow stops: who has it is in the user's function, and gives it back.
func (w *worker) computesAgain() {
	if !w.slot {
		w.takeSlot(context.Background())
	}
}

func (w *worker) takeSlot(ctx context.Context) (waited bool, err error) {
	if w.slot = w.slots.TrySend(struct{}{}) == nil; w.slot {
		return false, nil
	}
	w.waits(limits, nil)
	err = w.slots.Send(ctx, struct{}{})
	w.resumes()
	w.slot = err == nil
	return true, err
}

// freeSlot gives the right back, if the worker has it.
func (w *worker) freeSlot() {
	if w.slot {
		w.slot = false
		w.slots.TryRecv()
	}
}

// resumes is what follows a wait after which the user's function goes on.
func (w *worker) resumes() {
	before := w.stamped
	w.stamp()
	w.p.queued.Add(int64(w.stamped - before))
	w.stampDue = 0
	w.at.Store(w.at.Load() &^ doing)
}

// starts is what follows a wait before the user's function begins: a pause holds it, and the
// time that it has counts from here.
func (w *worker) starts() error {
	if err := w.enter(false); err != nil {
		return err
	}
	w.begins()
	w.sample()
	if w.endTurn != nil {
		w.disarms()
		w.arms()
	}
	return nil
}
