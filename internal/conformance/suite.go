package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/xf"
)

// T is where a law runs. Fatalf is called by the goroutine of the law only.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Go(f func()) // starts a goroutine
	Wait()       // until all others have ended or are blocked
}

// Law is one thing that must hold. All goroutines of Body end before it returns, or on their own
// afterwards.
type Law struct {
	Name string
	Body func(T)
}

// Laws are all laws, those on a kind of channel for every kind.
func Laws() []Law {
	all := slices.Concat(selectLaws, producerLaws, callbackLaws, timerLaws, promiseLaws, viaLaws)
	for _, l := range kindLaws {
		for _, k := range kinds {
			if l.on == nil || l.on(k) {
				all = append(all, Law{l.name + " on " + k.name, func(t T) { l.body(t, k) }})
			}
		}
	}
	return all
}

// kindLaw is a law about every kind of channel, or those that on selects.
type kindLaw struct {
	name string
	on   func(kind) bool
	body func(T, kind)
}

// kind is a way to make a channel.
type kind struct {
	name  string
	make  func() ends
	room  int  // values that are taken while nobody receives, −1 for any number
	drops bool // what finds no room is dropped
	sorts bool // values may overtake each other
	via   bool // it is two channels, with a transducer that changes nothing between them
}

// ends are the two ends of a channel.
type ends struct {
	in  runnel.Sender[int]
	out runnel.Receiver[int]
}

var kinds = []kind{
	{name: "a rendezvous", make: plain()},
	{name: "Buffer(1)", make: plain(runnel.Buffer(1)), room: 1},
	{name: "Buffer(3)", make: plain(runnel.Buffer(3)), room: 3},
	{name: "Buffer(1) with a name", make: plain(runnel.Buffer(1), runnel.Name("law")), room: 1},
	{name: "Dropping(1)", make: plain(runnel.Dropping(1)), room: 1, drops: true},
	{name: "Dropping(2)", make: plain(runnel.Dropping(2)), room: 2, drops: true},
	{name: "Sliding(1)", make: plain(runnel.Sliding(1)), room: 1, drops: true},
	{name: "Sliding(2)", make: plain(runnel.Sliding(2)), room: 2, drops: true},
	{name: "Unbounded", make: plain(runnel.Unbounded()), room: -1},
	{name: "a policy", make: greatest, room: 2, sorts: true},
	{name: "NewVia over Buffer(1)", make: via(runnel.Buffer(1)), room: 1, via: true},
	{name: "NewVia over Sliding(1)", make: via(runnel.Sliding(1)), room: 1, drops: true, via: true},
	{name: "NewVia over Unbounded", make: via(runnel.Unbounded()), room: -1, via: true},
}

func plain(opts ...runnel.Option) func() ends {
	return func() ends {
		c := runnel.New[int](opts...)
		return ends{c, c}
	}
}

func via(opts ...runnel.Option) func() ends {
	same := xf.Map(func(v int) int { return v })
	return func() ends {
		in, out := runnel.NewVia(same, opts...)
		return ends{in, out}
	}
}

func greatest() ends {
	c := runnel.NewBuffered(&greatestFirst{})
	return ends{c, c}
}

// greatestFirst is a policy: of two values the greater is received first.
type greatestFirst struct{ values []int }

func (p *greatestFirst) Len() int   { return len(p.values) }
func (p *greatestFirst) Cap() int   { return 2 }
func (p *greatestFirst) Full() bool { return len(p.values) >= 2 }

func (p *greatestFirst) Push(v int, _ func(int, runnel.Reason)) {
	p.values = append(p.values, v)
	slices.Sort(p.values)
}

func (p *greatestFirst) Pop() int {
	last := len(p.values) - 1
	v := p.values[last]
	p.values = p.values[:last]
	return v
}

func keepsAll(k kind) bool   { return !k.drops }
func isBounded(k kind) bool  { return !k.drops && k.room >= 0 }
func hasRoom(k kind) bool    { return k.room != 0 }
func keepsOrder(k kind) bool { return !k.sorts }

// drain receives until the end, and returns the values and the error that ended it.
func (c ends) drain() (got []int, err error) {
	for {
		v, err := c.out.Recv(bg)
		if err != nil {
			return got, err
		}
		got = append(got, v)
	}
}

// account expects that the books of both ends are in balance.
func (c ends) account(t T) {
	t.Helper()
	balanced(t, c.in.Stats())
	balanced(t, c.out.Stats())
}

func balanced(t T, s runnel.Stats) {
	t.Helper()
	if s.Sent != s.Received+uint64(s.Len)+s.Dropped.Total() {
		t.Errorf("out of balance: %+v", s)
	}
}

// dropped is how many values both ends have dropped.
func (c ends) dropped() uint64 {
	if c.in.Stats() == c.out.Stats() {
		return c.out.Stats().Dropped.Total()
	}
	return c.in.Stats().Dropped.Total() + c.out.Stats().Dropped.Total()
}

var (
	bg       = context.Background()
	errCause = errors.New("cause")
)

func equal(t T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: %v, want %v", what, g, w)
	}
}

// is expects an error that is all of those.
func is(t T, what string, err error, want ...error) {
	t.Helper()
	for _, w := range want {
		if !errors.Is(err, w) {
			t.Errorf("%s: error %v, want %v", what, err, w)
		}
	}
}

// group is a number of goroutines that are waited for on a channel, which simulations know.
type group struct {
	t    T
	n    int
	done *runnel.Chan[int]
}

func newGroup(t T) *group { return &group{t: t, done: runnel.New[int](runnel.Unbounded())} }

func (g *group) start(f func()) {
	g.n++
	g.t.Go(func() {
		defer func() { _ = g.done.Send(bg, 1) }()
		f()
	})
}

func (g *group) wait() {
	for ; g.n > 0; g.n-- {
		_, _ = g.done.Recv(bg)
	}
}

// count counts the values, which must not come twice.
func count(t T, values []int) map[int]bool {
	seen := map[int]bool{}
	for _, v := range values {
		if seen[v] {
			t.Errorf("%d came twice", v)
		}
		seen[v] = true
	}
	return seen
}
