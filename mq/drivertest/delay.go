package drivertest

import (
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

const delayLaw = "A record with NotBefore takes its room when it is stored, and its place in the order when its time has come: behind all records that have theirs by then."

func delayCases() []Case {
	delay := needs{delay: true}
	return []Case{
		{"Delay/NotBefore", "zero: at once. Never given out earlier", delay, delayNotBefore},
		{"Delay/Zones", "Never given out earlier", delay, delayZones},
		{"Delay/Past", "zero: at once. Never given out earlier", delay, delayPast},
		{"Delay/Place", delayLaw, delay, delayPlace},
		{"Delay/Keys", delayLaw, needs{delay: true, order: driver.PerKey}, delayKeys},
		{"Delay/Strict", delayLaw, needs{delay: true, order: driver.Strict}, delayStrict},
		{"Delay/Room", delayLaw, needs{delay: true, overflow: driver.Reject}, delayRoom},
		{"Delay/Groups", "A new group begins with the oldest record that is still stored", delay, delayGroups},
		{"Delay/Many", "Never given out earlier", delay, delayMany},
		{"Delay/Crash", "Never given out earlier", delay, delayCrash},
	}
}

func (k *kit) in(n int) time.Time { return time.Now().Add(k.delay * time.Duration(n) / 2) }

func delayNotBefore(k *kit) {
	s := k.sub(k.group(driver.Unordered))
	due := k.in(2)
	k.publish(later("a", due), rec("b"))
	k.last(s, "b")
	d := k.comesAt(s, due, "a")
	k.must(d.Seq != 0, "it has no Seq")
	k.must(d.NotBefore.Equal(due), "it has come with NotBefore %v, want %v", d.NotBefore, due)
	k.none(s)
}

// delayZones: a time is the same wherever it is told.
func delayZones(k *kit) {
	s := k.sub(k.group(driver.Unordered))
	for _, hours := range []int{14, -12} {
		due := k.in(1)
		k.publish(later("a", due.In(time.FixedZone("", hours*3600)).Round(0)))
		k.comesAt(s, due, "a")
	}
}

func delayPast(k *kit) {
	k.publish(later("a", time.Now().Add(-time.Hour)), later("b", time.Unix(0, 0)))
	k.publish(later("c", time.Now()))
	k.expect(k.sub(k.group(driver.Unordered)), "a", "b", "c")
}

func delayPlace(k *kit) {
	due := k.in(1)
	k.publish(later("c", due), rec("a"))
	k.put("b")
	k.wait(time.Until(due) + k.quiet)
	k.put("d")
	k.done(k.sub(k.group(driver.Unordered)), "a", "b", "c", "d")
}

// delayKeys: a record that is not due holds up nobody.
func delayKeys(k *kit) {
	due := time.Now().Add(k.lease / 3)
	first := later("a1", due)
	first.Key = "a"
	k.publish(first, keyed("a2"), keyed("a3"))
	s := k.sub(k.group(driver.PerKey))
	k.done(s, "a2")
	d := k.expect(s, "a3")
	k.wait(time.Until(due) + k.quiet/2)
	k.none(s) // now it has its place, behind a3
	k.settle(s, driver.Ack, d...)
	k.putKeyed("a4")
	k.done(s, "a1", "a4")
}

func delayStrict(k *kit) {
	due := k.in(1)
	k.publish(later("a", due), rec("b"))
	s := k.sub(k.group(driver.Strict))
	k.done(s, "b")
	k.comesAt(s, due, "a")
}

func delayRoom(k *kit) {
	k.def.Overflow, k.def.MaxMessages = driver.Reject, 2
	due := k.in(2)
	k.publish(later("a", due))
	k.put("b")
	k.refused(k.e, rec("c"), driver.ErrFull)
	s := k.sub(k.group(driver.Unordered))
	k.done(s, "b")
	k.passes(s, "d")
	k.comesAt(s, due, "a")
}

// delayGroups: a group that is made while a record waits gets it, too.
func delayGroups(k *kit) {
	a := k.sub(k.named("a"))
	due := k.in(2)
	k.publish(later("1", due))
	b := k.sub(k.named("b"))
	k.none(b)
	k.comesAt(a, due, "1")
	k.done(b, "1")
	k.none(a)
}

func delayMany(k *kit) {
	var rs []driver.Record
	var dues []time.Time
	for i, v := range letters(12) {
		dues = append(dues, time.Now().Add(k.delay*time.Duration(1+i*5%12)/4)) // in another order
		rs = append(rs, later(v, dues[i]))
	}
	k.publish(rs...)
	s := k.sub(k.group(driver.Unordered))
	for range rs {
		ds, err := k.fetch(s, k.ending(4*k.delay+k.limit), 1)
		k.noError("Fetch", err)
		d := ds[0]
		due := dues[d.Payload[0]-'a']
		k.must(!time.Now().Before(due), "%q has come %v before it was due", d.Payload, time.Until(due))
		k.settle(s, driver.Ack, d)
	}
}

func delayCrash(k *kit) {
	due := k.in(2)
	other := k.open()
	k.publish(later("a", due))
	k.crash(k.e)
	k.e = other
	k.comesAt(k.sub(k.group(driver.Unordered)), due, "a")
}
