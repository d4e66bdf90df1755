package goker

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

var cockroach = []Kernel{
	kernel("cockroach_10790", "A command that is cancelled leaves a task that drains channels into which nobody sends any more.",
		cockroach10790, sim.Leak),
	kernel("cockroach_13197", "A transaction that is neither committed nor rolled back leaves the task that awaits its end.",
		cockroach13197, sim.Leak),
	kernel("cockroach_13755", "Rows that are not closed leave the task that awaits their end.",
		cockroach13755, sim.Leak),
	kernel("cockroach_18101", "The restore leaves when it is cancelled, and the splitter that feeds it fills its buffer and blocks.",
		cockroach18101, sim.Leak),
	kernel("cockroach_2448", "The loop that sends events receives callbacks, the one that receives events sends callbacks, and each waits for the other.",
		cockroach2448, sim.Deadlock),
	kernel("cockroach_24808", "The compactor is started with a suggestion in its full buffer, and its start sends another one.",
		cockroach24808, sim.Deadlock),
	kernel("cockroach_25456", "The queue waits for a stopper that the test does not stop.",
		cockroach25456, sim.Deadlock),
	kernel("cockroach_35073", "An outbox that fails does not tell that nobody consumes its rows, and the producer blocks at the full buffer.",
		cockroach35073, sim.Deadlock),
	kernel("cockroach_35931", "Cancelling a flow tells its streams one by one, the first of which is full and waits for the second.",
		cockroach35931, sim.Deadlock),
	kernel("cockroach_1055", "The stopper waits for tasks to drain under the lock that a task takes to finish.",
		cockroach1055, sim.Deadlock),
	kernel("cockroach_1462", "A worker sends an event when the one who receives them has been stopped already.",
		cockroach1462, sim.Deadlock),
	loose(kernel("cockroach_4407", "A worker may be added to the group when the stopper waits for the group already.",
		cockroach4407, sim.Panic, sim.Assertion)),
}

// replica waits for the commands before its own, one channel for each.
type replica struct {
	t     *sim.T
	chans [2]*signal
}

func cockroach10790(t *sim.T, fixed bool) {
	ctx, cancel := context.WithCancel(bg)
	r := &replica{t, [2]*signal{newSignal(), newSignal()}}
	t.Go("commands", func() { r.send(ctx) })
	t.Go("canceller", cancel)
	r.begin(ctx, fixed)
}

func (r *replica) send(ctx context.Context) {
	for _, c := range r.chans {
		if c.Send(ctx, struct{}{}) != nil {
			return
		}
	}
}

func (r *replica) begin(ctx context.Context, fixed bool) {
	for _, c := range r.chans {
		if _, err := c.Recv(ctx); err == nil {
			continue
		}
		if !fixed { // the senders have been cancelled, too
			r.t.Go("drain", r.drain)
		}
		return
	}
}

func (r *replica) drain() {
	for _, c := range r.chans {
		await(c)
	}
}

// query is a transaction, or its rows: open until somebody closes it.
type query struct {
	ctx   context.Context
	close context.CancelFunc
}

func begin() *query {
	ctx, cancel := context.WithCancel(bg)
	return &query{ctx, cancel}
}

func cockroach13197(t *sim.T, fixed bool) {
	tx := begin()
	t.Go("transaction", func() { ended(tx.ctx) })
	if fixed {
		tx.close() // a rollback
	}
}

func cockroach13755(t *sim.T, fixed bool) {
	rows := begin()
	t.Go("rows", func() {
		ended(rows.ctx)
		rows.close()
	})
	if fixed {
		defer rows.close()
	}
}

func cockroach18101(t *sim.T, fixed bool) {
	ctx, cancel := context.WithCancel(bg)
	ready, until := newSignal(runnel.Buffer(2)), bg
	if fixed {
		until = ctx
	}
	t.Go("splitter", func() {
		defer ready.Close()
		for range 4 {
			if ready.Send(until, struct{}{}) != nil {
				return
			}
		}
	})
	t.Go("canceller", cancel)
	for range ready.All(bg) {
		ended(ctx)
		return
	}
}

// raft and store exchange events and callbacks.
type raft struct {
	events, callbacks *runnel.Chan[func()]
	stop              *signal
}

func cockroach2448(t *sim.T, fixed bool) {
	r := &raft{runnel.New[func()](), runnel.New[func()](), newSignal()}
	t.Go("store", r.store)
	for range 4 {
		r.step(fixed)
	}
	r.stop.Close()
}

// store handles events: it answers each with a callback.
func (r *raft) store() {
	for {
		event := runnel.RecvFrom(r.events)
		if wins(from(r.stop), event) {
			return
		}
		answer, _ := event.Value()
		answer()
	}
}

func (r *raft) answer() { wins(to(r.callbacks, func() {}), from(r.stop)) }

// step runs a callback if there is one, and sends an event if not.
func (r *raft) step(fixed bool) {
	if callback, err := r.callbacks.TryRecv(); err == nil {
		callback()
		return
	}
	if !fixed {
		wins(to(r.events, r.answer), from(r.stop))
		return
	}
	for {
		callback := runnel.RecvFrom(r.callbacks)
		if !wins(callback, to(r.events, r.answer)) {
			return
		}
		f, _ := callback.Value()
		f()
	}
}

func cockroach24808(t *sim.T, fixed bool) {
	stop, suggestions := newSignal(), newSignal(runnel.Buffer(1))
	defer stop.Close()
	notify(suggestions)
	if fixed {
		_ = suggestions.TrySend(struct{}{})
	} else {
		notify(suggestions)
	}
	t.Go("compactor", func() {
		for wins(from(suggestions), from(stop)) {
		}
	})
}

func cockroach25456(t *sim.T, fixed bool) {
	quiesce := newSignal()
	if fixed {
		t.Go("stopper", quiesce.Close)
	}
	await(quiesce)
}

// rowChannel takes rows while somebody consumes them.
type rowChannel struct {
	rows     *signal
	deserted atomic.Bool
}

func (r *rowChannel) push() {
	if !r.deserted.Load() {
		notify(r.rows)
	}
}

// desert lets go the one who waits.
func (r *rowChannel) desert() {
	r.deserted.Store(true)
	_, _ = r.rows.TryRecv()
}

func cockroach35073(t *sim.T, fixed bool) {
	r, failed := &rowChannel{rows: newSignal(runnel.Buffer(2))}, newSignal()
	r.push()
	r.push()
	t.Go("producer", r.push)
	t.Go("outbox", func() {
		if fixed {
			r.desert()
		}
		failed.Close()
	})
	await(failed)
	r.push()
}

func cockroach35931(t *sim.T, fixed bool) {
	left, right := newSignal(runnel.Buffer(1)), newSignal(runnel.Buffer(1))
	notify(left)
	t.Go("joiner", func() {
		await(right)
		await(left)
		await(left)
	})
	for _, stream := range []*signal{left, right} {
		if fixed {
			t.Go("cancellation", func() { notify(stream) })
		} else {
			notify(stream)
		}
	}
}

// stopper keeps account of the tasks that must finish before it stops.
type stopper struct {
	mu       runnel.Mutex
	draining bool
	tasks    runnel.WaitGroup
}

func (s *stopper) start() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.draining {
		s.tasks.Add(1)
	}
	return !s.draining
}

func (s *stopper) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tasks.Done()
}

func cockroach1055(t *sim.T, fixed bool) {
	var s stopper
	t.Go("task", func() {
		if s.start() {
			s.finish()
		}
	})
	s.mu.Lock()
	s.draining = true
	defer unlock(&s.mu, fixed)()
	s.tasks.Wait()
}

func cockroach1462(t *sim.T, fixed bool) {
	events, stop := newSignal(), newSignal()
	var workers runnel.WaitGroup
	workers.Go(func() {
		for i := 0; i < 3 && !told(stop); i++ {
			if fixed {
				wins(notice(events), from(stop))
			} else {
				notify(events)
			}
		}
	})
	workers.Go(func() {
		for wins(from(events), from(stop)) {
		}
	})
	stop.Close()
	workers.Wait()
}

func cockroach4407(t *sim.T, fixed bool) {
	var s stopper
	var stopped atomic.Bool
	gossip := func() {
		if fixed && !s.start() {
			return
		}
		if !fixed {
			s.tasks.Add(1)
		}
		t.Assert(!stopped.Load(), "a worker begins after the stop")
		t.Go("worker", s.tasks.Done)
	}
	t.Go("gossip", gossip)
	t.Go("gossip", gossip)
	_ = runnel.Sleep(bg, time.Millisecond)
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	s.tasks.Wait()
	stopped.Store(true)
}
