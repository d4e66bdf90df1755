package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/runnel-go/runnel/internal/hook"
)

// Who could have helped a task that is blocked? A lock has who holds it. A channel has no owner.
// But in the run so far somebody has used its other side, and if that one is blocked, too, the
// two belong together. So a waits for b if b holds the lock that a waits for, or has done, or
// tried, the opposite of what a waits for, on the same object, in this run.

// uses is who has done what to which object. It is kept for a report.
type uses struct {
	all     []use // each once, in the order of the first time
	known   map[use]bool
	holders map[*hook.Object][]*task
}

// use is an operation on an object.
type use struct {
	t      *task
	kind   hook.Kind
	object *hook.Object
}

// note keeps an operation that t is about to carry out.
func (u *uses) note(t *task, o *op) {
	if u.known == nil {
		u.known, u.holders = map[use]bool{}, map[*hook.Object][]*task{}
	}
	for _, object := range o.objects {
		if x := (use{t, o.kind, object}); !u.known[x] {
			u.known[x] = true
			u.all = append(u.all, x)
		}
		switch o.kind {
		case hook.Lock, hook.TryLock, hook.RLock, hook.TryRLock:
			u.holders[object] = append(u.holders[object], t)
		case hook.Unlock, hook.RUnlock:
			u.release(t, object)
		}
	}
}

// release takes t from the holders of a lock. Another task may unlock a lock, too.
func (u *uses) release(t *task, o *hook.Object) {
	hs := u.holders[o]
	i := slices.Index(hs, t)
	if i < 0 && len(hs) > 0 {
		i = 0
	}
	if i >= 0 {
		u.holders[o] = slices.Delete(hs, i, i+1)
	}
}

// failed says that the operation of t has found nothing to do.
func (u *uses) failed(t *task) {
	if k := t.op.kind; k == hook.TryLock || k == hook.TryRLock {
		for _, o := range t.op.objects {
			u.release(t, o)
		}
	}
}

// partners are the operations that complete one of this kind.
var partners = map[hook.Kind][]hook.Kind{
	hook.Send: {hook.Recv, hook.RecvUpTo, hook.RecvFunc, hook.TryRecv, hook.Select, hook.TrySelect},
	hook.Recv: {hook.Send, hook.SendAll, hook.SendFunc, hook.TrySend, hook.Close, hook.Select, hook.TrySelect},
	hook.Wait: {hook.Add, hook.Done, hook.Signal, hook.Broadcast},
}

// edge says that a task waits for another one.
type edge struct {
	to     *task
	object *hook.Object
	holds  bool // to holds the lock; or else to is to use the object
}

// waitsFor finds whom t waits for among the tasks that are blocked.
func (w *world) waitsFor(t *task) (es []edge) {
	for _, o := range t.op.objects {
		for _, h := range w.tasks {
			if h.failedIn != "" && w.uses.holds(h, o) {
				es = append(es, edge{h, o, true})
			}
		}
	}
	if isLock(t.op.kind) {
		return es
	}
	for _, u := range w.uses.all {
		if u.t == t || u.t.failedIn == "" {
			continue
		}
		if slices.Contains(t.op.objects, u.object) && completes(u.kind, t.op.kind) {
			es = append(es, edge{u.t, u.object, false})
		}
	}
	return es
}

func isLock(k hook.Kind) bool { return k == hook.Lock || k == hook.RLock }

// holds tells whether t, which is blocked, holds a lock: it has locked it more often than it
// waits for it now.
func (u *uses) holds(t *task, o *hook.Object) bool {
	n := 0
	for _, h := range u.holders[o] {
		if h == t {
			n++
		}
	}
	if isLock(t.op.kind) && slices.Contains(t.op.objects, o) {
		n--
	}
	return n > 0
}

func completes(kind, blocked hook.Kind) bool {
	ks, ok := partners[blocked]
	return !ok || slices.Contains(ks, kind) // a Select: anybody who uses one of its channels
}

// cycle finds tasks that wait for each other in a circle.
func (w *world) cycle() []edge {
	for _, t := range w.tasks {
		if t.failedIn != "" {
			if c := w.search(t, t, nil); c != nil {
				return c
			}
		}
	}
	return nil
}

// search goes on from t until it comes back to start.
func (w *world) search(start, t *task, way []edge) []edge {
	if len(way) > len(w.tasks) || len(way) > maxCycle {
		return nil
	}
	for _, e := range w.waitsFor(t) {
		next := append(way[:len(way):len(way)], e)
		if e.to == start {
			return next
		}
		if slices.ContainsFunc(way, func(p edge) bool { return p.to == e.to }) {
			continue
		}
		if c := w.search(start, e.to, next); c != nil {
			return c
		}
	}
	return nil
}

// maxCycle bounds the search: a longer circle explains nothing.
const maxCycle = 6

// tellCycle writes the circle, if there is one.
func tellCycle(b *strings.Builder, w *world) {
	c := w.cycle()
	if c == nil {
		return
	}
	b.WriteString("\nthey wait for each other:\n")
	from := c[len(c)-1].to
	for _, e := range c {
		if e.holds {
			fmt.Fprintf(b, "  %s waits for %s, which holds %s\n", from.title(), e.to.title(), nameOf(e.object))
		} else {
			fmt.Fprintf(b, "  %s waits for %s to use %s\n", from.title(), e.to.title(), nameOf(e.object))
		}
		from = e.to
	}
}
