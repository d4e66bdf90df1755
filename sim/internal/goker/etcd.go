package goker

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/sim"
)

var etcd = []Kernel{
	loose(kernel("etcd_3077", "The server takes it that its raft loop has made the stop channel after 10 ms; before, it is nil.",
		etcd3077, sim.Deadlock)),
	kernel("etcd_6857", "A request for the status comes when the loop that answers has been stopped.",
		etcd6857, sim.Leak),
	kernel("etcd_6873", "The broadcasts are stopped under the lock that the loop takes whose end is awaited.",
		etcd6873, sim.Deadlock),
	kernel("etcd_7443", "Taking a connection down, the watcher makes the balancer tell it something under its lock, when its buffer is full already.",
		etcd7443, sim.Deadlock, sim.Leak),
	loose(kernel("etcd_7492", "A token is announced under the lock that the keeper takes when a tick lets it delete tokens.",
		etcd7492, sim.Deadlock)),
	kernel("etcd_7902", "A follower waits for the next round under the lock that the leader takes to begin it.",
		etcd7902, sim.Deadlock),
}

// raftNode is a loop that makes the channels on which it is stopped.
type raftNode struct{ stopped, done atomic.Pointer[signal] }

func (r *raftNode) begin() {
	r.stopped.Store(newSignal())
	r.done.Store(newSignal())
}

func (r *raftNode) run() {
	defer r.done.Load().Close()
	await(r.stopped.Load())
}

func (r *raftNode) stop() {
	wins(notice(r.stopped.Load()))
	wins(from(r.done.Load()))
}

func etcd3077(t *sim.T, fixed bool) {
	r := &raftNode{}
	if fixed {
		r.begin()
	}
	t.Go("raft", func() {
		if !fixed {
			r.begin()
		}
		r.run()
	})
	_ = runnel.Sleep(bg, 10*time.Millisecond)
	r.stop()
}

// node answers requests for its status until it is stopped.
type node struct {
	status     *runnel.Chan[*signal]
	stop, done *signal
}

func etcd6857(t *sim.T, fixed bool) {
	n := &node{runnel.New[*signal](), newSignal(), newSignal()}
	t.Go("node", n.run)
	t.Go("status", func() {
		if answer := newSignal(); fixed {
			n.askUntilDone(answer)
		} else {
			n.ask(answer)
		}
	})
	n.halt()
}

func (n *node) run() {
	defer n.done.Close()
	for {
		status := runnel.RecvFrom(n.status)
		if wins(from(n.stop), status) {
			return
		}
		answer, _ := status.Value()
		notify(answer)
	}
}

func (n *node) ask(answer *signal) {
	_ = n.status.Send(bg, answer)
	await(answer)
}

func (n *node) askUntilDone(answer *signal) {
	if wins(to(n.status, answer), from(n.done)) {
		await(answer)
	}
}

func (n *node) halt() {
	if wins(notice(n.stop), from(n.done)) {
		await(n.done)
	}
}

func etcd6873(t *sim.T, fixed bool) {
	var mu runnel.Mutex
	updates, done := newSignal(runnel.Buffer(1)), newSignal()
	t.Go("broadcasts", func() {
		defer done.Close()
		for range updates.All(bg) {
			visit(&mu) // to coalesce what is broadcast
		}
	})
	_ = updates.TrySend(struct{}{})
	mu.Lock()
	updates.Close()
	defer unlock(&mu, fixed)()
	await(done)
}

// keeper deletes tokens that are old.
type keeper struct {
	mu         runnel.Mutex
	added      *signal
	stop, done *signal
	tokens     int
}

func etcd7492(t *sim.T, fixed bool) {
	k := &keeper{added: newSignal(runnel.Buffer(1)), stop: newSignal(), done: newSignal()}
	t.Go("keeper", k.run)
	var wg runnel.WaitGroup
	for range 3 {
		wg.Go(func() { k.authenticate(fixed) })
	}
	wg.Wait()
	k.stop.Close()
	await(k.done)
}

func (k *keeper) authenticate(fixed bool) {
	k.mu.Lock()
	defer unlock(&k.mu, fixed)()
	notify(k.added)
}

func (k *keeper) run() {
	defer k.done.Close()
	ticks := runnel.Tick(1)
	defer ticks.Cancel(nil)
	added, tick, stop := from(k.added), from(ticks), from(k.stop)
	for {
		switch c, _ := runnel.Select(bg, added, tick, stop); c {
		case added:
			k.tokens++
		case tick:
			k.expire()
		case stop:
			return
		}
	}
}

func (k *keeper) expire() {
	for ; k.tokens > 0; k.tokens-- {
		visit(&k.mu)
	}
}

func etcd7902(t *sim.T, fixed bool) {
	var mu runnel.Mutex
	next := [2]*signal{newSignal(), newSignal()} // round
	release := func(id, round int) {
		mu.Lock()
		if id == 0 { // the leader
			next[round].Close()
		}
		defer unlock(&mu, fixed)()
		await(next[round])
	}
	var wg runnel.WaitGroup
	for id := range 3 {
		wg.Go(func() {
			for round := range next {
				release(id, round)
			}
		})
	}
	wg.Wait()
}

// pinning keeps one connection up, the pinned one, and tells the watcher which are wanted.
type pinning struct {
	mu     runnel.Mutex
	wanted *runnel.Chan[[]int] // addresses
	all    []int
	pinned int // 0 if none is; that this is an address, too, lets two in a row be pinned
	closed bool
}

// up is called when there is a connection to the address; the result, when there is none any
// more.
func (b *pinning) up(address int) (down func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return func() {}
	}
	if b.pinned == 0 {
		b.pinned = address
		_ = b.wanted.Send(bg, []int{address})
	}
	return func() { b.down(address) }
}

func (b *pinning) down(address int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pinned == address {
		b.pinned = 0
		_ = b.wanted.Send(bg, b.all)
	}
}

func (b *pinning) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.closed = true
		b.wanted.Close()
	}
}

// link is a connection to one address.
type link struct {
	mu   runnel.Mutex
	down func()
}

func (l *link) dial(b *pinning, address int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = b.up(address)
}

func (l *link) tearDown() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down != nil {
		l.down()
		l.down = nil
	}
}

// links are the connections to all that is wanted.
type links struct {
	t        *sim.T
	mu       runnel.Mutex
	open     map[int]*link // nil when closed
	balancer *pinning
}

func etcd7443(t *sim.T, fixed bool) {
	b := &pinning{all: []int{0, 1, 2}, wanted: runnel.New[[]int](runnel.Buffer(1))}
	if fixed {
		b.wanted = runnel.New[[]int](runnel.Sliding(1)) // only the newest counts, and nobody waits
	}
	_ = b.wanted.Send(bg, b.all)
	c := &links{t: t, open: map[int]*link{}, balancer: b}
	t.Go("watcher", c.watch)
	t.Go("connection", c.close)
	b.close()
}

func (c *links) watch() {
	for addresses := range c.balancer.wanted.All(bg) {
		for _, l := range c.update(addresses) {
			l.tearDown()
		}
	}
}

// update dials what is wanted and missing, and returns what is not wanted any more.
func (c *links) update(addresses []int) (gone []*link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.balancer.all {
		l, wanted := c.open[a], slices.Contains(addresses, a)
		switch {
		case wanted && l == nil && c.open != nil:
			c.dial(a)
		case !wanted && l != nil:
			delete(c.open, a)
			gone = append(gone, l)
		}
	}
	return gone
}

func (c *links) dial(address int) {
	l := &link{}
	c.open[address] = l
	c.t.Go("dialer", func() { l.dial(c.balancer, address) })
}

func (c *links) close() {
	c.mu.Lock()
	open := c.open
	c.open = nil
	c.mu.Unlock()
	c.balancer.close()
	for _, a := range c.balancer.all {
		if l := open[a]; l != nil {
			l.tearDown()
		}
	}
}
