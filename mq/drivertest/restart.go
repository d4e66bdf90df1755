package drivertest

import (
	"fmt"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

const durableLaw = "returns when they are as durable as the topic asks for"

func restartCases() []Case {
	restart := needs{restart: true}
	with := func(change func(*needs)) needs { n := restart; change(&n); return n }
	return []Case{
		{"Restart/Stored", durableLaw, restart, restartStored},
		{"Restart/Settled", "keeps for each group which of them are settled", restart, restartSettled},
		{"Restart/Seq", "it rises in the order of publishing and is never used again", restart, restartSeq},
		{"Restart/Delay", "Never given out earlier", with(func(n *needs) { n.delay = true }), restartDelay},
		{"Restart/Retry", keptLaw, restart, restartRetry},
		{"Restart/Lapses", "whoever had the record died, or was stopped for longer than a lease", restart, restartLapses},
		{"Restart/Keys", holdLaw, with(func(n *needs) { n.order = driver.PerKey }), restartKeys},
		{"Restart/Dedup", dedupLaw, with(func(n *needs) { n.dedup = true }), restartDedup},
		{"Restart/Dead", "Morgue keeps the dead letters of Settle, per topic and group, until they are purged.", with(func(n *needs) { n.morgue = true }), restartDead},
		{"Restart/Topic", "Engines compare all fields but MustExist and Groups with those of the stored one.", restart, restartTopic},
		{"Restart/Groups", "From then on records are kept for the group until it has settled them, also while it has no source.", restart, restartGroups},
		{"Restart/Full", "Reject // Publish returns ErrFull", with(func(n *needs) { n.overflow = driver.Reject }), restartFull},
		{"Restart/Account", accountLaw, with(func(n *needs) { n.admin = true }), restartAccount},
		{"Restart/Calls", "An error that is none of them means that the engine is in trouble (a disk, a network); the caller may try again. … The error returned is the engine's own trouble, for all of them: what became of them is unknown then, and they may be settled again, or lapse.", restart, restartCalls},
	}
}

func restartStored(k *kit) {
	rs := k.publish(odd()...)
	k.restart()
	for i, d := range k.take(k.sub(k.group(driver.Unordered)), len(rs)) {
		field := equalRecord(d.Record, rs[i])
		k.must(field == "", "record %d has come back with another %s", i, field)
	}
}

func restartSettled(k *kit) {
	s := k.sub(k.group(driver.Unordered))
	k.put(letters(6)...)
	k.done(s, "a", "b")
	ds := k.expect(s, "c", "d")
	k.settle(s, driver.Dead, ds[0])
	k.settle(s, driver.Ack, ds[1])
	s = k.restarted(driver.Unordered)
	k.last(s, "e", "f")
}

func restartSeq(k *kit) {
	s := k.sub(k.group(driver.Unordered))
	last := k.publish(rec("a"), rec("b"))[1].Seq
	k.done(s, "a", "b")
	k.restart()
	next := k.publish(rec("c"))[0].Seq
	k.must(next > last, "Seq %d after a restart, and %d before", next, last)
}

func restartDelay(k *kit) {
	due := k.in(4)
	k.publish(later("a", due), rec("b"))
	s := k.restarted(driver.Unordered)
	k.last(s, "b")
	k.comesAt(s, due, "a")
	k.none(s)
}

func restartRetry(k *kit) {
	s := k.stored("a")
	due := k.in(4)
	k.retry(s, k.expect(s, "a")[0], due, 3, "kept\xff")
	s = k.restarted(driver.Unordered)
	k.none(s)
	d := k.late(s, due, "a")
	k.must(!time.Now().Before(due), "it has come %v before it was due", time.Until(due))
	k.kept(d, 3, "kept\xff")
	k.restart() // while it is leased
	s = k.sub(k.group(driver.Unordered))
	k.kept(k.late(s, d.Until, "a"), 3, "kept\xff")
}

// restartLapses: a handler that takes the whole process down, again and again, must be found out.
func restartLapses(k *kit) {
	k.put("a")
	until := time.Now()
	for lapses := range 3 {
		d := k.late(k.sub(k.group(driver.Unordered)), until, "a")
		k.must(d.Lapses == lapses, "after %d restarts with the record leased: Lapses %d", lapses, d.Lapses)
		until = d.Until
		k.restart()
	}
}

func restartKeys(k *kit) {
	s := k.storedKeys(driver.PerKey, "a1", "a2", "b1")
	due := k.in(4)
	k.retry(s, k.expect(s, "a1")[0], due, 1, "")
	s = k.restarted(driver.PerKey)
	k.last(s, "b1")
	k.comesAt(s, due, "a1")
	k.done(s, "a2")
}

func restartDedup(k *kit) {
	k.def.DedupWindow = 4 * k.delay
	first := k.fresh(once("x", "a"))
	k.restart()
	k.duplicate(once("x", "b"), first)
	k.wait(4*k.delay + k.quiet)
	k.fresh(once("x", "c"))
	k.done(k.sub(k.group(driver.Unordered)), "a", "c")
}

func restartDead(k *kit) {
	k.bury("a", "b")
	l := k.letter(1)
	k.noError("MarkLetter", k.mark(l, driver.Deleted, "note"))
	k.restart()
	k.wantLetters("group", "a", "b")
	now := k.letter(1)
	k.must(now.State == driver.Deleted && string(now.Note) == "note" && now.Seq == l.Seq, "letter %+v, want State Deleted, Note note, Seq %d", now, l.Seq)
	k.wantError("MarkLetter by one who has read it before", k.mark(l, driver.Held, ""), driver.ErrLetter)
	k.bury("c")
	k.wantLetters("group", "a", "b", "c")
}

func restartTopic(k *kit) {
	k.def.MaxMessages = 10
	k.put("a")
	k.restart()
	k.def.MustExist = true
	k.put("b")
	k.def.MaxMessages = 11
	_, err := k.try(k.e, k.ctx(), []driver.Record{rec("c")})
	k.wantError("Publish with another MaxMessages", err, driver.ErrConflict)
	k.def.MaxMessages = 10
	k.done(k.sub(k.group(driver.Unordered)), "a", "b")
}

func restartGroups(k *kit) {
	k.def.Groups = []string{"declared"}
	k.put("1")
	k.done(k.sub(k.named("a")), "1")
	k.restart()
	k.put("2")
	k.done(k.sub(k.named("b")), "1", "2")
	k.done(k.sub(k.named("a")), "2")
	k.done(k.sub(k.named("declared")), "1", "2")
}

func restartFull(k *kit) {
	k.def.Overflow, k.def.MaxMessages = driver.Reject, 2
	k.put("a", "b")
	k.restart()
	k.refused(k.e, rec("c"), driver.ErrFull)
	k.done(k.sub(k.group(driver.Unordered)), "a")
	k.put("d")
}

func restartAccount(k *kit) {
	s := k.sub(k.group(driver.Unordered))
	k.put(letters(5)...)
	k.done(s, "a", "b")
	k.settle(s, driver.Dead, k.expect(s, "c")...)
	k.expect(s, "d")
	k.restart()
	k.check(func() string {
		g := k.only()
		if g.Published != 5 || g.Acked != 2 || g.Dead != 1 || g.InFlight+g.Waiting != 2 {
			return fmt.Sprintf("account after a restart: %+v, want 5 published, 2 acked, 1 dead, 2 in flight or waiting", g)
		}
		return unbalanced(driver.Account{Groups: []driver.GroupAccount{g}})
	})
}

// restartCalls: calls that are under way when the broker dies end, with an error.
func restartCalls(k *kit) {
	s := k.sub(k.group(driver.Unordered))
	k.put("a")
	ds := k.expect(s, "a")
	old := k.e
	var err error
	wait := k.start(func() { _, err = s.Fetch(k.ctx(), make([]driver.Delivery, 1)) })
	k.wait(k.quiet)
	k.restart()
	wait("Fetch, when the broker died")
	k.must(err != nil, "Fetch, when the broker died: no error")
	n, err := k.try(old, k.ctx(), []driver.Record{rec("b")})
	k.must(n == 0 && err != nil, "Publish to a handle on a broker that has died: %d, %v; want an error", n, err)
	k.within("Settle", func() { err = s.Settle(k.ctx(), settlements(driver.Ack, ds)) })
	k.must(err != nil, "Settle on a handle of a broker that has died: no error")
	s = k.sub(k.group(driver.Unordered))
	k.late(s, ds[0].Until, "a")
	k.none(s)
}
