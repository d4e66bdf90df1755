package runnel

import (
	"context"
	"reflect"
	"runtime"
	"weak"

	"github.com/runnel-go/runnel/internal/step"
)

// watch tells a parked operation that its context has ended.
//
// A goroutine that selects on a token and on ctx.Done pays for the lock of the done
// channel, which everybody under that context shares, at every park. A watch instead
// registers with the context (context.AfterFunc), and from the second park in a row under
// the same context it leaves the registration standing, so that parking costs nothing
// more than without a context.
//
//	id     names the registration; it grows with every new one
//	done   the done channel of the last context; contexts themselves need not be comparable
//	stop   not nil ⇔ registered; standing ⇒ registered
//
// A standing registration must not keep the channel alive until the context ends, which
// may be never: it holds a weak pointer, and a cleanup unregisters it when its owner is
// collected. It is replaced when the owner waits under another context and ended when the
// channel closes. Only the goroutine that owns the operation touches a watch.
type watch struct {
	id       uint64
	done     <-chan struct{}
	stop     func() bool
	standing bool
	cleanup  runtime.Cleanup
}

// cancellable is an operation that a watch may end: registration id has fired.
type cancellable interface{ cancelWait(id uint64) }

// covers tells whether the end of the context with this done channel is watched for already.
func (w *watch) covers(done <-chan struct{}) bool { return w.stop != nil && w.done == done }

// idFor returns the id under which that context, which is watched, may cancel a wait: 0 if
// it never ends.
func (w *watch) idFor(done <-chan struct{}) uint64 {
	if done == nil {
		return 0
	}
	return w.id
}

// watched is an operation with a watch.
type watched[W any] interface {
	*W
	cancellable
}

// register makes w call op.cancelWait with a new id when ctx ends. Whoever waits must look
// at ctx.Err once more when it can be found by others: the call may have come before.
func register[W any, P watched[W]](ctx context.Context, w *watch, op P) {
	w.end()
	w.id++
	id := w.id
	if done := ctx.Done(); w.done != done || !canStand(ctx) {
		w.done = done
		w.stop = step.AfterFunc(ctx, func() { op.cancelWait(id) })
		return
	}
	stand[W](ctx, w, op, id)
}

// stand registers op until further notice without keeping it alive.
func stand[W any, P watched[W]](ctx context.Context, w *watch, op P, id uint64) {
	ref := weak.Make((*W)(op))
	w.standing = true
	w.stop = step.AfterFunc(ctx, func() {
		if op := P(ref.Value()); op != nil {
			op.cancelWait(id)
		}
	})
	w.cleanup = runtime.AddCleanup((*W)(op), func(stop func() bool) { stop() }, w.stop)
}

// canStand tells whether registering with ctx starts no goroutine. For a context type of
// the user's own, package context starts one, and that must not outlive the wait.
func canStand(ctx context.Context) bool {
	for !step.IsStepped(ctx) {
		t := reflect.TypeOf(ctx)
		if t.Kind() != reflect.Pointer || t.Elem().PkgPath() != "context" {
			return false
		}
		if t.Elem().Name() != "valueCtx" {
			return true
		}
		parent := reflect.ValueOf(ctx).Elem().FieldByName("Context")
		if !parent.IsValid() {
			return false
		}
		ctx = parent.Interface().(context.Context)
	}
	return true
}

// disarm ends the registration of one wait; a standing one stays.
func (w *watch) disarm() {
	if !w.standing && w.stop != nil {
		w.stop()
		w.stop = nil
	}
}

// end unregisters, also what is standing.
func (w *watch) end() {
	if w.stop == nil {
		return
	}
	w.stop()
	w.stop = nil
	if w.standing {
		w.cleanup.Stop()
		w.standing = false
	}
}
