//go:build steps

package step

import (
	"context"
	"math/rand/v2"
	"sync/atomic"

	"github.com/runnel-go/runnel/internal/hook"
)

// On tells whether the accesses are steps of a simulation.
const On = true

// Thorough makes others go on also right after a write or a Signal, not only before the next
// access. So plain memory that is written too late, when somebody has been told already, is
// found. (In a program without data races that makes no difference.)
var Thorough bool

// pause is the step after a write.
func pause() {
	if !Thorough {
		return
	}
	if world := hook.Current(); world != nil {
		world.Point(hook.Point)
	}
}

// word is what a simulation knows of a shared word. Only tasks of one use it, one at a time.
//
//	waiting: those who have seen what the word is now and want to know when it changes
type word struct {
	object   *hook.Object
	name     string
	versions int // how often it was written
	looks    []look
	waiting  []hook.Task
	watch    func(old, new uint64)
	coarse   bool
}

// latest is the access that was made last. A task that finds it to be its own has not been
// interrupted since.
var latest struct {
	word *word
	task hook.Task
	kind hook.Kind
}

// look is what a task has seen of a word.
type look struct {
	task    hook.Task
	version int
	woken   bool // the step that lets it go on after a change is the one of its next Load
}

// come is a step: others may go on before it returns. It tells whether a task came.
func (w *word) come(k hook.Kind) bool {
	world := hook.Current()
	if world == nil {
		return false
	}
	t, last := world.Task(), latest
	latest.word, latest.task, latest.kind = w, t, k
	if k == hook.Load && w.object != nil {
		if l := w.lookOf(t); l.woken {
			l.woken = false
			return true
		}
	}
	if w.coarse && k == hook.Update && last.word == w && last.task == t && last.kind == hook.Load {
		world.Touch(w.object)
		return true
	}
	if w.object == nil {
		w.object = world.NewObject(w.name)
		w.object.Type = "word"
	}
	world.Point(k, w.object.Self...)
	latest.word, latest.task, latest.kind = w, t, k // others may have gone on
	return true
}

func (w *word) lookOf(t hook.Task) *look {
	for i := range w.looks {
		if w.looks[i].task == t {
			return &w.looks[i]
		}
	}
	w.looks = append(w.looks, look{task: t})
	return &w.looks[len(w.looks)-1]
}

// loaded takes note that the task that runs knows the word.
func (w *word) loaded() {
	if world := hook.Current(); world != nil {
		w.lookOf(world.Task()).version = w.versions
	}
}

// written lets those go on who wait for that.
func (w *word) written(old, new uint64) {
	if hook.Current() == nil {
		return
	}
	w.versions++
	for _, t := range w.waiting {
		t.Wake()
	}
	w.waiting = w.waiting[:0]
	if w.watch != nil {
		w.watch(old, new)
	}
	pause()
}

func (w *word) awaitChange() bool {
	world := hook.Current()
	if world == nil {
		return false
	}
	t := world.Task()
	if l := w.lookOf(t); l.version == w.versions {
		w.waiting = append(w.waiting, t)
		world.Park(context.Background(), hook.Load, w.object.Self...)
		w.lookOf(t).woken = true
	}
	return true
}

// AwaitChange waits until u is no longer what the caller has loaded last, and returns true. It
// returns false at once if nobody can let others go on meanwhile: then the caller has to look
// again.
func AwaitChange(u *Uint32) bool { return u.awaitChange() }

// Draw returns one of 0 … n−1, which the simulation chooses.
func Draw(n uint32) uint32 {
	if world := hook.Current(); world != nil {
		return uint32(world.Choose(int(n)))
	}
	return rand.Uint32N(n)
}

// Uint32 is an [atomic.Uint32] whose accesses are steps.
type Uint32 struct {
	word
	v atomic.Uint32
}

// Peek is Load that is no step.
func (u *Uint32) Peek() uint32 { return u.v.Load() }

// Watch gives u a name for reports and makes it call f after every write, in the same step; f
// may be nil, and must not access words but by Peek.
func (u *Uint32) Watch(name string, f func(old, new uint32)) {
	u.name = name
	if u.object != nil {
		u.object.Name = name
	}
	if f != nil {
		u.watch = func(old, new uint64) { f(uint32(old), uint32(new)) }
	}
}

// Coarse makes a Load of u and the update that follows it at once a single step. It is for a lock:
// whoever takes it looks first whether it is free, and that somebody comes between only makes
// him look again.
func (u *Uint32) Coarse() { u.coarse = true }

// Load is that of [atomic.Uint32].
func (u *Uint32) Load() uint32 {
	if u.come(hook.Load) {
		u.loaded()
	}
	return u.v.Load()
}

// Store is that of [atomic.Uint32].
func (u *Uint32) Store(x uint32) {
	u.come(hook.Store)
	u.written(uint64(u.v.Swap(x)), uint64(x))
}

// Swap is that of [atomic.Uint32].
func (u *Uint32) Swap(x uint32) (old uint32) {
	u.come(hook.Update)
	old = u.v.Swap(x)
	u.written(uint64(old), uint64(x))
	return old
}

// CompareAndSwap is that of [atomic.Uint32].
func (u *Uint32) CompareAndSwap(old, x uint32) bool {
	u.come(hook.Update)
	if !u.v.CompareAndSwap(old, x) {
		return false
	}
	u.written(uint64(old), uint64(x))
	return true
}

// Or is that of [atomic.Uint32].
func (u *Uint32) Or(mask uint32) (old uint32) {
	u.come(hook.Update)
	old = u.v.Or(mask)
	u.written(uint64(old), uint64(old|mask))
	return old
}

// Uint64 is an [atomic.Uint64] whose accesses are steps.
type Uint64 struct {
	word
	v atomic.Uint64
}

// Peek is Load that is no step.
func (u *Uint64) Peek() uint64 { return u.v.Load() }

// Load is that of [atomic.Uint64].
func (u *Uint64) Load() uint64 {
	u.come(hook.Load)
	return u.v.Load()
}

// Store is that of [atomic.Uint64].
func (u *Uint64) Store(x uint64) {
	u.come(hook.Store)
	u.written(u.v.Swap(x), x)
}

// Add is that of [atomic.Uint64].
func (u *Uint64) Add(d uint64) (x uint64) {
	u.come(hook.Update)
	x = u.v.Add(d)
	u.written(x-d, x)
	return x
}

// CompareAndSwap is that of [atomic.Uint64].
func (u *Uint64) CompareAndSwap(old, x uint64) bool {
	u.come(hook.Update)
	if !u.v.CompareAndSwap(old, x) {
		return false
	}
	u.written(old, x)
	return true
}
