package drivertest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

// book is what one group has done in a life.
//
//	each value v of key c, publisher p, number i is given out only when all lower numbers of
//	(c, p) that were accepted are at an end, or about to be
type book struct {
	mu               sync.Mutex
	begun            map[string]bool // an Ack or a Dead is under way, or done
	finished, unsure map[string]int
	acked, dead      int64
}

// lacks names an accepted value that the group has not finished, or "".
func (b *book) lacks(accepted map[string]int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for v := range accepted {
		if b.finished[v]+b.unsure[v] == 0 {
			return v
		}
	}
	return ""
}

// tooEarly names a record that should have been at its end before v is given out, or "".
func (b *book) tooEarly(v string, accepted map[string]int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var key byte
	var p, i int
	fmt.Sscanf(v, "%c-%d-%d", &key, &p, &i)
	for before := range i {
		w := fmt.Sprintf("%c-%d-%d", key, p, before)
		if accepted[w] > 0 && !b.begun[w] {
			return w
		}
	}
	return ""
}

// begin notes that a record is about to come to its end.
func (b *book) begin(v string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begun[v] = true
}

// end books how the settlement of v has ended.
func (b *book) end(s driver.Settlement, err error, v string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case s.Verb != driver.Ack && s.Verb != driver.Dead || err == nil && s.Err != nil:
	case err != nil:
		inc(&b.unsure, v)
	default:
		inc(&b.finished, v)
		b.acked += int64(b2i(s.Verb == driver.Ack))
		b.dead += int64(b2i(s.Verb == driver.Dead))
	}
}

func inc(m *map[string]int, v string) {
	if *m == nil {
		*m = map[string]int{}
	}
	(*m)[v]++
}

// consumer is one process after the other: each opens the broker, works, and ends in its own way.
func (l *life) consumer(group string, random *rand.Rand) {
	for l.stop.Err() == nil {
		e := l.open()
		def := l.k.def
		src, err := e.Subscribe(l.k.ctx(), &def, driver.Subscription{Group: group, Order: l.order, Lease: l.k.lease})
		for i := 0; err == nil && l.stop.Err() == nil; i++ {
			err = l.turn(src, group, random)
			if i > 5+random.IntN(30) {
				err = l.leave(e, src, random)
			}
		}
		l.k.crash(e)
	}
}

var errGone = errors.New("this process has ended")

// leave ends a process, properly or not.
func (l *life) leave(e driver.Engine, src driver.Source, random *rand.Rand) error {
	ends := []func() error{src.Close, e.Close, func() error { return nil }}
	return errors.Join(errGone, ends[random.IntN(3)]())
}

// turn fetches, works, and settles.
func (l *life) turn(src driver.Source, group string, random *rand.Rand) error {
	ctx, cancel := context.WithTimeoutCause(l.stop, l.k.limit, errTimeout)
	defer cancel()
	into := make([]driver.Delivery, 1+random.IntN(4))
	n, err := src.Fetch(ctx, into)
	if err != nil {
		return err
	}
	ds := into[:n]
	for _, d := range ds {
		l.inOrder(group, d)
	}
	l.k.wait(time.Duration(random.IntN(4)) * l.k.quiet / 50)
	if random.IntN(25) == 0 {
		return errGone // with all of them in its hands
	}
	return l.settle(src, group, ds, random)
}

func (l *life) inOrder(group string, d driver.Delivery) {
	v := string(d.Payload)
	if l.order == driver.Unordered || strings.HasPrefix(v, "z") {
		return
	}
	l.published.mu.Lock()
	defer l.published.mu.Unlock()
	if w := l.books[group].tooEarly(v, l.published.accepted); w != "" {
		l.k.Errorf("seed %d: group %q, %v: %q is given out before %q is settled", l.seed, group, l.order, v, w)
	}
}

var verbs = []driver.Verb{driver.Ack, driver.Ack, driver.Ack, driver.Ack, driver.Ack, driver.Ack, driver.Dead,
	driver.Retry, driver.Release, driver.Extend}

func (l *life) settle(src driver.Source, group string, ds []driver.Delivery, random *rand.Rand) error {
	b := l.books[group]
	var ss []driver.Settlement
	for _, d := range ds {
		s := settlement(verbs[random.IntN(len(verbs))], d)
		s.At, s.Attempts = time.Now().Add(time.Duration(random.IntN(20))*l.k.quiet/50), d.Attempts+1
		ss = append(ss, s)
		if s.Verb == driver.Ack || s.Verb == driver.Dead {
			b.begin(string(d.Payload))
		}
	}
	err := src.Settle(l.k.ctx(), ss)
	for i, s := range ss {
		b.end(s, err, string(ds[i].Payload))
	}
	return err
}
