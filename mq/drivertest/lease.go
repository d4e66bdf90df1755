package drivertest

import (
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

const tokenLaw = "A Token stays valid beyond the lease's time as long as the record has been given to nobody else."

func leaseCases() []Case {
	return []Case{
		{"Lease/Until", "Each is leased for Subscription.Lease from now … when the lease lapses unless it is extended", needs{}, leaseUntil},
		{"Lease/Exclusive", "given to nobody else before that has passed or it is settled", needs{}, leaseExclusive},
		{"Lease/Lapse", "Lapses counts leases that ended with neither a settlement nor a Close", needs{}, leaseLapse},
		{"Lease/Token", "proves the lease; new for each", needs{}, leaseToken},
		{"Lease/Stale", "ErrLeaseLost if Token is not that of the record's present lease, and then it has had no effect", needs{}, leaseStale},
		{"Lease/Late", tokenLaw, needs{}, leaseLate},
		{"Lease/LateVerbs", tokenLaw, needs{}, leaseLateVerbs},
		{"Lease/Extend", "Extend still at work: the lease runs Subscription.Lease from now", needs{}, leaseExtend},
		{"Lease/Each", "Each is leased for Subscription.Lease from now", needs{}, leaseEach},
		{"Lease/Crash", "whoever had the record died, or was stopped for longer than a lease", needs{}, leaseCrash},
		{"Lease/Place", placeLaw, needs{}, leasePlace},
		{"Lease/Bystanders", "given to nobody else before that has passed or it is settled", needs{}, leaseBystanders},
	}
}

func leaseUntil(k *kit) {
	s := k.stored("a")
	before := time.Now()
	d := k.expect(s, "a")[0]
	if d.Until.Before(before.Add(k.lease)) || d.Until.After(time.Now().Add(k.lease)) {
		k.Errorf("fetched between %v and %v: Until %v, want %v later", before, time.Now(), d.Until, k.lease)
	}
	k.must(d.Attempts == 0 && d.Lapses == 0 && len(d.State) == 0, "the first delivery: Attempts %d, Lapses %d, State %q", d.Attempts, d.Lapses, d.State)
	k.settle(s, driver.Ack, d)
}

func leaseExclusive(k *kit) {
	a, b := k.stored("a"), k.subOn(k.open(), k.group(driver.Unordered))
	until := time.Now().Add(k.lease)
	k.expect(a, "a")
	k.comesAt(b, until, "a")
}

func leaseLapse(k *kit) {
	until := time.Now()
	s, d := k.leased("a")
	for lapses := 1; lapses <= 3; lapses++ {
		until = until.Add(k.lease) // at the earliest
		d = k.late(s, until, "a")
		k.must(!time.Now().Before(until), "it was given out again before its lease had ended")
		k.must(d.Lapses == lapses, "after %d leases that lapsed: Lapses %d", lapses, d.Lapses)
		k.must(d.Attempts == 0, "after leases that lapsed: Attempts %d, want 0", d.Attempts)
	}
	k.settle(s, driver.Release, d)
	d = k.expect(s, "a")[0]
	k.must(d.Lapses == 3, "after Release: Lapses %d, want 3, as before", d.Lapses)
	k.settle(s, driver.Ack, d)
}

func leaseToken(k *kit) {
	s := k.stored("a")
	seen := map[uint64]bool{}
	for range 5 {
		d := k.expect(s, "a")[0]
		k.must(!seen[d.Token], "Token %d has been given out before", d.Token)
		seen[d.Token] = true
		k.settle(s, driver.Release, d)
	}
}

func leaseStale(k *kit) {
	for _, v := range []driver.Verb{driver.Ack, driver.Release, driver.Extend, driver.Retry, driver.Dead} {
		k.def.Name = "topic." + v.String()
		k.put("a")
		a, b := k.sub(k.group(driver.Unordered)), k.sub(k.group(driver.Unordered))
		old := k.expect(a, "a")[0]
		d := k.late(b, old.Until, "a")
		k.lost(a, v, old)
		k.none(a)
		k.comesAt(b, d.Until, "a") // neither gone nor extended nor put off
		k.none(b)
	}
}

func leaseLate(k *kit) {
	s, d := k.leased("a")
	k.wait(k.lease + k.quiet)
	k.lastAck(s, d)
}

func leaseLateVerbs(k *kit) {
	s, d := k.leased("a")
	k.wait(k.lease + k.quiet)
	from := time.Now()
	k.settle(s, driver.Extend, d)
	k.none(s)
	d = k.late(s, from.Add(k.lease), "a")
	k.must(!time.Now().Before(from.Add(k.lease)), "an Extend after the lease had ended: given out again too early")
	k.wait(k.lease + k.quiet)
	due := time.Now().Add(k.delay)
	k.retry(s, d, due, 1, "")
	k.comesAt(s, due, "a")
}

func leaseExtend(k *kit) {
	s, d := k.leased("a")
	var from time.Time
	for range 4 {
		k.wait(k.lease / 2)
		from = time.Now()
		k.settle(s, driver.Extend, d)
	}
	k.none(s)
	k.comesAt(s, from.Add(k.lease), "a")
}

// leaseEach: leases of one source end each at its own time.
func leaseEach(k *kit) {
	s := k.stored("a", "b")
	a := k.expect(s, "a")[0]
	k.wait(k.lease / 2)
	b := k.expect(s, "b")[0]
	k.comesAt(s, a.Until, "a")
	k.comesAt(s, b.Until, "b")
}

func leaseCrash(k *kit) {
	k.put("a", "b", "c")
	e, crashed := k.process()
	ds := k.expect(crashed, "a", "b")
	k.settle(crashed, driver.Ack, ds[0])
	k.crash(e)
	s := k.sub(k.group(driver.Unordered))
	k.done(s, "c")
	d := k.comesAt(s, ds[1].Until, "b")
	k.must(d.Lapses == 1, "after a crash: Lapses %d, want 1", d.Lapses)
	k.must(d.Token != ds[1].Token, "after a crash: the same Token %d", d.Token)
	k.none(s)
}

// leasePlace: what lapsed is ready in its place.
func leasePlace(k *kit) {
	s := k.stored("a", "b", "c")
	d := k.expect(s, "a")[0]
	k.wait(time.Until(d.Until) + k.quiet)
	k.done(s, "a", "b", "c")
}

// leaseBystanders: what others publish, fetch and settle does not end a lease.
func leaseBystanders(k *kit) {
	s, d := k.leased("a")
	for _, v := range letters(5) {
		k.put(v)
		other := k.sub(k.group(driver.Unordered))
		k.done(other, v)
		k.put(v)
		k.expect(other, v)
		k.closeSource(other)
		k.done(s, v)
	}
	k.lastAck(s, d)
}
