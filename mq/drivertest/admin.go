package drivertest

import (
	"fmt"
	"slices"
	"time"

	"github.com/runnel-go/runnel/mq/driver"
)

const accountLaw = "For each topic and group, at any moment, Published = Acked + Dead + Expired + Dropped + InFlight + Waiting"

func adminCases() []Case {
	admin := needs{admin: true}
	return []Case{
		{"Account/Steps", accountLaw, admin, accountSteps},
		{"Account/Waiting", "of Waiting: not yet due, by NotBefore and by Retry", needs{admin: true, delay: true}, accountWaiting},
		{"Account/Keys", "where Waiting includes what waits for its time, or behind a record of its key.", needs{admin: true, order: driver.PerKey}, accountKeys},
		{"Account/Oldest", "when the oldest unsettled record was published; zero if there is none", admin, accountOldest},
		{"Account/Redelivered", "deliveries of records that had been delivered before", admin, accountRedelivered},
		{"Account/Stored", "Stored int64 // records held now", admin, accountStored},
		{"Account/Groups", accountLaw, admin, accountGroups},
		{"Account/NoGroup", "Dropped Drops // before any group existed", needs{admin: true, overflow: driver.DropOldest}, accountNoGroup},
		{"Account/Lapse", accountLaw, admin, accountLapse},
		{"Account/Unknown", "Account of one topic. ErrUnknownTopic if there is none.", admin, accountUnknown},
		{"Admin/Topics", "Topics lists what is stored, by name.", admin, adminTopics},
		{"Admin/DeleteTopic", "DeleteTopic removes a topic with its groups, records and dead letters", admin, adminDeleteTopic},
		{"Admin/DeleteGroup", "DeleteGroup a group, and the records that were kept for it alone.", admin, adminDeleteGroup},
	}
}

func (k *kit) admin() driver.Admin {
	a, _ := driver.As[driver.Admin](k.e)
	return a
}

func accountSteps(k *kit) {
	s := k.sub(k.group(driver.Unordered))
	k.wantGroup(driver.GroupAccount{})
	k.put(letters(6)...)
	k.wantGroup(driver.GroupAccount{Published: 6, Waiting: 6})
	ds := k.expect(s, letters(5)...)
	k.wantGroup(driver.GroupAccount{Published: 6, Waiting: 1, InFlight: 5})
	k.settle(s, driver.Ack, ds[0])
	k.settle(s, driver.Dead, ds[1])
	k.settle(s, driver.Release, ds[2])
	k.settle(s, driver.Extend, ds[3])
	k.wantGroup(driver.GroupAccount{Published: 6, Waiting: 2, InFlight: 2, Acked: 1, Dead: 1})
	k.retry(s, ds[4], time.Now().Add(k.delay), 1, "")
	k.lost(s, driver.Ack, ds[0])
	k.wantGroup(driver.GroupAccount{Published: 6, Waiting: 3, InFlight: 1, Acked: 1, Dead: 1})
	k.closeSource(s)
	k.wantGroup(driver.GroupAccount{Published: 6, Waiting: 4, Acked: 1, Dead: 1})
	k.wantTopic(driver.Account{Published: 6, Stored: 4})
}

func (k *kit) only() driver.GroupAccount {
	a, _ := k.account()
	if len(a.Groups) != 1 {
		k.Fatalf("account with %d groups, want 1", len(a.Groups))
	}
	return a.Groups[0]
}

func accountWaiting(k *kit) {
	s := k.sub(k.group(driver.Unordered))
	k.publish(rec("a"), rec("b"), later("c", k.in(2)))
	k.retry(s, k.expect(s, "a")[0], k.in(1), 1, "")
	k.wantWaiting(3, 1, 1)
	k.wait(k.delay/2 + k.quiet)
	k.wantWaiting(3, 1, 0)
	k.wait(k.delay/2 + k.quiet)
	k.wantWaiting(3, 0, 0)
	k.settle(s, driver.Ack, k.expectSet(s, "a", "b", "c")...)
	k.wantWaiting(0, 0, 0)
}

func (k *kit) wantWaiting(waiting, delayed, retrying int64) {
	k.check(func() string {
		if g := k.only(); g.Waiting != waiting || g.Delayed != delayed || g.Retrying != retrying {
			return fmt.Sprintf("Waiting %d, Delayed %d, Retrying %d; want %d, %d, %d", g.Waiting, g.Delayed, g.Retrying, waiting, delayed, retrying)
		}
		return ""
	})
}

func accountKeys(k *kit) {
	s := k.sub(k.group(driver.PerKey))
	k.putKeyed("a1", "a2", "b1")
	k.expect(s, "a1")
	k.wantGroup(driver.GroupAccount{Published: 3, Waiting: 2, InFlight: 1})
}

func accountOldest(k *kit) {
	s := k.sub(k.group(driver.Unordered))
	k.wantOldest(time.Time{})
	a := k.publish(rec("a"))[0]
	k.wait(k.quiet)
	b := k.publish(rec("b"))[0]
	k.wantOldest(a.Published)
	ds := k.expect(s, "a", "b")
	k.wantOldest(a.Published)
	k.settle(s, driver.Ack, ds[0])
	k.wantOldest(b.Published)
	k.settle(s, driver.Ack, ds[1])
	k.wantOldest(time.Time{})
}

func (k *kit) wantOldest(t time.Time) {
	k.check(func() string {
		if got := k.only().Oldest; !got.Equal(t) {
			return fmt.Sprintf("Oldest %v, want %v", got, t)
		}
		return ""
	})
}

func accountRedelivered(k *kit) {
	s := k.sub(k.group(driver.Unordered))
	k.put("a", "b")
	ds := k.expect(s, "a", "b")
	k.wantRedelivered(0)
	k.retry(s, ds[0], time.Now(), 1, "")
	k.settle(s, driver.Ack, ds[1])
	d := k.expect(s, "a")[0]
	k.wantRedelivered(1)
	d = k.late(s, d.Until, "a")
	k.wantRedelivered(2)
	k.settle(s, driver.Ack, d)
}

func (k *kit) wantRedelivered(n int64) {
	k.check(func() string {
		if got := k.only().Redelivered; got != n {
			return fmt.Sprintf("Redelivered %d, want %d", got, n)
		}
		return ""
	})
}

func accountStored(k *kit) {
	k.put("a", "b")
	k.wantTopic(driver.Account{Stored: 2, Published: 2})
	a, b := k.sub(k.named("a")), k.sub(k.named("b"))
	k.done(a, "a", "b")
	k.wantTopic(driver.Account{Stored: 2, Published: 2})
	k.done(b, "a")
	k.wantTopic(driver.Account{Stored: 1, Published: 2})
	k.done(b, "b")
	k.wantTopic(driver.Account{Stored: 0, Published: 2})
}

func accountGroups(k *kit) {
	a, b := k.sub(k.named("a")), k.sub(k.named("b"))
	only := rec("1")
	only.Group = "a"
	k.publish(only, rec("2"))
	k.done(a, "1")
	k.expect(b, "2")
	acc, _ := k.account()
	i := slices.IndexFunc(acc.Groups, func(g driver.GroupAccount) bool { return g.Group == "b" })
	if len(acc.Groups) != 2 || i < 0 {
		k.Fatalf("account %+v, want one with groups a and b", acc)
	}
	first, second := acc.Groups[1-i], acc.Groups[i]
	k.must(first.Published == 2 && first.Acked == 1 && first.Waiting == 1, "group a: %+v, want 2 published, one acked, one waiting", first)
	k.must(second.Published == 1 && second.InFlight == 1, "group b: %+v, want one published, in flight", second)
}

func accountNoGroup(k *kit) {
	k.def.Overflow, k.def.MaxMessages = driver.DropOldest, 2
	k.put("a", "b", "c")
	k.wantTopic(driver.Account{Stored: 2, Published: 3, Dropped: driver.Drops{Oldest: 1}})
	s := k.sub(k.group(driver.Unordered))
	k.wantGroup(driver.GroupAccount{Published: 2, Waiting: 2})
	k.put("d")
	k.wantGroup(driver.GroupAccount{Published: 3, Waiting: 2, Dropped: driver.Drops{Oldest: 1}})
	k.done(s, "c", "d")
}

func accountLapse(k *kit) {
	s, d := k.leased("a")
	k.wait(k.lease + k.quiet)
	k.check(func() string { a, _ := k.account(); return unbalanced(a) })
	k.settle(s, driver.Ack, d)
	k.wantGroup(driver.GroupAccount{Published: 1, Acked: 1})
}

func accountUnknown(k *kit) {
	_, err := k.admin().Account(k.ctx(), "nobody")
	k.wantError("Account of a topic that does not exist", err, driver.ErrUnknownTopic)
}

func adminTopics(k *kit) {
	for _, name := range []string{"c", "a", "b"} {
		k.def = driver.Topic{Name: name, MaxMessages: int64(name[0])}
		k.put("x")
	}
	ts, err := k.admin().Topics(k.ctx())
	k.noError("Topics", err)
	var names []string
	for _, t := range ts {
		names = append(names, t.Name)
		k.must(t.MaxMessages == int64(t.Name[0]), "topic %q is listed with MaxMessages %d, want %d", t.Name, t.MaxMessages, t.Name[0])
	}
	k.must(slices.Equal(names, []string{"a", "b", "c"}), "Topics lists %q, want a, b, c", names)
}

func adminDeleteTopic(k *kit) {
	if k.morgue() != nil {
		k.bury("dead")
	}
	k.put("a")
	k.closeSource(k.sub(k.group(driver.Unordered)))
	k.noError("DeleteTopic", k.admin().DeleteTopic(k.ctx(), k.def.Name))
	_, err := k.admin().Account(k.ctx(), k.def.Name)
	k.wantError("Account of a topic that was deleted", err, driver.ErrUnknownTopic)
	k.def.MaxMessages = 7 // it is another one
	k.put("b")
	if k.morgue() != nil {
		k.wantLetters("")
	}
	s := k.sub(k.group(driver.Unordered))
	k.last(s, "b")
	k.wantGroup(driver.GroupAccount{Published: 1, Acked: 1})
}

func adminDeleteGroup(k *kit) {
	k.def.Groups = []string{"a", "b"}
	k.put("1", "2", "3")
	a := k.sub(k.named("a"))
	k.done(a, "1", "2")
	k.noError("DeleteGroup", k.admin().DeleteGroup(k.ctx(), k.def.Name, "b"))
	k.wantTopic(driver.Account{Stored: 1, Published: 3})
	k.done(a, "3")
	s := k.named("b")
	s.Latest = true
	b := k.sub(s)
	k.put("4")
	k.last(b, "4")
}
