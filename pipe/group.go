package pipe

import (
	"context"
	"errors"

	"github.com/runnel-go/runnel"
)

// Group ties what belongs to one job: the stages that are made under its context and the
// functions that consume them. The first error ends all of them, and Wait returns when all have
// ended; then the accounts of their channels are final, and what they used can be closed.
//
//	g, ctx := pipe.NewGroup(ctx)
//	good, bad := pipe.Split(ctx, pipe.Map(ctx, lines, 8, pipe.Try(parse)), parsed)
//	g.Go(func() error { return pipe.ForEach(ctx, good, 1, store) })
//	g.Go(func() error { return pipe.ForEach(ctx, bad, 1, report) })
//	err := g.Wait()
//
// A stage belongs to the group if it is made with the group's context or one derived from it.
// Without a group a stage ends all the same; only nobody can tell when its last call has
// returned.
type Group struct {
	end       context.CancelCauseFunc
	functions *runnel.Chan[nothing] // closed when all have returned
	stages    *runnel.Chan[nothing] // closed when the goroutines of all stages have ended
	here      *runnel.Producer[nothing]
	alsoHere  *runnel.Producer[nothing]
	err       *runnel.Chan[error] // the first one; a promise
}

// groupKey is the key of a group among the values of its context.
type groupKey struct{}

// errDone is the cause with which the context of a group ends when nothing is left to do.
var errDone = errors.New("pipe: the group is done")

// NewGroup makes a group and its context, which ends with ctx, with the first error of a
// function of the group, or when Wait is through.
func NewGroup(ctx context.Context) (*Group, context.Context) {
	ctx, end := context.WithCancelCause(ctx)
	g := &Group{
		end:       end,
		functions: runnel.New[nothing](), stages: runnel.New[nothing](),
		err: runnel.NewPromise[error](),
	}
	g.here, g.alsoHere = g.functions.AddProducer(), g.stages.AddProducer()
	return g, context.WithValue(ctx, groupKey{}, g)
}

// Go calls f in a goroutine of its own. If f returns an error, or panics, the context of the
// group ends with that, a [runnel.PanicError] for a panic; the first one counts. It never
// blocks. After Wait it panics.
func (g *Group) Go(f func() error) {
	requireFunc(f != nil, "Group.Go", "f")
	require(!g.functions.Stats().Closed, "Group.Go", "Wait has returned, want a new group")
	p := g.functions.AddProducer()
	runnel.Go(func() {
		defer p.Close()
		returned := false
		defer func() {
			if !returned {
				g.fail(escape(recover()))
			}
		}()
		err := f()
		returned = true
		if err != nil {
			g.fail(err)
		}
	})
}

// fail ends the context with the error that Wait returns, which may be that of another function.
func (g *Group) fail(err error) {
	g.err.TrySend(err)
	first, _ := g.err.TryRecv()
	g.end(first)
}

// Wait blocks until all functions have returned, ends the context of the group, so that
// stages that nobody consumes end, too, and blocks until every stage of the group has ended.
// It returns the first error of a function, nil if there was none. It may be called once.
func (g *Group) Wait() error {
	g.here.Close()
	g.functions.Recv(context.Background())
	g.end(errDone)
	g.alsoHere.Close()
	g.stages.Recv(context.Background())
	err, _ := g.err.TryRecv()
	return err
}

// spawn starts a goroutine of a stage that was made under ctx.
func spawn(ctx context.Context, f func()) {
	g, ok := ctx.Value(groupKey{}).(*Group)
	if !ok {
		runnel.Go(f)
		return
	}
	p := g.stages.AddProducer()
	runnel.Go(func() {
		defer p.Close()
		f()
	})
}
