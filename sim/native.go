package sim

import (
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"github.com/runnel-go/runnel/internal/hook"
)

// Tasks may be blocked by other means than runnel's: in a native channel, time.Sleep, a
// sync.WaitGroup, <-ctx.Done(). The world cannot let such a task go on, but it can let the
// others. Then a task is native:
//
//	native ⇔ its thread is durably blocked, as testing/synctest calls it, without a request
//
// For that, tasks must run on threads, and each time that one has been let go on the world waits
// until all of the bubble is blocked. That takes five times as long, so it is done only if it is
// needed: an exploration begins without, and when a task turns out to be blocked it begins
// anew (restart.go). What native operations let go on, beside the task that did them, runs
// until it comes to an operation of runnel; no schedule orders that.

// await waits for a request of the thread that was let go on. If it is blocked elsewhere, other
// tasks go on meanwhile.
//
//go:norace
func (w *world) await(th *thread) {
	if !w.explorer.hybrid {
		<-th.asked
		return
	}
	for {
		synctest.Wait()
		if th.hasAsked() {
			return
		}
		w.goNative(th)
	}
}

// hasAsked takes the request of the thread, if there is one.
func (th *thread) hasAsked() bool {
	select {
	case <-th.asked:
		return true
	default:
		return false
	}
}

// goNative lets others go on while the task of the thread is blocked.
func (w *world) goNative(th *thread) {
	t := th.task
	w.strangers++
	switch {
	case t == &w.ticker:
		th.abandon()
		panic("sim: an Invariant or the function of a timer is blocked outside of runnel")
	case w.aborting: // in what it has deferred
		th.abandon()
		panic(errAborted)
	}
	w.natives++
	raceRelease(&th.released) // for T.Wait: what the thread did before comes before synctest.Wait, in await
	t.op.kind, t.op.objects = hook.Native, t.op.objects[:0]
	w.disable(t, native)
	if w.history.verbose {
		what, site := w.explorer.placeOf(th)
		t.waitsIn = "native " + what
		w.add(t, t.waitsIn+" ...", site)
	}
	t.away = true
	w.pass()
	t.suspend()
	t.away = false
}

// comeBack is what becomes of a native task when the run is over. If it has been let go on in time,
// its thread is answered that it must end; if not, it is given up.
func (t *task) comeBack() {
	th := t.carrier.thread
	if !th.isAsking() {
		th.abandon()
		panic(errAborted)
	}
	if t.state == native {
		t.world.takeBack(t)
	}
}

// abandon gives the thread up: it will end when it comes to an operation, or never.
func (th *thread) abandon() { th.abandoned = true }

// forsaken tells whether a thread was given up that may never end.
func (e *explorer) forsaken() bool {
	return slices.ContainsFunc(e.threads, func(th *thread) bool { return th.abandoned })
}

// collect makes those tasks candidates that are blocked outside of runnel no more.
//
//go:norace
func (w *world) collect() (some bool) {
	if w.natives == 0 || w.aborting {
		return false
	}
	for _, t := range w.tasks {
		if t.state == native && t.carrier.thread.isAsking() {
			w.takeBack(t)
			some = true
		}
	}
	return some
}

// isAsking tells whether a request is there.
func (th *thread) isAsking() bool { return len(th.asked) > 0 }

// takeBack makes a candidate of a native task that has come to an operation.
func (w *world) takeBack(t *task) {
	w.natives--
	w.strangers--
	t.op.kind = hook.Continue
	w.enable(t)
}

// notify says that a thread has a request, which may be one that nobody waits for.
//
//go:norace
func (w *world) notify() {
	if w.strangers == 0 {
		return
	}
	select {
	case w.explorer.requests <- struct{}{}:
	default:
	}
}

// forever is longer than any program waits, and patienceForNatives how long, in real time, the
// bubble's time may run while no task comes to an operation.
const (
	forever            = 100 * 365 * 24 * time.Hour
	patienceForNatives = 2 * time.Second
)

// untilNatives lets time pass until a native task goes on (true), or until the next timer is due
// (false), or if there is none, for ever.
func (w *world) untilNatives() bool {
	at, bounded := w.tick()
	bounded = bounded && w.tickHelps()
	began := w.explorer.clock.elapsed()
	for d := time.Hour; ; d *= 2 {
		if bounded {
			d = at.Sub(w.clock.now)
		}
		if w.clock.waitFor(w.explorer.requests, d); w.collect() {
			return true
		}
		if w.clock.now.Before(at) && bounded {
			continue
		}
		if bounded || d > forever || w.explorer.clock.elapsed()-began > patienceForNatives {
			return false
		}
	}
}

// waitFor lets time pass for d, or until there is a request.
func (c *clock) waitFor(requests chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-requests:
	case <-timer.C:
	}
	synctest.Wait()
	c.now = time.Now()
}

// placeOf tells in what a thread is blocked, and where: "chan receive", "runner.go:12".
func (e *explorer) placeOf(th *thread) (what, site string) {
	header := fmt.Sprintf("goroutine %d [", th.id)
	for g := range strings.SplitSeq(string(allStacks()), "\n\n") {
		if rest, ok := strings.CutPrefix(g, header); ok {
			what, _, _ = strings.Cut(rest, " (durable)")
			return what, e.siteIn(g)
		}
	}
	return "operation", ""
}

// siteIn is the innermost line of the user's code in the stack trace of a goroutine.
func (e *explorer) siteIn(stack string) string {
	lines := strings.Split(stack, "\n")
	for i, line := range lines[1:] {
		file, _, ok := strings.Cut(strings.TrimPrefix(line, "\t"), " +0x")
		name, _, numbered := cutLast(file, ":")
		if ok && numbered && !isOurs(name) && !isOfGo(lines[i], name) {
			return e.nameOfFile(file)
		}
	}
	return ""
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// isOfGo tells whether a file, with a function in it, belongs to the standard library. Where paths
// are trimmed, import paths tell, which have a dot in their first element elsewhere.
func isOfGo(function, file string) bool {
	if filepath.IsAbs(goSource) {
		return strings.HasPrefix(file, goSource)
	}
	first, _, _ := strings.Cut(function, "/")
	return first == function || !strings.Contains(first, ".")
}

// goSource is where the source of the standard library was when the program was built.
var goSource = func() string {
	f := runtime.FuncForPC(reflect.ValueOf(runtime.Gosched).Pointer())
	file, _ := f.FileLine(f.Entry())
	return filepath.Dir(filepath.Dir(file)) + string(filepath.Separator)
}()
