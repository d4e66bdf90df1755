package goker

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

// Kernel is the shape of one bug.
type Kernel struct {
	ID    string     // project_number, the number being that of the issue or pull request
	What  string     // the bug, in one sentence
	Fails []sim.Kind // as what it may show
	Loose bool       // it shows only if the clock moves while tasks could run

	Buggy, Fixed func(*sim.T)
}

// Kernels is all of them, sorted by ID.
var Kernels = sorted(cockroach, etcd, grpc, istio, kubernetes, moby, serving, syncthing)

func sorted(projects ...[]Kernel) []Kernel {
	all := slices.Concat(projects...)
	slices.SortFunc(all, func(a, b Kernel) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// kernel makes a Kernel of a shape. The shape is told which version it is, so that one place in
// it shows the bug beside its repair.
func kernel(id, what string, shape func(t *sim.T, fixed bool), fails ...sim.Kind) Kernel {
	return Kernel{
		ID: id, What: what, Fails: fails,
		Buggy: func(t *sim.T) { shape(t, false) },
		Fixed: func(t *sim.T) { shape(t, true) },
	}
}

// loose marks a kernel that needs the clock to move while tasks could run.
func loose(k Kernel) Kernel {
	k.Loose = true
	return k
}

var bg = context.Background()

// signal is a channel on which only the moment of a value matters.
type signal = runnel.Chan[struct{}]

func newSignal(opts ...runnel.Option) *signal { return runnel.New[struct{}](opts...) }

// newSignalWithRoom makes a signal with room for one if there shall be.
func newSignalWithRoom(room bool) *signal {
	if room {
		return newSignal(runnel.Buffer(1))
	}
	return newSignal()
}

// notify is Go's c <- struct{}{}, but for closed channels.
func notify(c *signal) { _ = c.Send(bg, struct{}{}) }

// await is Go's <-c.
func await[T any](c *runnel.Chan[T]) { _, _ = c.Recv(bg) }

// told is Go's <-c in a select with a default; it tells whether that went.
func told(c *signal) bool {
	_, err := c.TryRecv()
	return !errors.Is(err, runnel.ErrEmpty)
}

// send is Go's c <- v where it matters that this panics on a closed channel.
func send[T any](c *runnel.Chan[T], v T) {
	if errors.Is(c.Send(bg, v), runnel.ErrClosed) {
		panic("send on closed channel")
	}
}

// from and to make cases, notice the case of notify.
func from[T any](c *runnel.Chan[T]) runnel.Case    { return runnel.RecvFrom(c) }
func to[T any](c *runnel.Chan[T], v T) runnel.Case { return runnel.SendTo(c, v) }
func notice(c *signal) runnel.Case                 { return runnel.SendTo(c, struct{}{}) }

// wins waits until one of the cases is carried out, and tells whether it was c.
func wins(c runnel.Case, against ...runnel.Case) bool {
	chosen, _ := runnel.Select(bg, append(against, c)...)
	return chosen == c
}

// ended waits for the end of ctx, as Go's <-ctx.Done().
func ended(ctx context.Context) { _, _ = runnel.Select(ctx) }

// visit takes the lock for a moment.
func visit(mu *runnel.Mutex) {
	mu.Lock()
	defer mu.Unlock()
}

// unlock gives up the lock: now if early, and if not, when the result is called.
func unlock(mu *runnel.Mutex, early bool) (later func()) {
	if early {
		mu.Unlock()
		return func() {}
	}
	return mu.Unlock
}
