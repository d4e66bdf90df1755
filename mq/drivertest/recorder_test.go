package drivertest

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// recorder is a testing.TB that notes failures instead of failing.
type recorder struct {
	testing.TB
	mu       sync.Mutex
	failures []string
	cleanups []func()
}

func (r *recorder) Helper()                   {}
func (r *recorder) Log(...any)                {}
func (r *recorder) Logf(string, ...any)       {}
func (r *recorder) Error(args ...any)         { r.note(fmt.Sprint(args...)) }
func (r *recorder) Errorf(f string, a ...any) { r.note(fmt.Sprintf(f, a...)) }
func (r *recorder) Fatal(args ...any)         { r.note(fmt.Sprint(args...)); r.FailNow() }
func (r *recorder) Fatalf(f string, a ...any) { r.note(fmt.Sprintf(f, a...)); r.FailNow() }
func (r *recorder) Fail()                     { r.note("Fail") }
func (r *recorder) FailNow()                  { runtime.Goexit() }

func (r *recorder) note(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, s)
}

// all returns the failures so far: what a case has started may go on.
func (r *recorder) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.failures)
}

func (r *recorder) Cleanup(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleanups = append(r.cleanups, f)
}

// run runs f and the cleanups, each of which FailNow may end.
func (r *recorder) run(f func()) {
	await(f)
	for _, c := range slices.Backward(r.cleanups) {
		await(c)
	}
}

func await(f func()) {
	done := make(chan bool)
	go func() { defer close(done); f() }()
	<-done
}

// verdict runs a case over a broken engine, and returns what fails.
func verdict(t *testing.T, c Case, f *fault) (failures []string) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{TB: t}
		r.run(func() { c.on(newKit(r, Harness{New: brokenBroker(f), Virtual: true})) })
		failures = r.all()
	})
	return failures
}
