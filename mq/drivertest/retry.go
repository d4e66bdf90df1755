package drivertest

import (
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

const (
	retryLaw = "For Retry: the record is not ready before At, and then comes with Attempts and State."
	keptLaw  = "Attempts and State are what the last Retry told to keep. They outlive a crash."
)

func retryCases() []Case {
	return []Case{
		{"Retry/At", retryLaw + " … Retry // failed: it is ready again At", needs{}, retryAt},
		{"Retry/Past", retryLaw, needs{}, retryPast},
		{"Retry/Kept", keptLaw, needs{}, retryKept},
		{"Retry/Many", retryLaw, needs{}, retryMany},
		{"Retry/Free", "it is leased to nobody and not settled", needs{}, retryFree},
		{"Retry/Crash", keptLaw, needs{}, retryCrash},
		{"Retry/Groups", "each group gets every record", needs{}, retryGroups},
	}
}

func retryAt(k *kit) {
	s := k.stored("a", "b")
	due := time.Now().Add(k.delay)
	d := k.expect(s, "a")[0]
	k.retry(s, d, due, 3, "state\x00")
	k.last(s, "b")
	again := k.comesAt(s, due, "a")
	k.kept(again, 3, "state\x00")
	k.must(again.Token != d.Token, "the same Token %d", d.Token)
	k.must(again.Seq == d.Seq && again.ID == d.ID, "it has come as Seq %d, ID %q, and was %d, %q", again.Seq, again.ID, d.Seq, d.ID)
	k.none(s)
}

func (k *kit) kept(d driver.Delivery, attempts int, state string) {
	if d.Attempts != attempts || string(d.State) != state {
		k.Errorf("got Attempts %d and State %q, want %d and %q", d.Attempts, d.State, attempts, state)
	}
}

func retryPast(k *kit) {
	s := k.stored("a")
	for i, at := range []time.Time{{}, time.Now(), time.Now().Add(-time.Hour)} {
		k.retry(s, k.expect(s, "a")[0], at, i, "")
	}
	k.done(s, "a")
}

func retryKept(k *kit) {
	s := k.stored("a")
	k.retry(s, k.expect(s, "a")[0], time.Now(), 1, "one")
	d := k.expect(s, "a")[0]
	k.kept(d, 1, "one")
	k.settle(s, driver.Release, d)
	d = k.expect(s, "a")[0]
	k.kept(d, 1, "one")
	d = k.late(s, d.Until, "a")
	k.kept(d, 1, "one")
	k.retry(s, d, time.Now(), 7, "two, longer") // they are told, not counted
	d = k.expect(s, "a")[0]
	k.kept(d, 7, "two, longer")
	k.retry(s, d, time.Now(), 0, "")
	d = k.expect(s, "a")[0]
	k.kept(d, 0, "")
	k.settle(s, driver.Ack, d)
}

// retryMany: those that wait come by their times, not by their places.
func retryMany(k *kit) {
	s, ds := k.allLeased("a", "b", "c", "d")
	now := time.Now()
	due := func(i int) time.Time { return now.Add(k.delay * time.Duration(i) / 2) }
	for i, d := range ds {
		k.retry(s, d, due(4-i), 1, "")
	}
	for i := range ds {
		k.comesAt(s, due(i+1), string(ds[3-i].Payload))
	}
}

// retryFree: what waits is leased to nobody: it outlives its source, and nobody's end is felt.
func retryFree(k *kit) {
	k.put("a", "b")
	a := k.sub(k.group(driver.Unordered))
	due := time.Now().Add(k.delay)
	ds := k.expect(a, "a", "b")
	k.retry(a, ds[0], due, 2, "x")
	k.settle(a, driver.Ack, ds[1])
	k.closeSource(a)
	b := k.subOn(k.open(), k.group(driver.Unordered))
	k.none(b)
	again := k.comesAt(b, due, "a")
	k.kept(again, 2, "x")
	k.must(again.Lapses == 0, "while it waited Lapses has become %d", again.Lapses)
}

func retryCrash(k *kit) {
	k.put("a")
	e, s := k.process()
	due := time.Now().Add(k.delay)
	k.retry(s, k.expect(s, "a")[0], due, 4, "kept")
	k.crash(e)
	k.kept(k.comesAt(k.sub(k.group(driver.Unordered)), due, "a"), 4, "kept")
}

// retryGroups: what one group does with a record is nothing to another one.
func retryGroups(k *kit) {
	other := k.group(driver.Unordered)
	other.Group = "other"
	a, b := k.sub(k.group(driver.Unordered)), k.sub(other)
	k.put("a")
	due := time.Now().Add(k.delay)
	k.retry(a, k.expect(a, "a")[0], due, 5, "mine")
	d := k.expect(b, "a")[0]
	k.kept(d, 0, "")
	k.settle(b, driver.Ack, d)
	k.kept(k.comesAt(a, due, "a"), 5, "mine")
	k.none(b)
}
