package drivertest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

var (
	seedFlag  = flag.Uint64("drivertest.seed", 1, "of the randomized lives of package drivertest")
	livesFlag = flag.Int("drivertest.lives", 3, "how many randomized lives package drivertest runs for each order")
)

func lifeCases() (cases []Case) {
	for _, order := range []driver.Order{driver.Unordered, driver.PerKey, driver.Strict} {
		for i := range *livesFlag {
			seed := *seedFlag + uint64(i)
			cases = append(cases, Case{fmt.Sprintf("Life/%v/%d", order, seed), accountLaw, needs{order: order},
				func(k *kit) { newLife(k, order, seed).run() }})
		}
	}
	return cases
}

// Life runs one randomized life of a broker: publishers, consumers of two groups that ack, fail,
// give up, forget, close and crash, and restarts if there are any. At the end each record that
// was accepted must have been finished once by each group, in the order asked for, and the
// accounts must tell the same. The seed decides what everybody does.
func Life(t *testing.T, h Harness, order driver.Order, seed uint64) {
	bubble(t, h, func(t *testing.T) {
		k := newKit(t, h)
		k.quote = accountLaw
		newLife(k, order, seed).run()
	})
}

// life is one run. All that it draws comes from its seed.
type life struct {
	k          *kit
	seed       uint64
	order      driver.Order
	books      map[string]*book // by group
	publishers int
	count      int // records of each publisher
	delays     bool

	published ledger
	running   runnel.WaitGroup
	stop      context.Context
}

func newLife(k *kit, order driver.Order, seed uint64) *life {
	random := rand.New(rand.NewPCG(seed, 0))
	l := &life{k: k, seed: seed, order: order, publishers: 2 + random.IntN(3), count: k.many(15 + random.IntN(20)),
		delays: k.features().Delay && order != driver.Strict, books: map[string]*book{}}
	k.def.Groups = []string{"one", "two"}
	for _, g := range k.def.Groups {
		l.books[g] = &book{begun: map[string]bool{}}
	}
	if random.IntN(2) == 0 {
		k.def.MaxMessages = int64(5 + random.IntN(20))
	}
	return l
}

func (l *life) random(who int) *rand.Rand { return rand.New(rand.NewPCG(l.seed, uint64(who))) }

func (l *life) run() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	l.stop = ctx
	look := l.k.watch(func(driver.GroupAccount) string { return "" })
	for i := range 6 {
		l.running.Go(func() { l.consumer(l.k.def.Groups[i%2], l.random(100+i)) })
	}
	l.k.within("the publishers of a life", func() { l.publish() })
	stuck := l.k.poll(100*l.k.lease, l.unfinished)
	l.k.must(stuck == "", "%s", stuck)
	cancel()
	l.k.within("the consumers of a life", l.running.Wait)
	look()
	l.audit()
}

func (l *life) publish() {
	var wg runnel.WaitGroup
	for p := range l.publishers {
		wg.Go(func() { l.publisher(p, l.random(p)) })
	}
	wg.Go(func() { l.restarter(l.random(50)) })
	wg.Wait()
}

// restarter restarts the broker now and then.
func (l *life) restarter(random *rand.Rand) {
	if l.k.b.Restart == nil {
		return
	}
	for range random.IntN(3) {
		l.k.wait(time.Duration(random.IntN(50)) * l.k.quiet / 10)
		if err := l.k.b.Restart(); err != nil {
			l.k.Errorf("Restart: %v", err)
		}
	}
}

// publisher publishes batches, by handles that die now and then.
func (l *life) publisher(p int, random *rand.Rand) {
	e := l.open()
	for i := 0; i < l.count; {
		rs := l.batch(p, i, min(1+random.IntN(3), l.count-i), random)
		i += len(rs)
		def := l.k.def
		n, err := e.Publish(l.k.ctx(), &def, rs)
		l.note(rs, n, err)
		if err != nil || random.IntN(20) == 0 {
			l.k.crash(e)
			e = l.open()
		}
		l.k.wait(time.Duration(random.IntN(4)) * l.k.quiet / 50)
	}
}

func (l *life) open() driver.Engine {
	e, err := l.k.b.Open()
	if err != nil {
		panic(fmt.Sprintf("drivertest: a life cannot go on: Open: %v", err))
	}
	l.k.Cleanup(func() { l.k.shut(e) })
	return e
}

// batch makes records: publisher p, one of four keys, number i. One that is delayed has a key of
// its own, since it comes when it likes.
func (l *life) batch(p, i, n int, random *rand.Rand) (rs []driver.Record) {
	for j := range n {
		r := rec(fmt.Sprintf("%c-%d-%d", 'a'+random.IntN(4), p, i+j))
		r.Key = string(r.Payload[:1])
		if l.delays && random.IntN(6) == 0 {
			r.Payload[0] = 'z'
			r.Key, r.NotBefore = string(r.Payload), time.Now().Add(time.Duration(random.IntN(100))*l.k.quiet/50)
		}
		rs = append(rs, r)
	}
	return rs
}

// note books what has become of a batch. With an error of the contract what was not accepted has
// had no effect; with any other one that is not known.
func (l *life) note(rs []driver.Record, n int, err error) {
	for i, r := range rs {
		switch {
		case i < n:
			l.published.add(&l.published.accepted, string(r.Payload))
		case !errors.Is(err, errTimeout):
			l.published.add(&l.published.unsure, string(r.Payload))
		}
	}
}

// unfinished tells what is left to do.
func (l *life) unfinished() string {
	l.published.mu.Lock()
	defer l.published.mu.Unlock()
	for group, b := range l.books {
		if v := b.lacks(l.published.accepted); v != "" {
			return fmt.Sprintf("seed %d: group %q has never finished %q: it is lost, or stuck", l.seed, group, v)
		}
	}
	return ""
}

// audit compares the books with each other and with the accounts.
func (l *life) audit() {
	sure := len(l.published.unsure) == 0
	for group, b := range l.books {
		for v, n := range b.finished {
			l.k.must(n <= 1 || b.unsure[v] > 0, "seed %d: group %q has finished %q %d times", l.seed, group, v, n)
			l.k.must(l.published.accepted[v]+l.published.unsure[v] > 0, "seed %d: group %q got %q, which was never published", l.seed, group, v)
		}
		sure = sure && len(b.unsure) == 0
	}
	l.k.e = l.open()
	if acc, ok := l.k.account(); ok && sure {
		l.auditAccount(acc)
	}
}

func (l *life) auditAccount(acc driver.Account) {
	n := int64(len(l.published.accepted))
	for _, g := range acc.Groups {
		b := l.books[g.Group]
		l.k.must(g.Published == n && g.Acked == b.acked && g.Dead == b.dead && g.InFlight+g.Waiting == 0,
			"seed %d: %d published, %d acked, %d dead; account %+v", l.seed, n, b.acked, b.dead, g)
	}
}
