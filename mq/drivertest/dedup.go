package drivertest

import (
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

const dedupLaw = "Duplicate // its Dedup is known: it was not stored again, and Seq is the first one's"

func dedupCases() []Case {
	dedup := needs{dedup: true}
	return []Case{
		{"Dedup/Within", dedupLaw, dedup, dedupWithin},
		{"Dedup/After", "a record with the Dedup of another one, within the topic's window, is a duplicate", dedup, dedupAfter},
		{"Dedup/Default", "how long a Dedup id is remembered; 0: 2 minutes", dedup, dedupDefault},
		{"Dedup/Settled", dedupLaw, dedup, dedupSettled},
		{"Dedup/Batch", dedupLaw, dedup, dedupBatch},
		{"Dedup/Topics", "a record with the Dedup of another one, within the topic's window, is a duplicate", dedup, dedupTopics},
		{"Dedup/Replay", "a record with the Dedup of another one, within the topic's window, is a duplicate", dedup, dedupReplay},
		{"Dedup/Handles", dedupLaw, dedup, dedupHandles},
		{"Dedup/Refused", "neither it nor any after it has had an effect", needs{dedup: true, overflow: driver.Reject}, dedupRefused},
		{"Dedup/Race", dedupLaw, dedup, dedupRace},
		{"Dedup/Account", "Duplicates int64 // recognised and not stored", needs{dedup: true, admin: true}, dedupAccount},
	}
}

// once is a record with a Dedup id.
func once(id, value string) driver.Record {
	r := rec(value)
	r.Dedup = id
	return r
}

// duplicate expects that r is recognised as a duplicate of the record with Seq first.
func (k *kit) duplicate(r driver.Record, first uint64) {
	r = k.publish(r)[0]
	k.must(r.Outcome == driver.Duplicate && r.Seq == first, "Outcome %v, Seq %d; want Duplicate, %d", r.Outcome, r.Seq, first)
}

// fresh expects that r is stored.
func (k *kit) fresh(r driver.Record) uint64 {
	r = k.publish(r)[0]
	k.must(r.Outcome == driver.Stored, "Outcome %v of a record that is none's duplicate, want Stored", r.Outcome)
	return r.Seq
}

func dedupWithin(k *kit) {
	k.def.DedupWindow = k.delay
	first := k.fresh(once("x", "a"))
	k.duplicate(once("x", "b"), first)
	k.fresh(once("y", "c"))
	k.fresh(rec("d"))
	k.fresh(rec("d"))
	k.wait(k.delay - k.quiet*2)
	k.duplicate(once("x", "e"), first)
	s := k.sub(k.group(driver.Unordered))
	k.last(s, "a", "c", "d", "d")
}

func dedupAfter(k *kit) {
	k.def.DedupWindow = k.delay
	first := k.fresh(once("x", "a"))
	k.wait(k.delay / 2)
	k.duplicate(once("x", "b"), first) // which does not make the window longer
	k.wait(k.delay/2 + k.quiet)
	second := k.fresh(once("x", "c"))
	k.duplicate(once("x", "d"), second)
	k.done(k.sub(k.group(driver.Unordered)), "a", "c")
}

func dedupDefault(k *kit) {
	first := k.fresh(once("x", "a"))
	if k.h.Virtual {
		k.wait(2*time.Minute - time.Second)
	}
	k.duplicate(once("x", "b"), first)
	if k.h.Virtual {
		k.wait(2 * time.Second)
		k.fresh(once("x", "c"))
	}
}

// dedupSettled: an id is remembered also when its record is gone.
func dedupSettled(k *kit) {
	s := k.sub(k.group(driver.Unordered))
	first := k.fresh(once("x", "a"))
	k.done(s, "a")
	k.duplicate(once("x", "b"), first)
	k.none(s)
}

func dedupBatch(k *kit) {
	rs := k.publish(once("x", "a"), once("x", "b"), rec("c"), once("x", "d"))
	k.must(rs[1].Outcome == driver.Duplicate && rs[3].Outcome == driver.Duplicate && rs[1].Seq == rs[0].Seq,
		"in one batch: Outcomes %v, %v, want Duplicate", rs[1].Outcome, rs[3].Outcome)
	k.done(k.sub(k.group(driver.Unordered)), "a", "c")
}

func dedupTopics(k *kit) {
	k.fresh(once("x", "a"))
	k.def.Name = "other"
	k.fresh(once("x", "b"))
	k.done(k.sub(k.group(driver.Unordered)), "b")
}

// dedupReplay: a dead letter that is published again under a new id is not swallowed.
func dedupReplay(k *kit) {
	s := k.sub(k.group(driver.Unordered))
	k.fresh(once("x", "a"))
	d := k.expect(s, "a")[0]
	k.settle(s, driver.Dead, d)
	again := d.Record
	again.Dedup = "x#1"
	k.fresh(again)
	k.done(s, "a")
}

func dedupHandles(k *kit) {
	first := k.fresh(once("x", "a"))
	other := k.open() // so that the broker has a handle all the time, if it ends with the last one
	k.closeEngine(k.e)
	k.e = other
	k.duplicate(once("x", "b"), first)
}

// dedupRefused: an id that was refused is not known.
func dedupRefused(k *kit) {
	s := k.full(driver.Reject, 1)
	first := k.fresh(once("x", "a"))
	_, err := k.try(k.e, k.ctx(), []driver.Record{once("y", "b")})
	k.wantError("Publish", err, driver.ErrFull)
	k.duplicate(once("x", "c"), first) // takes no room
	k.done(s, "a")
	k.fresh(once("y", "d"))
	k.done(s, "d")
}

// dedupRace: of many that publish the same at once, one is the first.
func dedupRace(k *kit) {
	const n = 8
	outcomes := make([]driver.Record, n)
	k.all(n, func(i int) error {
		rs := []driver.Record{once("x", "a")}
		def := k.def
		_, err := k.e.Publish(k.ctx(), &def, rs)
		outcomes[i] = rs[0]
		return err
	})
	stored := 0
	for _, r := range outcomes {
		stored += b2i(r.Outcome == driver.Stored)
		k.must(r.Seq == outcomes[0].Seq, "Seq %d and %d for one Dedup id", r.Seq, outcomes[0].Seq)
	}
	k.must(stored == 1, "%d of %d were stored, want 1", stored, n)
	s := k.sub(k.group(driver.Unordered))
	k.last(s, "a")
}

func dedupAccount(k *kit) {
	k.sub(k.group(driver.Unordered))
	k.publish(once("x", "a"), once("x", "b"), once("x", "c"), rec("d"))
	k.wantTopic(driver.Account{Stored: 2, Published: 2, Duplicates: 2})
	k.wantGroup(driver.GroupAccount{Published: 2, Waiting: 2})
}
