package sim

import (
	"fmt"
	"os"
	"regexp"
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
	e.home.Store(bubbleIn(ownHeader()))
	end := e.clock.follow(false, e.standstill)
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

// check runs f in a bubble. If a task turns out to be blocked outside of runnel, it runs f anew in
// a way that can let others go on then.
func check(t *testing.T, body func(*T), opts []Option, f func(*explorer) Report) Report {
	t.Helper()
	e := newExplorer(body, opts)
	r, stuck := e.inBubble(t, f)
	if e.found.Load() {
		opts = slices.Concat(opts, []Option{Seed(e.seed), withNatives(e.place)})
		e = newExplorer(body, opts)
		r, stuck = e.inBubble(t, f)
		r.Native = e.native
	}
	if r.unfinished && stuck != "" {
		t.Fatalf("sim: a task is blocked where no schedule can let it go on: %s\n%s", stuck, allStacks())
	}
	if stuck != "" {
		t.Fatalf("sim: a goroutine that the body started by the go statement never ended; start it by runnel.Go, "+
			"or end it: %s\n%s", stuck, allStacks())
	}
	return r
}

// withNatives lets tasks be blocked outside of runnel, as has happened at this place.
func withNatives(place string) Option {
	return optionFunc(func(c *config) { c.threaded, c.hybrid, c.native, c.exhaustive = true, true, place, 0 })
}

// inBubble runs f in a bubble, and tells if goroutines are left in it for which there is no
// other reason.
func (e *explorer) inBubble(t *testing.T, f func(*explorer) Report) (r Report, stuck string) {
	e.bubble = true
	end := e.clock.follow(true, e.standstill)
	closed := false
	p := apart(func() {
		synctest.Test(t, func(*testing.T) {
			e.home.Store(bubbleIn(ownHeader()))
			e.requests = make(chan struct{}, 1)
			if !e.hybrid {
				e.lapsed = make(chan struct{})
				go e.watch()
			}
			defer func() { // the coroutines belong to the bubble
				e.close()
				e.over, closed = true, true
			}()
			r = f(e)
		})
	})
	end()
	if r.unfinished = !closed; !closed {
		e.abandon()
	}
	r.Elapsed = time.Since(e.clock.began)
	switch stuck = fmt.Sprint(p); {
	case p == nil || closed && e.forsaken() && strings.Contains(stuck, "deadlock"):
		return r, ""
	case !strings.Contains(stuck, "deadlock"):
		panic(p)
	}
	return r, stuck
}

// apart calls f on a goroutine of its own, which f may end: synctest.Test does if the race
// detector has found something, and that is still to be told. It returns what f panics with.
func apart(f func()) (p any) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer func() { p = recover() }()
		f()
	}()
	<-ended
	return p
}

// commands tells how the failure is seen again.
func commands(r Report, test, pkg string) string {
	pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(test), "/", "$/^") + "$"
	command := fmt.Sprintf("go test %s-run '%s' %s", raceFlag, strings.ReplaceAll(pattern, "'", `'\''`), pkg)
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
