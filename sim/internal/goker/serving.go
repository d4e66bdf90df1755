package goker

import (
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

var serving = []Kernel{
	kernel("serving_3068", "The pool is closed while work is still being submitted.",
		serving3068, sim.Panic),
	kernel("serving_5865", "The watcher of a revision closes the channel of destinations to which the manager sends.",
		serving5865, sim.Panic, sim.Deadlock),
	kernel("serving_2137", "The test waits for its first request, which may be queued behind the second, which waits for a lock that the test holds.",
		serving2137, sim.Deadlock),
}

func serving3068(t *sim.T, fixed bool) {
	work, submitted := runnel.New[func()](runnel.Buffer(5)), newSignal()
	t.Go("worker", func() {
		for f := range work.All(bg) {
			f()
		}
	})
	t.Go("submitter", func() {
		for range 3 {
			send(work, func() {})
			_ = runnel.Sleep(bg, 10*time.Millisecond)
		}
		submitted.Close()
	})
	if fixed {
		await(submitted)
	}
	work.Close()
}

// In Go a send that waits panics when the channel is closed; here it goes on to wait.
func serving5865(t *sim.T, fixed bool) {
	destinations, done := newSignal(), newSignal()
	t.Go("watcher", func() {
		if fixed {
			done.Close()
		} else {
			destinations.Close()
		}
	})
	if fixed {
		wins(notice(destinations), from(done))
	} else {
		send(destinations, struct{}{})
	}
}

// breaker lets one request be active and as many be pending as the queue holds.
type breaker struct{ pending, active *signal }

// request is active until its lock is free.
type request struct {
	mu   runnel.Mutex
	done *signal
}

func serving2137(t *sim.T, fixed bool) {
	b := &breaker{newSignal(runnel.Buffer(2)), newSignal(runnel.Buffer(1))}
	requests := []*request{b.start(t), b.start(t)}
	for _, r := range requests {
		r.mu.Unlock()
		if !fixed {
			await(r.done)
		}
	}
	for _, r := range requests {
		await(r.done)
	}
}

func (b *breaker) start(t *sim.T) *request {
	r := &request{done: newSignal()}
	r.mu.Lock()
	t.Go("request", func() { b.run(r) })
	return r
}

func (b *breaker) run(r *request) {
	defer r.done.Close()
	if b.pending.TrySend(struct{}{}) != nil {
		return
	}
	notify(b.active)
	visit(&r.mu)
	await(b.active)
	await(b.pending)
}
