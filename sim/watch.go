package sim

import (
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
	found  atomic.Bool // a task is blocked outside of runnel
	place  string      // where and in what, for the report
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
	self, _, _ := strings.Cut(stacks[0], "\n")
	bubble := self[strings.LastIndexByte(self, ',')+1:]
	for _, g := range stacks {
		header, _, _ := strings.Cut(g, "\n")
		isOne := strings.Contains(g, "/sim.(*task).main(") || strings.Contains(g, "/sim.(*thread).run(")
		if isOne && strings.HasSuffix(header, bubble) && !strings.Contains(header, "[coroutine") &&
			!strings.Contains(g, "/sim.(*thread).resume(") && !strings.Contains(g, "/sim.(*thread).asks(") {
			what, _, _ := strings.Cut(header[strings.IndexByte(header, '[')+1:], " (durable)")
			return what + " at " + e.siteIn(g)
		}
	}
	return ""
}
