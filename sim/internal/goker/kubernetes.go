package goker

import (
	"context"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

var kubernetes = []Kernel{
	kernel("kubernetes_25331", "On an error the watch cancels itself first, and then sends the error to a reader who has gone.",
		kubernetes25331, sim.Leak),
	kernel("kubernetes_38669", "A watcher that is stopped at once sends its first events to nobody.",
		kubernetes38669, sim.Leak),
	kernel("kubernetes_5316", "A request that outlasts its timeout has nobody who receives its result.",
		kubernetes5316, sim.Leak),
	kernel("kubernetes_70277", "Who has waited long enough leaves the poller running, whose end the caller awaits.",
		kubernetes70277, sim.Deadlock),
	kernel("kubernetes_10182", "A status is sent under the lock that the one who receives it takes between two.",
		kubernetes10182, sim.Deadlock),
	loose(kernel("kubernetes_11298", "The signal that ends the notifier comes before its helper waits for signals.",
		kubernetes11298, sim.Deadlock)),
	kernel("kubernetes_1321", "The mux hands out events under the lock that a watcher takes to stop.",
		kubernetes1321, sim.Deadlock),
	kernel("kubernetes_13058", "Each round of the controller counts as a deletion, also one without.",
		kubernetes13058, sim.Panic),
	kernel("kubernetes_26980", "The listener waits to be stopped under the lock without which nobody comes to stop it.",
		kubernetes26980, sim.Deadlock),
	kernel("kubernetes_6632", "A frame resets the monitor under the lock that this takes when it closes.",
		kubernetes6632, sim.Deadlock),
}

// watch hands what it finds to a reader, who goes when ctx ends.
type watch struct {
	ctx    context.Context
	cancel context.CancelFunc
	result *signal
	errs   *signal
}

func kubernetes25331(t *sim.T, fixed bool) {
	w := &watch{result: newSignal(), errs: newSignal()}
	w.ctx, w.cancel = context.WithCancel(bg)
	t.Go("watch", func() { w.run(fixed) })
	t.Go("reader", func() { _, _ = w.result.Recv(w.ctx) })
	notify(w.errs)
	w.cancel()
}

func (w *watch) run(fixed bool) {
	until := w.ctx
	if _, err := w.errs.Recv(w.ctx); err != nil {
		return
	}
	if !fixed {
		w.cancel()
		until = bg
	}
	_ = w.result.Send(until, struct{}{})
}

func kubernetes38669(t *sim.T, fixed bool) {
	input, result := newSignal(), newSignal()
	t.Go("watcher", func() {
		defer result.Close()
		for range 2 {
			if !fixed {
				notify(result)
			} else if !wins(notice(result), from(input)) {
				return
			}
		}
		for range input.All(bg) {
		}
	})
	input.Close() // stop
}

func kubernetes5316(t *sim.T, fixed bool) {
	ok, failed := newSignalWithRoom(fixed), newSignalWithRoom(fixed)
	t.Go("request", func() {
		_ = runnel.Sleep(bg, 2*time.Millisecond)
		if t.Choose(2) == 0 {
			notify(ok)
		} else {
			notify(failed)
		}
	})
	wins(from(ok), from(failed), from(runnel.After(time.Microsecond)))
}

func kubernetes70277(t *sim.T, fixed bool) {
	stop := newSignal()
	defer stop.Close()
	var done *signal
	poll := func(until *signal) *signal {
		done = until
		return poller(t, until)
	}
	waitFor(poll, stop, fixed)
	await(done)
}

// waitFor waits for a condition, which is looked at when poll says so, and which holds at once.
func waitFor(poll func(until *signal) *signal, stop *signal, fixed bool) {
	if fixed {
		stop = newSignal()
		defer stop.Close()
	}
	await(poll(stop))
}

// poller says every millisecond that it is time to look, for 5 ms or until it is stopped.
func poller(t *sim.T, until *signal) *signal {
	now := newSignal()
	t.Go("poller", func() {
		defer now.Close()
		tick, end := runnel.Tick(time.Millisecond), runnel.After(5*time.Millisecond)
		defer tick.Cancel(nil)
		defer end.Cancel(nil)
		for wins(from(tick), from(end), from(until)) {
			_ = now.TrySend(struct{}{})
		}
	})
	return now
}

func kubernetes10182(t *sim.T, fixed bool) {
	var mu runnel.Mutex
	status := newSignal()
	for range 2 {
		t.Go("setter", func() {
			mu.Lock()
			defer unlock(&mu, fixed)()
			notify(status)
		})
	}
	for range 2 {
		await(status)
		visit(&mu) // to delete it
	}
}

// during runs f in a task and tells its end by closing what it returns.
func during(t *sim.T, name string, f func()) *signal {
	end := newSignal()
	t.Go(name, func() {
		defer end.Close()
		f()
	})
	return end
}

// notifier serves once for every signal.
type notifier struct {
	t         *sim.T
	mu        runnel.Mutex
	cond      *runnel.Cond
	signalled bool // looked at only when fixed
}

func kubernetes11298(t *sim.T, fixed bool) {
	n := &notifier{t: t}
	n.cond = runnel.NewCond(&n.mu)
	abort := newSignal()
	t.Go("timeout", func() {
		_ = runnel.Sleep(bg, 300)
		abort.Close()
	})
	finished := during(t, "signaller", func() { n.signal(abort) })
	if fixed {
		n.serve(finished)
	} else {
		n.serveLocked(finished)
	}
}

func (n *notifier) signal(abort *signal) {
	for i := 0; i < 3 && !told(abort); i++ {
		n.mu.Lock()
		n.signalled = true
		n.cond.Signal()
		n.mu.Unlock()
	}
	await(abort)
}

// serveLocked has a helper wait for signals, with the lock that it takes itself.
func (n *notifier) serveLocked(abort *signal) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for !told(abort) {
		woken := during(n.t, "helper", n.cond.Wait)
		if wins(from(abort), from(woken)) {
			n.cond.Signal()
			await(woken)
			return
		}
	}
}

// serve has a helper that takes the lock itself and looks before it waits.
func (n *notifier) serve(abort *signal) {
	for !told(abort) {
		woken := during(n.t, "helper", n.wait)
		if wins(from(abort), from(woken)) {
			n.mu.Lock()
			n.signalled = true
			n.mu.Unlock()
			n.cond.Signal()
			await(woken)
			return
		}
	}
}

func (n *notifier) wait() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for !n.signalled {
		n.cond.Wait()
	}
	n.signalled = false
}

// mux hands events to the watchers, of which there is one here.
type mux struct {
	mu      runnel.Mutex
	watcher *signal // nil when it has stopped
}

func kubernetes1321(t *sim.T, fixed bool) {
	m := &mux{watcher: newSignal()}
	t.Go("mux", func() {
		for range 3 {
			m.distribute()
		}
	})
	if fixed {
		drain(t, m.watcher)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.watcher.Close()
	m.watcher = nil
}

// drain receives what comes until c is closed.
func drain(t *sim.T, c *signal) {
	t.Go("drain", func() {
		for range c.All(bg) {
		}
	})
}

func (m *mux) distribute() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.watcher != nil {
		notify(m.watcher)
	}
}

func kubernetes13058(t *sim.T, fixed bool) {
	var deletions runnel.WaitGroup
	deleted, stop := newSignal(), newSignal()
	controller := func() {
		for range 4 {
			if told(stop) {
				return
			}
			deletions.Done()
			_ = runnel.Sleep(bg, 10*time.Millisecond)
		}
	}
	if fixed {
		controller = func() {
			for wins(from(deleted), from(stop)) {
				deletions.Done()
			}
		}
	}
	t.Go("controller", controller)
	deletions.Add(3)
	for range 3 {
		t.Go("deleter", func() { wins(notice(deleted), from(stop)) })
	}
	deletions.Wait()
	stop.Close()
}

func kubernetes26980(t *sim.T, fixed bool) {
	var mu runnel.Mutex
	stop, listed := newSignal(), newSignal()
	defer stop.Close()
	t.Go("listener", func() {
		mu.Lock()
		defer unlock(&mu, fixed)()
		await(stop)
	})
	t.Go("lister", func() {
		mu.Lock()
		defer mu.Unlock()
		listed.Close()
	})
	await(listed)
}

// framer writes frames, each of which resets the monitor of idle time.
type framer struct {
	mu     runnel.Mutex
	resets *signal // nil when it is closed
}

func kubernetes6632(t *sim.T, fixed bool) {
	f, closed := &framer{resets: newSignal()}, newSignal()
	resets := f.resets
	t.Go("connection", closed.Close)
	t.Go("monitor", func() {
		for wins(from(resets), from(closed)) {
		}
		if fixed {
			drain(t, resets)
		}
		f.close()
	})
	f.write()
	f.write()
}

func (f *framer) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.resets.Close()
	f.resets = nil
}

func (f *framer) write() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.resets != nil {
		notify(f.resets)
	}
}
