package sim

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Check explores body and returns what it found. It needs no test and no bubble: so time in the
// body is virtual for runnel's own functions only ([runnel.Sleep], [runnel.After], [T.Now]), and
// package time and deadlines of contexts go by real time, which tasks do not wait for.
//
// Only one exploration goes on at a time in a process: Check waits until others have ended.
func Check(body func(*T), opts ...Option) Report {
	e := newExplorer(body, opts)
	end := e.clock.follow(false)
	defer end()
	defer e.close()
	r := e.explore()
	r.Elapsed = e.clock.elapsed()
	return r
}

// Test explores body and fails t with the first schedule that fails, shortened and told. The
// body runs once for each schedule, from its beginning to its end; whatever it uses it must
// make itself.
//
// All schedules run in one testing/synctest bubble: package time and the deadlines of contexts
// go by virtual time, too. In a bubble, Run and Parallel of t may not be called.
//
// Environment variables go before options: RUNNEL_SIM_SEED, RUNNEL_SIM_SCHEDULES and
// RUNNEL_SIM_FOR as [Seed], [Schedules] and [For]; with RUNNEL_SIM_REPLAY set to a token, Test
// is [Replay].
//
// Test waits until other explorations in the process have ended: parallel tests take turns.
func Test(t *testing.T, body func(*T), opts ...Option) {
	t.Helper()
	if token := os.Getenv(envReplay); token != "" {
		Replay(t, token, body, opts...)
		return
	}
	more, err := fromEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	opts = slices.Concat([]Option{aBit}, opts, more)
	r := check(t, body, opts, (*explorer).explore)
	if r.Failure == nil {
		t.Log(r.Coverage())
		return
	}
	t.Fatalf("%s\n%s", r, commands(r, t.Name(), packageOfCaller()))
}

// Replay runs the one schedule that token stands for, and tells it: it fails t if the schedule
// fails. A token that begins with d1 holds the decisions of a schedule and is good for as long
// as the body comes to the same decisions; one that begins with s1 holds a seed, or with t1 what
// a fuzzer made up, and is good for the same build.
func Replay(t *testing.T, token string, body func(*T), opts ...Option) {
	t.Helper()
	p, err := parseToken(token)
	if err != nil {
		t.Fatal(err)
	}
	r := check(t, body, opts, func(e *explorer) Report { return e.replay(p) })
	if r.Failure == nil {
		t.Logf("the schedule %s passes:\n%s", token, r.text)
		return
	}
	t.Fatal(r)
}

// check runs f in a bubble. It ends t if a task was blocked where the simulation cannot see it.
func check(t *testing.T, body func(*T), opts []Option, f func(*explorer) Report) Report {
	t.Helper()
	e := newExplorer(body, opts)
	e.bubble = true
	var r Report
	stuck := e.inBubble(t, func() { r = f(e) }, &r)
	if stuck != "" {
		t.Fatalf("sim: a task is blocked outside of runnel, on a native channel, lock or the like, where no schedule can "+
			"let others go on; or a goroutine that it started is: %s\n%s", stuck, allStacks())
	}
	return r
}

// inBubble runs f in a bubble, and tells if it got stuck there.
func (e *explorer) inBubble(t *testing.T, f func(), r *Report) (stuck string) {
	end := e.clock.follow(true)
	closed := false
	defer func() {
		end()
		if !closed {
			e.abandon()
		}
		r.Elapsed = time.Since(e.clock.began)
		if p := recover(); p != nil {
			stuck = fmt.Sprint(p)
			if !strings.Contains(stuck, "deadlock") {
				panic(p)
			}
		}
	}()
	synctest.Test(t, func(*testing.T) {
		defer func() { // the coroutines belong to the bubble
			e.close()
			closed = true
		}()
		f()
	})
	return ""
}

// commands tells how the failure is seen again.
func commands(r Report, test, pkg string) string {
	pattern := "^" + strings.ReplaceAll(test, "/", "$/^") + "$"
	command := fmt.Sprintf("go test %s-run '%s' %s", raceFlag, pattern, pkg)
	switch {
	case r.Token == "" && r.SeedToken == "":
		return ""
	case r.Token == "":
		return fmt.Sprintf("see it again:  %s=%s %s\n", envReplay, r.SeedToken, command)
	case r.SeedToken == "":
		return fmt.Sprintf("see it again:  %s=%s %s\n", envReplay, r.Token, command)
	}
	return fmt.Sprintf("see it again:  %s=%s %s\n      (or, as it was found, %s)\n", envReplay, r.Token, command, r.SeedToken)
}

// packageOfCaller is the import path of the package that called this one.
func packageOfCaller() string {
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if f.File != "" && !isOurs(f.File) {
			slash := strings.LastIndexByte(f.Function, '/') + 1
			name, _, _ := strings.Cut(f.Function[slash:], ".")
			return strings.TrimSuffix(f.Function[:slash]+name, "_test")
		}
		if !more {
			return ""
		}
	}
}
