package proof_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/runnel-go/runnel/mq"
	"github.com/runnel-go/runnel/mq/driver"
)

// family is what kind of trouble a world has.
type family uint8

const (
	calm    family = iota // nothing goes wrong but handlers; timers are punctual: everything happens once
	crashy                // processes crash, drain, pause; timers are punctual
	loose                 // the same, and timers are late: leases and deadlines lapse
	shaky                 // the engine has the faults of mq/mem
	haunted               // the engine has the faults of mqtest
	families
)

func (f family) String() string {
	return [...]string{"calm", "crashy", "loose", "shaky", "haunted"}[f]
}

// sketch is the definition of a world. All of it comes from its seed.
type sketch struct {
	seed   uint64
	family family

	keyed    bool
	max      int64
	overflow driver.Overflow
	maxAge   time.Duration
	window   time.Duration

	groups     []*team
	publishers [][]post
	events     []event
	processes  int
}

// post is a message to be published.
type post struct {
	value, key, dedup string
	pause, delay, ttl time.Duration
	all               bool // with the other ones of its publisher, in one call
}

// team is a group: how each process consumes it.
type team struct {
	name                 string
	order                driver.Order
	workers, batch, rate int
	wait                 time.Duration // of batches
	lease, drain, grace  time.Duration
	lapses, prefetch     int
	pull                 bool
	retry                mq.Retry
}

// event is what happens to a process.
type event struct {
	after   time.Duration
	process int
	what    happening
}

type happening uint8

const (
	crash happening = iota
	drain
	pause // and resume, later
	happenings
)

// draw makes a world.
func draw(f family, seed uint64) *sketch {
	r := rand.New(rand.NewPCG(seed, uint64(f)))
	s := &sketch{seed: seed, family: f, keyed: r.IntN(3) > 0, window: pick(r, 0, time.Second, time.Minute), processes: 1}
	if r.IntN(2) == 0 {
		s.max = int64(1 + r.IntN(3))
		s.overflow = driver.Overflow(r.IntN(5))
		if s.overflow == driver.LatestPerKey {
			s.keyed = true
		}
	}
	if r.IntN(5) == 0 {
		s.maxAge = time.Duration(1+r.IntN(20)) * time.Second
	}
	for i := range 1 + r.IntN(2) {
		s.groups = append(s.groups, s.team(r, string(rune('a'+i))))
	}
	for p := range 1 + r.IntN(3) {
		s.publishers = append(s.publishers, s.posts(r, p))
		s.publishers[p][0].all = r.IntN(4) == 0
	}
	if f == crashy || f == loose || f == shaky {
		s.processes += r.IntN(2)
		for range 1 + r.IntN(3) {
			s.events = append(s.events, event{time.Duration(r.IntN(8)) * time.Second / 2, r.IntN(s.processes), happening(r.IntN(int(happenings)))})
		}
	}
	return s
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func (s *sketch) team(r *rand.Rand, name string) *team {
	g := &team{
		name: name, order: driver.Order(r.IntN(3)), workers: 1 + r.IntN(4), lapses: 0, prefetch: r.IntN(4),
		lease: time.Duration(2+r.IntN(4)) * time.Second, grace: 4 * time.Second,
		retry: mq.Retry{Attempts: 1 + r.IntN(4), First: time.Duration(r.IntN(3)) * 700 * time.Millisecond, Max: 2 * time.Second},
	}
	if g.order == driver.PerKey && !s.keyed {
		g.order = driver.Strict
	}
	if r.IntN(3) == 0 {
		g.batch = 1 + r.IntN(3)
		g.wait = time.Duration(r.IntN(2)) * g.lease / 4
	}
	if r.IntN(4) == 0 {
		g.rate = 1 + r.IntN(3)
	}
	if s.family != calm && r.IntN(2) == 0 {
		g.drain = time.Second
	}
	if r.IntN(4) == 0 {
		g.retry.Timeout = time.Second
	}
	if r.IntN(4) == 0 {
		g.pull, g.batch, g.drain, g.retry.Timeout = true, 0, 0, 0
	}
	return g
}

func (s *sketch) posts(r *rand.Rand, publisher int) (all []post) {
	for i := range 1 + r.IntN(4) {
		p := post{value: fmt.Sprintf("%d.%d", publisher, i), pause: time.Duration(r.IntN(3)) * 300 * time.Millisecond}
		if s.keyed {
			p.key = string(rune('k' + r.IntN(2)))
		}
		switch r.IntN(10) {
		case 0:
			p.delay = time.Duration(1+r.IntN(4)) * time.Second
		case 1:
			p.ttl = time.Duration(1+r.IntN(4)) * time.Second
		case 2, 3:
			p.dedup = fmt.Sprint("d", r.IntN(2))
		case 4:
			p.value = "bad" + p.value
		}
		all = append(all, p)
	}
	return all
}

// act is what a handler does with a message.
type act struct {
	takes  time.Duration
	deaf   bool // to its context
	result result
}

// result is how a handling ends.
type result uint8

const (
	running result = iota
	well
	failed
	doomed // the handler says that it must not be tried again
	panics
	later   // failed, and asks for time
	stopped // by its context
	cut     // its process died
)

func (r result) String() string {
	return [...]string{"running", "well", "failed", "doomed", "panics", "later", "stopped", "cut"}[r]
}

// act is drawn anew for each attempt of each message in each group, and is the same in all schedules.
func (s *sketch) act(g *team, value string, attempt int) act {
	r := rand.New(rand.NewPCG(s.seed, hash(fmt.Sprint(g.name, value, attempt))))
	a := act{result: well}
	switch r.IntN(10) {
	case 0, 1:
		a.result = failed
	case 2:
		a.result = pick(r, doomed, panics, later)
	}
	switch r.IntN(8) {
	case 0, 1:
		a.takes = time.Duration(1+r.IntN(5)) * 200 * time.Millisecond
	case 2:
		a.takes = 5 * g.lease / 2
	}
	a.deaf = r.IntN(4) == 0
	return a
}

// hash is FNV-1a: it must be the same in each run of a schedule.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for _, b := range []byte(s) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return h
}

// asks is how long a handling that ends later asks to wait.
const asks = 3 * time.Second

// least is how long a message waits at least after attempt n.
func (g *team) least(n int, r result) time.Duration {
	if r == later {
		return asks
	}
	whole := g.retry.First << (n - 1)
	return min(whole, g.retry.Max) / 2
}

// String tells the definition of a world, for who looks into a failure.
func (s *sketch) String() string {
	text := fmt.Sprintf("keyed %v, max %d, overflow %v, max age %v, window %v, %d processes, events %v\n",
		s.keyed, s.max, s.overflow, s.maxAge, s.window, s.processes, s.events)
	for _, g := range s.groups {
		text += fmt.Sprintf("group %+v\n", *g)
	}
	for _, p := range s.publishers {
		text += fmt.Sprintf("publisher %+v\n", p)
	}
	return text
}
