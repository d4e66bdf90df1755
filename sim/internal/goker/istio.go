package goker

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

var istio = []Kernel{
	kernel("istio_17860", "An epoch that is started late reports its end to an agent that has ended, since no epoch was left.",
		istio17860, sim.Leak),
	loose(kernel("istio_18454", "A reset drains a timer that has fired and been received from before, and waits for ever.",
		istio18454, sim.Leak)),
	kernel("istio_8967", "Stop closes the channel and sets the field nil, which the loop may read only afterwards.",
		istio8967, sim.Leak),
	kernel("istio_16224", "The handler of an event reports under a lock that main takes before it receives the report.",
		istio16224, sim.Deadlock),
}

// agent runs until its last epoch has ended.
type agent struct {
	status *runnel.Chan[int]
	mu     runnel.Mutex
	epochs map[int]bool
	last   int
}

func istio17860(t *sim.T, fixed bool) {
	ctx, cancel := context.WithCancel(bg)
	defer cancel()
	a := &agent{status: runnel.New[int](), epochs: map[int]bool{}}
	until := bg
	if fixed {
		until = ctx
	}
	t.Go("agent", func() { a.run(ctx) })
	a.restart(t, until)
	t.Go("restart", func() { a.restart(t, until) })
	_ = runnel.Sleep(bg, 200)
}

func (a *agent) run(ctx context.Context) {
	for {
		epoch, err := a.status.Recv(ctx)
		if err != nil {
			return
		}
		if a.end(epoch) {
			return
		}
	}
}

// end notes that the epoch has ended, and tells whether it was the last.
func (a *agent) end(epoch int) (last bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.epochs, epoch)
	return len(a.epochs) == 0
}

func (a *agent) active() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.epochs) > 0
}

// restart begins an epoch, which ends at once. If there is another one it waits before, until
// that one is live, which it never is, or for 100 ns.
func (a *agent) restart(t *sim.T, until context.Context) {
	if a.active() {
		_ = runnel.Sleep(bg, 100)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	epoch := a.last
	a.epochs[epoch] = true
	t.Go("epoch", func() { _ = a.status.Send(until, epoch) })
}

// timer is one as Go has it: a channel on which the time is sent at most once, and which may be
// set again.
type timer struct {
	c       *runnel.Chan[time.Time]
	after   *runnel.Chan[time.Time]
	pending atomic.Bool
}

func newTimer(d time.Duration) *timer {
	t := &timer{c: runnel.New[time.Time](runnel.Buffer(1))}
	t.reset(d)
	return t
}

func (t *timer) reset(d time.Duration) {
	t.after = runnel.After(d)
	t.pending.Store(true)
	t.after.RecvFunc(t.fire)
}

func (t *timer) fire(now time.Time, err error) {
	if err == nil {
		t.pending.Store(false)
		_ = t.c.TrySend(now)
	}
}

// stop tells whether the timer was pending.
func (t *timer) stop() (was bool) {
	was = t.pending.Swap(false)
	t.after.Cancel(nil)
	return was
}

// debouncer waits for a while without changes.
type debouncer struct {
	t      *sim.T
	fixed  bool
	timer  *timer
	resets *signal
}

func istio18454(t *sim.T, fixed bool) {
	ctx, cancel := context.WithCancel(bg)
	events := newSignal(runnel.Buffer(4))
	for range 4 {
		notify(events)
	}
	d := &debouncer{t: t, fixed: fixed, resets: newSignal(runnel.Buffer(1))}
	t.Go("processor", func() { d.process(ctx, events) })
	_ = runnel.Sleep(bg, 10)
	cancel()
}

// process hands the events on until ctx ends, and then stops the debouncer.
func (d *debouncer) process(ctx context.Context, events *signal) {
	own, stop := context.WithCancel(bg)
	defer stop()
	for {
		if _, err := events.Recv(ctx); err != nil {
			return
		}
		d.change(own)
	}
}

func (d *debouncer) change(ctx context.Context) {
	if d.timer != nil {
		notify(d.resets)
		return
	}
	d.timer = newTimer(1)
	d.t.Go("debouncer", func() { d.run(ctx) })
}

func (d *debouncer) run(ctx context.Context) {
	for {
		reset := from(d.resets)
		switch c, err := runnel.Select(ctx, from(d.timer.c), reset); {
		case err != nil:
			d.timer.stop()
			return
		case c == reset:
			d.restart()
		}
	}
}

func (d *debouncer) restart() {
	if !d.timer.stop() {
		if d.fixed {
			_, _ = d.timer.c.TryRecv()
		} else {
			await(d.timer.c)
		}
	}
	d.timer.reset(1)
}

// source is a loop that is told to stop by a channel in a field.
type source struct{ done atomic.Pointer[signal] }

func istio8967(t *sim.T, fixed bool) {
	s := &source{}
	s.done.Store(newSignal())
	t.Go("source", func() { t.Point(); wins(from(s.done.Load())) })
	s.done.Load().Close()
	if t.Point(); !fixed {
		s.done.Store(nil)
	}
}

func istio16224(t *sim.T, fixed bool) {
	var mu runnel.Mutex
	events, reports := newSignal(), newSignal()
	t.Go("monitor", func() {
		for range events.All(bg) {
			mu.Lock()
			notify(reports)
			mu.Unlock()
		}
	})
	notify(events)
	if fixed {
		await(reports)
	}
	visit(&mu) // to look at what the handler has left
	if !fixed {
		await(reports)
	}
	events.Close()
}
