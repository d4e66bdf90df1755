package drivertest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/runnel-go/runnel/mq/driver"
)

// ledger keeps account of tagged values by what the calls returned:
//
//	accepted ⊆ finished ∪ (what a drain finds)   nothing is lost
//	finished, drained ⊆ accepted ∪ unsure        nothing is made up
//
// unsure holds what a call with an error may or may not have done. Its lock is held for constant
// work only.
type ledger struct {
	mu                         sync.Mutex
	accepted, finished, unsure map[string]int
	deliveries                 int
}

func (l *ledger) add(m *map[string]int, value string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if *m == nil {
		*m = map[string]int{}
	}
	(*m)[value]++
}

// publishOn publishes n values one by one.
func (l *ledger) publishOn(k *kit, e driver.Engine, prefix string, n int) error {
	for i := range n {
		value := fmt.Sprint(prefix, i)
		def := k.def
		if _, err := e.Publish(k.ctx(), &def, []driver.Record{keyed(value)}); err != nil {
			l.add(&l.unsure, value)
			return err
		}
		l.add(&l.accepted, value)
	}
	return nil
}

// consumeOn acks what it gets until there is nothing for a while.
func (l *ledger) consumeOn(k *kit, e driver.Engine, s driver.Subscription) error {
	def := k.def
	src, err := e.Subscribe(k.ctx(), &def, s)
	if err != nil {
		return err
	}
	for err == nil {
		err = l.consume(k, src, 5)
	}
	if errors.Is(err, errTimeout) {
		return src.Close()
	}
	return err
}

// consume fetches and acks once.
func (l *ledger) consume(k *kit, s driver.Source, room int) error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), k.quiet, errTimeout)
	defer cancel()
	into := make([]driver.Delivery, room)
	n, err := s.Fetch(ctx, into)
	if err != nil {
		return err
	}
	return l.settle(k, s, settlements(driver.Ack, into[:n]), into[:n])
}

// settle settles, and books what has become of it.
func (l *ledger) settle(k *kit, s driver.Source, ss []driver.Settlement, ds []driver.Delivery) error {
	err := s.Settle(k.ctx(), ss)
	for i := range ss {
		l.book(ss[i], err, string(ds[i].Payload))
	}
	return err
}

func (l *ledger) book(s driver.Settlement, err error, value string) {
	l.mu.Lock()
	l.deliveries++
	l.mu.Unlock()
	switch {
	case s.Verb != driver.Ack && s.Verb != driver.Dead || err == nil && s.Err != nil:
	case err != nil:
		l.add(&l.unsure, value)
	default:
		l.add(&l.finished, value)
	}
}

// drain consumes what is left, and checks the account.
func (k *kit) drain(l *ledger, s driver.Subscription) {
	k.eventually(func() string {
		k.noError("drain", l.consumeOn(k, k.e, s))
		return l.missing()
	})
	for _, v := range slices.Sorted(maps.Keys(l.finished)) {
		k.must(l.accepted[v]+l.unsure[v] > 0, "%q was delivered, and never published", v)
		k.must(l.finished[v] <= 1, "%q was acked %d times", v, l.finished[v])
	}
}

// missing names values that were accepted, and neither finished nor, perhaps, settled.
func (l *ledger) missing() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var gone []string
	for v := range l.accepted {
		if l.finished[v]+l.unsure[v] == 0 {
			gone = append(gone, v)
		}
	}
	if gone == nil {
		return ""
	}
	slices.Sort(gone)
	return fmt.Sprintf("%d of %d records are lost: %.200q", len(gone), len(l.accepted), gone)
}
