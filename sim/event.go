package sim

import (
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/runnel-go/runnel/internal/hook"
)

// event is something that a task has done, kept for a report.
type event struct {
	n      int           // in the run, from 1
	at     time.Duration // virtual, since the run began
	t      *task
	what   string
	site   string
	forced bool    // it came about by a decision against the default policy
	waits  bool    // the task was blocked in it
	woken  []*task // whom it let go on
	began  *task   // whom it started, or nil
}

// record keeps an operation that the task that runs is about to carry out.
//
//go:norace
func (w *world) record(t *task, o *op) {
	if w.history.verbose {
		w.add(t, o.String(), w.siteOf(o))
		w.uses.note(t, o)
	}
}

// comesTo keeps where t is, which is about to do its operation when it is its turn again.
func (w *world) comesTo(t *task) {
	if w.history.verbose {
		t.site, t.pending = w.callSite(), true
	}
}

// stops keeps where t is when the run ends, unless it waits.
func (w *world) stops(t *task) {
	switch {
	case !w.history.verbose || t.state != ready || w.failure == nil || w.failure.task == t:
	case t.pending:
		t.stopped = "is about to " + t.op.String()
	case t.site == "":
		t.stopped = "has not begun"
	default:
		t.stopped = "can go on from " + t.op.String()
	}
}

// note keeps what the body says.
func (w *world) note(line string) {
	if w.history.verbose && w.current != nil && !w.aborting {
		w.add(w.current, fmt.Sprintf("%q", line), w.callSite())
	}
}

// maxKept is how many events are kept; of more, the first half is forgotten. A report tells
// the last ones.
const maxKept = 4096

func (w *world) add(t *task, what, site string) {
	h := &w.history
	if len(h.events) == maxKept {
		h.skipped += maxKept / 2
		h.events = append(h.events[:0], h.events[maxKept/2:]...)
	}
	t.site, t.pending = site, false
	h.events = append(h.events, event{
		n: h.skipped + len(h.events) + 1, at: w.clock.now.Sub(w.clock.began), t: t, what: what, site: site, forced: h.changed,
	})
	h.changed = false
}

// waits notes that t is blocked in its operation.
func (w *world) waits(t *task) {
	what := t.op.String()
	es := w.history.events
	for i := len(es) - 1; i >= 0; i-- {
		if es[i].t == t && es[i].what == what {
			es[i].waits, t.site = true, es[i].site
			return
		}
	}
}

// starts notes that its last operation has made t.
func (w *world) starts(t *task) {
	if !w.history.verbose || w.firing {
		return
	}
	if e := w.lastOf(t.parent); e != nil {
		e.began = t
	}
}

// forces notes that in its operation t makes a choice against the default policy.
func (w *world) forces(t *task) {
	if e := w.lastOf(t); e != nil && w.history.verbose {
		e.forced = true
	}
}

// wakes notes that what happens now lets t go on.
func (w *world) wakes(t *task) {
	by := w.current
	if w.firing {
		by = &w.ticker
	}
	if by == nil {
		return
	}
	t.trace = mix(t.trace ^ by.trace)
	if w.history.verbose && t.state == blocked {
		if e := w.lastOf(by); e != nil {
			e.woken = append(e.woken, t)
		}
	}
}

func (w *world) lastOf(t *task) *event {
	es := w.history.events
	for i := len(es) - 1; i >= 0; i-- {
		if es[i].t == t {
			return &es[i]
		}
	}
	return nil
}

// String tells the operation in words: "Send orders", "Select a, b".
func (o op) String() string {
	var b strings.Builder
	b.WriteString(o.kind.String())
	for i, object := range o.objects {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte(' ')
		b.WriteString(nameOf(object))
	}
	return b.String()
}

// nameOf is what a report calls a channel, a lock or the like: by its name, or by its number.
func nameOf(o *hook.Object) string {
	switch {
	case o.Name != "":
		return o.Name
	case o.Type != "":
		return fmt.Sprintf("%s#%d", o.Type, o.ID)
	}
	return fmt.Sprintf("chan#%d", o.ID)
}

// callSite is that of the operation that the task that runs has come to.
func (w *world) callSite() string {
	switch {
	case !w.explorer.threaded:
	case w.firing:
		return w.calling.site
	default:
		return w.current.carrier.thread.site
	}
	return w.explorer.callSite()
}

// callSite is the line of the user's code that led to an operation: the first that belongs
// neither to the root package nor to this one. Files tell, because a generic function that was
// inlined has the name of its caller.
//
// Where a file is not in the directory of the body, that of the file is named, too.
func (e *explorer) callSite() string {
	var pcs [48]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if f.File != "" && !isOurs(f.File) && !isStandard(f.Function) {
			return e.nameOfFile(f.File) + ":" + strconv.Itoa(f.Line)
		}
		if !more {
			return ""
		}
	}
}

// nameOfFile is how a report names a file.
func (e *explorer) nameOfFile(file string) string {
	fn := runtime.FuncForPC(reflect.ValueOf(e.body).Pointer())
	home, _ := fn.FileLine(fn.Entry())
	dir, base := filepath.Split(file)
	if dir == filepath.Dir(home)+string(filepath.Separator) {
		return base
	}
	return filepath.Base(dir) + "/" + base
}

// here is the directory of this package, above the directory of the root package.
var here = func() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}()

func isOurs(file string) bool {
	dir := filepath.Dir(file)
	return (dir == here || dir == filepath.Dir(here) || dir == steps) && !strings.HasSuffix(file, "_test.go")
}

// isStandard tells whether a function is one of those that call back: of package sync, say.
func isStandard(function string) bool {
	for _, p := range []string{"runtime.", "sync.", "iter.", "slices.", "maps."} {
		if strings.HasPrefix(function, p) {
			return true
		}
	}
	return false
}
