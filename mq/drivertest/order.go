package drivertest

import (
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

const (
	perKeyLaw = "PerKey no record of its key with an earlier place is unsettled; a record without a key is its own key"
	strictLaw = "Strict no record with an earlier place is unsettled"
	placeLaw  = "Records that are ready are given out in the order of their places, which is that of publishing; only Retry comes when it is due."
	holdLaw   = "So at most one record of a key is leased at a time, and one that waits for its next attempt holds up its successors, and nobody else."
)

func orderCases() []Case {
	perKey, strict := needs{order: driver.PerKey}, needs{order: driver.Strict}
	return []Case{
		{"Order/Unordered", placeLaw + " … Unordered always", needs{}, orderUnordered},
		{"Order/PerKey", perKeyLaw, perKey, orderPerKey},
		{"Order/PerKey/NoKey", perKeyLaw, perKey, orderNoKey},
		{"Order/PerKey/Retry", holdLaw, perKey, orderRetry},
		{"Order/PerKey/Release", "Release not begun: it is ready again at once, in its place, with nothing changed", perKey, orderRelease},
		{"Order/PerKey/Lapse", perKeyLaw, perKey, orderLapse},
		{"Order/PerKey/Dead", perKeyLaw, perKey, orderDead},
		{"Order/PerKey/Sources", holdLaw, perKey, orderSources},
		{"Order/PerKey/Settled", placeLaw, perKey, orderSettled},
		{"Order/PerKey/Extend", holdLaw, perKey, orderExtend},
		{"Order/Strict", strictLaw, strict, orderStrict},
		{"Order/Strict/Retry", strictLaw, strict, orderStrictRetry},
		{"Order/Strict/Sources", strictLaw, strict, orderStrictSources},
		{"Order/Conflict", "ErrConflict if the group is in use with another Order", perKey, orderConflict},
	}
}

func orderUnordered(k *kit) {
	s := k.stored(letters(5)...)
	ds := k.expect(s, "a", "b", "c")
	k.settle(s, driver.Release, ds[1])
	k.expect(s, "b", "d")
	k.settle(s, driver.Release, ds[2], ds[0])
	k.expect(s, "a", "c", "e")
}

func orderPerKey(k *kit) {
	s := k.storedKeys(driver.PerKey, "a1", "a2", "b1", "c1", "b2", "a3")
	ds := k.alone(s, s, "a1", "b1", "c1")
	k.settle(s, driver.Ack, ds[1])
	k.last(s, "b2")
	k.settle(s, driver.Ack, ds[0])
	k.done(s, "a2", "a3")
	k.settle(s, driver.Ack, ds[2])
	k.none(s)
}

func orderNoKey(k *kit) {
	k.put("a", "b", "c")
	k.expect(k.sub(k.group(driver.PerKey)), "a", "b", "c")
}

func orderRetry(k *kit) {
	s := k.storedKeys(driver.PerKey, "a1", "a2", "b1", "b2")
	ds := k.expect(s, "a1", "b1")
	due := time.Now().Add(k.delay)
	k.retry(s, ds[0], due, 1, "")
	k.putKeyed("a3", "c1")
	k.settle(s, driver.Ack, ds[1])
	k.done(s, "b2", "c1") // others flow
	k.none(s)
	k.comesAt(s, due, "a1")
	k.done(s, "a2", "a3")
}

// comesAt expects one record, not before it is due and soon after, and acks it.
func (k *kit) comesAt(s driver.Source, due time.Time, value string) driver.Delivery {
	d := k.late(s, due, value)
	if now := time.Now(); now.Before(due) {
		k.Errorf("%q has come %v before it was due", value, due.Sub(now))
	} else if k.h.Virtual && now.Sub(due) > k.quiet {
		k.Errorf("%q has come %v after it was due", value, now.Sub(due))
	}
	k.settle(s, driver.Ack, d)
	return d
}

// late waits for a record that is due at some time.
func (k *kit) late(s driver.Source, due time.Time, value string) driver.Delivery {
	ds, err := k.fetch(s, k.ending(time.Until(due)+k.limit), 1)
	if err != nil || string(ds[0].Payload) != value {
		k.Fatalf("got %q, %v, want %q", values(ds), err, value)
	}
	return ds[0]
}

func orderRelease(k *kit) {
	s := k.storedKeys(driver.PerKey, "a1", "a2", "b1")
	ds := k.expect(s, "a1", "b1")
	k.settle(s, driver.Release, ds...)
	k.done(s, "a1", "a2", "b1")
}

func orderLapse(k *kit) {
	s := k.storedKeys(driver.PerKey, "a1", "a2", "b1", "b2")
	ds := k.expect(s, "a1", "b1")
	k.settle(s, driver.Ack, ds[1])
	k.done(s, "b2")
	k.comesAt(s, ds[0].Until, "a1")
	k.done(s, "a2")
}

func orderDead(k *kit) {
	s := k.storedKeys(driver.PerKey, "a1", "a2", "b1")
	k.settle(s, driver.Dead, k.expect(s, "a1")...)
	k.last(s, "a2", "b1")
}

func orderSources(k *kit) {
	a, b := k.sub(k.group(driver.PerKey)), k.subOn(k.open(), k.group(driver.PerKey))
	k.putKeyed("a1", "a2", "b1", "b2")
	one := k.expect(a, "a1")
	two := k.expect(b, "b1")
	k.none(a, b)
	k.settle(a, driver.Ack, one...)
	k.done(b, "a2")
	k.settle(b, driver.Ack, two...)
	k.done(a, "b2")
}

// orderSettled: a batch that settles several of one key's predecessors opens each key once.
func orderSettled(k *kit) {
	s := k.storedKeys(driver.PerKey, "a1", "b1", "a2", "b2", "a3", "b3")
	for _, n := range []string{"1", "2", "3"} {
		k.settle(s, driver.Ack, k.expect(s, "a"+n, "b"+n)...)
	}
	k.none(s)
}

func orderExtend(k *kit) {
	s := k.storedKeys(driver.PerKey, "a1", "a2")
	ds := k.expect(s, "a1")
	k.settle(s, driver.Extend, ds...)
	k.none(s)
	k.settle(s, driver.Ack, ds...)
	k.done(s, "a2")
}

func orderStrict(k *kit) {
	s := k.storedKeys(driver.Strict, "a1", "b1", "c1")
	for _, v := range []string{"a1", "b1", "c1"} {
		ds := k.alone(s, s, v)
		k.settle(s, driver.Ack, ds...)
	}
	k.none(s)
}

func orderStrictRetry(k *kit) {
	s := k.storedKeys(driver.Strict, "a1", "b1", "c1", "d1")
	due := time.Now().Add(k.delay)
	k.retry(s, k.expect(s, "a1")[0], due, 1, "")
	k.none(s)
	k.comesAt(s, due, "a1")
	k.settle(s, driver.Release, k.expect(s, "b1")...)
	k.settle(s, driver.Dead, k.expect(s, "b1")...)
	lapsing := k.expect(s, "c1")[0]
	k.comesAt(s, lapsing.Until, "c1")
	k.done(s, "d1")
}

func orderStrictSources(k *kit) {
	a, b := k.sub(k.group(driver.Strict)), k.subOn(k.open(), k.group(driver.Strict))
	k.put("a", "b", "c")
	ds := k.alone(a, b, "a")
	k.settle(a, driver.Ack, ds...)
	k.alone(b, a, "b")
	k.closeSource(b)
	k.done(a, "b", "c")
}

func orderConflict(k *kit) {
	s := k.storedKeys(driver.PerKey, "a")
	k.noSource(k.e, k.group(driver.Unordered), driver.ErrConflict)
	k.noSource(k.open(), k.group(driver.Unordered), driver.ErrConflict)
	k.done(s, "a")
}
