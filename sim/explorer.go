package sim

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel/internal/hook"
)

// explorer runs a body, schedule after schedule.
type explorer struct {
	config
	body     func(*T)
	main     func()     // the body, as a task
	carriers []*carrier // idle ones
	world    *world     // of the run that is going on
	rng      source
	portfolio
	length  length
	longest int // steps of the longest run
	first   int // steps of the first run of all
	census  census
	spent   int // steps, in all runs
	clock   realTime

	threads   []*thread
	clockwork *thread       // that runs what belongs to no task
	orders    chan *thread  // to be made
	requests  chan struct{} // a thread has a request
	past      *token        // token for the race detector: all schedules before
	watcher
}

// exclusive lets one simulation run at a time: a goroutine can tell that it carries a task, but
// not of which simulation.
var exclusive sync.Mutex

// running is the world whose tasks run.
var running atomic.Pointer[world]

func current() hook.World {
	if w := running.Load(); w != nil && isTask() {
		return w.face
	}
	return nil
}

func init() { hook.Install(current) }

func newExplorer(body func(*T), opts []Option) *explorer {
	mustRun(body)
	if isTask() {
		panic("sim: a simulation inside of a simulation: a body cannot explore another one")
	}
	e := &explorer{config: configOf(opts), body: body}
	e.portfolio = e.strategies(&e.rng)
	e.past = new(token)
	e.world = &world{explorer: e}
	e.world.face = e.world
	if e.hybrid {
		e.exhaustive = 0 // what native operations let go on is unknown
	}
	if e.threaded {
		e.world.face = remote{e.world}
	}
	e.main = e.world.t.run
	exclusive.Lock()
	running.Store(e.world)
	return e
}

func mustRun(body func(*T)) {
	if body == nil {
		panic("sim: the body is nil, want a function")
	}
}

// close ends the coroutines and lets other simulations run.
func (e *explorer) close() {
	for _, c := range e.carriers {
		c.end()
	}
	e.carriers = nil
	e.endThreads()
	e.abandon()
}

// abandon lets other simulations run.
func (e *explorer) abandon() {
	running.Store(nil)
	exclusive.Unlock()
}

// run is one schedule.
type run struct {
	strategy strategy
	loose    bool
	token    seedToken  // that stands for it, if a strategy decides
	forced   []decision // to be followed instead of the strategy, if replay
	replay   bool
	repeat   []int32 // to be followed to the letter, nil if not
	verbose  bool
	survey   bool
}

// explore runs schedules until one fails or the budget is used up.
func (e *explorer) explore() Report {
	r := Report{Seed: e.seed}
	if !e.exhaust(&r) {
		e.sample(&r)
	}
	r.Distinct, r.Longest = min(len(e.census.seen), r.Schedules), e.longest
	r.Steps = e.spent
	return r
}

// sample runs the schedules that the strategies draw.
func (e *explorer) sample(r *Report) {
	for i := 0; i < e.schedules && !e.expired(); i++ {
		p := e.plan(i)
		w := e.once(p)
		if w.failure != nil {
			r.Strategy = w.strategy.name()
			r.SeedToken = p.token.String()
			e.investigate(r, i, w)
			return
		}
		e.census.add(w.trace)
		r.Schedules++
	}
}

// expired tells whether the time for exploring is over.
func (e *explorer) expired() bool {
	return e.found.Load() || e.limit > 0 && e.clock.elapsed() >= e.limit
}

// hasty tells whether the time for trying all schedules is over.
func (e *explorer) hasty() bool { return e.brief > 0 && e.clock.elapsed() >= e.brief }

// plan is what the portfolio does in schedule i: one strategy after the other, each with the
// clock still while tasks can run, then with the clock among the candidates.
func (e *explorer) plan(i int) run {
	s := e.portfolio[i/2%len(e.portfolio)]
	token := seedToken{
		strategy: s.name(), loose: i%2 == 1 && !e.punctual, seed: e.seed, index: uint64(i), length: e.length.typical(),
	}
	return e.seeded(s, token)
}

// seeded is the run that a seed token stands for.
func (e *explorer) seeded(s strategy, token seedToken) run {
	e.rng.begin(token.seed, token.index)
	s.prepare(token.length)
	return run{strategy: s, loose: token.loose, token: token}
}

// once runs one schedule.
func (e *explorer) once(r run) *world {
	w := e.world
	if r.strategy == nil {
		r.strategy = follow{}
	}
	e.clock.beat()
	races := raceErrors()
	w.reset(r)
	w.begin(e.main)
	w.loop()
	w.abort()
	if w.failure == nil && raceErrors() > races {
		w.failure = &Failure{Kind: Race, Message: "the race detector has told more above"}
	}
	if r.repeat == nil && !r.replay {
		e.length.add(w.steps)
		e.longest = max(e.longest, w.steps)
	}
	e.spent += w.steps
	return w
}

// start is the time at which a run begins.
func (e *explorer) start() time.Time {
	if e.bubble {
		return time.Now()
	}
	return start2000
}

// portfolio is what takes turns.
type portfolio []strategy

// length is how many steps a run typically has: about the median. A mean, or the maximum, would
// follow the few runs that go on for thousands of steps.
type length int

func (l length) typical() int { return int(l) }

func (l *length) add(steps int) {
	switch move := *l/16 + 1; {
	case *l == 0:
		*l = length(steps)
	case steps > int(*l):
		*l = min(*l+move, length(steps))
	case steps < int(*l):
		*l = max(*l-move, length(steps))
	}
}
