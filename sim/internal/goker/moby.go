package goker

import (
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

var moby = []Kernel{
	kernel("moby_21233", "The consumer of progress leaves at the first value it does not like, and the transfers that report it are never released.",
		moby21233, sim.Deadlock),
	kernel("moby_33293", "The error is sent before the channel is given to the one who would receive it.",
		moby33293, sim.Deadlock),
	kernel("moby_33781", "The health monitor stops while a probe runs, whose result nobody receives then.",
		moby33781, sim.Leak),
	kernel("moby_4395", "The result of a function is sent to a caller that does not ask for it.",
		moby4395, sim.Leak),
	kernel("moby_25384", "The group of all plugins is awaited in the loop that starts them.",
		moby25384, sim.Deadlock),
	kernel("moby_27782", "Removing a file waits for an event behind another one that nobody receives any more.",
		moby27782, sim.Deadlock),
	kernel("moby_28462", "The monitor is told to stop under the lock that its probe takes.",
		moby28462, sim.Deadlock),
	kernel("moby_30408", "An activation that fails wakes those that wait for it, and they wait again.",
		moby30408, sim.Deadlock),
}

// transfer reports progress now and then, until it is released.
type transfer struct {
	t                *sim.T
	progress         *signal
	release, running *signal
}

func (f *transfer) run() {
	defer f.running.Close()
	f.report()
	await(f.release)
	f.report()
}

func (f *transfer) report() {
	if f.t.Choose(2) == 1 {
		notify(f.progress)
	}
}

func moby21233(t *sim.T, fixed bool) {
	progress, done := newSignal(), newSignal()
	t.Go("consumer", func() {
		for range progress.All(bg) {
			if !fixed && t.Choose(2) == 1 {
				return
			}
		}
		done.Close()
	})
	var transfers [3]*transfer
	for i := range transfers {
		transfers[i] = &transfer{t, progress, newSignal(), newSignal()}
		t.Go("transfer", transfers[i].run)
	}
	for _, f := range transfers {
		f.release.Close()
		await(f.running)
	}
	progress.Close()
	await(done)
}

func moby33293(t *sim.T, fixed bool) {
	failed := newSignalWithRoom(fixed)
	start := func() *signal {
		if t.Choose(2) == 1 {
			notify(failed)
		}
		return failed
	}
	_, _ = start().TryRecv()
}

// monitor probes the health of a container every millisecond.
type monitor struct {
	t     *sim.T
	stop  *signal
	fixed bool
}

func moby33781(t *sim.T, fixed bool) {
	m := &monitor{t, newSignal(), fixed}
	t.Go("stopper", func() {
		_ = runnel.Sleep(bg, time.Duration(t.Choose(10))*300*time.Microsecond)
		notify(m.stop)
	})
	for range 5 {
		if wins(from(m.stop), from(runnel.After(time.Millisecond))) || !m.probe() {
			return
		}
	}
	await(m.stop)
}

// probe waits for the result, also if it is late, and tells whether to go on.
func (m *monitor) probe() bool {
	result := newSignal()
	m.t.Go("probe", func() {
		_ = runnel.Sleep(bg, 400*time.Microsecond)
		notify(result)
	})
	stop, received := from(m.stop), from(result)
	switch c, _ := runnel.Select(bg, stop, received, from(runnel.After(time.Millisecond))); c {
	case received:
		return true
	case stop:
		if m.fixed {
			await(result)
		}
		return false
	default:
		await(result)
		return true
	}
}

func moby4395(t *sim.T, fixed bool) {
	result := newSignalWithRoom(fixed)
	t.Go("function", func() { notify(result) })
}

func moby25384(t *sim.T, fixed bool) {
	var plugins runnel.WaitGroup
	plugins.Add(2)
	for range 2 {
		t.Go("plugin", plugins.Done)
		if !fixed {
			plugins.Wait()
		}
	}
	plugins.Wait()
}

// fileWatcher hands on what happens to a file. That the file is not watched any more is the
// last event, which remove causes, and which stays inside.
type fileWatcher struct {
	raw     *runnel.Chan[bool] // true for the last one
	events  *signal
	done    *signal
	mu      runnel.Mutex
	removed *runnel.Cond
	watched bool
}

func moby27782(t *sim.T, fixed bool) {
	w := &fileWatcher{
		raw: runnel.New[bool](runnel.Unbounded()), events: newSignal(), done: newSignal(), watched: true,
	}
	w.removed = runnel.NewCond(&w.mu)
	stop := newSignal()
	t.Go("events", w.read)
	t.Go("file", func() { _ = w.raw.Send(bg, false) })
	t.Go("logger", stop.Close)
	for wins(from(w.events), from(stop)) {
	}
	w.remove(fixed)
	w.raw.Close()
	w.done.Close()
}

func (w *fileWatcher) read() {
	for last := range w.raw.All(bg) {
		if last {
			w.mu.Lock()
			w.watched = false
			w.mu.Unlock()
			w.removed.Broadcast()
		} else if !wins(notice(w.events), from(w.done)) {
			return
		}
	}
}

func (w *fileWatcher) remove(fixed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.raw.Send(bg, true)
	for w.watched && !fixed {
		w.removed.Wait()
	}
}

func moby28462(t *sim.T, fixed bool) {
	var mu runnel.Mutex
	stop := newSignal()
	t.Go("monitor", func() {
		for range 3 {
			if told(stop) {
				return
			}
			visit(&mu) // to store the result of the probe
		}
		await(stop)
	})
	mu.Lock()
	defer mu.Unlock()
	if fixed {
		stop.Close()
	} else {
		notify(stop)
	}
}

func moby30408(t *sim.T, fixed bool) {
	var mu runnel.Mutex
	activated := runnel.NewCond(&mu)
	active, failed := false, false
	t.Go("activation", func() {
		mu.Lock()
		failed = true
		mu.Unlock()
		activated.Broadcast()
	})
	mu.Lock()
	defer mu.Unlock()
	for !active && !(fixed && failed) {
		activated.Wait()
	}
}
