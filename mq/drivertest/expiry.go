package drivertest

import (
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

const expiryLaw = "zero: as MaxAge says. Not given out later; one that is running is not stopped"

func expiryCases() []Case {
	expiry := needs{expiry: true}
	return []Case{
		{"Expiry/Expires", expiryLaw, expiry, expiryExpires},
		{"Expiry/MaxAge", "records expire that long after they were published; 0: never … Record.Expires, Topic.MaxAge", expiry, expiryMaxAge},
		{"Expiry/Running", expiryLaw, expiry, expiryRunning},
		{"Expiry/Released", expiryLaw, expiry, expiryReleased},
		{"Expiry/NewGroup", expiryLaw, expiry, expiryNewGroup},
		{"Expiry/Keys", expiryLaw, needs{expiry: true, order: driver.PerKey}, expiryKeys},
		{"Expiry/Room", "stored at once; 0: no limit", needs{expiry: true, overflow: driver.Reject}, expiryRoom},
		{"Expiry/Never", "0: never", needs{}, expiryNever},
		{"Expiry/Account", "Published = Acked + Dead + Expired + Dropped + InFlight + Waiting", needs{expiry: true, admin: true}, expiryAccount},
		{"Expiry/NoGroup", "Expired int64 // before any group existed", needs{expiry: true, admin: true}, expiryNoGroup},
	}
}

// short is a record that expires after a delay.
func (k *kit) short(value string) driver.Record {
	r := rec(value)
	r.Expires = time.Now().Add(k.delay)
	return r
}

func expiryExpires(k *kit) {
	k.publish(k.short("a"), rec("b"), k.short("c"))
	s := k.sub(k.group(driver.Unordered))
	k.done(s, "a")
	k.wait(k.delay + k.quiet)
	k.last(s, "b")
}

func expiryMaxAge(k *kit) {
	k.def.MaxAge = k.delay
	own := rec("b")
	own.Expires = time.Now().Add(2 * k.delay)
	k.publish(rec("a"), own)
	k.wait(k.delay + k.quiet)
	s := k.sub(k.group(driver.Unordered))
	k.last(s, "b")
	k.passes(s, "c")
}

func expiryRunning(k *kit) {
	k.publish(k.short("a"))
	s := k.sub(k.group(driver.Unordered))
	d := k.expect(s, "a")[0]
	for range 4 {
		k.wait(min(k.delay, k.lease) / 2)
		k.settle(s, driver.Extend, d)
	}
	k.wait(min(k.delay, k.lease/2))
	k.lastAck(s, d)
}

// expiryReleased: once it is over nobody gets it any more, also after a lease.
func expiryReleased(k *kit) {
	k.publish(k.short("a"), k.short("b"))
	s := k.sub(k.group(driver.Unordered))
	ds := k.expect(s, "a", "b")
	k.retry(s, ds[0], time.Now().Add(2*k.delay), 1, "")
	k.wait(k.delay + k.quiet)
	k.settle(s, driver.Release, ds[1:]...)
	k.none(s)
	k.wait(k.delay + k.quiet)
	k.none(s)
	c := k.short("c")
	k.publish(c)
	d := k.expect(s, "c")[0]
	for !time.Now().After(c.Expires) {
		k.wait(min(k.delay, k.lease) / 2)
		k.settle(s, driver.Extend, d)
	}
	k.account() // has the engine look at its clock
	k.retry(s, d, time.Now(), 1, "")
	k.none(s)
}

// expiryKeys: what has expired holds up nobody.
func expiryKeys(k *kit) {
	first := k.short("a1")
	first.Key = "a"
	k.publish(first, keyed("a2"))
	s := k.sub(k.group(driver.PerKey))
	k.retry(s, k.expect(s, "a1")[0], time.Now().Add(100*k.delay), 1, "")
	k.none(s)
	k.late(s, time.Now().Add(k.delay), "a2")
}

func expiryRoom(k *kit) {
	s := k.full(driver.Reject, 1)
	k.publish(k.short("a"))
	k.refused(k.e, rec("b"), driver.ErrFull)
	k.wait(k.delay + k.quiet)
	k.passes(s, "c")
}

func expiryNever(k *kit) {
	k.put("a")
	k.wait(100 * k.delay / time.Duration(1+99*b2i(!k.h.Virtual)))
	k.done(k.sub(k.group(driver.Unordered)), "a")
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func expiryAccount(k *kit) {
	s := k.sub(k.group(driver.Unordered))
	k.publish(k.short("a"), rec("b"), k.short("c"))
	k.settle(s, driver.Ack, k.expect(s, "a")...)
	k.wait(k.delay + k.quiet)
	k.last(s, "b")
	k.wantGroup(driver.GroupAccount{Published: 3, Acked: 2, Expired: 1})
}

func expiryNoGroup(k *kit) {
	k.publish(k.short("a"), rec("b"))
	k.wait(k.delay + k.quiet)
	k.last(k.sub(k.group(driver.Unordered)), "b")
	k.wantTopic(driver.Account{Published: 2, Expired: 1})
	k.wantGroup(driver.GroupAccount{Published: 1, Acked: 1})
}

// expiryNewGroup makes a group while another one still runs what has expired.
func expiryNewGroup(k *kit) {
	r := rec("a")
	r.Expires = time.Now().Add(k.lease / 2)
	k.publish(r)
	s := k.sub(k.group(driver.Unordered))
	d := k.expect(s, "a")[0]
	k.wait(k.lease/2 + k.quiet)
	other := k.group(driver.Unordered)
	other.Group = "other"
	k.put("b")
	k.done(k.sub(other), "b")
	k.settle(s, driver.Ack, d)
}
