package drivertest

import (
	"context"
	"errors"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

func fetchCases() []Case {
	return []Case{
		{"Fetch/Waits", "Fetch waits until a record is ready", needs{}, fetchWaits},
		{"Fetch/NoMore", "then fills into with those that are, without waiting for more, and returns how many: 1 to len(into)", needs{}, fetchNoMore},
		{"Fetch/Bound", "1 to len(into)", needs{}, fetchBound},
		{"Fetch/Cancelled", "context.Cause(ctx), and then nothing has been leased", needs{}, fetchCancelled},
		{"Fetch/CancelRace", "n is 0 if and only if err is not nil", needs{}, fetchCancelRace},
		{"Fetch/Once", "Sources of one group compete, each record goes to one of them", needs{}, fetchOnce},
		{"Fetch/WakesOne", "Fetch waits until a record is ready", needs{}, fetchWakes},
		{"Settle/Each", "Each stands for itself … set by Settle", needs{}, settleEach},
		{"Settle/Twice", "ErrLeaseLost if Token is not that of the record's present lease, and then it has had no effect … Ack Verb = iota // it is done", needs{}, settleTwice},
		{"Settle/Mixed", "Each stands for itself", needs{}, settleMixed},
		{"Settle/Nothing", "Settle says what becomes of deliveries.", needs{}, settleNothing},
		{"Settle/Waiting", "All methods of all interfaces are called by many goroutines at once.", needs{}, settleWhileFetching},
	}
}

func fetchWaits(k *kit) {
	s := k.sub(k.group(driver.Unordered))
	var got []driver.Delivery
	wait := k.start(func() {
		into := make([]driver.Delivery, 10)
		n, _ := s.Fetch(k.ctx(), into)
		got = into[:n]
	})
	k.wait(k.quiet)
	k.put("a")
	wait("Fetch, after something was published")
	k.must(len(got) == 1 && string(got[0].Payload) == "a", "got %q, want a", values(got))
}

func fetchNoMore(k *kit) {
	s := k.stored("a")
	from := time.Now()
	ds, err := k.fetch(s, k.ctx(), 100)
	k.noError("Fetch", err)
	k.must(len(ds) == 1 && time.Since(from) < k.lease, "got %q after %v, want a alone at once", values(ds), time.Since(from))
	k.settle(s, driver.Ack, ds...)
}

func fetchBound(k *kit) {
	a, b := k.stored(letters(20)...), k.sub(k.group(driver.Unordered))
	k.expect(a, "a")
	k.expect(b, "b") // no source has taken more than it was asked to
	k.expect(a, "c", "d", "e")
}

func fetchCancelled(k *kit) {
	s := k.sub(k.group(driver.Unordered))
	cause := errors.New("the cause")
	ctx, cancel := context.WithCancelCause(context.Background())
	var n int
	var err error
	wait := k.start(func() { n, err = s.Fetch(ctx, make([]driver.Delivery, 1)) })
	k.wait(k.quiet)
	cancel(cause)
	wait("Fetch whose context has ended")
	k.must(n == 0, "Fetch returned %d", n)
	k.wantError("Fetch", err, cause)
	k.put("a")
	_, err = k.fetch(s, ctx, 1)
	k.wantError("Fetch with a context that has ended, of a record that is ready", err, cause)
	k.done(s, "a")
}

// fetchCancelRace: cancelling and publishing meet; a record is either returned or still there.
func fetchCancelRace(k *kit) {
	s := k.sub(k.group(driver.Unordered))
	for range k.many(30) {
		ctx, cancel := context.WithCancel(context.Background())
		var n int
		into := make([]driver.Delivery, 1)
		wait := k.start(func() { n, _ = s.Fetch(ctx, into) })
		stop := k.start(cancel)
		k.put("a")
		stop("cancel")
		wait("Fetch")
		if n == 0 {
			into = k.expect(s, "a")
		}
		k.settle(s, driver.Ack, into...)
	}
	k.none(s)
}

func fetchOnce(k *kit) {
	a, b := k.sub(k.group(driver.Unordered)), k.subOn(k.open(), k.group(driver.Unordered))
	k.put(letters(6)...)
	one, two := k.expect(a, "a", "b"), k.expect(b, "c", "d")
	k.settle(a, driver.Ack, append(one, k.expect(a, "e")...)...)
	k.settle(b, driver.Ack, append(two, k.expect(b, "f")...)...)
	k.none(a, b)
}

// fetchWakes: of several that wait each gets one of as many records.
func fetchWakes(k *kit) {
	const n = 4
	var srcs []driver.Source
	for range n {
		srcs = append(srcs, k.sub(k.group(driver.Unordered)))
	}
	wait := k.start(func() {
		k.all(n, func(i int) error { _, err := srcs[i].Fetch(k.ctx(), make([]driver.Delivery, 1)); return err })
	})
	k.wait(k.quiet)
	k.put(letters(n)...)
	wait("one Fetch for each record")
	k.none(srcs[0])
}

func settleEach(k *kit) {
	s := k.stored("a", "b", "c")
	ss := settlements(driver.Ack, k.expect(s, "a", "b", "c"))
	ss[1].Token += 1_000_000
	ss[0].Err = driver.ErrFull // Err is set, also to nil
	k.settleAs(s, ss)
	k.must(ss[0].Err == nil && ss[2].Err == nil, "the good ones got errors %v, %v", ss[0].Err, ss[2].Err)
	k.wantError("the one with another token", ss[1].Err, driver.ErrLeaseLost)
	k.closeSource(s)
	s = k.sub(k.group(driver.Unordered))
	k.last(s, "b")
}

func settleTwice(k *kit) {
	for _, first := range []driver.Verb{driver.Ack, driver.Dead, driver.Retry, driver.Release} {
		k.def.Name = "topic." + first.String()
		s, d := k.leased("a")
		k.retryOr(s, first, d, time.Now().Add(k.delay))
		for _, second := range []driver.Verb{driver.Ack, driver.Release, driver.Extend, driver.Retry} {
			k.lost(s, second, d)
		}
		if first == driver.Release {
			k.done(s, "a")
		}
		k.none(s)
		k.closeSource(s)
	}
}

// retryOr settles a delivery; at counts for Retry.
func (k *kit) retryOr(s driver.Source, v driver.Verb, d driver.Delivery, at time.Time) {
	if v == driver.Retry {
		k.retry(s, d, at, 1, "")
		return
	}
	k.settle(s, v, d)
}

// settleMixed: all verbs in one call, one of them with a token that is not valid.
func settleMixed(k *kit) {
	s := k.stored(letters(6)...)
	var ss []driver.Settlement
	verbs := []driver.Verb{driver.Ack, driver.Release, driver.Extend, driver.Retry, driver.Dead, driver.Ack}
	ds := k.expect(s, letters(6)...)
	for i, d := range ds {
		ss = append(ss, settlement(verbs[i], d))
	}
	ss[3].At = time.Now()
	ss[5].Token++
	for _, used := range ds[:5] {
		if used.Token == ss[5].Token {
			ss[5].Token += 1_000_000
		}
	}
	k.settleAs(s, ss)
	for i := range 5 {
		k.noError(verbs[i].String(), ss[i].Err)
	}
	k.wantError("a token that is none", ss[5].Err, driver.ErrLeaseLost)
	k.settle(s, driver.Ack, k.expectSet(s, "b", "d")...)
	k.settle(s, driver.Ack, ds[2], ds[5])
	k.none(s)
}

func settleNothing(k *kit) {
	s := k.stored("a")
	k.settleAs(s, nil)
	ss := []driver.Settlement{{Seq: 1 << 40, Token: 1}} // a record that is none
	k.settleAs(s, ss)
	k.wantError("Settle of a record that does not exist", ss[0].Err, driver.ErrLeaseLost)
	k.done(s, "a")
}

func settleWhileFetching(k *kit) {
	s, d := k.leased("a1")
	var n int
	var err error
	wait := k.start(func() { n, err = s.Fetch(k.ctx(), make([]driver.Delivery, 1)) })
	k.wait(k.quiet)
	k.settle(s, driver.Release, d)
	wait("Fetch, after Release by the same source")
	k.must(n == 1 && err == nil, "Fetch, after Release by the same source: %d, %v", n, err)
}
