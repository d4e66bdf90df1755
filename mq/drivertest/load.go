package drivertest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/runnel-go/runnel"
	"github.com/runnel-go/runnel/mq/driver"
)

const competeLaw = "Sources of one group compete, each record goes to one of them"

func loadCases() []Case {
	return []Case{
		{"Load/Competing", competeLaw, needs{}, loadCompeting},
		{"Load/Balanced", accountLaw + " … Accounts are exact at any moment, not only at rest", needs{admin: true}, loadBalanced},
		{"Load/Publishers", placeLaw, needs{order: driver.Strict}, loadPublishers},
		{"Load/PerKey", holdLaw, needs{order: driver.PerKey}, func(k *kit) { k.def.Overflow = driver.Block; loadOrder(k, driver.PerKey, 6) }},
		{"Load/Strict", strictLaw, needs{order: driver.Strict}, func(k *kit) { loadOrder(k, driver.Strict, 3) }},
		{"Load/SlowConsumer", blockLaw, needs{overflow: driver.Block}, loadSlow},
		{"Load/Sources", "Sources of one group compete", needs{}, loadSources},
		{"Load/FailingKey", holdLaw, needs{order: driver.PerKey}, loadFailingKey},
		{"Load/Topics", "Publish stores records of one topic", needs{}, loadTopics},
	}
}

// loadCompeting: with no failures each record is delivered once.
func loadCompeting(k *kit) {
	var l ledger
	handles := []driver.Engine{k.e, k.open()}
	n := k.many(40)
	k.all(10, func(i int) error {
		if i < 4 {
			return l.publishOn(k, handles[i%2], string('a'+rune(i)), n)
		}
		return l.consumeOn(k, handles[i%2], k.group(driver.Unordered))
	})
	k.drain(&l, k.group(driver.Unordered))
	k.must(l.deliveries == 4*n, "%d deliveries of %d records, and nothing failed", l.deliveries, 4*n)
	k.wantGroup(driver.GroupAccount{Published: int64(4 * n), Acked: int64(4 * n)})
}

// loadBalanced looks at the account all the time.
func loadBalanced(k *kit) {
	stop := k.watch(func(driver.GroupAccount) string { return "" })
	loadCompeting(k)
	stop()
}

// watch looks at the account until it is stopped.
func (k *kit) watch(wrong func(driver.GroupAccount) string) (stop func()) {
	admin, ok := driver.As[driver.Admin](k.e)
	if !ok || !k.features().Exact {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	name := k.def.Name
	wait := k.start(func() {
		for runnel.Sleep(ctx, k.quiet/1000) == nil {
			a, err := admin.Account(ctx, name)
			if err != nil {
				continue // it has not been made, or the broker is down
			}
			if w := unbalanced(a); w != "" {
				k.Errorf("%s", w)
				return
			}
			if w := wrongOf(a, wrong); w != "" {
				k.Errorf("%s: %+v", w, a)
				return
			}
		}
	})
	return func() { cancel(); wait("Account") }
}

func wrongOf(a driver.Account, wrong func(driver.GroupAccount) string) string {
	for _, g := range a.Groups {
		if w := wrong(g); w != "" {
			return w
		}
	}
	return ""
}

// loadPublishers: what one publisher publishes stays in its order, whoever else publishes.
func loadPublishers(k *kit) {
	n := k.many(30)
	var l ledger
	wait := k.start(func() {
		k.all(4, func(i int) error { return l.publishOn(k, k.e, string('a'+rune(i)), n) })
	})
	s := k.sub(k.group(driver.Strict))
	next := map[byte]int{}
	for range 4 * n {
		d := k.take(s, 1)[0]
		who := d.Payload[0]
		k.must(string(d.Payload[1:]) == fmt.Sprint(next[who]), "after %d of publisher %c comes %q", next[who], who, d.Payload)
		next[who]++
		k.settle(s, driver.Ack, d)
	}
	wait("Publish")
}

// loadOrder: many sources fail now and then; the order holds all the same.
func loadOrder(k *kit, order driver.Order, keys int) {
	n := k.many(20)
	o := &orders{k: k, strict: order == driver.Strict, next: map[byte]int{}, held: map[byte]bool{}, left: n * keys}
	var want []string
	for i := range n {
		for key := range keys {
			want = append(want, fmt.Sprintf("%c%d", 'a'+key, i))
		}
	}
	k.putKeyed(want...)
	e := k.open()
	k.all(4, func(i int) error {
		s := k.group(order)
		src, err := []driver.Engine{k.e, e}[i%2].Subscribe(k.ctx(), &k.def, s)
		if err != nil {
			return err
		}
		return o.work(src, rand.New(rand.NewPCG(1, uint64(i))))
	})
}

// orders checks that of each key one record is held, and that they are settled in order.
type orders struct {
	k      *kit
	strict bool

	mu   sync.Mutex
	next map[byte]int // by key: the number of the one to be settled next
	held map[byte]bool
	left int
}

func (o *orders) work(src driver.Source, random *rand.Rand) error {
	defer src.Close()
	into := make([]driver.Delivery, 4)
	for {
		ctx, cancel := context.WithTimeoutCause(context.Background(), o.k.limit, errTimeout)
		n, err := src.Fetch(ctx, into[:1+random.IntN(4)])
		cancel()
		if o.over() {
			return nil
		}
		for _, d := range into[:n] {
			err = errors.Join(err, o.one(src, d, random))
		}
		if err != nil {
			return err
		}
	}
}

func (o *orders) over() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.left == 0
}

// one works on a delivery: it fails, or is settled.
func (o *orders) one(src driver.Source, d driver.Delivery, random *rand.Rand) error {
	if err := o.begin(d); err != nil {
		return err
	}
	runnel.Sleep(context.Background(), time.Duration(random.IntN(3))*o.k.quiet/200)
	s := settlement([]driver.Verb{driver.Ack, driver.Ack, driver.Ack, driver.Retry, driver.Release}[random.IntN(5)], d)
	s.At = time.Now().Add(time.Duration(random.IntN(3)) * o.k.quiet / 100)
	o.end(d, s.Verb == driver.Ack)
	ss := []driver.Settlement{s}
	err := src.Settle(o.k.ctx(), ss)
	if errors.Is(err, driver.ErrClosed) {
		return nil
	}
	if errors.Join(err, ss[0].Err) != nil {
		return fmt.Errorf("%v of %q: %w", s.Verb, d.Payload, errors.Join(err, ss[0].Err))
	}
	if s.Verb == driver.Ack {
		return o.finish(src)
	}
	return nil
}

// finish wakes the other ones when nothing is left: they find the source closed, or nothing.
func (o *orders) finish(driver.Source) error {
	o.mu.Lock()
	o.left--
	over := o.left == 0
	o.mu.Unlock()
	if over {
		o.k.putKeyed("z", "z", "z", "z", "y", "x", "w", "v")
	}
	return nil
}

func (o *orders) key(d driver.Delivery) byte {
	if o.strict {
		return 0
	}
	return d.Payload[0]
}

func (o *orders) begin(d driver.Delivery) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := d.Payload[0]
	if o.held[o.key(d)] {
		return fmt.Errorf("%q is given out while another record is held that goes before", d.Payload)
	}
	if got := string(d.Payload[1:]); got != fmt.Sprint(o.next[key]) {
		return fmt.Errorf("of key %c number %s is given out, want %d", key, got, o.next[key])
	}
	o.held[o.key(d)] = true
	return nil
}

// end comes before the settlement, after which somebody else may have the record at any time.
func (o *orders) end(d driver.Delivery, acked bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held[o.key(d)] = false
	o.next[d.Payload[0]] += b2i(acked)
}

// loadSlow: a fast publisher waits for a slow consumer; nothing piles up.
func loadSlow(k *kit) {
	const room = 4
	s := k.full(driver.Block, room)
	n := k.many(50)
	var l ledger
	stop := k.watch(func(g driver.GroupAccount) string {
		if g.Waiting+g.InFlight > room || g.InFlight > 2 {
			return fmt.Sprintf("more than %d records are stored, or more than 2 in flight", room)
		}
		return ""
	})
	wait := k.start(func() { k.noErrorf("Publish", l.publishOn(k, k.e, "a", n)) })
	for i := 0; i < n; {
		ds, err := k.fetch(s, k.ctx(), 2)
		k.noError("Fetch", err)
		k.wait(k.quiet / 500)
		for _, d := range ds {
			k.must(string(d.Payload) == fmt.Sprint("a", i), "got %q, want a%d", d.Payload, i)
			i++
		}
		k.settle(s, driver.Ack, ds...)
	}
	wait("Publish")
	stop()
	k.none(s)
}

// noErrorf is noError for other goroutines.
func (k *kit) noErrorf(what string, err error) { k.must(err == nil, "%s: %v", what, err) }

// loadSources: of several sources that wait none starves.
func loadSources(k *kit) {
	const sources = 4
	n := k.many(60)
	var mu sync.Mutex
	var total int
	got := make([]int, sources)
	wait := k.start(func() {
		k.all(sources, func(i int) error {
			src, err := k.e.Subscribe(k.ctx(), &k.def, k.group(driver.Unordered))
			for err == nil {
				var l ledger
				if err = l.consume(k, src, 1); err == nil {
					mu.Lock()
					got[i]++
					total++
					mu.Unlock()
				}
			}
			return nil
		})
	})
	for range n {
		k.put("a")
		k.wait(k.quiet / 100)
	}
	wait("sources")
	for i, g := range got {
		k.must(g >= n/sources/5, "source %d of %d got %d of %d records: %v", i, sources, g, n, got)
	}
	k.must(total == n, "got %d of %d records", total, n)
}

// loadFailingKey: a key that fails for ever costs the others nothing.
func loadFailingKey(k *kit) {
	s := k.sub(k.group(driver.PerKey))
	k.putKeyed("a0")
	failures, done, n := 0, 0, k.many(40)
	for i := range n {
		k.putKeyed("a1", fmt.Sprint(string('b'+rune(i%5)), i))
	}
	for done < n {
		d := k.take(s, 1)[0]
		if d.Key == "a" {
			failures++
			k.must(string(d.Payload) == "a0", "%q has come before a0, which fails", d.Payload)
			k.must(failures <= 10*n, "%d deliveries of a key that fails, and %d of %d others", failures, done, n)
			k.retry(s, d, time.Now().Add(k.quiet/100), failures, "")
			continue
		}
		done++
		k.settle(s, driver.Ack, d)
	}
}

// loadTopics: topics do not mix.
func loadTopics(k *kit) {
	n := k.many(20)
	k.all(8, func(i int) error {
		own := &kit{TB: k.TB, h: k.h, e: k.e, def: driver.Topic{Name: fmt.Sprint("t", i)}, lease: k.lease, limit: k.limit, quiet: k.quiet}
		var l ledger
		err := l.publishOn(own, k.e, fmt.Sprint(i, "-"), n)
		err = errors.Join(err, l.consumeOn(own, k.e, k.group(driver.Unordered)))
		if len(l.finished) != n {
			err = errors.Join(err, fmt.Errorf("topic %d: %d of %d records", i, len(l.finished), n))
		}
		for v := range l.finished {
			if l.accepted[v] == 0 {
				err = errors.Join(err, fmt.Errorf("topic %d has %q", i, v))
			}
		}
		return err
	})
}
