package drivertest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

// kit is what a case works with: a broker of its own, one handle on it, one topic and one group.
type kit struct {
	testing.TB
	h     Harness
	b     Broker
	e     driver.Engine
	def   driver.Topic
	quote string

	// How long a lease lasts, how long a record waits for its time; how long something may take
	// that must happen; and how long to watch for what must not. quiet < lease < limit.
	lease, delay, limit, quiet time.Duration
	patience                   time.Duration // after which a call hangs, whatever its context says

	mu   sync.Mutex
	dead map[driver.Engine]bool // handles that have crashed
}

func newKit(t testing.TB, h Harness) *kit {
	k := &kit{TB: t, h: h, b: h.New(t), def: driver.Topic{Name: "topic"}, dead: map[driver.Engine]bool{}}
	k.lease, k.delay, k.limit, k.quiet = 2*time.Second, time.Second, 15*time.Second, 60*time.Millisecond
	k.patience = time.Minute
	if h.Virtual {
		k.lease, k.delay, k.limit, k.quiet = 30*time.Second, time.Hour, 2*time.Minute, 5*time.Second
		k.patience = 1000 * time.Hour
	}
	k.e = k.open()
	return k
}

// Errorf adds the line of the case, and the obligation, to what went wrong.
func (k *kit) Errorf(format string, args ...any) {
	k.TB.Helper()
	k.TB.Errorf("%s: %s\nthe contract says: %s", where(), fmt.Sprintf(format, args...), k.quote)
}

// where is the line of the case: the first caller that is not a method of a kit. So those need not
// all be Helpers.
func where() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if !strings.Contains(f.Function, "(*kit)") {
			return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line)
		}
		if !more {
			return "?"
		}
	}
}

// Fatalf is Errorf that ends the case.
func (k *kit) Fatalf(format string, args ...any) {
	k.Errorf(format, args...)
	k.FailNow()
}

func (k *kit) noError(what string, err error) {
	if err != nil {
		k.Fatalf("%s: %v", what, err)
	}
}

// wantError expects an error that is want.
func (k *kit) wantError(what string, err, want error) {
	if !errors.Is(err, want) {
		k.Errorf("%s: got error %v, want one that is %q", what, err, want)
	}
}

// must expects a condition.
func (k *kit) must(ok bool, format string, args ...any) {
	if !ok {
		k.Errorf(format, args...)
	}
}

// many is a count for a test under load.
func (k *kit) many(n int) int { return n * max(1, k.h.Scale) }

// open gives another handle on the broker.
func (k *kit) open() driver.Engine {
	e, err := k.b.Open()
	k.noError("Open", err)
	k.Cleanup(func() { k.shut(e) })
	return e
}

func (k *kit) shut(e driver.Engine) {
	if k.alive(e) {
		k.within("Engine.Close", func() { e.Close() })
	}
}

func (k *kit) alive(e driver.Engine) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !k.dead[e]
}

func (k *kit) died(e driver.Engine) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.dead[e] = true
}

// crash ends the process that holds e.
func (k *kit) crash(e driver.Engine) {
	k.died(e)
	if k.b.Crash != nil {
		k.b.Crash(e)
	}
}

// restart kills the broker, brings it back, and opens it again.
func (k *kit) restart() {
	k.noError("Restart", k.b.Restart())
	k.died(k.e)
	k.e = k.open()
}

// within calls f, which must return in reasonable time whatever its context says.
func (k *kit) within(what string, f func()) {
	if !returns(k.patience, f) {
		k.Fatalf("%s has not returned after %v", what, k.patience)
	}
}

func returns(limit time.Duration, f func()) bool {
	done := runnel.New[bool]()
	runnel.Go(func() { defer done.Close(); f() })
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	_, err := done.Recv(ctx)
	return errors.Is(err, runnel.ErrClosed)
}

// start starts f, and returns what waits for its end.
func (k *kit) start(f func()) (wait func(what string)) {
	done := runnel.New[bool]()
	runnel.Go(func() { defer done.Close(); f() })
	return func(what string) {
		k.Helper()
		k.within(what, func() { done.Recv(context.Background()) })
	}
}

// all runs f n times at once, and fails with what they return.
func (k *kit) all(n int, f func(i int) error) {
	errs := make([]error, n)
	var wg runnel.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = f(i) })
	}
	k.within("a concurrent test", wg.Wait)
	k.noError("at the same time", errors.Join(errs...))
}

// ctx is one that ends when something has taken too long.
func (k *kit) ctx() context.Context { return k.ending(k.limit) }

var errTimeout = errors.New("the time of the test for it is over")

func (k *kit) ending(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeoutCause(context.Background(), d, errTimeout)
	k.Cleanup(cancel)
	return ctx
}

// wait lets time pass.
func (k *kit) wait(d time.Duration) { runnel.Sleep(context.Background(), d) }

// eventually polls until wrong says "", or fails with what it says.
func (k *kit) eventually(wrong func() string) {
	if w := k.poll(k.limit, wrong); w != "" {
		k.Fatalf("after %v: %s", k.limit, w)
	}
}

// poll calls wrong until it says "" or the limit has passed, and returns what it says then.
func (k *kit) poll(limit time.Duration, wrong func() string) string {
	end := time.Now().Add(limit)
	for {
		w := wrong()
		if w == "" || time.Now().After(end) {
			return w
		}
		k.wait(k.quiet / 10)
	}
}
