package flow

import (
	"fmt"
	"log/slog"
	"slices"

	"github.com/runnel-go/runnel"
)

// Scale lets n messages be in the process at once from now on, as [Parallel] would have from the
// start. It adds workers, or takes some away, each between two messages: no message is cut short,
// and none is lost. It works while the process is paused and while the flow drains.
//
// Scale waits for movements that are under way, never for a function of a process. So functions
// that run go on, even if these are more than n; but when Scale has returned no further one begins
// as long as n or more run. It may be called by a function of the process itself; it must not be
// called by what OnDrop was given.
//
// It returns an error that is [ErrName] if there is no such process, [ErrScale] if n is less than 1
// or the process cannot be in several messages at once (a source is in none, a [Stateful] one has
// one state), and [ErrEnded] if the process has ended or the flow stops. Then nothing has changed.
func (f *Flow) Scale(process string, n int) error {
	p, err := f.changeable(process)
	if err != nil {
		return err
	}
	if why := p.unscalable(n); why != "" {
		return fmt.Errorf("%w: Scale(%s, %d): %s", ErrScale, quote(process), n, why)
	}
	if err := p.rescale(n); err != nil {
		return err
	}
	f.event(slog.LevelInfo, "scaled", slog.String("process", process), slog.Int("workers", n))
	return nil
}

// rescale lets the process have n workers.
func (p *process) rescale(n int) error {
	p.changes.Lock()
	defer p.changes.Unlock()
	return p.hire(p.gate.lack(n))
}

// changeable finds a process that Scale and Swap can change.
func (f *Flow) changeable(name string) (*process, error) {
	ps, err := f.named([]string{name})
	if err != nil {
		return nil, err
	}
	return ps[0], ps[0].over()
}

// over reports that the process, or the flow, is at its end.
func (p *process) over() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.endedAlready()
}

// endedAlready is over, with the lock.
func (p *process) endedAlready() error {
	switch {
	case p.alive == 0:
		return fmt.Errorf("%w: process %s", ErrEnded, quote(p.name))
	case p.f.halted():
		return fmt.Errorf("%w: process %s: the flow stops: %w", ErrEnded, quote(p.name), p.f.cause())
	}
	return nil
}

// unscalable says why the process cannot have n workers, or nothing.
func (p *process) unscalable(n int) string {
	switch {
	case p.proc.kind == "source":
		return "a source takes no messages; scale those that take its values"
	case p.proc.kind == "stateful":
		return "a state can be in one message at a time only"
	case n < 1:
		return "want at least 1; to let it take no messages use Pause"
	}
	return ""
}

// lack sends away workers that are too many for n, and tells how many are wanted instead. Those
// that were to go and have not gone yet stay first.
func (g *gate) lack(n int) int {
	g.mu.Lock()
	lacking := n - (len(g.workers) - g.surplus)
	if lacking >= 0 {
		stay := min(g.surplus, lacking)
		g.surplus -= stay
		g.mark()
		g.mu.Unlock()
		return lacking - stay
	}
	g.mu.Unlock()
	g.alter(func() { g.surplus -= lacking })
	return 0
}

// dismiss takes a worker between two messages off the list. It needs the lock.
func (g *gate) dismiss(w *worker) {
	w.rid()
	g.surplus--
	g.departed += w.done(0)
	g.workers = slices.DeleteFunc(g.workers, func(x *worker) bool { return x == w })
	g.mark()
}

// hire adds n workers, unless the process has ended.
//
// In a cycle each counts as one that may get something from outside, until it has found out. If
// the others know already that nothing comes, the cycle may close its edges meanwhile: then there is
// nothing for this one either.
func (p *process) hire(n int) error {
	p.mu.Lock()
	if err := p.endedAlready(); err != nil {
		p.mu.Unlock()
		return err
	}
	p.alive += n
	p.mu.Unlock()
	if p.ring != nil && p.lineup == nil {
		p.ring.unsettled.Add(int64(n))
	}
	for range n {
		w := newWorker(p)
		p.gate.mu.Lock()
		p.gate.workers = append(p.gate.workers, w)
		p.gate.mu.Unlock()
		p.settle(w, false)
		runnel.Go(w.run)
	}
	return nil
}
