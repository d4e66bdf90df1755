package sim

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing/synctest"
	"time"
)

// watcher is a goroutine of the bubble that finds out when a task is blocked where the world
// cannot see it. It waits in synctest.Wait until all others in the bubble are blocked, which is
// so only if
//
//	the clock wants time to pass: then the watcher sleeps for it, or
//	the exploration is over: then it ends, or
//	a task is blocked outside of runnel: then it ends the exploration.
type watcher struct {
	lapse  time.Duration // that the clock wants to pass
	lapsed chan struct{} // it has
	over   bool
	found  atomic.Bool  // a task is blocked outside of runnel
	place  string       // where and in what, for the report
	home   atomic.Value // the bubble, as bubbleIn names it; none if nil
}

// watch is the goroutine.
func (e *explorer) watch() {
	for synctest.Wait(); e.lapse > 0; synctest.Wait() {
		time.Sleep(e.lapse)
		synctest.Wait()
		e.lapse = 0
		e.lapsed <- struct{}{}
	}
	if !e.over {
		e.place = e.nativePlace()
		e.found.Store(true)
	}
}

// sleep lets time pass in a bubble. The goroutines that package time and package context start
// meanwhile have done their work when it returns.
func (e *explorer) sleep(d time.Duration) {
	if e.lapsed == nil { // nobody watches
		time.Sleep(d)
		synctest.Wait()
		return
	}
	e.lapse = d
	<-e.lapsed
}

// nativePlace is where the task is blocked that a bubble waits for.
func (e *explorer) nativePlace() string {
	stacks := strings.Split(string(allStacks()), "\n\n")
	what, site, _ := e.blockedAmong(stacks)
	return what + " at " + site
}

// bubbleIn is how the header of a stack trace names the bubble of the goroutine; empty if it is
// in none.
func bubbleIn(header string) string {
	_, name, _ := strings.Cut(header, "synctest bubble ")
	return name
}

// ownHeader is the header of the stack trace of the calling goroutine.
func ownHeader() string {
	var buf [256]byte
	header, _, _ := strings.Cut(string(buf[:runtime.Stack(buf[:], false)]), "\n")
	return header
}

// blockedAmong finds the task that runs, and so is blocked, among the stack traces of all
// goroutines: in what and where it is blocked, and its trace. In other bubbles there may be tasks
// of earlier explorations, which are blocked for ever.
func (e *explorer) blockedAmong(stacks []string) (what, site, stack string) {
	home, _ := e.home.Load().(string)
	for _, g := range stacks {
		header, _, _ := strings.Cut(g, "\n")
		isTask := strings.Contains(g, "/sim.(*task).main(") || strings.Contains(g, "/sim.(*thread).run(")
		waits := strings.Contains(header, "[coroutine") || strings.Contains(g, "/sim.(*thread).resume(") ||
			strings.Contains(g, "/sim.(*thread).asks(") || strings.Contains(g, "/sim.(*world).await(")
		if isTask && !waits && bubbleIn(header) == home {
			state := header[strings.IndexByte(header, '[')+1:]
			return strings.TrimSpace(state[:strings.IndexAny(state, "(],")]), e.siteIn(g), g
		}
	}
	return "unknown operation", "an unknown place", ""
}

// standstill tells, while tasks stand still, which one does, where, and what to do.
func (e *explorer) standstill() string {
	what, site, stack := e.blockedAmong(strings.Split(string(allStacks()), "\n\n"))
	advice := "a task that waits by other means than runnel's lets no other go on"
	switch {
	case strings.HasPrefix(what, "sync."):
		advice = "another task holds the lock, and cannot go on: use the lock of package runnel instead, sim knows that one"
	case strings.HasPrefix(what, "run"):
		what, advice = "a loop", "a task that comes to no operation lets no other go on: call T.Point in the loop"
	case e.bubble && strings.Contains(stack, "syscall"):
		advice = "a system call lets no other task go on: use a fake instead"
	}
	return fmt.Sprintf("one is in %s at %s; %s\n\n%s", what, site, advice, stack)
}
