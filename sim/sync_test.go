package sim_test

//lint:file-ignore SA2001 that a lock can be had, or how long that takes, is what is asked here

import (
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/internal/locklaws"
	"github.com/runnel-go/runnel/sim"
)

// The laws of package locklaws in a simulation: they hold in every schedule.
func TestSyncLaws(t *testing.T) {
	for _, laws := range locklaws.Laws {
		for _, law := range laws {
			t.Run(law.Name, func(t *testing.T) {
				passes(t, func(t *sim.T) { law.Check(lawful{t}, locklaws.Runnel()) })
			})
		}
	}
}

// lawful is a test for laws.
type lawful struct{ *sim.T }

func (lawful) Yield() { runnel.Sleep(bg, 1) }

// The laws hold for goroutines that are no tasks, too, while tasks come and go.
func TestSyncLawsBesideASimulation(t *testing.T) {
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				sim.Check(prodcons, sim.Schedules(10))
			}
		}
	}()
	for _, laws := range locklaws.Laws {
		for _, law := range laws {
			for range 20 {
				law.Check(outside{t}, locklaws.Runnel())
			}
		}
	}
	close(stop)
	<-done
}

// outside is a test for laws outside of a simulation.
type outside struct{ *testing.T }

func (outside) Yield() { runtime.Gosched() }

func (t outside) Assert(ok bool, format string, args ...any) {
	if !ok {
		t.Errorf(format, args...)
	}
}

// passes explores a body in which no schedule may fail.
func passes(t *testing.T, body func(*sim.T), opts ...sim.Option) {
	t.Helper()
	if r := sim.Check(body, append(opts, sim.For(0), sim.Schedules(500))...); r.Failure != nil {
		t.Errorf("schedule %d fails, %s: %s", r.Schedules, r.Failure.Kind, r.Failure.Message)
	}
}

// fails explores a body of which some schedule must fail, with a message that contains message.
func fails(t *testing.T, kind sim.Kind, message string, body func(*sim.T)) {
	t.Helper()
	r := sim.Check(body, sim.For(0), sim.Schedules(500))
	switch f := r.Failure; {
	case f == nil:
		t.Errorf("%d schedules pass", r.Schedules)
	case f.Kind != kind || !strings.Contains(f.Message, message):
		t.Errorf("fails with %s: %s", f.Kind, f.Message)
	}
}

// seen explores a body and returns what it reported in all schedules.
func seen(t *testing.T, body func(see func(string))) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	passes(t, func(*sim.T) { body(func(s string) { all[s] = true }) })
	return all
}

func TestDeadlocksOfLocks(t *testing.T) {
	for name, body := range map[string]func(*sim.T){
		"order": func(*sim.T) {
			var a, b runnel.Mutex
			runnel.Go(func() { a.Lock(); b.Lock(); b.Unlock(); a.Unlock() })
			b.Lock()
			a.Lock()
			a.Unlock()
			b.Unlock()
		},
		"twice": func(*sim.T) {
			var mu runnel.Mutex
			mu.Lock()
			mu.Lock()
		},
		"a writer between two read locks": func(*sim.T) {
			var rw runnel.RWMutex
			runnel.Go(func() { rw.Lock(); rw.Unlock() })
			rw.RLock()
			rw.RLock()
			rw.RUnlock()
			rw.RUnlock()
		},
		"no upgrade": func(*sim.T) {
			var rw runnel.RWMutex
			rw.RLock()
			rw.Lock()
		},
		"Once in itself": func(*sim.T) {
			var once runnel.Once
			once.Do(func() { once.Do(func() {}) })
		},
		"a Done too few": func(*sim.T) {
			var wg runnel.WaitGroup
			wg.Add(2)
			runnel.Go(wg.Done)
			wg.Wait()
		},
		"lost signal": func(*sim.T) {
			var mu runnel.Mutex
			c := runnel.NewCond(&mu)
			ready := false
			runnel.Go(func() {
				mu.Lock()
				ready = true
				mu.Unlock()
				c.Signal()
			})
			mu.Lock()
			was := ready
			mu.Unlock()
			if !was { // it may become so here
				mu.Lock()
				c.Wait()
				mu.Unlock()
			}
		},
		"a signal for one of two": func(*sim.T) {
			var mu runnel.Mutex
			var wg runnel.WaitGroup
			c := runnel.NewCond(&mu)
			open := false
			for range 2 {
				wg.Go(func() {
					mu.Lock()
					for !open {
						c.Wait()
					}
					mu.Unlock()
				})
			}
			mu.Lock()
			open = true
			mu.Unlock()
			c.Signal()
			wg.Wait()
		},
	} {
		t.Run(name, func(t *testing.T) { fails(t, sim.Deadlock, "", body) })
	}
}

func TestLeakInLock(t *testing.T) {
	fails(t, sim.Leak, "", func(*sim.T) {
		var mu runnel.Mutex
		mu.Lock()
		runnel.Go(mu.Lock)
	})
}

func TestMisuseOfLocks(t *testing.T) {
	for name, test := range map[string]struct {
		message string
		body    func(*sim.T)
	}{
		"Unlock":      {"sync: unlock of unlocked mutex", func(*sim.T) { new(runnel.Mutex).Unlock() }},
		"RW Unlock":   {"sync: Unlock of unlocked RWMutex", func(*sim.T) { new(runnel.RWMutex).Unlock() }},
		"RW RUnlock":  {"sync: RUnlock of unlocked RWMutex", func(*sim.T) { new(runnel.RWMutex).RUnlock() }},
		"Done":        {"sync: negative WaitGroup counter", func(*sim.T) { new(runnel.WaitGroup).Done() }},
		"held RW":     {"RWMutex is held by a goroutine outside", func(*sim.T) { heldRW.RLock() }},
		"held":        {"runnel: Mutex is held by a goroutine outside", func(*sim.T) { held.Lock() }},
		"held Unlock": {"runnel: Mutex is held by a goroutine outside", func(*sim.T) { held.Unlock() }},
		"Invariant": {"would wait", func(t *sim.T) {
			var mu runnel.Mutex
			t.Invariant(func() { mu.Lock(); mu.Unlock() })
			mu.Lock()
			t.Point()
		}},
	} {
		t.Run(name, func(t *testing.T) { fails(t, sim.Panic, test.message, test.body) })
	}
}

// held and heldRW are locked by nobody's task.
var (
	held   runnel.Mutex
	heldRW runnel.RWMutex
)

func init() {
	held.Lock()
	heldRW.Lock()
}

// What ends a program with a fatal error cannot be recovered.
func TestFatalIsNotRecovered(t *testing.T) {
	fails(t, sim.Panic, "unlock of unlocked mutex", func(*sim.T) {
		defer func() { recover() }()
		new(runnel.Mutex).Unlock()
	})
}

func TestAddWhileWaiting(t *testing.T) {
	const misuse = "Add called concurrently with Wait"
	for name, body := range map[string]func(*sim.T){
		"by those who are waited for": func(*sim.T) {
			var wg runnel.WaitGroup
			for range 2 {
				runnel.Go(func() {
					wg.Add(1)
					wg.Done()
				})
			}
			wg.Wait()
		},
		"Go": func(*sim.T) {
			var wg runnel.WaitGroup
			runnel.Go(func() { wg.Go(func() {}) })
			wg.Wait()
		},
		"before Wait has returned": func(*sim.T) {
			var wg, all runnel.WaitGroup
			wg.Add(1)
			all.Go(wg.Wait)
			wg.Done()
			wg.Add(1)
			wg.Done()
			all.Wait()
		},
	} {
		t.Run(name, func(t *testing.T) { fails(t, sim.Panic, misuse, body) })
	}
}

// Add and Wait are ordered, by a lock or by a channel: no misuse.
func TestAddApartFromWait(t *testing.T) {
	passes(t, func(t *sim.T) {
		var mu runnel.Mutex
		var wg runnel.WaitGroup
		stopped, running := false, 0
		for range 3 {
			runnel.Go(func() {
				mu.Lock()
				defer mu.Unlock()
				if !stopped {
					running++
					wg.Go(func() {
						mu.Lock()
						running--
						mu.Unlock()
					})
				}
			})
		}
		mu.Lock()
		stopped = true
		mu.Unlock()
		wg.Wait()
		t.Assert(running == 0, "%d still run", running)
	})
	passes(t, func(t *sim.T) {
		var wg runnel.WaitGroup
		next := runnel.New[int]()
		runnel.Go(func() {
			for range 3 {
				next.Recv(bg)
				wg.Add(1)
				next.Send(bg, 0)
				wg.Done()
			}
		})
		for range 3 {
			next.Send(bg, 0)
			next.Recv(bg)
			wg.Wait()
		}
	})
}

// Who was woken may lose the lock to one who comes just then, and gets it before others who wait.
func TestBarging(t *testing.T) {
	orders := seen(t, func(see func(string)) {
		var mu runnel.Mutex
		var wg runnel.WaitGroup
		order := ""
		lock := func(name string) {
			mu.Lock()
			order += name
			mu.Unlock()
		}
		mu.Lock()
		wg.Go(func() { lock("a") })
		wg.Go(func() { lock("b") })
		mu.Unlock()
		lock("c")
		wg.Wait()
		see(order)
	})
	for _, want := range strings.Fields("abc acb bac bca cab cba") {
		if !orders[want] {
			t.Errorf("never in the order %s", want)
		}
	}
}

func TestTryLockSpins(t *testing.T) {
	passes(t, func(*sim.T) {
		var mu runnel.Mutex
		var rw runnel.RWMutex
		mu.Lock()
		rw.RLock()
		runnel.Go(func() {
			for !mu.TryLock() {
			}
			for !rw.TryLock() {
			}
		})
		runnel.Sleep(bg, 1)
		rw.RUnlock()
		mu.Unlock()
	})
	fails(t, sim.Livelock, "", func(*sim.T) {
		var mu runnel.Mutex
		mu.Lock()
		for !mu.TryLock() {
		}
	})
}

// Each run finds what lives longer than it as if nobody had used it.
func TestNothingIsLeftOfARun(t *testing.T) {
	var (
		leftMutex runnel.Mutex
		leftRW    runnel.RWMutex
		leftWG    runnel.WaitGroup
		leftOnce  runnel.Once
		onceCalls int
		leftValue = runnel.OnceValue(func() int { onceCalls++; return onceCalls })
	)
	passes(t, func(t *sim.T) {
		onceCalls = 0
		leftMutex.Lock()
		leftRW.RLock()
		leftWG.Add(1)
		done := false
		leftOnce.Do(func() { done = true })
		t.Assert(done && leftValue() == 1 && leftValue() == 1, "done in an earlier run")
	})
	if !leftMutex.TryLock() || !leftRW.TryLock() {
		t.Error("locked outside of the simulation")
	}
	leftMutex.Unlock()
	leftRW.Unlock()
	leftWG.Wait()
	leftOnce.Do(func() {})
	onceCalls = 6
	if v := leftValue(); v != 7 {
		t.Errorf("value %d, want 7", v)
	}
	passes(t, func(t *sim.T) {
		leftOnce.Do(func() { t.Fatalf("done again") })
		t.Assert(leftValue() == 7, "value %d, want 7", leftValue())
	})
}

// Cond gives up a lock that itself waits for something.
func TestCondWithOtherLockers(t *testing.T) {
	passes(t, func(t *sim.T) {
		l := token{runnel.New[int](runnel.Buffer(1)), runnel.New[int]()}
		c := runnel.NewCond(l)
		runnel.Go(func() {
			for range 2 {
				l.freed.Recv(bg)
				c.Signal()
			}
		})
		l.Lock()
		c.Wait()
		l.Unlock()
	})
	passes(t, func(t *sim.T) { // one of sync's that nobody else wants
		var l sync.Mutex
		c := runnel.NewCond(&l)
		waited := false
		runnel.Go(func() {
			for !waited {
				c.Signal()
				runnel.Sleep(bg, 1)
			}
		})
		l.Lock()
		c.Wait()
		l.Unlock()
		waited = true
	})
}

// token is a lock made of a channel that tells of being unlocked.
type token struct{ held, freed *runnel.Chan[int] }

func (l token) Lock() { l.held.Send(bg, 0) }

func (l token) Unlock() {
	l.held.Recv(bg)
	l.freed.Send(bg, 0)
}
