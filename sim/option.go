package sim

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Option sets how a body is explored. Options are applied in the order in which they are given;
// one that cannot be meant panics.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	schedules  int
	limit      time.Duration
	steps      int
	seed       uint64
	tries      int           // runs for shortening
	exhaustive int           // schedules that trying all may take
	brief      time.Duration // that trying all may take, 0 for any
	punctual   bool          // the clock moves only when no task can run
	unreceived bool          // values that are left in channels are a failure
	bubble     bool          // it runs in a testing/synctest bubble
	threaded   bool          // tasks run on threads, see thread.go
	hybrid     bool          // and may be blocked outside of runnel, see native.go
	native     string        // where that has happened
	ways       []Strategy
}

const (
	defaultSchedules = 1000
	defaultLimit     = time.Second
	defaultSteps     = 20_000
	defaultTries     = 2000
)

func configOf(opts []Option) config {
	c := config{
		threaded: threadsByDefault, schedules: defaultSchedules, limit: defaultLimit, steps: defaultSteps, tries: defaultTries, seed: rand.Uint64(),
		ways: []Strategy{POS(), Random(), PCT(2), POS(), PCT(3)},
	}
	for i, o := range opts {
		if o == nil {
			panic(fmt.Sprintf("sim: option %d is nil", i+1))
		}
		o.apply(&c)
	}
	return c
}

// Schedules sets how many schedules are explored at most; 1,000 unless given. It panics unless
// n ≥ 1. The exploration ends earlier when its time is over, see [For].
func Schedules(n int) Option {
	atLeast("Schedules", n, 1)
	return optionFunc(func(c *config) { c.schedules = n })
}

// For sets how long exploring takes at most, in real time; a second unless given, and without a
// limit if d is 0: then the attempt of [Test] to try all schedules has none, either, and what is
// explored depends on the seed alone. It panics if d is negative. A schedule that has begun is
// brought to its end, and shortening a failure takes time of its own, see [Minimize].
func For(d time.Duration) Option {
	if d < 0 {
		panic(fmt.Sprintf("sim: For(%v): the duration must not be negative", d))
	}
	return optionFunc(func(c *config) {
		if c.limit = d; d == 0 {
			c.brief = 0
		}
	})
}

// MaxSteps sets how many steps a schedule may have, that is, decisions on who goes on; 20,000
// unless given. It panics unless n ≥ 2.
//
// In the first half the strategy decides, which may let a task starve. In the second half all
// tasks take turns, and so does the clock. So a schedule that is still running at its end fails
// as a [Livelock]: it needs more steps, or will never end.
func MaxSteps(n int) Option {
	atLeast("MaxSteps", n, 2)
	return optionFunc(func(c *config) { c.steps = n })
}

// Seed makes an exploration repeatable: the same seed gives the same schedules, with the same
// build and as far as the time suffices. Unless given, a seed is drawn for each exploration.
func Seed(n uint64) Option { return optionFunc(func(c *config) { c.seed = n }) }

// Minimize sets how many more schedules may be run in order to shorten one that fails: 2,000
// unless given; less if they take longer than half a second. With 0 it is reported as it was
// found. It panics if tries is negative.
func Minimize(tries int) Option {
	atLeast("Minimize", tries, 0)
	return optionFunc(func(c *config) { c.tries = tries })
}

// Punctual makes time pass only when no task can run, so that timers, sleeps and deadlines are
// never late. Unless given, that is so in every second schedule; in the others a task may be
// held up while time passes, as on a machine that is busy.
func Punctual() Option { return optionFunc(func(c *config) { c.punctual = true }) }

// NoLeftovers makes a schedule fail as [Unreceived] that leaves values in the buffer of a
// channel when all tasks have ended.
func NoLeftovers() Option { return optionFunc(func(c *config) { c.unreceived = true }) }

// Exhaustive makes the exploration begin with an attempt to try all schedules, which gives up
// after so many; 0 makes none. [Test] makes one of 2,000 schedules or 30 ms unless told
// otherwise, [Check] makes none. It panics if max is negative.
//
// Of the schedules that differ only in the order of operations that have nothing to do with
// each other one is run. If that comes to its end, [Report.Complete] is set and nothing more is
// explored but a few schedules as a test, since there is nothing else that the body can do. This
// holds under the condition that what tasks share they share through runnel's channels, locks
// and groups and through contexts that runnel's operations were given, or with a [T.Point]
// before each use. Packages pipe and fan keep to that. A function that ends a context is no
// operation of runnel: what happens between it and the operation before is seen only with a
// Point there. Timers of package time are not among what is tried.
func Exhaustive(max int) Option {
	atLeast("Exhaustive", max, 0)
	return optionFunc(func(c *config) { c.exhaustive, c.brief = max, 0 })
}

// aBit is the attempt that Test makes.
var aBit = optionFunc(func(c *config) { c.exhaustive, c.brief = 2000, 30*time.Millisecond })

// Strategies replaces the strategies, and takes away the attempt to try all schedules. They take
// turns: two schedules each, one of them [Punctual]. Unless given, they are POS, Random, PCT(2),
// POS and PCT(3). It panics if none is given.
func Strategies(ss ...Strategy) Option {
	if len(ss) == 0 {
		panic("sim: Strategies(): at least one is needed")
	}
	for i, s := range ss {
		if s.make == nil {
			panic(fmt.Sprintf("sim: Strategies: strategy %d is the zero value; make it by POS, Random or PCT", i+1))
		}
	}
	return optionFunc(func(c *config) { c.ways, c.exhaustive = ss, 0 })
}

// Strategy is a way to draw schedules. None is best: what one hardly ever finds another finds
// soon.
type Strategy struct {
	make func(r *source) strategy
}

// Random picks evenly among the tasks at every step. It is best at bugs deep in programs whose
// tasks go in step with each other.
func Random() Strategy { return Strategy{func(r *source) strategy { return random{r} }} }

// POS is partial order sampling: operations that touch the same thing are put into a random
// order, the others are left alone. It is the best single strategy.
func POS() Strategy { return Strategy{func(r *source) strategy { return &pos{source: r} }} }

// PCT is probabilistic concurrency testing: tasks have random priorities, which change depth−1
// times. It is best at bugs that need one task to be held up for long. It panics unless
// 1 ≤ depth ≤ 1,000; more than 3 is seldom of use.
func PCT(depth int) Strategy {
	atLeast("PCT", depth, 1)
	if depth > maxDepth {
		panic(fmt.Sprintf("sim: PCT(%d): want at most %d", depth, maxDepth))
	}
	return Strategy{func(r *source) strategy { return newPCT(r, depth) }}
}

const maxDepth = 1000

func atLeast(option string, n, least int) {
	if n < least {
		panic(fmt.Sprintf("sim: %s(%d): want at least %d", option, n, least))
	}
}

// strategies makes them all.
func (c *config) strategies(r *source) (ss []strategy) {
	for _, s := range c.ways {
		ss = append(ss, s.make(r))
	}
	return ss
}
